/*
 * Any bytes as a job file: every definition that comes out of it, printed key
 * by key and read again, is the same.
 */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "config/job/block.h"
#include "config/job/defaults.h"
#include "fuzz.h"

static struct job_block *
parse(const struct job_parse_env *env, const void *data, size_t size,
    struct problem_list *problems)
{
	const struct job_source source = {.path = "a/b.ini", .trusted = true};
	char *text = xmalloc(size + 1);
	struct job_block *block;

	if (size > 0)
		memcpy(text, data, size);
	text[size] = '\0';
	block = job_block_parse(env, &source, text, size, problems);
	free(text);
	return block;
}

static void
add_key(void *arg, const char *key, const char *value)
{
	strbuf_addf(arg, "%s = %s\n", key, value);
}

static void
check_words(const struct job_def *def)
{
	uint32_t n = 0;
	char **words;

	if (!def->direct)
		return;
	words = job_def_words(def, &n);
	MUST(words != NULL && n > 0 && words[n] == NULL);
	free(words);
}

static void
check_def(const struct job_parse_env *env, const struct job_def *def)
{
	struct problem_list problems = {0};
	struct strbuf text = STRBUF_INIT;
	struct job_block *again;

	check_words(def);
	strbuf_addf(&text, "[job %s]\n", def->name);
	job_def_each_key(def, add_key, &text);
	again = parse(env, text.s, text.len, &problems);
	if (problems.n > 0)
		fatalx("%s in:\n%s", problems.items[0].text, text.s);
	MUST(again->ndefs == 1);
	MUST(job_def_equal(def, &again->defs[0]));
	MUST(def->options == again->defs[0].options);
	MUST(def->schedules == again->defs[0].schedules);
	MUST(def->direct == again->defs[0].direct);
	MUST(def->hash == again->defs[0].hash);
	job_block_release(again);
	strbuf_fini(&text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct job_set_options options = {.privileged = true};
	struct schedule_pool *schedules = schedule_pool_new(NULL);
	struct job_defaults *defaults = job_defaults_new();
	struct problem_list problems = {0};
	struct job_parse_env env = {
	    .pool = job_pool_new(schedules),
	    .options = &options,
	    .defaults = defaults,
	};
	struct job_block *block = parse(&env, data, size, &problems);

	MUST(problems.n <= PROBLEM_FILE_MAX + 1);
	for (size_t i = 0; i < block->ndefs; i++)
		check_def(&env, &block->defs[i]);
	job_block_release(block);
	problem_fini(&problems);
	job_pool_release(env.pool);
	MUST(schedule_pool_count(schedules) == 0);
	job_defaults_free(defaults);
	schedule_pool_free(schedules);
	return 0;
}
