/* Giving up root, once, for good. */
#ifndef BELFRY_MASTER_PRIV_H
#define BELFRY_MASTER_PRIV_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/err.h"

#define PRIV_GROUPS_MAX 256

struct priv_ids {
	uid_t uid;
	gid_t gid;
	gid_t groups[PRIV_GROUPS_MAX]; /* supplementary ones */
	int ngroups;
};

/*
 * Looks up whom the daemon is to work as: user and group of the
 * configuration, "" for the caller's own (and the user's own group).
 * 0, or -1 with err when there is no such user or group. Asks the system's
 * name services, which may take long.
 */
int priv_lookup(const char *user, const char *group, struct priv_ids *ids_r,
    struct err *err);

/*
 * From the guardian, at its start, to the roles that it starts, by the
 * environment: a role that is started again must not wait for a name service
 * that is down. False: nobody has said who we are to be.
 */
void priv_pass_on(const struct priv_ids *ids);
bool priv_take(struct priv_ids *ids_r);

/*
 * Becomes ids with their supplementary groups, and proves that the way
 * back is closed. Nothing to do when we are that already. 0 or -1.
 */
int priv_drop(const struct priv_ids *ids, struct err *err);

/*
 * open(2) by root, who must not be led elsewhere: a link is only followed in
 * a directory that root alone may write. Anybody but root opens as ever. The
 * descriptor, close-on-exec; -1 with err, that says who may lead nobody.
 */
int priv_open(const char *path, int flags, mode_t mode, struct err *err);

#endif
