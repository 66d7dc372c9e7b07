/*
 * What the master counts, and its part of /metrics; belfry-metrics(7) names
 * the metrics. How many series there are does not grow with what happens, and
 * with the jobs only up to METRICS_JOBS_MAX of them.
 */
#ifndef BELFRY_SCHEDULER_METRICS_H
#define BELFRY_SCHEDULER_METRICS_H

#include "prom.h"
#include "run/record.h"

struct ask;
struct job;
struct master;
struct run;

/* So many jobs have series of their own: the first by name. */
#define METRICS_JOBS_MAX 1000

/* Reasons of slots that did not run; more than there are words for it. */
#define METRICS_REASONS_MAX 32

#define METRICS_VERDICTS_MAX 9 /* of a claim */

/* Of one job since the master was started. */
struct job_metrics {
	uint32_t ended[OUTCOME_LAUNCH_FAILED + 1];
	int64_t last_duration_us; /* -1: it never started */
};

struct metrics {
	uint64_t ended[OUTCOME_LAUNCH_FAILED + 1];
	struct prom_histogram lateness, duration, launch, claim;
	struct {
		enum outcome outcome; /* NONE: the row is free */
		char reason[32];
		uint64_t count;
	} slots[METRICS_REASONS_MAX];
	uint64_t claims[METRICS_VERDICTS_MAX];
};

/* A run was started, and how long that took. */
void metrics_launched(struct master *m, const struct run *run);

/* A run ended. */
void
metrics_ended(struct master *m, struct job *job, const struct record_end *end);

/* Slots did not run. */
void metrics_slot(struct master *m, const struct record_slot *slot);

/* A claim was answered, enum claim_verdict. */
void metrics_claimed(struct master *m, int verdict, int64_t asked_us);

/* The answer to "metrics". */
void metrics_answer(struct master *m, struct ask *ask);

/* metrics_jobs.c: what there is of each job. */
void metrics_add_jobs(struct master *m, struct strbuf *b);

/* metrics_machine.c: processes of the daemon; the cluster. */
void metrics_add_processes(const struct master *m, struct strbuf *b);

#endif
