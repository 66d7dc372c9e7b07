/*
 * What to do with a slot, as pure functions: no clock, no I/O. The tables of
 * belfry-job(5) are their tests' tables.
 */
#ifndef BELFRY_SCHEDULER_POLICY_H
#define BELFRY_SCHEDULER_POLICY_H

#include <stdbool.h>
#include <stdint.h>

#include "config/job.h"
#include "ipc/outcome.h"

enum policy_action {
	POLICY_START,
	POLICY_SKIP,    /* recorded as skipped, reason overlap */
	POLICY_QUEUE,   /* starts when those before it have ended */
	POLICY_REPLACE, /* ends those before it, then starts */
};

/*
 * overlap: the job's key; busy: a run of it is not over, or waits for its
 * retry; queued: slots that wait already.
 */
enum policy_action
policy_overlap(enum job_overlap overlap, bool busy, unsigned queued);

/* How many slots of a job may wait with overlap = queue. */
#define POLICY_QUEUE_MAX 100

/*
 * How late a slot may start, in ms: a minute, at most half the period (ms to
 * the following slot; 0: there is none).
 */
int64_t policy_deadline_ms(int64_t period_ms);

/*
 * In how many ms the attempt that comes after attempt (from 1) is due, or -1:
 * none. delay * backoff^(attempt - 1), at most an hour (or the delay itself
 * where that is longer).
 */
int64_t policy_retry_ms(
    const struct job_options *options, enum outcome outcome, int attempt);

#endif
