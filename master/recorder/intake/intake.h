/*
 * The master's side of the recorder: takes its records, writes them in
 * batches, acknowledges, answers STATE_ASK.
 *
 * A store that cannot be written now (disk full, locked, I/O error) is tried
 * again with back-off. Until then records are kept in memory and not
 * acknowledged, so that the master keeps them too; beyond a bound its channel
 * is not read any more.
 */
#ifndef BELFRY_RECORDER_INTAKE_INTAKE_H
#define BELFRY_RECORDER_INTAKE_INTAKE_H

#include "ipc/channel.h"
#include "recorder/store.h"
#include "role.h"
#include "run/record.h"

struct intake_config {
	struct role *role;     /* borrowed */
	struct store *store;   /* borrowed */
	int runs_fd;           /* directory of the run files; borrowed */
	const char *runs_path; /* of it; borrowed */
	/* A run's end is on disk; its run file is about to go. */
	void (*ended_cb)(void *arg, const char *run);
	/* Records are on disk. */
	void (*recorded_cb)(void *arg);
	/* The master's channel is a new one; NULL: it is closed. */
	void (*master_cb)(void *arg, struct channel *channel);
	/* ASK and ANSWER_* of the master, for other hosts; see others.h. */
	int (*other_cb)(void *arg, struct channel *channel,
	    struct message *message, struct err *err);
	void *arg;
};

struct intake;

struct intake *intake_new(const struct intake_config *config);
void intake_free(struct intake *in);

/*
 * The master's new channel; own fd. What its predecessor said is read to its
 * end and written before the successor is heard.
 */
void intake_connect(struct intake *in, int fd);

/*
 * Reads (bounded) and writes what the master has said so far: who asks has
 * often just heard of it. Not while the store fails.
 */
void intake_catch_up(struct intake *in);

/*
 * Something was changed that the master does not know of: it adds id and host,
 * and it comes back as a record. A master that is just gone has not heard it.
 */
void
intake_tell_audit(const struct intake *in, const struct record_audit *audit);

/* Its part of /metrics. */
void intake_add_metrics(const struct intake *in, struct strbuf *b);

/*
 * The daemon ends: takes what the master says until it is gone (bounded) and
 * writes it. Returns the records that could not be written.
 */
size_t intake_finish(struct intake *in);

#endif
