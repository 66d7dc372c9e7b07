/*
 * One role's process: how it is started, and when it is started again.
 */
#ifndef BELFRY_GUARDIAN_CHILD_H
#define BELFRY_GUARDIAN_CHILD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"
#include "ipc/channel.h"

struct guardian;

struct child {
	struct guardian *guardian; /* borrowed */
	enum role_id role;
	unsigned index;
	pid_t pid; /* 0: not running */
	bool ready;
	struct channel *channel;
	int64_t started_ms; /* or tried; CLOCK_BOOTTIME */
	unsigned failures;  /* deaths soon after a start, in a row */
	unsigned restarts;
	struct event *restart; /* pending while it waits to be started */
};

/* How a role's program is called. */
struct child_exec {
	const char *path;
	char *const *argv;
	int config_fd; /* becomes ROLE_CONFIG_FD; -1 none */
};

/*
 * Starts the program in a process group of its own, with the returned
 * socket's other end on ROLE_GUARDIAN_FD. Fills pid and started_ms. Returns
 * our end of the channel or -1.
 */
int child_spawn(
    struct child *child, const struct child_exec *exec, struct err *err);

/* In a process just forked: a group of its own, and signals as they are born. */
void child_reset(void);

/*
 * How long to wait before it is started again, after it died: nothing the
 * first time, then 100 ms doubling to a minute, until it has lived for ten
 * seconds. Milliseconds. Counts the failure.
 */
int64_t child_backoff_ms(struct child *child, int64_t now_ms);

/* "master", "launcher 1" */
const char *child_name(const struct child *child, char *buf, size_t size);

/* CLOCK_BOOTTIME in milliseconds. */
int64_t boottime_ms(void);

#endif
