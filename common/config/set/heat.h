/*
 * How many jobs fire in each hour of a week, so that herds are seen, and what
 * would spread the largest.
 */
#ifndef BELFRY_CONFIG_JOB_HEAT_H
#define BELFRY_CONFIG_JOB_HEAT_H

#include <stddef.h>
#include <stdint.h>

#include "config/job.h"
#include "schedule/zone/zone.h"

#define HEAT_DAYS  7
#define HEAT_HOURS 24

/* A job of the busiest second, and what to write instead. */
struct heat_job {
	const struct job_def *def; /* the set's */
	size_t schedule;           /* which of its schedules */
	char *instead;             /* owned */
};

struct job_heat {
	const struct zone *zone; /* by whose clock */
	int64_t day;             /* the first, civil_to_days() */
	/* jobs that fire in an hour of a day, however often */
	uint32_t jobs[HEAT_DAYS][HEAT_HOURS];
	int64_t busiest; /* an instant in seconds */
	uint32_t busiest_jobs;
	struct heat_job *spread; /* owned; in order of files and lines */
	size_t nspread, cap;
	uint32_t uncounted; /* with an interval whose phase is not known here */
};

/*
 * The week from the day on that now is in. Jobs that are not enabled do not
 * count, and those with a jitter not for the busiest second.
 */
void job_heat_count(const struct job_set *set, const struct zone *zone,
    int64_t now, struct job_heat *heat_r);
void job_heat_fini(struct job_heat *heat);

/*
 * The schedule with H in place of the minute. The caller frees it; NULL: it
 * has no minute that could be spread.
 */
char *job_heat_instead(const char *schedule);

#endif
