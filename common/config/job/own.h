/* Keys of a job that are its plugin's. */
#ifndef BELFRY_CONFIG_JOB_OWN_H
#define BELFRY_CONFIG_JOB_OWN_H

#include <stdbool.h>
#include <stdint.h>

#include "config/job.h"
#include "config/job/block.h"
#include "config/job/draft.h"

/* Tells what is wrong; line 0: with the job. */
typedef void job_own_error(void *arg, uint32_t line, const char *text);

/*
 * Makes the keys that are in no table the settings of the job's plugin, fills
 * in its fallbacks, and its schedule when there is none; counts it in block.
 * Of another kind of job all of them are unknown. False: what the plugin is
 * has to be found out first.
 */
bool
job_own_check(struct job_draft *draft, const struct job_set_options *options,
    struct job_block *block, job_own_error *error, void *arg);

#endif
