/*
 * What "after" makes of the jobs of a set: parents that are none, and jobs
 * that would have to run before themselves.
 */
#ifndef BELFRY_CONFIG_JOB_AFTER_H
#define BELFRY_CONFIG_JOB_AFTER_H

#include <stdbool.h>
#include <stddef.h>

#include "config/job.h"
#include "config/problem.h"

/* Jobs that cannot be in the set. */
struct job_after {
	const struct job_def **bad; /* owned, in order of address */
	size_t nbad, cap;
};

/*
 * Finds them and tells each in problems: an unknown parent, a job that is its
 * own parent, a cycle with all its members once, and what comes after one of
 * these. Nothing is told of those in told (NULL: none).
 */
void job_after_check(const struct job_set *set,
    const struct job_set_options *options, const struct job_after *told,
    struct job_after *after_r, struct problem_list *problems);
void job_after_fini(struct job_after *after);

bool job_after_is_bad(const struct job_after *after, const struct job_def *def);

#endif
