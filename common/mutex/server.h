/* One Redis server of a mutex: connects when it is needed, and waits. */
#ifndef BELFRY_MUTEX_SERVER_H
#define BELFRY_MUTEX_SERVER_H

#include <stdbool.h>
#include <stdint.h>

#include "mutex/scripts.h"
#include "redis/url.h"

struct redisContext;

struct mutex_server {
	const struct redis_url *url; /* borrowed */
	struct redisContext *context;
	bool asked; /* an answer is to come */
	char answer[128];
	char why[160]; /* the last error */
};

/* What all servers are asked. */
struct mutex_ask {
	enum mutex_script script;
	const char *key;
	const char *fence_key;
	const char *value;
	char argument[32]; /* "" none */
};

/* Sends it; where that fails, asked stays false and why is set. */
void mutex_server_ask(struct mutex_server *server, const struct mutex_ask *ask,
    int64_t timeout_ms);

/*
 * Waits for the answer until the deadline (ms of CLOCK_BOOTTIME). False: there
 * is none; the connection is given up.
 */
bool mutex_server_wait(struct mutex_server *server, const struct mutex_ask *ask,
    int64_t deadline_ms);

void mutex_server_close(struct mutex_server *server);

#endif
