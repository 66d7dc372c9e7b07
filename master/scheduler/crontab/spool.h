/*
 * The users' own crontabs as files: read, replaced and removed as Debian's
 * crontab(1) does, so that it and cron can have them back any time. Runs in
 * the master, which is root where users are to have crontabs.
 */
#ifndef BELFRY_SCHEDULER_CRONTAB_SPOOL_H
#define BELFRY_SCHEDULER_CRONTAB_SPOOL_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/err.h"

/* Whose it is. */
struct spool_user {
	char name[256]; /* can be a file's */
	uid_t uid;
};

/*
 * May the user have a crontab? By crontab(1): root always; who stands in the
 * file allow; where there is none, who does not stand in the file deny; all,
 * where there is neither. A file that cannot be read allows nobody. 0, or -1
 * with err.
 */
int spool_check_allowed(
    const char *allow, const char *deny, const char *name, struct err *err);

/*
 * The text, without the three lines that crontab(1) puts in front; the caller
 * frees it. NULL with err, errno ENOENT: there is none.
 */
char *spool_read(const char *spool, const struct spool_user *user,
    size_t *len_r, struct err *err);

/* Replaces it, all at once. 0, or -1 with err. */
int spool_write(const char *spool, const struct spool_user *user,
    const char *text, struct err *err);

/* 0, or -1 with err, errno ENOENT: there is none. */
int
spool_remove(const char *spool, const struct spool_user *user, struct err *err);

#endif
