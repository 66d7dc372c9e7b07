/* Reads the files that jobs are defined in: job files and crontabs. */
#ifndef BELFRY_SCHEDULER_FILES_H
#define BELFRY_SCHEDULER_FILES_H

#include <stdbool.h>

#include "base/err.h"
#include "config/job.h"

struct master;

/*
 * The set of all jobs, by the configuration that is in force; with
 * crontabs_only job files stay as they were read last. The caller owns
 * *set_r. 0, or -1 with err.
 */
int files_load(struct master *m, bool crontabs_only, struct job_set **set_r,
    struct err *err);

/* What a crontab would be, and what is wrong with it; the caller owns it. */
struct job_set *
files_check_crontab(struct master *m, const struct job_crontab *crontab);

/* To the log, all errors. */
void files_log_problems(const struct job_set *set);

#endif
