/*
 * Users of this machine as jobs name them, asked of a child of the library
 * launcher once a minute at most: a name service that hangs delays the runs of
 * its own users and nobody else.
 */
#ifndef BELFRY_SCHEDULER_USERS_H
#define BELFRY_SCHEDULER_USERS_H

#include <stdbool.h>
#include <stddef.h>

struct known_user;
struct master;
struct run;
struct user;

struct users {
	struct known_user **all; /* each that was ever asked about, owned */
	size_t n;
	size_t cap;
};

/*
 * Is the run's user known, and not from long ago? Else he is asked about, and
 * the run is told to wait (launch_block()); launch_pump() follows the answer,
 * which may be that nobody knows him.
 */
bool users_ready(struct run *run);

/*
 * What was last heard of the run's user; found is false, with problem, when he
 * cannot be one. NULL: he was not asked about, as the job is now.
 */
const struct user *users_find(const struct run *run);

/* Asks about the daemon's own user, whom most jobs run as. */
void users_prepare(struct master *m);

void users_fini(struct master *m);

#endif
