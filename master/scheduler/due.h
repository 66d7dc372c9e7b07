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

/* The slot after slot_ms, by the clock alone; false: none. */
bool due_after(const struct job *job, int64_t slot_ms, int64_t *next_r);

/*
 * The newest slot before ms that is later than the job's mark; false: none.
 * Costs the same whatever the distance.
 */
bool due_before(const struct job *job, int64_t ms, int64_t *at_r);

/*
 * How many slots there are from the mark on up to last_ms, which is one; 0
 * when they are too many to be counted.
 */
int64_t due_count(const struct job *job, int64_t last_ms);

/* True when all its schedules are @after. */
bool due_is_delay(const struct job *job);

#endif
