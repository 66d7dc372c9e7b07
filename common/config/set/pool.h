/*
 * What job definitions share, over files and over reloads: strings, options,
 * lists of schedules. Counted by reference.
 */
#ifndef BELFRY_CONFIG_JOB_POOL_H
#define BELFRY_CONFIG_JOB_POOL_H

#include <stddef.h>

#include "base/err.h"
#include "config/job.h"
#include "config/job/draft.h"

struct job_pool;

/* One reference. schedules outlives it. */
struct job_pool *job_pool_new(struct schedule_pool *schedules);
void job_pool_ref(struct job_pool *pool);
void job_pool_release(struct job_pool *pool);

struct schedule_pool *job_pool_schedules(struct job_pool *pool);

/* The shared copy of options, with a reference. */
const struct job_options *
job_pool_options(struct job_pool *pool, const struct job_options *options);
void job_pool_options_ref(const struct job_options *options);
void job_pool_options_release(
    struct job_pool *pool, const struct job_options *options);

/*
 * A list: n schedules, whose references it takes over, and behind them their
 * n texts. NULL when n is 0.
 */
const struct schedule *const *
job_pool_list(struct job_pool *pool, const struct schedule *const *schedules,
    const char *const *texts, size_t n);
void job_pool_list_release(
    struct job_pool *pool, const struct schedule *const *list);

#endif
