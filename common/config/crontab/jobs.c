#include "config/crontab/jobs.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "config/crontab/crontab.h"
#include "config/crontab/name.h"
#include "config/job/build.h"

struct maker {
	struct job_builder builder;
	struct crontab_namer namer;
	const char *user; /* whose own crontab it is; NULL: the system's */
	const struct crontab_entry *entry;
	char name[JOB_NAME_MAX + 1];
	/* values of the job at hand, which live until its end */
	struct strbuf input, shell, timezone;
	char jitter[16];
};

/* What everybody may say of jobs that run as oneself. */
static const char *const free_keys[] = {"after", "after-join", "after-when",
    "calendar", "calendar-mode", "catch-up", "catch-up-limit", "command",
    "day-match", "description", "directory", "dst-gap", "dst-overlap",
    "enabled", "end-at", "environment", "environment-file", "guarantee",
    "hosts", "jitter", "kill-grace", "kill-signal", "labels",
    "no-new-privileges", "notify", "notify-on", "notify-repeat",
    "on-lease-lost", "output", "output-limit", "overlap", "overlap-limit",
    "owner", "place", "retries", "retry-backoff", "retry-codes", "retry-delay",
    "retry-max-delay", "schedule", "shell", "start-at", "start-deadline",
    "stdin", "success-codes", "timeout", "timezone", "umask", "when-isolated"};

bool
crontab_key_is_free(const char *key)
{
	for (size_t i = 0; i < nitems(free_keys); i++)
		if (strcmp(free_keys[i], key) == 0)
			return true;
	return false;
}

static const struct crontab_word *
find_word(const struct maker *maker, const char *key)
{
	for (size_t i = 0; i < maker->entry->nwords; i++)
		if (strcmp(maker->entry->words[i].key, key) == 0)
			return &maker->entry->words[i];
	return NULL;
}

/* What the line says, when no comment to belfry says it. */
static void
set_unless_said(struct maker *maker, const char *key, const char *value)
{
	if (find_word(maker, key) == NULL)
		job_builder_key(
		    &maker->builder, key, value, maker->entry->line);
}

/* Copies a variable of the entry; false: it is not set, or empty. */
static bool
get_variable(
    const struct maker *maker, const char *name, struct strbuf *value_r)
{
	size_t len = 0;
	const char *value =
	    crontab_variable(maker->entry->environment, name, &len);

	strbuf_reset(value_r);
	if (value == NULL || len == 0)
		return false;
	strbuf_add(value_r, value, len);
	return true;
}

/* As the key stdin wants it. */
static const char *
escape_input(struct maker *maker)
{
	struct strbuf *b = &maker->input;

	strbuf_reset(b);
	for (const char *p = maker->entry->input; *p != '\0'; p++) {
		if (*p == '\n')
			strbuf_adds(b, "\\n");
		else if (*p == '\\')
			strbuf_adds(b, "\\\\");
		else
			strbuf_addch(b, *p);
	}
	return strbuf_str(b);
}

static void
set_delay(struct maker *maker)
{
	struct strbuf text = STRBUF_INIT;
	int minutes = 0;

	if (get_variable(maker, "RANDOM_DELAY", &text))
		minutes = crontab_delay(text.s);
	if (minutes > 0) {
		snprintf(maker->jitter, sizeof(maker->jitter), "%dm", minutes);
		set_unless_said(maker, "jitter", maker->jitter);
	}
	strbuf_fini(&text);
}

/* The variables are the job's, those that cron itself looks at too. */
static void
set_environment(struct maker *maker)
{
	struct strbuf line = STRBUF_INIT;
	const char *p = maker->entry->environment;

	while (*p != '\0') {
		size_t len = strcspn(p, "\n");

		strbuf_reset(&line);
		strbuf_add(&line, p, len);
		job_builder_key(
		    &maker->builder, "environment", line.s, maker->entry->line);
		p += len + (p[len] == '\n');
	}
	strbuf_fini(&line);
}

static void
set_line(struct maker *maker)
{
	const struct crontab_entry *entry = maker->entry;
	struct job_builder *builder = &maker->builder;

	job_builder_key(builder, "schedule", entry->schedule, entry->line);
	job_builder_key(builder, "command", entry->command, entry->line);
	job_builder_key(builder, "user",
	    maker->user != NULL ? maker->user : entry->user, entry->line);
	/*
	 * The group of defaults may be one that this user is not in, their
	 * environment may hold what is not for them; cron has neither.
	 */
	builder->draft.options.group = "";
	builder->draft.options.environment = "";
	builder->draft.options.environment_file = "";
	if (entry->input != NULL)
		job_builder_key(
		    builder, "stdin", escape_input(maker), entry->line);
	if (get_variable(maker, "SHELL", &maker->shell))
		set_unless_said(maker, "shell", maker->shell.s);
	if (get_variable(maker, "CRON_TZ", &maker->timezone))
		set_unless_said(maker, "timezone", maker->timezone.s);
	set_delay(maker);
	set_environment(maker);
	if (entry->single)
		set_unless_said(maker, "overlap", "skip");
	/* A host has its crontabs for itself. */
	set_unless_said(maker, "hosts", "all");
	builder->draft.options.cron = (uint8_t)(JOB_CRON |
	    (entry->mail_failures ? JOB_CRON_MAIL_FAILURES : 0));
}

static void
take_word(struct maker *maker, const struct crontab_word *word)
{
	if (strcmp(word->key, "name") == 0)
		return;
	if (maker->user != NULL && job_key_find(word->key, NULL) != NULL &&
	    !crontab_key_is_free(word->key)) {
		job_builder_error(&maker->builder, word->line,
		    "%s: is not for a user's own crontab, but for one of "
		    "the system",
		    word->key);
		return;
	}
	job_builder_key(&maker->builder, word->key, word->value, word->line);
}

/* False: the name that was given is none; it is told. */
static bool
find_name(struct maker *maker)
{
	const struct crontab_word *word = find_word(maker, "name");

	if (word == NULL) {
		crontab_name(&maker->namer, maker->entry->user,
		    maker->entry->text, maker->name);
		return true;
	}
	if (!crontab_is_given(word->value)) {
		job_builder_error(&maker->builder, word->line,
		    "name: letters, digits, \"_\" and \"-\" are possible, at "
		    "most %d; a dot ends the file's or user's name before it",
		    CRONTAB_GIVEN_MAX);
		return false;
	}
	crontab_name_given(&maker->namer, word->value, maker->name);
	return true;
}

static void
take_entry(void *arg, const struct crontab_entry *entry)
{
	struct maker *maker = arg;

	maker->entry = entry;
	if (!find_name(maker))
		return;
	job_builder_begin(&maker->builder, maker->name, entry->line);
	set_line(maker);
	for (size_t i = 0; i < entry->nwords; i++)
		take_word(maker, &entry->words[i]);
	job_builder_end(&maker->builder);
}

static void
take_error(void *arg, uint32_t line, const char *text)
{
	struct maker *maker = arg;

	job_builder_error(&maker->builder, line, "%s", text);
}

static void
take_hint(void *arg, uint32_t line, const char *text)
{
	struct maker *maker = arg;

	job_builder_hint(&maker->builder, line, text);
}

struct job_block *
crontab_parse(const struct job_parse_env *env, const struct job_source *source,
    char *text, size_t len, struct problem_list *problems)
{
	struct job_block *block = job_block_new(env, source, text, len);
	bool system = source->kind == JOB_SOURCE_SYSTEM_CRONTAB;
	const char *user =
	    source->user != NULL ? source->user : block->source.name;
	struct maker maker = {
	    .namer = {.prefix = system ? "cron" : "crontab",
		.source = system ? block->source.name : user},
	    .user = system ? NULL : user,
	};
	struct crontab_reader reader = {
	    .system = system,
	    .root = strcmp(user, "root") == 0,
	    .entry = take_entry,
	    .error = take_error,
	    .hint = take_hint,
	    .arg = &maker,
	};

	block->source.user = NULL; /* not ours to keep */
	block->digest = 0;         /* other hosts have other crontabs */
	job_builder_init(&maker.builder, env, block, problems);
	crontab_read(&reader, text, len);
	job_builder_finish(&maker.builder);
	crontab_namer_fini(&maker.namer);
	strbuf_fini(&maker.input);
	strbuf_fini(&maker.shell);
	strbuf_fini(&maker.timezone);
	return block;
}
