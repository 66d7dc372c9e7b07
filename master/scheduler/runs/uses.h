/*
 * Semaphores that jobs use, uses = NAME:N: of the runs that use NAME a job of
 * that line starts one only while fewer than N have it. Over all hosts of a
 * cluster, where Redis counts; else of this daemon.
 *
 * A queue = NAME is such a semaphore, too: of its workers.
 *
 * A run has all of its semaphores or none while it waits, so that two which
 * use the same ones never wait for each other.
 */
#ifndef BELFRY_SCHEDULER_USES_H
#define BELFRY_SCHEDULER_USES_H

#include <stdbool.h>
#include <stddef.h>

struct event;
struct master;
struct run;
struct use;
struct job_def;
struct queue_section;

struct uses {
	struct use *first;   /* each that was ever used, owned */
	struct event *retry; /* other hosts may have given some back */
};

/*
 * Has it all that its job uses? What is missing is taken or asked for; when it
 * is not there the run is told to wait (launch_block()), for a slot of a
 * schedule with the start deadline in its timer.
 */
bool uses_ready(struct run *run);

/* A run that lives on from before has what its job uses. */
void uses_hold(struct run *run);

/* The run is over, or was none: what it has is free again. */
void uses_release(struct run *run);

/* The queue of a job, when it has one and no more runs may wait there. */
const struct queue_section *
uses_full_queue(const struct master *m, const struct job_def *def);

/* The start deadline of a run that waits has passed: it ends. */
void uses_expired(struct run *run);

/*
 * What runs of this host have, or have asked for: name and run id in turn.
 * *n_r strings, borrowed until the loop turns; the caller frees the array.
 */
const char **uses_list(const struct master *m, size_t *n_r);

void uses_fini(struct uses *uses);

#endif
