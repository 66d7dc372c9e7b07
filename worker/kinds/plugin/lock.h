/*
 * Mutexes of the cluster for a plugin. What the servers are, and their
 * password, is found out in the worker, which may read it; the rest happens
 * in the job's process.
 */
#ifndef BELFRY_WORKER_PLUGIN_LOCK_H
#define BELFRY_WORKER_PLUGIN_LOCK_H

#include <stddef.h>

#include "base/err.h"
#include "mutex/mutex.h"
#include "run/spec.h"

struct plugin_lock {
	struct redis_url *urls[MUTEX_SERVERS_MAX]; /* owned */
	size_t nurls;                              /* 0: there is no cluster */
	const char *cluster; /* borrowed from the settings */
	struct mutex *mutex; /* owned; NULL: nothing is held */
	int lost;            /* the mutex's: readable when it is lost */
};

/* 0, or -1 with err. */
int plugin_lock_init(
    struct plugin_lock *lock, const struct run_spec *spec, struct err *err);

/* Gives back what is held. */
void plugin_lock_release(struct plugin_lock *lock);

/* Forgets the passwords. */
void plugin_lock_fini(struct plugin_lock *lock);

#endif
