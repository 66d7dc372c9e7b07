/* The guardian's RELOAD: new configuration, new job files, nothing lost. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/mem.h"
#include "scheduler/answer/answer.h"
#include "scheduler/crontab/watch.h"
#include "scheduler/jobs/rewind.h"
#include "scheduler/master.h"
#include "scheduler/member/member.h"

static struct config *
read_config(const char *path, int fd, struct err *err)
{
	struct config *config;
	struct stat st;
	char *text;
	ssize_t n;

	if (fstat(fd, &st) == -1) {
		err_errno(err, "cannot read the new configuration");
		return NULL;
	}
	text = xmalloc((size_t)st.st_size + 1);
	n = pread(fd, text, (size_t)st.st_size, 0);
	config = n == -1 ? NULL : config_parse(path, text, (size_t)n, err);
	free(text);
	return config;
}

static void
warn_changed(const char *key, const char *was, const char *is)
{
	if (strcmp(was, is) != 0)
		log_warn("%s changed from \"%s\" to \"%s\": takes effect when "
			 "belfryd is restarted",
		    key, was, is);
}

/* What cannot change while we run: say so, and keep it as it was. */
static void
warn_fixed(const struct config *was, const struct config *is)
{
	warn_changed("state-dir", was->state_dir, is->state_dir);
	warn_changed("run-dir", was->run_dir, is->run_dir);
	warn_changed("user", was->user, is->user);
	warn_changed("group", was->group, is->group);
	warn_changed("log", was->log, is->log);
	warn_changed("socket", was->socket, is->socket);
	warn_changed("listen", was->listen != NULL ? was->listen : "off",
	    is->listen != NULL ? is->listen : "off");
	warn_changed("store path", was->store_path, is->store_path);
	warn_changed("log-format", was->log_json ? "json" : "text",
	    is->log_json ? "json" : "text");
	if (was->log_level != is->log_level)
		log_warn("log-level changed: takes effect when belfryd is "
			 "restarted");
}

/* The next start must not find a configuration that it cannot start with. */
static void
answer_guardian(struct master *m, uint64_t ticket, bool ok)
{
	struct wire_writer w = WIRE_WRITER_INIT;

	wire_put_u64(&w, ticket);
	wire_put_u8(&w, ok);
	channel_send(m->role->guardian, MSG_RELOADED, 0, &w, -1);
	wire_writer_fini(&w);
}

static bool
use_config(struct master *m, struct config *config)
{
	struct config *old = m->config;

	if (config == NULL)
		return false;
	warn_fixed(old, config);
	/* Fixed settings stay: others depend on them. */
	config->state_dir = old->state_dir;
	config->run_dir = old->run_dir;
	config->user = old->user;
	config->group = old->group;
	m->config = config;
	if (old != m->role->config) /* that one is lent from by all after it */
		config_free(old);
	launch_init(m);
	crontab_watch_set(m->crontabs, &config->crontabs);
	crontab_warn_of_cron(&config->crontabs);
	return true;
}

/* All is known: whoever asked for it hears of it. */
static void
end_reload(struct master *m)
{
	const struct jobs_change *change = &m->reloaded;

	log_info("reloaded: %zu jobs, %zu added, %zu removed, %zu changed, "
		 "%zu errors",
	    m->jobs.n, change->nadded, change->nremoved, change->nchanged,
	    jobs_errors(&m->jobs));
	answer_audit_reloaded(m, change, m->reload_problem);
	events_jobs(m, change);
	answer_reload(m, change, m->reload_problem);
	jobs_change_fini(&m->reloaded);
	free(m->reload_problem);
	m->reload_problem = NULL;
}

void
reload_jobs(struct master *m)
{
	struct err why = {""};

	if (m->phase == MASTER_RUNNING &&
	    jobs_load(m, false, &m->reloaded, &why) == -1) {
		log_error("%s; the jobs stay as they were", why.text);
		free(m->reload_problem);
		m->reload_problem = xstrdup(why.text);
	}
	if (m->phase == MASTER_RUNNING)
		master_tell_patience(m);
	member_changed(m);
	notify_begin(m);
	rewind_all(m);
	/* Else again, when they are known. */
	if (!plugins_are_asked(m))
		end_reload(m);
	queue_look_all(m);
	launch_pump(m); /* max-running may be higher now */
	master_arm(m);
}

void
reload_crontabs(struct master *m)
{
	struct jobs_change change = {0};
	struct err why = {""};

	if (m->phase != MASTER_RUNNING)
		return;
	if (jobs_load(m, true, &change, &why) == -1)
		log_error("%s; the jobs stay as they were", why.text);
	else if (change.nadded + change.nremoved + change.nchanged > 0)
		log_info("crontabs: %zu jobs added, %zu removed, %zu changed",
		    change.nadded, change.nremoved, change.nchanged);
	jobs_change_fini(&change);
	master_tell_patience(m);
	member_changed(m);
	master_arm(m);
}

int
reload_handle(struct master *m, struct message *message, struct err *err)
{
	uint64_t ticket = wire_get_u64(&message->body);
	struct err why = {""};
	struct config *config;
	bool ok;

	config = read_config(m->config->path, message->fd, &why);
	ok = use_config(m, config);
	if (!ok)
		log_error("%s; the configuration stays as it was", why.text);
	answer_guardian(m, ticket, ok);
	free(m->reload_problem);
	m->reload_problem = ok ? NULL : xstrdup(why.text);
	plugin_book_retry(&m->plugins.book);
	reload_jobs(m);
	return 0;
}
