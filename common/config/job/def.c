/* Questions to one definition. */
#include "config/job.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/strbuf.h"
#include "config/job/calendar.h"
#include "config/job/command.h"
#include "config/job/draft.h"

const char *
job_def_description(const struct job_def *def)
{
	return def->command + strlen(def->command) + 1;
}

const char *
job_def_schedule_text(const struct job_def *def, size_t i)
{
	const void *texts = def->schedules + def->nschedules;

	return ((const char *const *)texts)[i];
}

void
job_def_rule(const struct job_def *def, size_t i, struct rule *rule_r)
{
	const struct job_options *o = def->options;

	*rule_r = (struct rule){
	    .schedule = def->schedules[i],
	    .mode = (enum calendar_mode)o->calendar_mode,
	    .start = o->start_s,
	    .end = o->end_s,
	};
	if (o->calendar != NULL) {
		rule_r->calendar = o->calendar->days;
		rule_r->zone = o->calendar->zone;
	}
}

bool
job_kind_has_program(enum job_kind kind)
{
	return kind == KIND_COMMAND || kind == KIND_WATCH;
}

const char *
job_kind_name(enum job_kind kind)
{
	static const char *const names[KIND_COUNT] = {
	    [KIND_COMMAND] = "command",
	    [KIND_HTTP] = "http",
	    [KIND_SQL] = "sql",
	    [KIND_PLUGIN] = "plugin",
	    [KIND_WATCH] = "watch",
	};

	return names[kind];
}

const char *
job_def_kind_key(const struct job_def *def)
{
	enum job_kind kind = (enum job_kind)def->options->kind;

	return job_kind_has_program(kind) ? "command" : job_kind_name(kind);
}

const char *
job_def_database(const struct job_def *def, size_t *len_r)
{
	enum job_kind kind = (enum job_kind)def->options->kind;

	if (kind == KIND_COMMAND || kind == KIND_HTTP)
		return NULL;
	return job_settings_find(def->options->settings, "database", len_r);
}

/* The settings of a plugin's job, with or without those of a key of ours. */
static void
each_own(const struct job_def *def, bool all,
    void (*cb)(void *arg, const char *key, const char *value), void *arg)
{
	const char *p = def->options->settings;

	while (*p != '\0') {
		size_t n = strcspn(p, "\n"), name = strcspn(p, "=");
		char *key = xstrndup(p, name);
		char *value = xstrndup(p + name + 1, n - name - 1);

		if (all || job_key_find(key, NULL) == NULL)
			cb(arg, key, value);
		free(key);
		free(value);
		p += n + (p[n] == '\n');
	}
}

void
job_def_each_setting(const struct job_def *def,
    void (*cb)(void *arg, const char *key, const char *value), void *arg)
{
	if (def->options->kind == KIND_PLUGIN) {
		each_own(def, true, cb, arg);
		return;
	}
	for (const struct job_key *k = job_keys; k->name != NULL; k++)
		if (k->setting != NULL &&
		    job_key_is_for(k, (enum job_kind)def->options->kind))
			job_setting_each(def->options->settings, k, cb, arg);
}

char **
job_def_words(const struct job_def *def, uint32_t *n_r)
{
	return job_command_split(def->command, n_r, NULL);
}

static bool
same_text(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

static bool
same_options(const struct job_options *a, const struct job_options *b)
{
	return a == b ||
	    (same_text(a->shell, b->shell) &&
		same_text(a->timezone, b->timezone) &&
		same_text(a->user, b->user) && same_text(a->group, b->group) &&
		same_text(a->directory, b->directory) &&
		same_text(a->environment, b->environment) &&
		same_text(a->environment_file, b->environment_file) &&
		same_text(a->stdin_text, b->stdin_text) &&
		same_text(a->start_at, b->start_at) &&
		same_text(a->end_at, b->end_at) &&
		same_text(a->calendar_name, b->calendar_name) &&
		same_text(a->after, b->after) &&
		same_text(a->labels, b->labels) &&
		same_text(a->uses, b->uses) && same_text(a->owner, b->owner) &&
		same_text(a->queue, b->queue) &&
		same_text(a->hosts, b->hosts) &&
		same_text(a->settings, b->settings) &&
		same_text(a->notify, b->notify) &&
		same_text(a->ping_start, b->ping_start) &&
		same_text(a->ping_success, b->ping_success) &&
		same_text(a->ping_failure, b->ping_failure) &&
		memcmp(&a->start_s, &b->start_s,
		    sizeof(*a) - offsetof(struct job_options, start_s)) == 0);
}

bool
job_def_equal(const struct job_def *a, const struct job_def *b)
{
	return same_text(a->name, b->name) &&
	    same_text(a->command, b->command) &&
	    same_text(job_def_description(a), job_def_description(b)) &&
	    a->source->trusted == b->source->trusted &&
	    same_options(a->options, b->options);
}

const char *
job_next_word(const char **p, size_t *len_r)
{
	const char *word = *p + strspn(*p, " ");

	*len_r = strcspn(word, " ");
	*p = word + *len_r;
	return *len_r > 0 ? word : NULL;
}

bool
job_def_has_label(const struct job_def *def, const char *label)
{
	const char *p = def->options->labels, *word;
	size_t len, wanted = strlen(label);

	while ((word = job_next_word(&p, &len)) != NULL)
		if (len >= wanted && strncmp(word, label, wanted) == 0 &&
		    (len == wanted || word[wanted] == '='))
			return true;
	return false;
}

/* One call for each line of b. */
static void
each_line(struct strbuf *b, const char *key,
    void (*cb)(void *arg, const char *key, const char *value), void *arg)
{
	char *p = b->s, *end;

	while (p != NULL) {
		end = strchr(p, '\n');
		if (end != NULL)
			*end++ = '\0';
		cb(arg, key, p);
		p = end;
	}
}

void
job_def_each_key(const struct job_def *def,
    void (*cb)(void *arg, const char *key, const char *value), void *arg)
{
	struct strbuf b = STRBUF_INIT;

	for (const struct job_key *k = job_keys; k->name != NULL; k++) {
		strbuf_reset(&b);
		if (job_key_is_for(k, (enum job_kind)def->options->kind))
			k->type->print(def, k, &b);
		if (b.len > 0)
			each_line(&b, k->name, cb, arg);
	}
	if (def->options->kind == KIND_PLUGIN)
		each_own(def, false, cb, arg);
	strbuf_fini(&b);
}
