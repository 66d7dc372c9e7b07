/*
 * The definition of one job that is in no file: what somebody submitted, with
 * the defaults of belfry.conf.
 */
#ifndef BELFRY_CONFIG_JOB_SINGLE_H
#define BELFRY_CONFIG_JOB_SINGLE_H

#include <stddef.h>

#include "base/err.h"
#include "config/job.h"

struct job_pair {
	const char *key;
	const char *value;
};

/*
 * Makes it of keys and values as a job file has them, n of them; it has
 * neither schedules nor parents. All is copied. NULL with err when something
 * is wrong, which names the key.
 */
const struct job_def *job_single_new(const struct job_defaults *defaults,
    const char *name, const struct job_pair *pairs, size_t n, struct err *err);

/* For such a definition, or NULL. */
void job_single_free(const struct job_def *def);

#endif
