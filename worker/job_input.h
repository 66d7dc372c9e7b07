/*
 * What a job gets besides its specification: the variables of its environment
 * file, and the text for its standard input.
 */
#ifndef BELFRY_WORKER_JOB_INPUT_H
#define BELFRY_WORKER_JOB_INPUT_H

#include <stddef.h>
#include <sys/stat.h>

#include "base/err.h"
#include "run/spec.h"

/*
 * The whole environment, NULL-terminated, valid as long as the process. NULL
 * with err when the environment file cannot be had or has a mistake. The file
 * is read with the job's rights unless the specification says trusted.
 */
const char **job_input_env(const struct run_spec *spec, struct err *err);

/*
 * The content of a regular file that is not larger than max, opened with the
 * job's rights unless the specification says trusted; the caller frees it.
 * NULL with errno: EINVAL when it is not a regular file, EFBIG.
 */
char *job_input_read(const struct run_spec *spec, const char *path, size_t max,
    struct stat *st_r, size_t *len_r);

/*
 * A descriptor to become standard input, owned by the caller; -1 and no err
 * text: the job gets what descriptor 0 is.
 */
int job_input_open(const struct run_spec *spec, struct err *err);

#endif
