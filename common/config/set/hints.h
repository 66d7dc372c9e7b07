/* Legal but surprising: what "belfry check" tells besides errors. */
#ifndef BELFRY_CONFIG_JOB_HINTS_H
#define BELFRY_CONFIG_JOB_HINTS_H

#include "config/job.h"
#include "config/problem.h"

/*
 * Looks at every job of the set: its schedules from options->now on, and
 * whether its user, directory, program and environment file are there.
 */
void job_hints(const struct job_set *set, const struct job_set_options *options,
    struct problem_list *problems);

#endif
