/*
 * The daemon's place in cgroup v2: a group below which workers make one for
 * each run that needs it (worker/run_cgroup.h). Set up once, at start, by the
 * guardian.
 *
 * auto finds a place that is ours: one of its own at the root of the
 * hierarchy, or the group that was delegated to us. There it moves the daemon
 * to a leaf "daemon": a group with controllers has no processes itself. It
 * keeps away from the group of a service of systemd, which cannot be started
 * again while anything lives below a group with controllers; and that jobs go
 * on while the daemon starts again is what a run is promised.
 */
#ifndef BELFRY_GUARDIAN_CGROUPS_H
#define BELFRY_GUARDIAN_CGROUPS_H

#include <stdbool.h>

#include "config/config.h"
#include "ipc/wire.h"

struct cgroups {
	char *base;   /* owned; "" there is none. NULL before cgroups_open() */
	char *origin; /* owned: where we were before we moved; NULL: nowhere */
	bool own;     /* base is a group that we made, by a name of our own */
};

/*
 * Finds or makes it as the setting cgroup says, and logs what it is. 0; -1 with
 * err when the directory that is named there cannot be used.
 */
int cgroups_open(
    struct cgroups *cgroups, const struct config *config, struct err *err);

/* What runs get of them, as in the message LIMITS_SET. */
void cgroups_describe(const struct cgroups *cgroups, struct wire_writer *w);

/* Leaves and removes what is empty. */
void cgroups_close(struct cgroups *cgroups);

#endif
