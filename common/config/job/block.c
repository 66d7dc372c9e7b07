#include "config/job/block.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "config/hash.h"
#include "config/ini.h"
#include "config/job/command.h"
#include "config/job/own.h"
#include "config/set/owner.h"
#include "config/job/time.h"
#include "config/quote.h"
#include "schedule/hash.h"

struct parser {
	const struct job_parse_env *env;
	struct job_block *block;
	struct problem_list *problems;
	struct job_draft draft;
	const struct job_options *default_options; /* the pool's, a reference */
	size_t cap;                                /* of block->defs */
	struct strbuf strings;
	const char *name; /* of the job at hand; NULL: skip to the next */
	uint32_t line;
	bool bad;
	/* The last answers, because neighbours are alike. */
	char zone[64];
	const char *user, *group;
};

static void __attribute__((format(printf, 3, 4)))
job_error(struct parser *parser, uint32_t line, const char *fmt, ...)
{
	size_t most = parser->env->options->errors_max;
	struct job_problem problem = {
	    .is_error = true,
	    .file = parser->block->path,
	    .line = line,
	    .job = parser->name,
	};
	struct err err;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(err.text, sizeof(err.text), fmt, ap);
	va_end(ap);
	problem.text = err.text;
	problem_add(
	    parser->problems, &problem, most != 0 ? most : PROBLEM_FILE_MAX);
	parser->bad = true;
}

/* Where to look for a key that is wrong: the job, when it is a default. */
static uint32_t
line_of(const struct parser *parser, const char *key)
{
	uint32_t line = job_draft_line(&parser->draft, key);

	return line != 0 ? line : parser->line;
}

static const char *
zone_of(const struct job_draft *draft)
{
	return *draft->options.timezone != '\0' ? draft->options.timezone :
						  NULL;
}

/* False when the time zone is wrong, which is told. */
static bool
check_zone(struct parser *parser)
{
	struct schedule_options options = {.zone = zone_of(&parser->draft)};
	struct schedule_pool *pool = job_pool_schedules(parser->env->pool);
	const struct schedule *schedule;
	struct err err = {""};

	if (options.zone == NULL || strcmp(options.zone, parser->zone) == 0)
		return true;
	schedule = schedule_get(pool, "@daily", &options, &err);
	if (schedule == NULL) {
		job_error(parser, line_of(parser, "timezone"), "timezone: %s",
		    err.text);
		return false;
	}
	schedule_release(pool, schedule);
	snprintf(parser->zone, sizeof(parser->zone), "%s", options.zone);
	return true;
}

static void
check_times(struct parser *parser)
{
	const char *key;
	struct err err;

	if (job_time_resolve(&parser->draft,
		job_pool_schedules(parser->env->pool),
		parser->env->options->calendars, &key, &err) == -1)
		job_error(parser, line_of(parser, key), "%s", err.text);
}

/* @after counts from the end of a run, so two never meet. */
static void
check_overlap(struct parser *parser, const struct schedule *schedule)
{
	int32_t overlap = parser->draft.options.overlap;
	uint32_t line;

	if (overlap == JOB_OVERLAP_DEFAULT || overlap == JOB_OVERLAP_SKIP ||
	    schedule_kind(schedule) != SCHEDULE_AFTER)
		return;
	line = job_draft_line(&parser->draft, "overlap");
	if (line == 0) {
		/* A default is for the jobs that can have it. */
		parser->draft.options.overlap = JOB_OVERLAP_DEFAULT;
		return;
	}
	job_error(parser, line,
	    "overlap has no meaning with @after, which counts from the end of "
	    "the last run; leave it out, or write @every");
}

/* Schedules into list and their texts; how many. */
static size_t
get_schedules(
    struct parser *parser, const struct schedule **list, const char **texts)
{
	const struct job_draft *draft = &parser->draft;
	struct schedule_options options;
	char quoted[QUOTE_SIZE];
	struct err err = {""};
	size_t n = 0;

	job_time_options(draft, parser->name, &options);
	if (!check_zone(parser))
		options.zone = NULL;
	check_times(parser);
	for (size_t i = 0; i < draft->nschedules; i++) {
		const struct draft_schedule *s = &draft->schedules[i];

		list[n] = schedule_get(job_pool_schedules(parser->env->pool),
		    s->text, &options, &err);
		if (list[n] == NULL) {
			job_error(parser, s->line != 0 ? s->line : parser->line,
			    "schedule %s: %s", quote(quoted, s->text),
			    err.text);
			continue;
		}
		check_overlap(parser, list[n]);
		texts[n++] = s->text;
	}
	return n;
}

/* With watch the command is what is done to a row. */
static void
check_watch(struct parser *parser)
{
	struct job_draft *draft = &parser->draft;
	uint32_t line = job_draft_line(draft, "watch");

	if (line == 0 || draft->command == NULL)
		return;
	if (draft->options.kind == KIND_COMMAND)
		draft->options.kind = KIND_WATCH;
	else
		job_error(parser, line,
		    "watch goes with command, which runs for each row; this "
		    "job has %s",
		    job_kind_name((enum job_kind)draft->options.kind));
}

static void
check_command(struct parser *parser)
{
	const struct job_draft *draft = &parser->draft;
	const char *key;
	struct err err;
	char **words;
	uint32_t n;

	check_watch(parser);
	if (draft->command == NULL) {
		/* One that was given and is wrong has been told. */
		if (job_draft_line(draft, "command") == 0 &&
		    job_draft_line(draft, "http") == 0 &&
		    job_draft_line(draft, "sql") == 0 &&
		    job_draft_line(draft, "plugin") == 0)
			job_error(parser, parser->line,
			    "the key command is missing; write command = what "
			    "it runs, http = what it requests, sql = its "
			    "statements, or plugin = whose function it calls");
		return;
	}
	if (job_settings_check(
		draft, parser->env->options->databases, &key, &err) == -1)
		job_error(parser, line_of(parser, key), "%s", err.text);
	if (!job_kind_has_program((enum job_kind)draft->options.kind))
		return;
	if (strcmp(draft->options.shell, "none") != 0)
		return;
	words = job_command_split(draft->command, &n, &err);
	if (words == NULL)
		job_error(parser, line_of(parser, "command"), "command: %s",
		    err.text);
	free(words);
}

static void
own_error(void *arg, uint32_t line, const char *text)
{
	struct parser *parser = arg;

	job_error(parser, line != 0 ? line : parser->line, "%s", text);
}

static bool
same(const char *a, const char *b)
{
	return a != NULL && strcmp(a, b) == 0;
}

static void
check_owner(struct parser *parser)
{
	const struct job_options *options = &parser->draft.options;
	const char *key = NULL;
	struct err err;

	if (same(parser->user, options->user) &&
	    same(parser->group, options->group))
		return;
	if (job_owner_check_job(options, &parser->block->source,
		parser->env->options, &key, &err) == 0) {
		parser->user = options->user;
		parser->group = options->group;
		return;
	}
	job_error(parser, line_of(parser, key), "%s", err.text);
}

static const struct job_options *
share_options(struct parser *parser)
{
	const struct job_options *options = &parser->draft.options;

	if (memcmp(options, &parser->env->defaults->draft.options,
		sizeof(*options)) != 0)
		return job_pool_options(parser->env->pool, options);
	job_pool_options_ref(parser->default_options);
	return parser->default_options;
}

/* Its strings follow those of the job before; finish() points to them. */
static void
add_def(struct parser *parser, const struct schedule *const *schedules,
    const char *const *texts, size_t n)
{
	const struct job_draft *draft = &parser->draft;
	struct job_block *block = parser->block;
	size_t name_len = strlen(parser->name);
	struct job_def *def;

	array_reserve(
	    &block->defs, &parser->cap, block->ndefs + 1, sizeof(*block->defs));
	def = &block->defs[block->ndefs++];
	memset(def, 0, sizeof(*def));
	def->options = share_options(parser);
	def->schedules = job_pool_list(parser->env->pool, schedules, texts, n);
	def->nschedules = (uint32_t)n & 0xff;
	def->source = &block->source;
	def->line = parser->line;
	def->direct =
	    job_kind_has_program((enum job_kind)draft->options.kind) &&
	    job_command_is_direct(draft->command, draft->options.shell);
	def->hash = hash_bytes(parser->name, name_len) >> 9;
	strbuf_add(&parser->strings, parser->name, name_len + 1);
	strbuf_add(
	    &parser->strings, draft->command, strlen(draft->command) + 1);
	strbuf_add(&parser->strings, draft->description,
	    strlen(draft->description) + 1);
}

static void
add_hint(void *arg, uint32_t line, const char *text)
{
	struct parser *parser = arg;
	const struct job_problem hint = {
	    .file = parser->block->path,
	    .line = line,
	    .job = parser->name,
	    .text = text,
	};

	problem_add(parser->problems, &hint, SIZE_MAX);
}

static void
end_job(struct parser *parser)
{
	const struct schedule *schedules[JOB_SCHEDULES_MAX];
	const char *texts[JOB_SCHEDULES_MAX];
	bool waits;
	size_t n;

	if (parser->name == NULL)
		return;
	waits = !job_own_check(&parser->draft, parser->env->options,
	    parser->block, own_error, parser);
	check_command(parser);
	check_owner(parser);
	job_notify_check(
	    &parser->draft, parser->env->options->receivers, own_error, parser);
	n = get_schedules(parser, schedules, texts);
	if (!parser->bad && parser->env->options->hints)
		job_draft_idle_keys(&parser->draft, add_hint, parser);
	if (!parser->bad && !waits)
		add_def(parser, schedules, texts, n);
	else
		for (size_t i = 0; i < n; i++)
			schedule_release(job_pool_schedules(parser->env->pool),
			    schedules[i]);
	parser->name = NULL;
}

static bool
is_config_section(const char *type)
{
	static const char *const sections[] = {"master", "api", "store",
	    "defaults", "cluster", "database", "notify", "queue", "calendar"};

	for (size_t i = 0; i < nitems(sections); i++)
		if (strcmp(sections[i], type) == 0)
			return true;
	return false;
}

static void
bad_section(struct parser *parser, const struct ini_event *event)
{
	const char *name = *event->name != '\0' ? event->name : event->section;
	char quoted[QUOTE_SIZE];

	if (strcmp(event->section, "job") == 0 && *event->name == '\0')
		job_error(parser, event->line,
		    "a job without a name; write [job NAME]");
	else if (strcmp(event->section, "job") == 0)
		job_error(parser, event->line,
		    "bad name of a job %s; letters, digits, \".\", \"_\" and "
		    "\"-\" are possible, at most %d",
		    quote(quoted, name), JOB_NAME_MAX);
	else if (is_config_section(event->section))
		job_error(parser, event->line,
		    "[%s] belongs in belfry.conf, not in a job file",
		    event->section);
	else
		job_error(parser, event->line,
		    "unknown section %s; write [job %s]",
		    quote(quoted, event->section),
		    job_is_name(name, strlen(name)) ? name : "NAME");
}

static void
begin_job(struct parser *parser, const struct ini_event *event)
{
	if (strcmp(event->section, "job") != 0 ||
	    !job_is_name(event->name, strlen(event->name))) {
		bad_section(parser, event);
		return;
	}
	parser->name = event->name;
	parser->line = event->line;
	parser->bad = false;
	job_draft_begin(&parser->draft, parser->env->defaults);
}

static void
take_event(void *arg, const struct ini_event *event)
{
	struct parser *parser = arg;
	struct err err;

	switch (event->type) {
	case INI_SECTION:
		end_job(parser);
		begin_job(parser, event);
		break;
	case INI_KEY:
		if (parser->name != NULL &&
		    job_draft_set(&parser->draft, event->key, event->value,
			event->line, &err) == -1)
			job_error(parser, event->line, "%s", err.text);
		break;
	case INI_SECTION_ERROR:
		end_job(parser);
		job_error(parser, event->line, "%s", event->text);
		break;
	case INI_ERROR:
	case INI_FILE_ERROR:
		job_error(parser, event->line, "%s", event->text);
		break;
	}
}

/* Gives back what is not needed and lets the definitions find their names. */
static void
finish(struct parser *parser)
{
	struct job_block *block = parser->block;
	char *p;

	if (block->ndefs == 0)
		return;
	block->defs =
	    xreallocarray(block->defs, block->ndefs, sizeof(*block->defs));
	block->strings =
	    xreallocarray(parser->strings.s, parser->strings.len, sizeof(char));
	memset(&parser->strings, 0, sizeof(parser->strings));
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

struct job_block *
job_block_parse(const struct job_parse_env *env,
    const struct job_source *source, char *text, size_t len,
    struct problem_list *problems)
{
	struct job_block *block = xcalloc(1, sizeof(*block));
	struct parser parser = {
	    .env = env,
	    .block = block,
	    .problems = problems,
	};
	struct ini_reader reader = {
	    .example = "[job NAME]",
	    .event = take_event,
	    .arg = &parser,
	};
	const char *slash;

	block->refs = 1;
	block->digest = hash_finish(hash_add(HASH_INIT, text, len));
	job_pool_ref(env->pool);
	block->pool = env->pool;
	block->path = xstrdup(source->path);
	block->source = *source;
	block->source.path = block->path;
	slash = strrchr(block->path, '/');
	block->source.name = slash != NULL ? slash + 1 : block->path;
	parser.default_options =
	    job_pool_options(env->pool, &env->defaults->draft.options);
	ini_read(&reader, text, len);
	end_job(&parser);
	finish(&parser);
	problem_close(problems, block->path);
	job_pool_options_release(env->pool, parser.default_options);
	job_draft_fini(&parser.draft);
	strbuf_fini(&parser.strings);
	return block;
}

struct job_block *
job_block_ref(struct job_block *block)
{
	block->refs++;
	return block;
}

void
job_block_release(struct job_block *block)
{
	if (block == NULL || --block->refs > 0)
		return;
	for (size_t i = 0; i < block->ndefs; i++) {
		job_pool_list_release(block->pool, block->defs[i].schedules);
		job_pool_options_release(block->pool, block->defs[i].options);
	}
	free(block->defs);
	free(block->strings);
	free(block->path);
	job_pool_release(block->pool);
	free(block);
}
