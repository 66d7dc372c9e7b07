/* Many jobs that fire at the same second: they start in a crowd. */
#ifndef BELFRY_CONFIG_JOB_HERD_H
#define BELFRY_CONFIG_JOB_HERD_H

#include <stddef.h>
#include <stdint.h>

#include "config/job.h"
#include "config/problem.h"

/* So many are a herd. */
#define JOB_HERD 50

/* One schedule of one job. */
struct job_use {
	const struct schedule *schedule;
	const struct job_def *def;
};

/*
 * All of the set, equal schedules next to each other and, among them, those
 * of equal windows and calendars; their jobs in order of the set. The caller
 * frees it.
 */
struct job_use *job_uses(const struct job_set *set, size_t *n_r);

/*
 * How many jobs start at each of the span seconds after from: those that are
 * enabled and have no jitter. Bounded: of a million schedules with a fire a
 * second not all are counted. The caller frees it.
 */
uint32_t *job_herd_count(
    const struct job_use *uses, size_t n, int64_t from, int64_t span);

/* Whether it is one of those that are counted for t. */
bool job_use_fires(const struct job_use *use, int64_t t);

/*
 * Counts the fires of each second of the 24 hours after now, and hints at the
 * fullest one when it has a herd.
 */
void job_herd(const struct job_use *uses, size_t n, int64_t now,
    struct problem_list *problems);

#endif
