#include "config/set/crontabs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "config/set/dir.h"
#include "config/set/owner.h"

void
job_paths_add(struct job_paths *paths, char *path, enum job_source_kind kind)
{
	array_reserve(
	    &paths->items, &paths->cap, paths->n + 1, sizeof(*paths->items));
	paths->items[paths->n++] = (struct job_path){path, kind};
}

void
job_paths_fini(struct job_paths *paths)
{
	for (size_t i = 0; i < paths->n; i++)
		free(paths->items[i].path);
	free(paths->items);
}

static int
by_path(const void *a, const void *b)
{
	const struct job_path *p = a, *q = b;

	return strcmp(p->path, q->path);
}

void
job_paths_sort(struct job_paths *paths)
{
	if (paths->n > 0)
		qsort(paths->items, paths->n, sizeof(*paths->items), by_path);
}

struct lister {
	struct job_paths *paths;
	crontabs_tell *error, *hint;
	void *arg;
};

static bool
is_system_name(const char *name)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "abcdefghijklmnopqrstuvwxyz0123456789_-";

	return *name != '\0' && name[strspn(name, letters)] == '\0';
}

static bool
is_user_name(const char *name)
{
	return *name != '.' && strncmp(name, "tmp.", 4) != 0;
}

static void
list_entry(struct lister *lister, const char *dir, const char *name,
    enum job_source_kind kind)
{
	bool is_user = kind == JOB_SOURCE_USER_CRONTAB;
	char *path = xasprintf("%s/%s", dir, name);

	if (is_user ? is_user_name(name) : is_system_name(name)) {
		job_paths_add(lister->paths, path, kind);
		return;
	}
	if (!is_user && !job_dir_is_litter(name))
		lister->hint(lister->arg, path,
		    "this is not read, as cron does not; the name of a crontab "
		    "has letters, digits, \"_\" and \"-\"");
	free(path);
}

static void
list_dir(struct lister *lister, const char *dir, enum job_source_kind kind)
{
	DIR *d = opendir(dir);
	const struct dirent *entry;
	struct err err;

	if (d == NULL) {
		err_errno(&err, "cannot read this directory of crontabs");
		lister->error(lister->arg, dir, err.text);
		return;
	}
	while ((entry = readdir(d)) != NULL)
		list_entry(lister, dir, entry->d_name, kind);
	closedir(d);
}

/* One that is missing is none: cron does without, too. */
static void
list_file(struct lister *lister, const char *path)
{
	struct stat st;

	if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		list_dir(lister, path, JOB_SOURCE_SYSTEM_CRONTAB);
	else if (lstat(path, &st) == 0)
		job_paths_add(
		    lister->paths, xstrdup(path), JOB_SOURCE_SYSTEM_CRONTAB);
}

void
crontabs_list(const struct job_crontabs *crontabs, struct job_paths *paths,
    crontabs_tell *error, crontabs_tell *hint, void *arg)
{
	struct lister lister = {paths, error, hint, arg};
	const char *p = crontabs->files;

	while (*p != '\0') {
		size_t len = strcspn(p, "\n");
		char *path = xstrndup(p, len);

		list_file(&lister, path);
		free(path);
		p += len + (p[len] == '\n');
	}
	if (*crontabs->spool != '\0')
		list_dir(&lister, crontabs->spool, JOB_SOURCE_USER_CRONTAB);
}

int
crontab_open(const char *path, enum job_source_kind kind,
    const struct job_set_options *options, struct err *err)
{
	int flags = O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, fd;
	struct stat st;

	if (kind == JOB_SOURCE_USER_CRONTAB)
		flags |= O_NOFOLLOW;
	else if (options->privileged && lstat(path, &st) == 0 &&
	    S_ISLNK(st.st_mode) && st.st_uid != 0)
		return err_set(err,
		    "uid %u owns this symbolic link, so root does not follow "
		    "it; chown -h root",
		    st.st_uid);
	fd = open(path, flags);
	if (fd == -1 && errno == ELOOP)
		return err_set(err,
		    "this is a symbolic link; a user's own "
		    "crontab is a regular file");
	if (fd == -1)
		err_errno(err, "cannot open this file");
	return fd;
}

static int
check_system(const struct stat *st, const struct job_set_options *options,
    struct err *err)
{
	if (!options->privileged)
		return 0;
	if (st->st_uid != 0)
		return err_set(err,
		    "uid %u owns this crontab, which names users; chown root",
		    st->st_uid);
	if ((st->st_mode & (S_IWGRP | S_IWOTH)) != 0)
		return err_set(
		    err, "others than root may write this crontab; chmod go-w");
	return 0;
}

static int
check_user(const char *user, const struct stat *st,
    const struct job_set_options *options, struct err *err)
{
	enum job_owner known;
	uid_t uid;

	known = job_owner_find(user, options, &uid);
	if (known == JOB_OWNER_NOBODY)
		return err_set(err,
		    "there is no user of this name, whose crontab it would "
		    "be");
	/* One whom only a name service knows is held against it at each run. */
	if (known == JOB_OWNER_FOUND && st->st_uid != uid && st->st_uid != 0)
		return err_set(err,
		    "uid %u owns this file, not its user nor root; chown %s",
		    st->st_uid, user);
	if ((st->st_mode & 07777) != 0600)
		return err_set(err,
		    "its mode is %04o; cron and belfryd want chmod 0600",
		    st->st_mode & 07777);
	return 0;
}

int
crontab_check_file(const char *path, const struct stat *st,
    enum job_source_kind kind, const struct job_set_options *options,
    struct err *err)
{
	const char *slash = strrchr(path, '/');
	int rc = kind == JOB_SOURCE_USER_CRONTAB ?
	    check_user(slash != NULL ? slash + 1 : path, st, options, err) :
	    check_system(st, options, err);

	if (rc == 0 && st->st_nlink != 1)
		return err_set(err,
		    "this crontab has %lu names; one with hard links is not "
		    "read",
		    (unsigned long)st->st_nlink);
	return rc;
}
