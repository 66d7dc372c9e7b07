/*
 * The wall clock was set, or is an earlier one than that by which the store
 * was written.
 */
#ifndef BELFRY_SCHEDULER_REWIND_H
#define BELFRY_SCHEDULER_REWIND_H

#include <stdbool.h>
#include <stdint.h>

struct master;

/*
 * Can ms, a time that has been, be told by a clock that was right? A time so
 * far ahead as that for which cron(8) takes a step for a correction cannot:
 * what was decided by it is not waited for.
 */
bool rewind_is_ahead(int64_t ms, int64_t now_ms);

/*
 * Jobs whose slots were decided by a clock that was far ahead go on from now.
 * Not in a cluster: there Redis' clock counts.
 */
void rewind_all(struct master *m);

/* The clock was set by step_ms: what waits keeps its pause, too. */
void rewind_step(struct master *m, int64_t step_ms);

#endif
