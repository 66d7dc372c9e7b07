/*
 * Who a job runs as: a user of this machine as the name services know him.
 * They may ask a server that does not answer: look_up.c may block for long.
 */
#ifndef BELFRY_USER_H
#define BELFRY_USER_H

#include <stdbool.h>
#include <stdint.h>

#include "ipc/wire.h"

/* What was found of a name. All owned. */
struct user {
	bool found;
	char *problem; /* why not; NULL when found */
	char *login;
	char *home;
	bool home_exists; /* as a directory that we may enter */
	char *shell;
	uint32_t uid;
	uint32_t gid;
	uint32_t *groups; /* supplementary ones; gid may be among them */
	uint32_t ngroups; /* at most SPEC_GROUPS_MAX */
};

void user_fini(struct user *user);

/*
 * By name, or by number, which needs no entry and has that group too; "" are
 * we ourselves. group: "" the user's own, else that one instead. Blocks for as
 * long as the name services do.
 */
void user_look_up(struct user *user_r, const char *name, const char *group);

/*
 * Ourselves, by what /etc/passwd alone says: does not block, and leaves groups
 * empty. False: it says nothing.
 */
bool user_find_self(struct user *user_r);

/* As in the message USER_FOUND. */
void user_encode(const struct user *user, struct wire_writer *w);

/* 0, or -1: malformed; user_r is empty then. */
int user_decode(struct user *user_r, struct wire_reader *r);

#endif
