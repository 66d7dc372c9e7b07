/*
 * Whose jobs a job file may hold: another user than the daemon's needs root's
 * word for it.
 */
#ifndef BELFRY_CONFIG_JOB_OWNER_H
#define BELFRY_CONFIG_JOB_OWNER_H

#include <stdbool.h>
#include <sys/stat.h>

#include "base/err.h"
#include "config/job.h"

/* root's, and nobody else may write it. */
bool job_owner_is_trusted(const struct stat *st);

/*
 * When we are root, a file that somebody else than root and the default user
 * may write is refused as a whole. 0, or -1 with err.
 */
int job_owner_check_file(const struct stat *st,
    const struct job_set_options *options, struct err *err);

/*
 * Whether a job of this file may have these user and group keys. *key_r is
 * the key that is wrong. 0, or -1 with err.
 */
int job_owner_check_job(const struct job_options *job,
    const struct job_source *source, const struct job_set_options *options,
    const char **key_r, struct err *err);

#endif
