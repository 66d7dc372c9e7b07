/*
 * PostgreSQL as the store of a host that goes on without it: a file of SQLite
 * takes every record first, with the transaction in which the master's state
 * changes, and keeps it until PostgreSQL has it. What is in the file survives
 * kill -9 of every process; what is sent twice changes nothing.
 *
 * Writing and the master's state: the file. History, ledger, output of all
 * hosts: PostgreSQL, behind what this host has recorded up to then; of a run
 * that the file still has, the file.
 */
#ifndef BELFRY_MASTER_RECORDER_SPOOL_H
#define BELFRY_MASTER_RECORDER_SPOOL_H

#include <event2/event.h>

#include "recorder/store.h"

struct spool_config {
	struct event_base *base;
	const char *path;          /* of the file */
	const char *conninfo;      /* of PostgreSQL; borrowed */
	const char *password_file; /* NULL none; borrowed */
	const char *host;          /* whose runs these are; borrowed */
	int runs_fd;               /* directory of its run files; borrowed */
};

/*
 * Opens the file and begins to connect. NULL with err: the file cannot be
 * used, or the server is there and is none for this belfryd. A server that is
 * not there is no error.
 */
struct store *spool_open(const struct spool_config *config, struct err *err);

/*
 * Whether the server, if it is there, is one for this belfryd: waits for some
 * seconds, and changes nothing. 0, or -1 with err.
 */
int spool_knows_server(
    const char *conninfo, const char *password_file, struct err *err);

#endif
