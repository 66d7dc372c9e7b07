#include "config/set/owner.h"

#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config/quote.h"

bool
job_owner_is_trusted(const struct stat *st)
{
	return st->st_uid == 0 && (st->st_mode & S_IWOTH) == 0 &&
	    ((st->st_mode & S_IWGRP) == 0 || st->st_gid == 0);
}

/* Digits of a number that is somebody for certain, as for who starts the run. */
#define NUMBER_MAX 9

static bool
is_number(const char *name)
{
	size_t len = strlen(name);

	return len > 0 && len <= NUMBER_MAX &&
	    strspn(name, "0123456789") == len;
}

/*
 * The entry of /etc/passwd, by name or, without one, by number; valid until
 * the next call. NULL: none.
 */
static const struct passwd *
find_local_user(const char *name, uid_t uid)
{
	FILE *f = fopen("/etc/passwd", "re");
	const struct passwd *pw = NULL;

	while (f != NULL && (pw = fgetpwent(f)) != NULL)
		if (name != NULL ? strcmp(pw->pw_name, name) == 0 :
				   pw->pw_uid == uid)
			break;
	if (f != NULL)
		fclose(f);
	return pw;
}

/* That of /etc/group. */
static const struct group *
find_local_group(const char *name, gid_t gid)
{
	FILE *f = fopen("/etc/group", "re");
	const struct group *gr = NULL;

	while (f != NULL && (gr = fgetgrent(f)) != NULL)
		if (name != NULL ? strcmp(gr->gr_name, name) == 0 :
				   gr->gr_gid == gid)
			break;
	if (f != NULL)
		fclose(f);
	return gr;
}

enum job_owner
job_owner_find(
    const char *name, const struct job_set_options *options, uid_t *uid_r)
{
	const struct passwd *pw = find_local_user(name, 0);

	if (pw == NULL && !options->local_names)
		pw = getpwnam(name);
	if (pw != NULL)
		*uid_r = pw->pw_uid;
	else if (is_number(name))
		*uid_r = (uid_t)strtoul(name, NULL, 10);
	else
		return options->local_names ? JOB_OWNER_UNKNOWN :
					      JOB_OWNER_NOBODY;
	return JOB_OWNER_FOUND;
}

static enum job_owner
find_group(
    const char *name, const struct job_set_options *options, gid_t *gid_r)
{
	const struct group *gr = find_local_group(name, 0);

	if (gr == NULL && !options->local_names)
		gr = getgrnam(name);
	if (gr != NULL)
		*gid_r = gr->gr_gid;
	else if (is_number(name))
		*gid_r = (gid_t)strtoul(name, NULL, 10);
	else
		return options->local_names ? JOB_OWNER_UNKNOWN :
					      JOB_OWNER_NOBODY;
	return JOB_OWNER_FOUND;
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
	uid = geteuid();
	if (!options->local_names &&
	    job_owner_find(default_user(options), options, &uid) !=
		JOB_OWNER_FOUND)
		uid = 0;
	if (uid == st->st_uid)
		return 0;
	return err_set(err,
	    "uid %u owns this file, so root does not read it; chown root",
	    st->st_uid);
}

/* By the local files: what a directory server adds does not count here. */
static bool
user_is_in_group(const char *user, gid_t gid)
{
	const struct passwd *pw = find_local_user(user, 0);
	const struct group *gr;

	if (pw != NULL && pw->pw_gid == gid)
		return true;
	gr = find_local_group(NULL, gid);
	for (size_t i = 0; gr != NULL && gr->gr_mem[i] != NULL; i++)
		if (strcmp(gr->gr_mem[i], user) == 0)
			return true;
	return false;
}

/* Whoever is not in the local files, while we are, is somebody else. */
static bool
is_our_user(const char *name, const struct job_set_options *options)
{
	uid_t uid;

	switch (job_owner_find(name, options, &uid)) {
	case JOB_OWNER_FOUND:
		return uid == geteuid();
	case JOB_OWNER_UNKNOWN:
		return find_local_user(NULL, geteuid()) == NULL;
	case JOB_OWNER_NOBODY:
		break;
	}
	return false;
}

static bool
is_our_group(const char *name, const struct job_set_options *options)
{
	gid_t gid;

	switch (find_group(name, options, &gid)) {
	case JOB_OWNER_FOUND:
		return gid == getegid();
	case JOB_OWNER_UNKNOWN:
		return find_local_group(NULL, getegid()) == NULL;
	case JOB_OWNER_NOBODY:
		break;
	}
	return false;
}

static int
check_unprivileged(const struct job_options *job,
    const struct job_set_options *options, const char **key_r, struct err *err)
{
	char quoted[QUOTE_SIZE];

	*key_r = "user";
	if (*job->user != '\0' && !is_our_user(job->user, options))
		return err_set(err,
		    "user %s: belfryd does not run as root, so its jobs run "
		    "as uid %u and nobody else",
		    quote(quoted, job->user), geteuid());
	*key_r = "group";
	if (*job->group != '\0' && !is_our_group(job->group, options))
		return err_set(err,
		    "group %s: belfryd does not run as root, so its jobs run "
		    "in group %u and no other",
		    quote(quoted, job->group), getegid());
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
	    (find_group(job->group, options, &gid) != JOB_OWNER_FOUND ||
		!user_is_in_group(daemon_user, gid)))
		return err_set(err,
		    "group %s: only a file of root's may name a group that "
		    "%s is not in by /etc/group; chown root the file",
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
		return check_unprivileged(job, options, key_r, err);
	/* A user's own crontab has no such keys but the user it belongs to. */
	if (source->trusted || source->kind == JOB_SOURCE_USER_CRONTAB)
		return 0;
	return check_untrusted(job, options, key_r, err);
}
