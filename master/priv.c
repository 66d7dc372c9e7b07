#include "priv.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/strbuf.h"

#define IDS "BELFRY_IDS"

/* More than there is room for: these are enough. */
static void
look_up_groups(const char *user, struct priv_ids *ids)
{
	ids->ngroups = PRIV_GROUPS_MAX;
	if (getgrouplist(user, ids->gid, ids->groups, &ids->ngroups) == -1)
		ids->ngroups = PRIV_GROUPS_MAX;
}

int
priv_lookup(const char *user, const char *group, struct priv_ids *ids_r,
    struct err *err)
{
	const struct passwd *pw;
	const struct group *gr;

	ids_r->uid = geteuid();
	ids_r->gid = getegid();
	ids_r->ngroups = 0;
	if (user[0] != '\0') {
		pw = getpwnam(user);
		if (pw == NULL)
			return err_set(err,
			    "user: there is no user \"%s\" on this machine; "
			    "make it, or leave the key out",
			    user);
		ids_r->uid = pw->pw_uid;
		ids_r->gid = pw->pw_gid;
	}
	if (group[0] != '\0') {
		gr = getgrnam(group);
		if (gr == NULL)
			return err_set(err,
			    "group: there is no group \"%s\" on this machine",
			    group);
		ids_r->gid = gr->gr_gid;
	}
	if (user[0] != '\0' && geteuid() == 0 && ids_r->uid != 0)
		look_up_groups(user, ids_r);
	if (geteuid() != 0 && ids_r->uid != geteuid())
		return err_set(err,
		    "user: only root can work as another user (\"%s\")", user);
	return 0;
}

/* "UID GID GROUP ..." */
void
priv_pass_on(const struct priv_ids *ids)
{
	struct strbuf text = STRBUF_INIT;

	strbuf_addf(&text, "%u %u", ids->uid, ids->gid);
	for (int i = 0; i < ids->ngroups; i++)
		strbuf_addf(&text, " %u", ids->groups[i]);
	setenv(IDS, strbuf_str(&text), 1);
	strbuf_fini(&text);
}

/* False: it is at its end, or no number. */
static bool
next_id(const char **p, uint32_t *id_r)
{
	char *end;

	errno = 0;
	*id_r = (uint32_t)strtoul(*p, &end, 10);
	if (end == *p || errno != 0)
		return false;
	*p = end;
	return true;
}

bool
priv_take(struct priv_ids *ids_r)
{
	const char *p = getenv(IDS);
	bool good;

	ids_r->ngroups = 0;
	good =
	    p != NULL && next_id(&p, &ids_r->uid) && next_id(&p, &ids_r->gid);
	while (good && ids_r->ngroups < PRIV_GROUPS_MAX &&
	    next_id(&p, &ids_r->groups[ids_r->ngroups]))
		ids_r->ngroups++;
	return good;
}

int
priv_drop(const struct priv_ids *ids, struct err *err)
{
	if (geteuid() != 0 || ids->uid == 0)
		return 0;
	if (setgroups((size_t)ids->ngroups, ids->groups) == -1)
		return err_errno(err, "cannot set groups");
	if (setresgid(ids->gid, ids->gid, ids->gid) == -1 ||
	    setresuid(ids->uid, ids->uid, ids->uid) == -1)
		return err_errno(err, "cannot become uid %u", ids->uid);
	if (setuid(0) != -1)
		return err_set(err, "could become root again");
	return 0;
}

/* Of the directory that path is in. A sticky one is still everybody's. */
static bool
is_roots_alone(const char *path)
{
	char *dir = xstrdup(path), *slash = strrchr(dir, '/');
	struct stat st;
	bool alone;

	if (slash != NULL)
		slash[slash == dir] = '\0';
	alone = stat(slash != NULL ? dir : ".", &st) == 0 && st.st_uid == 0 &&
	    (st.st_mode & S_IWOTH) == 0 &&
	    ((st.st_mode & S_IWGRP) == 0 || st.st_gid == 0);
	free(dir);
	return alone;
}

static bool
is_link(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0 && S_ISLNK(st.st_mode);
}

int
priv_open(const char *path, int flags, mode_t mode, struct err *err)
{
	bool follows = geteuid() != 0 || is_roots_alone(path);
	int fd = open(path,
	    flags | O_CLOEXEC | O_NOCTTY | (follows ? 0 : O_NOFOLLOW), mode);

	if (fd == -1 && !follows && is_link(path))
		err_set(err,
		    "%s: root follows no symbolic link in a directory that "
		    "others may write; name the place it leads to",
		    path);
	else if (fd == -1)
		err_errno(err, "cannot open %s", path);
	return fd;
}
