/*
 * The waiting line and the launchers: starts runs by priority and in due
 * order, a bounded number at a time.
 */
#ifndef BELFRY_SCHEDULER_LAUNCH_H
#define BELFRY_SCHEDULER_LAUNCH_H

#include <stdbool.h>
#include <stddef.h>

#include "ipc/channel.h"
#include "run/spec.h"
#include "scheduler/clock/bucket.h"

struct master;
struct run;

/*
 * So many runs may wait for room; slots beyond stay due in the heap, which
 * keeps them in order at no cost.
 */
#define LAUNCH_WAITING_MAX 256

/*
 * In a cluster those that are due are claimed at once, before the host next in
 * rank would: so many, as far as max-running lets them run. If the host is
 * lost, they are lost with it.
 */
#define LAUNCH_CLAIMED_MAX 4096

/*
 * Who waits for the library launcher must not keep commands from being
 * started, so it has a line of its own, and a long one.
 */
enum launch_line {
	LINE_PLAIN,
	LINE_LIBRARY,
	LINE_COUNT,
};
#define LAUNCH_LIBRARY_WAITING_MAX 4096

struct launcher {
	struct channel *channel; /* NULL: it is being started */
	unsigned launching;
};

struct line {
	struct run *first; /* by priority, then in due order */
	struct run *last;
	size_t waiting;
	size_t blocked; /* so many of them by a semaphore */
};

struct launch {
	struct launcher launchers[LAUNCHERS_MAX];
	unsigned nlaunchers;
	struct line lines[LINE_COUNT];
	size_t waiting_max[LINE_COUNT]; /* so many of a line may wait */
	bool library_asked; /* the guardian was asked for the launcher */
	size_t max_running;
	struct bucket rate;
	struct event *retry; /* no room, or not yet; try again */
};

void launch_init(struct master *m);

/* line.c: by priority, then in due order. */
bool launch_goes_before(const struct run *a, const struct run *b);

/* Where it waits as its job is now. */
enum launch_line launch_line_of(const struct run *run);

/* How many wait for room there. */
size_t launch_waiting_in(const struct launch *launch, unsigned line);

/* A launcher's new channel. */
void launch_peer(struct master *m, unsigned index, int fd);

/* For run_set_state() alone. */
void launch_enqueue(struct launch *launch, struct run *run);
void launch_dequeue(struct launch *launch, struct run *run);
void launch_left(struct launch *launch, struct run *run);

/*
 * What it waits for, a semaphore or who its user is, is not there: it takes no
 * room in its line until it goes on. what lives on.
 */
void launch_block(struct run *run, const char *what);

/* What they wait for, the very string, is there. */
void launch_unblock(struct launch *launch, const char *what);

/* How many wait for room, in all lines. */
size_t launch_waiting(const struct launch *launch);

/* Whether another slot may be decided: there is room in every line. */
bool launch_is_open(const struct launch *launch);

/* A walk over all lines, in the order in which they go. */
struct launch_walk {
	const struct run *at[LINE_COUNT];
};

void launch_walk_init(struct launch_walk *walk, const struct launch *launch);
const struct run *launch_walk_next(struct launch_walk *walk); /* NULL: end */

/* There is a job of this kind: its launcher must be there. */
void launch_need(struct master *m, enum job_kind kind);

/* Starts what can be started now. */
void launch_pump(struct master *m);

#endif
