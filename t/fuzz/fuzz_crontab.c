/*
 * Any bytes as a crontab, the system's or a user's: every definition that
 * comes out of it has a name, a user, a command and a schedule, and keys that
 * a job file may have, too.
 */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "config/crontab/jobs.h"
#include "config/job/block.h"
#include "config/job/defaults.h"
#include "config/job/draft.h"
#include "fuzz.h"

static struct job_block *
parse(const struct job_parse_env *env, enum job_source_kind kind,
    const void *data, size_t size, struct problem_list *problems)
{
	const struct job_source source = {
	    .kind = kind,
	    .path = kind == JOB_SOURCE_USER_CRONTAB ? "a/root" : "a/crontab",
	    .trusted = kind != JOB_SOURCE_USER_CRONTAB,
	};
	char *text = xmalloc(size + 1);
	struct job_block *block;

	if (size > 0)
		memcpy(text, data, size);
	text[size] = '\0';
	block = crontab_parse(env, &source, text, size, problems);
	free(text);
	return block;
}

static void
add_key(void *arg, const char *key, const char *value)
{
	MUST(job_key_find(key, NULL) != NULL);
	MUST(strchr(value, '\n') == NULL);
	*(size_t *)arg += 1;
}

static void
check_def(const struct job_def *def)
{
	size_t nkeys = 0;

	MUST(def->options->cron != 0);
	MUST(def->options->user[0] != '\0');
	MUST(def->command[0] != '\0');
	MUST(def->nschedules == 1);
	MUST(job_is_name(def->name, strlen(def->name)));
	job_def_each_key(def, add_key, &nkeys);
	MUST(nkeys > 3);
}

static void
check_text(const struct job_parse_env *env, enum job_source_kind kind,
    const uint8_t *data, size_t size)
{
	struct problem_list problems = {0};
	struct job_block *block = parse(env, kind, data, size, &problems);

	MUST(problems.n <= PROBLEM_FILE_MAX + 1);
	for (size_t i = 0; i < block->ndefs; i++)
		check_def(&block->defs[i]);
	job_block_release(block);
	problem_fini(&problems);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct job_set_options options = {.privileged = true};
	struct schedule_pool *schedules = schedule_pool_new(NULL);
	struct job_defaults *defaults = job_defaults_new();
	struct job_parse_env env = {
	    .pool = job_pool_new(schedules),
	    .options = &options,
	    .defaults = defaults,
	};

	check_text(&env, JOB_SOURCE_SYSTEM_CRONTAB, data, size);
	check_text(&env, JOB_SOURCE_USER_CRONTAB, data, size);
	job_pool_release(env.pool);
	MUST(schedule_pool_count(schedules) == 0);
	job_defaults_free(defaults);
	schedule_pool_free(schedules);
	return 0;
}
