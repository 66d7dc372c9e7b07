#include "config/job/build.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "config/hash.h"
#include "config/job/command.h"
#include "config/job/defaults.h"
#include "config/job/own.h"
#include "config/job/time.h"
#include "config/quote.h"
#include "config/set/owner.h"

void
job_builder_error(
    struct job_builder *builder, uint32_t line, const char *fmt, ...)
{
	size_t most = builder->env->options->errors_max;
	struct job_problem problem = {
	    .is_error = true,
	    .file = builder->block->path,
	    .line = line,
	    .job = builder->name,
	};
	struct err err;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(err.text, sizeof(err.text), fmt, ap);
	va_end(ap);
	problem.text = err.text;
	problem_add(
	    builder->problems, &problem, most != 0 ? most : PROBLEM_FILE_MAX);
	builder->bad = true;
}

/* Where to look for a key that is wrong: the job, when it is a default. */
static uint32_t
line_of(const struct job_builder *builder, const char *key)
{
	uint32_t line = job_draft_line(&builder->draft, key);

	return line != 0 ? line : builder->line;
}

static const char *
zone_of(const struct job_draft *draft)
{
	return *draft->options.timezone != '\0' ? draft->options.timezone :
						  NULL;
}

/* False when the time zone is wrong, which is told. */
static bool
check_zone(struct job_builder *builder)
{
	struct schedule_options options = {.zone = zone_of(&builder->draft)};
	struct schedule_pool *pool = job_pool_schedules(builder->env->pool);
	const struct schedule *schedule;
	struct err err = {""};

	if (options.zone == NULL || strcmp(options.zone, builder->zone) == 0)
		return true;
	schedule = schedule_get(pool, "@daily", &options, &err);
	if (schedule == NULL) {
		job_builder_error(builder, line_of(builder, "timezone"),
		    "timezone: %s", err.text);
		return false;
	}
	schedule_release(pool, schedule);
	snprintf(builder->zone, sizeof(builder->zone), "%s", options.zone);
	return true;
}

static void
check_times(struct job_builder *builder)
{
	const char *key;
	struct err err;

	if (job_time_resolve(&builder->draft,
		job_pool_schedules(builder->env->pool),
		builder->env->options->calendars, &key, &err) == -1)
		job_builder_error(
		    builder, line_of(builder, key), "%s", err.text);
}

/* @after counts from the end of a run, so two never meet. */
static void
check_overlap(struct job_builder *builder, const struct schedule *schedule)
{
	int32_t overlap = builder->draft.options.overlap;
	uint32_t line;

	if (overlap == JOB_OVERLAP_DEFAULT || overlap == JOB_OVERLAP_SKIP ||
	    schedule_kind(schedule) != SCHEDULE_AFTER)
		return;
	line = job_draft_line(&builder->draft, "overlap");
	if (line == 0) {
		/* A default is for the jobs that can have it. */
		builder->draft.options.overlap = JOB_OVERLAP_DEFAULT;
		return;
	}
	job_builder_error(builder, line,
	    "overlap has no meaning with @after, which counts from the end of "
	    "the last run; leave it out, or write @every");
}

/* Schedules into list and their texts; how many. */
static size_t
get_schedules(struct job_builder *builder, const struct schedule **list,
    const char **texts)
{
	const struct job_draft *draft = &builder->draft;
	struct schedule_options options;
	char quoted[QUOTE_SIZE];
	struct err err = {""};
	size_t n = 0;

	job_time_options(draft, builder->name, &options);
	if (!check_zone(builder))
		options.zone = NULL;
	check_times(builder);
	for (size_t i = 0; i < draft->nschedules; i++) {
		const struct draft_schedule *s = &draft->schedules[i];

		list[n] = schedule_get(job_pool_schedules(builder->env->pool),
		    s->text, &options, &err);
		if (list[n] == NULL) {
			job_builder_error(builder,
			    s->line != 0 ? s->line : builder->line,
			    "schedule %s: %s", quote(quoted, s->text),
			    err.text);
			continue;
		}
		check_overlap(builder, list[n]);
		texts[n++] = s->text;
	}
	return n;
}

/* With watch the command is what is done to a row. */
static void
check_watch(struct job_builder *builder)
{
	struct job_draft *draft = &builder->draft;
	uint32_t line = job_draft_line(draft, "watch");

	if (line == 0 || draft->command == NULL)
		return;
	if (draft->options.kind == KIND_COMMAND)
		draft->options.kind = KIND_WATCH;
	else
		job_builder_error(builder, line,
		    "watch goes with command, which runs for each row; this "
		    "job has %s",
		    job_kind_name((enum job_kind)draft->options.kind));
}

static void
check_command(struct job_builder *builder)
{
	const struct job_draft *draft = &builder->draft;
	const char *key;
	struct err err;
	char **words;
	uint32_t n;

	check_watch(builder);
	if (draft->command == NULL) {
		/* One that was given and is wrong has been told. */
		if (job_draft_line(draft, "command") == 0 &&
		    job_draft_line(draft, "http") == 0 &&
		    job_draft_line(draft, "sql") == 0 &&
		    job_draft_line(draft, "plugin") == 0)
			job_builder_error(builder, builder->line,
			    "the key command is missing; write command = what "
			    "it runs, http = what it requests, sql = its "
			    "statements, or plugin = whose function it calls");
		return;
	}
	if (job_settings_check(draft, builder->env->options, &key, &err) == -1)
		job_builder_error(
		    builder, line_of(builder, key), "%s", err.text);
	if (!job_kind_has_program((enum job_kind)draft->options.kind))
		return;
	if (strcmp(draft->options.shell, "none") != 0)
		return;
	words = job_command_split(draft->command, &n, &err);
	if (words == NULL)
		job_builder_error(builder, line_of(builder, "command"),
		    "command: %s", err.text);
	free(words);
}

static void
own_error(void *arg, uint32_t line, const char *text)
{
	struct job_builder *builder = arg;

	job_builder_error(
	    builder, line != 0 ? line : builder->line, "%s", text);
}

static bool
same(const char *a, const char *b)
{
	return a != NULL && strcmp(a, b) == 0;
}

static void
check_owner(struct job_builder *builder)
{
	const struct job_options *options = &builder->draft.options;
	const char *key = NULL;
	struct err err;

	if (same(builder->user, options->user) &&
	    same(builder->group, options->group))
		return;
	if (job_owner_check_job(options, &builder->block->source,
		builder->env->options, &key, &err) == 0) {
		free(builder->user);
		free(builder->group);
		builder->user = xstrdup(options->user);
		builder->group = xstrdup(options->group);
		return;
	}
	job_builder_error(builder, line_of(builder, key), "%s", err.text);
}

static const struct job_options *
share_options(struct job_builder *builder)
{
	const struct job_options *options = &builder->draft.options;

	if (memcmp(options, &builder->env->defaults->draft.options,
		sizeof(*options)) != 0)
		return job_pool_options(builder->env->pool, options);
	job_pool_options_ref(builder->default_options);
	return builder->default_options;
}

/* cron gives every command to the shell, and so it finds PWD, SHLVL and $0. */
static bool
is_direct(const struct job_draft *draft)
{
	const char *shell = draft->options.shell;

	if (draft->options.cron != 0 && strcmp(shell, "none") != 0)
		return false;
	return job_command_is_direct(draft->command, shell);
}

/* Its strings follow those of the job before; finish() points to them. */
static void
add_def(struct job_builder *builder, const struct schedule *const *schedules,
    const char *const *texts, size_t n)
{
	const struct job_draft *draft = &builder->draft;
	struct job_block *block = builder->block;
	size_t name_len = strlen(builder->name);
	struct job_def *def;

	array_reserve(&block->defs, &builder->cap, block->ndefs + 1,
	    sizeof(*block->defs));
	def = &block->defs[block->ndefs++];
	memset(def, 0, sizeof(*def));
	def->options = share_options(builder);
	def->schedules = job_pool_list(builder->env->pool, schedules, texts, n);
	def->nschedules = (uint32_t)n & 0xff;
	def->source = &block->source;
	def->line = builder->line;
	def->direct =
	    job_kind_has_program((enum job_kind)draft->options.kind) &&
	    is_direct(draft);
	def->hash = hash_bytes(builder->name, name_len) >> 9;
	strbuf_add(&builder->strings, builder->name, name_len + 1);
	strbuf_add(
	    &builder->strings, draft->command, strlen(draft->command) + 1);
	strbuf_add(&builder->strings, draft->description,
	    strlen(draft->description) + 1);
}

void
job_builder_hint(struct job_builder *builder, uint32_t line, const char *text)
{
	const struct job_problem hint = {
	    .file = builder->block->path,
	    .line = line,
	    .job = builder->name,
	    .text = text,
	};

	if (builder->env->options->hints)
		problem_add(builder->problems, &hint, SIZE_MAX);
}

static void
add_hint(void *arg, uint32_t line, const char *text)
{
	job_builder_hint(arg, line, text);
}

void
job_builder_init(struct job_builder *builder, const struct job_parse_env *env,
    struct job_block *block, struct problem_list *problems)
{
	memset(builder, 0, sizeof(*builder));
	builder->env = env;
	builder->block = block;
	builder->problems = problems;
	builder->default_options =
	    job_pool_options(env->pool, &env->defaults->draft.options);
}

void
job_builder_begin(struct job_builder *builder, const char *name, uint32_t line)
{
	builder->name = name;
	builder->line = line;
	builder->bad = false;
	job_draft_begin(&builder->draft, builder->env->defaults);
}

bool
job_builder_key(struct job_builder *builder, const char *key, const char *value,
    uint32_t line)
{
	struct err err;

	if (job_draft_set(&builder->draft, key, value, line, &err) == 0)
		return true;
	job_builder_error(builder, line, "%s", err.text);
	return false;
}

void
job_builder_end(struct job_builder *builder)
{
	const struct schedule *schedules[JOB_SCHEDULES_MAX];
	const char *texts[JOB_SCHEDULES_MAX];
	bool waits;
	size_t n;

	if (builder->name == NULL)
		return;
	waits = !job_own_check(&builder->draft, builder->env->options,
	    builder->block, own_error, builder);
	check_command(builder);
	check_owner(builder);
	job_notify_check(&builder->draft, builder->env->options->receivers,
	    own_error, builder);
	n = get_schedules(builder, schedules, texts);
	if (!builder->bad && builder->env->options->hints)
		job_draft_idle_keys(&builder->draft, add_hint, builder);
	if (!builder->bad && !waits)
		add_def(builder, schedules, texts, n);
	else
		for (size_t i = 0; i < n; i++)
			schedule_release(job_pool_schedules(builder->env->pool),
			    schedules[i]);
	builder->name = NULL;
}

/* Gives back what is not needed and lets the definitions find their names. */
static void
give_strings(struct job_builder *builder)
{
	struct job_block *block = builder->block;
	char *p;

	if (block->ndefs == 0)
		return;
	block->defs =
	    xreallocarray(block->defs, block->ndefs, sizeof(*block->defs));
	block->strings = xreallocarray(
	    builder->strings.s, builder->strings.len, sizeof(char));
	memset(&builder->strings, 0, sizeof(builder->strings));
	p = block->strings;
	for (size_t i = 0; i < block->ndefs; i++) {
		struct job_def *def = &block->defs[i];

		def->name = p;
		p += strlen(p) + 1;
		def->command = p;
		p += strlen(p) + 1;
		p += strlen(p) + 1; /* the description */
	}
}

void
job_builder_finish(struct job_builder *builder)
{
	struct job_block *block = builder->block;

	job_builder_end(builder);
	give_strings(builder);
	problem_close(builder->problems, block->path);
	job_pool_options_release(block->pool, builder->default_options);
	job_draft_fini(&builder->draft);
	strbuf_fini(&builder->strings);
	free(builder->user);
	free(builder->group);
}
