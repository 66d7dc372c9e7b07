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

/* What is known of a name. */
enum job_owner {
	JOB_OWNER_NOBODY,
	JOB_OWNER_FOUND,
	JOB_OWNER_UNKNOWN, /* only a name service could tell */
};

/*
 * Who that is, by name or number; without options->local_names the name
 * services are asked, which may take long.
 */
enum job_owner job_owner_find(
    const char *name, const struct job_set_options *options, uid_t *uid_r);

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
