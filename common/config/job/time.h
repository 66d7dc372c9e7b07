/* Keys of a job whose meaning depends on other keys: its times. */
#ifndef BELFRY_CONFIG_JOB_TIME_H
#define BELFRY_CONFIG_JOB_TIME_H

#include "config/job/calendar.h"
#include "config/job/draft.h"

/*
 * Finds out what start-at, end-at and calendar of a draft mean: all keys are
 * read. 0; -1 with err, and *key_r is the key that is wrong.
 */
int job_time_resolve(struct job_draft *draft, struct schedule_pool *pool,
    const struct job_calendars *calendars, const char **key_r, struct err *err);

/* What of a draft's options a schedule is parsed with. */
void job_time_options(const struct job_draft *draft, const char *job,
    struct schedule_options *options_r);

#endif
