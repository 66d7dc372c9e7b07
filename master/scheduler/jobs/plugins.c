#include "scheduler/jobs/plugins.h"

#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "scheduler/inquiry.h"
#include "scheduler/master.h"
#include "scheduler/runs/params.h"

/* More than a plugin may take: then whoever was asked is not there. */
#define PATIENCE_S 20

#define TRIES_MAX 3

/* All that were asked have answered: the jobs with what they said. */
static void
check_done(struct master *m)
{
	if (m->plugins.nasks > 0)
		return;
	if (m->phase == MASTER_LOADING)
		recover_jobs(m);
	else
		reload_jobs(m);
}

static void
take_answer(
    struct master *m, void *about, struct message *answer, bool too_late)
{
	struct plugin_entry *entry = about;

	entry->ask = NULL;
	m->plugins.nasks--;
	if (answer != NULL)
		plugin_entry_take(entry, answer->body.p, answer->body.len);
	else
		plugin_entry_refuse(entry,
		    too_late ? "nobody could load it in time" :
			       "the process that was to load it was killed");
	if (entry->problem == NULL)
		log_info("plugin %s: %s", entry->name, entry->path);
	else
		log_error("plugin %s: %s", entry->name, entry->problem);
	check_done(m);
}

/* It is loaded as the daemon's own user, who we are. */
static void
put_ask(struct master *m, const void *about, struct wire_writer *w)
{
	const struct plugin_entry *entry = about;

	wire_put_str(w, entry->name);
	wire_put_str(w, entry->path);
	wire_put_u8(w, m->role->privileged && m->config->user[0] != '\0');
	wire_put_u32(w, getuid());
	wire_put_u32(w, getgid());
}

static const struct inquiry_kind describe = {
    .ask = MSG_PLUGIN_DESCRIBE,
    .answer = MSG_PLUGIN_DESCRIBED,
    .patience_s = PATIENCE_S,
    .tries = TRIES_MAX,
    .put = put_ask,
    .done = take_answer,
};

enum job_plugin
plugins_find(void *arg, const char *name, const struct plugin_info **info_r,
    struct err *err)
{
	struct master *m = arg;
	const struct plugin_lookup lookup = {
	    .dir = m->config->plugin_dir,
	    .privileged = m->role->privileged,
	};
	struct plugin_entry *entry;
	enum job_plugin known =
	    plugin_book_find(&m->plugins.book, &lookup, name, &entry, err);

	if (known == JOB_PLUGIN_WAIT && entry->ask == NULL) {
		entry->ask = inquiry_new(m, &describe, entry);
		m->plugins.nasks++;
	}
	if (known == JOB_PLUGIN_BAD)
		return known;
	/* Until the new file has answered, the old one's word counts. */
	*info_r = &entry->info;
	return entry->good ? JOB_PLUGIN_KNOWN : JOB_PLUGIN_WAIT;
}

struct check {
	const struct plugin_info *info;
	struct err *err;
	int rc;
};

static void
check_param(void *arg, const char *name, const char *value)
{
	struct check *check = arg;
	const struct plugin_param *param;

	if (check->rc == -1)
		return;
	param = plugin_param_of_variable(check->info, name);
	if (param == NULL)
		check->rc = err_set(check->err, "plugin %s has no parameter %s",
		    check->info->name, name);
	else if (plugin_value_parse(param, value, NULL, check->err) == -1)
		check->rc = err_prefix(check->err, "parameter %s", name);
}

int
plugins_check_params(struct master *m, const struct job *job,
    const char *params, struct err *err)
{
	struct check check = {.err = err};
	struct err unused;

	if (params == NULL || !job_has_plugin(job->def->options) ||
	    plugins_find(m, job->def->command, &check.info, &unused) !=
		JOB_PLUGIN_KNOWN)
		return 0;
	params_each(params, check_param, &check);
	return check.rc;
}

bool
plugins_are_asked(const struct master *m)
{
	return m->plugins.nasks > 0;
}

void
plugins_fini(struct master *m)
{
	for (size_t i = 0; i < m->plugins.book.n; i++)
		inquiry_free(m->plugins.book.entries[i]->ask);
	plugin_book_fini(&m->plugins.book);
}
