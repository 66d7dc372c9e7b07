/*
 * Mails of crontabs' jobs for a server: a worker left each as a file called
 * like its run, which goes when its notification is settled. They have lanes
 * of their own, for they are no news that a storm would be made of.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "scheduler/notify/internal.h"
#include "scheduler/runs/cron_mail.h"

/* Longer than any retry-for, and than most daemons are stopped. */
#define LEFT_S (31 * 24 * 60 * 60)

static char *
make_directory_path(const struct master *m)
{
	return xasprintf("%s/" CRON_MAIL_DIRECTORY, m->config->state_dir);
}

char *
notify_mail_path(const struct master *m, const char *run)
{
	return xasprintf(
	    "%s/" CRON_MAIL_DIRECTORY "/%s", m->config->state_dir, run);
}

/* A job that is gone may have had one. */
static bool
may_have_mail(const struct run *run)
{
	const struct job_def *def = run->job->def;

	return *run->master->config->cron_mail != '\0' &&
	    (def == NULL || def->options->cron != 0);
}

void
notify_mail(const struct run *run, const struct run_result *result)
{
	struct master *m = run->master;
	char *path, *receiver, *what;
	json_t *facts;

	if (!may_have_mail(run))
		return;
	path = notify_mail_path(m, run->begin.id);
	if (access(path, F_OK) == 0) {
		facts = notify_facts(m, "mail", run->job);
		notify_facts_run(facts, run, result);
		receiver =
		    xasprintf(NOTIFY_MAIL_LANE " %s", m->config->cron_mail);
		what = xasprintf("%s mail", run->begin.id);
		notify_tell(m, receiver, what, "mail", run->job->name,
		    run->begin.id, facts);
		free(receiver);
		free(what);
	}
	free(path);
}

void
notify_mail_settled(const struct lane *lane, const struct notice *notice)
{
	char *path;

	if (!lane->is_mail)
		return;
	path = notify_mail_path(lane->master, notice->run);
	if (unlink(path) == -1 && errno != ENOENT)
		log_warn("cannot remove %s: %s", path, strerror(errno));
	free(path);
}

void
notify_mail_begin(struct master *m)
{
	char *path = make_directory_path(m);
	DIR *dir = opendir(path);
	int64_t before_s = clock_ms() / 1000 - LEFT_S;
	const struct dirent *entry;
	struct stat st;

	free(path);
	if (dir == NULL)
		return;
	while ((entry = readdir(dir)) != NULL)
		if (fstatat(dirfd(dir), entry->d_name, &st,
			AT_SYMLINK_NOFOLLOW) == 0 &&
		    S_ISREG(st.st_mode) && st.st_mtime < before_s)
			unlinkat(dirfd(dir), entry->d_name, 0);
	closedir(dir);
}
