#include "config/set/pool.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "config/intern.h"
#include "config/job/calendar.h"

struct job_pool {
	unsigned refs;
	struct schedule_pool *schedules;
	struct intern *strings;
	struct intern *options;
	struct intern *lists;
};

/* The strings among the options, as one loop needs them. */
#define OPTION_STRINGS 22

static const size_t string_offsets[OPTION_STRINGS] = {
    offsetof(struct job_options, shell),
    offsetof(struct job_options, timezone),
    offsetof(struct job_options, user),
    offsetof(struct job_options, group),
    offsetof(struct job_options, directory),
    offsetof(struct job_options, environment),
    offsetof(struct job_options, environment_file),
    offsetof(struct job_options, stdin_text),
    offsetof(struct job_options, start_at),
    offsetof(struct job_options, end_at),
    offsetof(struct job_options, calendar_name),
    offsetof(struct job_options, after),
    offsetof(struct job_options, labels),
    offsetof(struct job_options, uses),
    offsetof(struct job_options, owner),
    offsetof(struct job_options, queue),
    offsetof(struct job_options, hosts),
    offsetof(struct job_options, settings),
    offsetof(struct job_options, notify),
    offsetof(struct job_options, ping_start),
    offsetof(struct job_options, ping_success),
    offsetof(struct job_options, ping_failure),
};

static const char *
get_string(const struct job_options *options, size_t i)
{
	const char *s;

	memcpy(&s, (const char *)options + string_offsets[i], sizeof(s));
	return s;
}

static void
set_string(struct job_options *options, size_t i, const char *s)
{
	memcpy((char *)options + string_offsets[i], &s, sizeof(s));
}

static void
options_fini(void *arg, const void *p, size_t n)
{
	struct job_pool *pool = arg;
	const struct job_options *options = p;

	for (size_t i = 0; i < OPTION_STRINGS; i++)
		intern_release(pool->strings, get_string(p, i));
	job_calendar_release(options->calendar);
}

static void
list_fini(void *arg, const void *p, size_t size)
{
	struct job_pool *pool = arg;
	size_t n = size / (2 * sizeof(void *));
	const struct schedule *const *schedules = p;
	const char *const *texts = (const char *const *)p + n;

	for (size_t i = 0; i < n; i++) {
		schedule_release(pool->schedules, schedules[i]);
		intern_release(pool->strings, texts[i]);
	}
}

struct job_pool *
job_pool_new(struct schedule_pool *schedules)
{
	struct job_pool *pool = xcalloc(1, sizeof(*pool));

	pool->refs = 1;
	pool->schedules = schedules;
	pool->strings = intern_new(NULL, NULL);
	pool->options = intern_new(options_fini, pool);
	pool->lists = intern_new(list_fini, pool);
	return pool;
}

void
job_pool_ref(struct job_pool *pool)
{
	pool->refs++;
}

void
job_pool_release(struct job_pool *pool)
{
	if (pool == NULL || --pool->refs > 0)
		return;
	intern_free(pool->lists);
	intern_free(pool->options);
	intern_free(pool->strings);
	free(pool);
}

struct schedule_pool *
job_pool_schedules(struct job_pool *pool)
{
	return pool->schedules;
}

const struct job_options *
job_pool_options(struct job_pool *pool, const struct job_options *options)
{
	struct job_options key = *options;
	const struct job_options *copy;

	for (size_t i = 0; i < OPTION_STRINGS; i++)
		set_string(&key, i,
		    intern_string(pool->strings, get_string(options, i)));
	job_calendar_ref(options->calendar);
	copy = intern_get(pool->options, &key, sizeof(key));
	/* The copy holds what it refers to once, however many share it. */
	if (intern_shared(copy))
		options_fini(pool, &key, sizeof(key));
	return copy;
}

void
job_pool_options_ref(const struct job_options *options)
{
	intern_ref(options);
}

void
job_pool_options_release(
    struct job_pool *pool, const struct job_options *options)
{
	intern_release(pool->options, options);
}

const struct schedule *const *
job_pool_list(struct job_pool *pool, const struct schedule *const *schedules,
    const char *const *texts, size_t n)
{
	const void *key[2 * JOB_SCHEDULES_MAX], *list;

	if (n == 0)
		return NULL;
	for (size_t i = 0; i < n; i++) {
		key[i] = schedules[i];
		key[n + i] = intern_string(pool->strings, texts[i]);
	}
	list = intern_get(pool->lists, key, 2 * n * sizeof(*key));
	if (intern_shared(list))
		list_fini(pool, key, 2 * n * sizeof(*key));
	return list;
}

void
job_pool_list_release(struct job_pool *pool, const struct schedule *const *list)
{
	intern_release(pool->lists, list);
}
