/*
 * The waiting line and the launchers: starts runs by priority and in due
 * order, a bounded number at a time.
 */
#ifndef BELFRY_SCHEDULER_LAUNCH_H
#define BELFRY_SCHEDULER_LAUNCH_H

#include <stddef.h>

#include "scheduler/clock/bucket.h"
#include "ipc/channel.h"

#define LAUNCHERS_MAX 8

struct master;
struct run;

/*
 * So many runs may wait for room; slots beyond stay due in the heap, which
 * keeps them in order at no cost.
 */
#define LAUNCH_WAITING_MAX 256

struct launcher {
	struct channel *channel; /* NULL: it is being started */
	unsigned launching;
};

struct launch {
	struct launcher launchers[LAUNCHERS_MAX];
	unsigned nlaunchers;
	struct run *first; /* the line, by priority, then in due order */
	struct run *last;
	size_t waiting;
	size_t max_running;
	struct bucket rate;
	struct event *retry; /* no room, or not yet; try again */
};

void launch_init(struct master *m);

/* A launcher's new channel. */
void launch_peer(struct master *m, unsigned index, int fd);

/* For run_set_state() alone. */
void launch_enqueue(struct launch *launch, struct run *run);
void launch_dequeue(struct launch *launch, struct run *run);
void launch_left(struct launch *launch, struct run *run);

/* Starts what can be started now. */
void launch_pump(struct master *m);

#endif
