/*
 * Run ids: 20 characters of Crockford's base 32, lower case, that sort by the
 * time they were made: 9 for milliseconds since 1970, 2 that count within one,
 * 6 at random, so that ids of several hosts differ, and 3 for the run's place
 * (runfile.h), or, of a run that was submitted, which has none yet, a "u" and
 * two more at random.
 */
#ifndef BELFRY_SCHEDULER_RUN_ID_H
#define BELFRY_SCHEDULER_RUN_ID_H

#include <stdint.h>

#include "run/spec.h"

struct run_ids {
	int64_t last_ms;
	unsigned counter;
	uint64_t random; /* state of the generator */
};

/* Seeds it from the system's randomness. */
void run_ids_init(struct run_ids *ids);

/* The next id, greater than all before it, also when the clock is stepped. */
void run_id_make(struct run_ids *ids, int64_t now_ms, unsigned place,
    char id_r[RUN_ID_SIZE]);

/* The same for a run that is submitted. */
void
run_id_make_queued(struct run_ids *ids, int64_t now_ms, char id_r[RUN_ID_SIZE]);

/* The name of the run file at a place. */
void run_id_name(unsigned place, char name_r[RUN_ID_SIZE]);

/* The place in an id, or in the name of a run file; -1: it is none. */
int run_id_place(const char *id);

#endif
