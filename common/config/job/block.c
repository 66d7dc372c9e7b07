#include "config/job/block.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "config/ini.h"
#include "config/job/build.h"
#include "config/quote.h"
#include "schedule/hash.h"

static bool
is_job_name(const char *name)
{
	return job_is_name(name, strlen(name));
}

static bool
is_config_section(const char *type)
{
	static const char *const sections[] = {"master", "api", "store",
	    "defaults", "cluster", "database", "notify", "queue", "calendar",
	    "crontab"};

	for (size_t i = 0; i < nitems(sections); i++)
		if (strcmp(sections[i], type) == 0)
			return true;
	return false;
}

static void
bad_section(struct job_builder *builder, const struct ini_event *event)
{
	const char *name = *event->name != '\0' ? event->name : event->section;
	char quoted[QUOTE_SIZE];
	struct err err;

	if (strcmp(event->section, "job") == 0 && *event->name == '\0')
		err_set(&err, "a job without a name; write [job NAME]");
	else if (strcmp(event->section, "job") == 0)
		err_set(&err,
		    "bad name of a job %s; letters, digits, \".\", \"_\" and "
		    "\"-\" are possible, at most %d",
		    quote(quoted, name), JOB_NAME_MAX);
	else if (is_config_section(event->section))
		err_set(&err, "[%s] belongs in belfry.conf, not in a job file",
		    event->section);
	else
		err_set(&err, "unknown section %s; write [job %s]",
		    quote(quoted, event->section),
		    is_job_name(name) ? name : "NAME");
	job_builder_error(
	    builder, event->line, "column %u: %s", event->column, err.text);
}

static void
begin_job(struct job_builder *builder, const struct ini_event *event)
{
	if (strcmp(event->section, "job") != 0 || !is_job_name(event->name)) {
		bad_section(builder, event);
		return;
	}
	job_builder_begin(builder, event->name, event->line);
}

static void
take_event(void *arg, const struct ini_event *event)
{
	struct job_builder *builder = arg;

	switch (event->type) {
	case INI_SECTION:
		job_builder_end(builder);
		begin_job(builder, event);
		break;
	case INI_KEY:
		if (builder->name != NULL)
			job_builder_key(
			    builder, event->key, event->value, event->line);
		break;
	case INI_SECTION_ERROR:
		job_builder_end(builder);
		job_builder_error(builder, event->line, "%s", event->text);
		break;
	case INI_ERROR:
	case INI_FILE_ERROR:
		job_builder_error(builder, event->line, "%s", event->text);
		break;
	}
}

struct job_block *
job_block_new(const struct job_parse_env *env, const struct job_source *source,
    const char *text, size_t len)
{
	struct job_block *block = xcalloc(1, sizeof(*block));
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
	return block;
}

struct job_block *
job_block_parse(const struct job_parse_env *env,
    const struct job_source *source, char *text, size_t len,
    struct problem_list *problems)
{
	struct job_block *block = job_block_new(env, source, text, len);
	struct job_builder builder;
	struct ini_reader reader = {
	    .example = "[job NAME]",
	    .event = take_event,
	    .arg = &builder,
	};

	job_builder_init(&builder, env, block, problems);
	ini_read(&reader, text, len);
	job_builder_finish(&builder);
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
