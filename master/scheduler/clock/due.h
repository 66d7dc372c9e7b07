/* When a job is due next: pure, over its definition and its memory. */
#ifndef BELFRY_SCHEDULER_DUE_H
#define BELFRY_SCHEDULER_DUE_H

#include "scheduler/jobs/jobs.h"

/* What a time of a job is. */
enum due_kind {
	DUE_SLOT,
	DUE_CALENDAR, /* a slot that the job's calendar leaves out */
	DUE_GAP,      /* no slot: the time zone skipped one here */
};

struct due {
	int64_t at_ms;
	enum due_kind kind;
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
 * Times of one kind that nothing else comes between: from due on, up to
 * until_ms. The last of them, at least due itself, and how many there are;
 * 0 when more than a thousand.
 */
void due_stretch(const struct job *job, const struct due *due, int64_t until_ms,
    int64_t *last_r, int64_t *count_r);

/*
 * The newest slot before ms that is later than the job's mark; false: none.
 * Costs the same whatever the distance.
 */
bool due_before(const struct job *job, int64_t ms, int64_t *at_r);

/* When the run of a slot is to start: later than the slot by the jitter. */
int64_t due_start(const struct job *job, int64_t slot_ms);

/* True when all its schedules are @after. */
bool due_is_delay(const struct job *job);

#endif
