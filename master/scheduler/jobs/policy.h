/*
 * What to do with a slot, as pure functions: no clock, no I/O. The tables of
 * belfry-job(5) are their tests' tables.
 */
#ifndef BELFRY_SCHEDULER_POLICY_H
#define BELFRY_SCHEDULER_POLICY_H

#include <stdbool.h>
#include <stdint.h>

#include "config/job.h"
#include "run/result.h"

enum policy_action {
	POLICY_START,
	POLICY_SKIP,    /* recorded as skipped, reason overlap */
	POLICY_QUEUE,   /* starts when those before it have ended */
	POLICY_REPLACE, /* ends those before it, then starts */
};

/* What a job has to do already. */
struct policy_load {
	unsigned active; /* runs that wait for room, start or run */
	unsigned queued; /* slots that wait for those before them */
	bool retrying;   /* a run of it waits for its repetition */
};

/*
 * For one more slot. *detail_r says in words why it is skipped, "" when it is
 * not.
 */
enum policy_action policy_overlap(const struct job_options *options,
    const struct policy_load *load, const char **detail_r);

/* May only so many runs of the job be in progress at once, side by side? */
bool policy_limits_overlap(const struct job_options *options);

/* How many slots of a job may wait with overlap = queue, if it says nothing. */
#define POLICY_QUEUE_MAX 100

/*
 * How late a slot may start, in ms: start-deadline, at most half the period
 * (ms to the following slot; 0: there is none).
 */
int64_t
policy_deadline_ms(const struct job_options *options, int64_t period_ms);

/* How many of the slots that are too late run still, the newest. */
int policy_catch_up(const struct job_options *options);

/*
 * In how many ms the attempt that comes after attempt (from 1) is due, or -1:
 * none. delay * backoff^(attempt - 1), at most retry-max-delay (or the delay
 * itself where that is longer).
 */
int64_t policy_retry_ms(const struct job_options *options,
    const struct run_result *result, int attempt);

#endif
