/*
 * Users of this machine as jobs name them, looked up once a minute at most.
 */
#ifndef BELFRY_SCHEDULER_USERS_H
#define BELFRY_SCHEDULER_USERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct user {
	char *name;  /* as asked for; "" the daemon's own */
	char *group; /* as asked for; "" the user's own */
	char *login;
	char *home;
	bool home_exists;
	char *shell;
	uint32_t uid;
	uint32_t gid;
	uint32_t *groups;
	uint32_t ngroups;
	int64_t looked_ms;
	bool found;
	char *problem; /* why not */
};

struct users {
	struct user *all;
	size_t n;
	size_t cap;
};

/*
 * The user, valid until the next call; found is false, with problem, when
 * there is no such user or group.
 */
const struct user *users_get(
    struct users *users, const char *name, const char *group, int64_t now_ms);
void users_fini(struct users *users);

#endif
