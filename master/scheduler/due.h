/* When a job is due next: pure, over its definition and its memory. */
#ifndef BELFRY_SCHEDULER_DUE_H
#define BELFRY_SCHEDULER_DUE_H

#include "jobs.h"

struct due {
	int64_t at_ms;
	bool gap; /* no slot: the time zone skipped one here */
};

/*
 * The first thing after the job's mark that must be decided. False: there is
 * nothing, or not before a run has ended (@after).
 */
bool due_next(const struct job *job, struct due *due_r);

/* The same, without what counts from the end of a run. */
bool due_next_by_clock(const struct job *job, struct due *due_r);

/* The slot after slot_ms, by the clock alone; false: none. */
bool due_after(const struct job *job, int64_t slot_ms, int64_t *next_r);

/*
 * The last slot at or before until_ms that is later than the job's mark, and
 * how many there are from the mark on, 0 when more than a thousand.
 */
bool due_last_until(
    const struct job *job, int64_t until_ms, int64_t *last_r, int64_t *count_r);

/* True when all its schedules are @after. */
bool due_is_delay(const struct job *job);

#endif
