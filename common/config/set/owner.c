#include "config/set/owner.h"

#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "config/quote.h"

bool
job_owner_is_trusted(const struct stat *st)
{
	return st->st_uid == 0 && (st->st_mode & S_IWOTH) == 0 &&
	    ((st->st_mode & S_IWGRP) == 0 || st->st_gid == 0);
}

/* Digits of a number that is somebody for certain, as for who starts the run. */
#define NUMBER_MAX 9

/* By name or number; false when there is none. */
static bool
find_user(const char *name, uid_t *uid_r)
{
	const struct passwd *pw = getpwnam(name);
	char *end;
	unsigned long n;

	if (pw != NULL) {
		*uid_r = pw->pw_uid;
		return true;
	}
	n = strtoul(name, &end, 10);
	if (*name < '0' || *name > '9' || *end != '\0' ||
	    strlen(name) > NUMBER_MAX)
		return false;
	*uid_r = (uid_t)n;
	return true;
}

static bool
find_group(const char *name, gid_t *gid_r)
{
	const struct group *gr = getgrnam(name);
	char *end;
	unsigned long n;

	if (gr != NULL) {
		*gid_r = gr->gr_gid;
		return true;
	}
	n = strtoul(name, &end, 10);
	if (*name < '0' || *name > '9' || *end != '\0' ||
	    strlen(name) > NUMBER_MAX)
		return false;
	*gid_r = (gid_t)n;
	return true;
}

static const char *
default_user(const struct job_set_options *options)
{
	const char *name = options->default_user;

	return name != NULL && *name != '\0' ? name : "root";
}

int
job_owner_check_file(const struct stat *st,
    const struct job_set_options *options, struct err *err)
{
	uid_t uid;

	if (!options->privileged)
		return 0;
	if ((st->st_mode & S_IWOTH) != 0)
		return err_set(err,
		    "anybody may write this file, so root does not read it; "
		    "chmod o-w");
	if ((st->st_mode & S_IWGRP) != 0 && st->st_gid != 0)
		return err_set(err,
		    "group %u may write this file, so root does not read it; "
		    "chmod g-w",
		    st->st_gid);
	if (st->st_uid == 0)
		return 0;
	if (find_user(default_user(options), &uid) && uid == st->st_uid)
		return 0;
	return err_set(err,
	    "uid %u owns this file, so root does not read it; chown root",
	    st->st_uid);
}

static bool
we_are_in_group(gid_t gid)
{
	gid_t *groups;
	int n = getgroups(0, NULL);
	bool found = gid == getgid() || gid == getegid();

	if (n <= 0 || found)
		return found;
	groups = xcalloc((size_t)n, sizeof(*groups));
	n = getgroups(n, groups);
	for (int i = 0; i < n; i++)
		found = found || groups[i] == gid;
	free(groups);
	return found;
}

static bool
user_is_in_group(const char *user, gid_t gid)
{
	const struct passwd *pw = getpwnam(user);
	gid_t groups[256];
	int n = (int)nitems(groups);

	if (pw == NULL)
		return false;
	if (getgrouplist(user, pw->pw_gid, groups, &n) == -1)
		n = (int)nitems(groups);
	for (int i = 0; i < n; i++)
		if (groups[i] == gid)
			return true;
	return false;
}

static int
check_unprivileged(
    const struct job_options *job, const char **key_r, struct err *err)
{
	char quoted[QUOTE_SIZE];
	uid_t uid;
	gid_t gid;

	*key_r = "user";
	if (*job->user != '\0' &&
	    (!find_user(job->user, &uid) || uid != geteuid()))
		return err_set(err,
		    "user %s: belfryd does not run as root, so its jobs run "
		    "as uid %u and nobody else",
		    quote(quoted, job->user), geteuid());
	*key_r = "group";
	if (*job->group != '\0' &&
	    (!find_group(job->group, &gid) || !we_are_in_group(gid)))
		return err_set(err,
		    "group %s: belfryd does not run as root and is not in "
		    "this group",
		    quote(quoted, job->group));
	return 0;
}

static int
check_untrusted(const struct job_options *job,
    const struct job_set_options *options, const char **key_r, struct err *err)
{
	const char *daemon_user = default_user(options);
	char quoted[QUOTE_SIZE];
	gid_t gid;

	*key_r = "user";
	if (*job->user != '\0' && strcmp(job->user, daemon_user) != 0)
		return err_set(err,
		    "user %s: only a file of root's may name another user "
		    "than %s; chown root the file",
		    quote(quoted, job->user), daemon_user);
	*key_r = "group";
	if (*job->group != '\0' &&
	    (!find_group(job->group, &gid) ||
		!user_is_in_group(daemon_user, gid)))
		return err_set(err,
		    "group %s: only a file of root's may name a group that "
		    "%s is not in; chown root the file",
		    quote(quoted, job->group), daemon_user);
	return 0;
}

int
job_owner_check_job(const struct job_options *job,
    const struct job_source *source, const struct job_set_options *options,
    const char **key_r, struct err *err)
{
	if (*job->user == '\0' && *job->group == '\0')
		return 0;
	if (!options->privileged)
		return check_unprivileged(job, key_r, err);
	/* A user's own crontab has no such keys but the user it belongs to. */
	if (source->trusted || source->kind == JOB_SOURCE_USER_CRONTAB)
		return 0;
	return check_untrusted(job, options, key_r, err);
}
