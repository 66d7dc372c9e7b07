/*
 * A worker's way to its master: the channel it was launched with, and when
 * that master is gone, the socket where the next one listens. Nothing here
 * waits. What cannot be told is in the run file.
 */
#ifndef BELFRY_WORKER_REPORT_H
#define BELFRY_WORKER_REPORT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "ipc/packet.h"
#include "run/result.h"

struct report {
	int fd;             /* owned; -1: the master is gone */
	const char *socket; /* borrowed: path of the master's socket */
	const char *run;    /* borrowed */
	int64_t started_us;
	pid_t pid;         /* of the job */
	bool told_started; /* RUN_STARTED was sent, or nobody wants it */
	int64_t retry_us;  /* boot time of the next attempt; 0 none */
	int64_t wait_us;   /* before the one after that */
};

void
report_init(struct report *report, int fd, const char *socket, const char *run);

/* Tells that the job runs. */
void report_started(struct report *report);

/* How far it has come; lost when nobody listens. */
void report_progress(
    struct report *report, int64_t done, int64_t total, const char *text);

/*
 * Tells the result, with RUN_STARTED in the same packet when that was not
 * sent. True when a master or its socket took it.
 */
bool report_done(struct report *report, const struct run_result *result);

/* The channel is dead: when to try again begins now. */
void report_lost(struct report *report, int64_t now_us);

/* Tries to reach a new master if it is time; RUN_HELLO tells who we are. */
void report_retry(struct report *report, int64_t now_us);

/*
 * Reads one packet after poll said that there is one. Returns the enum
 * kill_why of a RUN_KILL, 0 without one.
 */
int report_read(struct report *report, struct packet_in *in, int64_t now_us);

#endif
