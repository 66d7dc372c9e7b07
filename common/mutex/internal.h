/* What mutex.c and watch.c share. */
#ifndef BELFRY_MUTEX_INTERNAL_H
#define BELFRY_MUTEX_INTERNAL_H

#include <pthread.h>

#include "mutex/mutex.h"
#include "mutex/server.h"

struct mutex {
	struct mutex_options options; /* complete; its strings are below */
	char *name;
	char *key;
	char *fence_key;
	char value[MUTEX_VALUE_MAX];
	size_t nservers;
	struct mutex_server servers[MUTEX_SERVERS_MAX];
	int64_t until_ms;
	uint64_t fence;
	/* With a watchdog two threads use what is above and below. */
	pthread_mutex_t guard;
	pthread_t watchdog;
	bool watched;
	int lost_fd;    /* eventfd: readable when lost; -1 */
	int unwatch_fd; /* eventfd: the watchdog is to end; -1 */
};

#endif
