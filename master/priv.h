/* Giving up root, once, for good. */
#ifndef BELFRY_MASTER_PRIV_H
#define BELFRY_MASTER_PRIV_H

#include <sys/types.h>

#include "base/err.h"

struct priv_ids {
	uid_t uid;
	gid_t gid;
};

/*
 * Looks up whom the daemon is to work as: user and group of the
 * configuration, "" for the caller's own (and the user's own group).
 * 0, or -1 with err when there is no such user or group.
 */
int priv_lookup(const char *user, const char *group, struct priv_ids *ids_r,
    struct err *err);

/*
 * Becomes ids with the user's supplementary groups, and proves that the way
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
