/*
 * Run ids: 16 characters of Crockford's base 32, lower case, that sort by the
 * time they were made: 45 bits of milliseconds, then 35 of a counter that
 * begins at random each millisecond, so that ids of several hosts differ.
 */
#ifndef BELFRY_SCHEDULER_RUN_ID_H
#define BELFRY_SCHEDULER_RUN_ID_H

#include <stdint.h>

#include "ipc/spec.h"

/* Zero to begin with. */
struct run_ids {
	int64_t last_ms;
	uint64_t counter;
};

/* The next id, greater than all before it, also when the clock is stepped. */
void run_id_make(struct run_ids *ids, int64_t now_ms, char id_r[RUN_ID_SIZE]);

#endif
