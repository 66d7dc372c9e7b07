#include "config/job/own.h"

#include <string.h>

#include "base/mem.h"
#include "config/quote.h"
#include "kind/plugin.h"
#include "schedule/hash.h"

static struct draft_own *
find(struct job_draft *draft, const char *key)
{
	for (size_t i = 0; i < draft->nown; i++)
		if (strcmp(draft->own[i].name, key) == 0)
			return &draft->own[i];
	return NULL;
}

int
job_own_keep(struct job_draft *draft, const char *key, const char *value,
    uint32_t line, struct err *err)
{
	const struct draft_own *first = find(draft, key);

	if (first != NULL)
		return err_set(err,
		    "%s is given twice; the first is in line %u", key,
		    first->line);
	if (draft->nown == JOB_OWN_MAX)
		return err_set(
		    err, "a plugin has at most %d parameters", JOB_OWN_MAX);
	draft->own[draft->nown++] = (struct draft_own){key, value, line};
	return 0;
}

struct resolver {
	struct job_draft *draft;
	const struct plugin_info *info;
	job_own_error *error;
	void *arg;
	struct strbuf settings;
};

static void
tell_unknown(const struct resolver *r, const struct draft_own *own)
{
	char quoted[QUOTE_SIZE], text[QUOTE_SIZE];
	struct suggest s;
	struct err err;

	suggest_init(&s, own->name);
	for (const struct job_key *k = job_keys; k->name != NULL; k++)
		suggest_try(&s, k->name);
	for (size_t i = 0; r->info != NULL && i < r->info->nparams; i++)
		suggest_try(&s, r->info->params[i].name);
	if (r->info != NULL)
		err_set(&err,
		    "%s is neither a key of jobs nor a parameter of plugin "
		    "%s%s",
		    quote(quoted, own->name), r->info->name,
		    suggest_text(text, &s));
	else
		err_set(&err, "unknown key %s%s", quote(quoted, own->name),
		    suggest_text(text, &s));
	r->error(r->arg, own->line, err.text);
}

static void
add(struct resolver *r, const char *key, const char *value)
{
	strbuf_addf(&r->settings, "%s%s=%s", r->settings.len > 0 ? "\n" : "",
	    key, value);
}

/* Settings of the job itself stay; those of other kinds go. */
static void
keep_settings(struct resolver *r)
{
	const char *settings = r->draft->options.settings;
	size_t len;
	const char *name = job_settings_find(settings, "database", &len);

	if (job_draft_line(r->draft, "watch") != 0)
		strbuf_adds(&r->settings, settings);
	else if (name != NULL)
		strbuf_addf(&r->settings, "database=%.*s", (int)len, name);
}

static void
take_param(struct resolver *r, const struct plugin_param *param)
{
	const struct draft_own *own = find(r->draft, param->name);
	char quoted[QUOTE_SIZE];
	struct err err;

	if (own == NULL && param->fallback == NULL) {
		err_set(&err,
		    "the key %s is missing, which plugin %s needs: %s",
		    param->name, r->info->name, param->help);
		r->error(r->arg, job_draft_line(r->draft, "plugin"), err.text);
	} else if (own == NULL) {
		add(r, param->name, param->fallback);
	} else if (strchr(own->value, '\n') != NULL) {
		err_set(&err, "%s: a value of a plugin is one line", own->name);
		r->error(r->arg, own->line, err.text);
	} else if (plugin_value_parse(param, own->value, NULL, &err) == -1) {
		err_prefix(&err, "%s %s", own->name, quote(quoted, own->value));
		r->error(r->arg, own->line, err.text);
	} else {
		add(r, own->name, own->value);
	}
}

static void
check_database(struct resolver *r)
{
	uint32_t line = job_draft_line(r->draft, "plugin");
	struct err err;

	if ((r->info->flags & PLUGIN_NEEDS_DATABASE) == 0 ||
	    r->settings.len > 0)
		return;
	err_set(&err,
	    "plugin %s needs the key database, the name of a [database NAME] "
	    "of belfry.conf",
	    r->info->name);
	r->error(r->arg, line, err.text);
}

/* A job that comes after others has its times from them. */
static void
take_schedule(struct resolver *r)
{
	struct job_draft *draft = r->draft;

	if (draft->nschedules > 0 || *draft->options.after != '\0' ||
	    *r->info->schedule == '\0')
		return;
	array_reserve(
	    &draft->schedules, &draft->cap, 1, sizeof(*draft->schedules));
	draft->schedules[draft->nschedules++] = (struct draft_schedule){
	    r->info->schedule, job_draft_line(draft, "plugin")};
}

static void
resolve(struct resolver *r)
{
	const struct plugin_info *info = r->info;
	struct job_draft *draft = r->draft;

	for (size_t i = 0; i < draft->nown; i++)
		if (info == NULL ||
		    plugin_param_find(info, draft->own[i].name) == NULL)
			tell_unknown(r, &draft->own[i]);
	if (info == NULL)
		return;
	keep_settings(r);
	check_database(r);
	for (size_t i = 0; i < info->nparams; i++)
		take_param(r, &info->params[i]);
	take_schedule(r);
	strbuf_fini(&draft->settings);
	draft->settings = r->settings;
	draft->options.settings = strbuf_str(&draft->settings);
}

/* Two hosts whose plugins differ do not have the same jobs. */
static void
add_digest(struct job_block *block, const struct plugin_info *info)
{
	struct wire_writer w = WIRE_WRITER_INIT;

	plugin_info_encode(info, &w);
	block->digest += hash_finish(hash_add(HASH_INIT, w.p, w.len));
	wire_writer_fini(&w);
}

static void
plugin_error(const struct resolver *r, const char *what, const char *which,
    const char *why)
{
	struct err err;

	err_set(&err, "plugin %s%s%s%s", r->draft->command, what, which, why);
	r->error(r->arg, job_draft_line(r->draft, "plugin"), err.text);
}

/* A parameter that is a key of all jobs could never be set. */
static bool
check_names(const struct resolver *r)
{
	for (size_t i = 0; i < r->info->nparams; i++) {
		if (job_key_find(r->info->params[i].name, NULL) == NULL)
			continue;
		plugin_error(r, " has a parameter ", r->info->params[i].name,
		    ", which is a key of jobs");
		return false;
	}
	return true;
}

bool
job_own_check(struct job_draft *draft, const struct job_set_options *options,
    struct job_block *block, job_own_error *error, void *arg)
{
	struct resolver r = {.draft = draft, .error = error, .arg = arg};
	enum job_plugin known = JOB_PLUGIN_BAD;
	struct err err = {"there are no plugins here"};

	if (draft->options.kind != KIND_PLUGIN) {
		resolve(&r);
		return true;
	}
	block->nplugins++;
	if (options->plugin != NULL)
		known = options->plugin(
		    options->arg, draft->command, &r.info, &err);
	if (known == JOB_PLUGIN_WAIT) {
		block->nwaiting++;
		return false;
	}
	if (known == JOB_PLUGIN_BAD) {
		plugin_error(&r, ": ", err.text, "");
	} else if (check_names(&r)) {
		add_digest(block, r.info);
		resolve(&r);
	}
	return true;
}
