/*
 * Jobs that somebody paused, and the pause of all: who, when, why, until.
 * They are in the store, and end by themselves at their time.
 */
#ifndef BELFRY_SCHEDULER_PAUSE_H
#define BELFRY_SCHEDULER_PAUSE_H

#include <stdbool.h>

#include "run/record.h"
#include "scheduler/clock/heap.h"

struct job;
struct master;

/* Owned by struct pauses; its strings too. */
struct pause {
	struct timer timer; /* of until_ms */
	struct pause *next;
	struct record_pause record;
};

struct pauses {
	struct pause *first;
	struct pause *all; /* the one of all jobs, NULL none; in the list */
	size_t n;          /* pauses of single jobs */
};

/* Begins one, or replaces the one that is; tells the store if it is new. */
void
pause_begin(struct master *m, const struct record_pause *record, bool is_new);

/* Ends one: what waited for it goes on. */
void pause_end(struct master *m, struct pause *pause);

/* The pause of a job, or of PAUSE_ALL; NULL none. */
struct pause *pause_find(const struct master *m, const char *job);

/* The one that keeps job from running now: its own first. NULL: none. */
const struct pause *pause_of(const struct master *m, const struct job *job);

/* Is the job's slot of that time to be skipped? */
bool
pause_covers(const struct master *m, const struct job *job, int64_t slot_ms);

/* Jobs were loaded: finds those that are paused. */
void pause_apply(struct master *m);

void pauses_fini(struct master *m);

#endif
