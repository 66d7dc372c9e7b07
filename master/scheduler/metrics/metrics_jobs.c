/* Metrics of jobs: of all together, and of the first by name each. */
#include "scheduler/master.h"
#include "scheduler/metrics/metrics.h"

static size_t
shown(const struct master *m)
{
	return m->jobs.n < METRICS_JOBS_MAX ? m->jobs.n : METRICS_JOBS_MAX;
}

static void
add_all(const struct master *m, struct strbuf *b)
{
	size_t enabled = 0, paused = 0, failing = 0;

	for (size_t i = 0; i < m->jobs.n; i++) {
		const struct job *job = m->jobs.all[i];

		enabled += job->def->options->enabled != 0;
		paused += job->paused || m->pauses.all != NULL;
		failing += job->failures > 0;
	}
	prom_one(b, "belfry_jobs", "gauge", "Jobs.", (double)m->jobs.n);
	prom_one(b, "belfry_jobs_enabled", "gauge", "Jobs that are enabled.",
	    (double)enabled);
	prom_one(b, "belfry_jobs_paused", "gauge", "Jobs that are paused.",
	    (double)paused);
	prom_one(b, "belfry_jobs_failing", "gauge",
	    "Jobs whose last run was no success.", (double)failing);
	prom_one(b, "belfry_jobs_without_series", "gauge",
	    "Jobs that have no series of their own: there are too many.",
	    (double)(m->jobs.n - shown(m)));
	prom_one(b, "belfry_job_file_errors", "gauge",
	    "Errors in the job files.", (double)jobs_errors(&m->jobs));
}

static void
add_counts(const struct master *m, struct job **jobs, struct strbuf *b)
{
	prom_family(b, "belfry_job_runs_total", "counter",
	    "Runs of a job that ended, by outcome.");
	for (size_t i = 0; i < shown(m); i++)
		for (int o = OUTCOME_SUCCESS;
		     jobs[i]->metrics != NULL && o <= OUTCOME_LAUNCH_FAILED;
		     o++)
			if (jobs[i]->metrics->ended[o] > 0 ||
			    o == OUTCOME_SUCCESS)
				prom_sample2(b, "belfry_job_runs_total", "job",
				    jobs[i]->name, "outcome",
				    outcome_name((enum outcome)o),
				    jobs[i]->metrics->ended[o]);
}

/* Below 0: there is none. */
static double
next_start(const struct master *m, const struct job *job)
{
	if (job->timer.pos == 0 || !job->def->options->enabled)
		return -1;
	return (double)m->heap.entries[job->timer.pos - 1].at / 1000;
}

static double
last_success(const struct master *m, const struct job *job)
{
	return job->last_success_ms != 0 ? (double)job->last_success_ms / 1000 :
					   -1;
}

static double
last_end(const struct master *m, const struct job *job)
{
	return job->last_end_ms != 0 ? (double)job->last_end_ms / 1000 : -1;
}

static double
last_duration(const struct master *m, const struct job *job)
{
	return job->metrics != NULL && job->metrics->last_duration_us >= 0 ?
	    (double)job->metrics->last_duration_us / 1e6 :
	    -1;
}

static double
failures(const struct master *m, const struct job *job)
{
	return job->failures;
}

static double
active(const struct master *m, const struct job *job)
{
	return job->active + job->queued;
}

static const struct {
	const char *name, *help;
	double (*value)(const struct master *m, const struct job *job);
} gauges[] = {
    {"belfry_job_next_start_timestamp_seconds",
	"When the job's next slot is, since 1970.", next_start},
    {"belfry_job_last_success_timestamp_seconds",
	"When the last run that succeeded began, since 1970.", last_success},
    {"belfry_job_last_end_timestamp_seconds",
	"When the last run ended, since 1970.", last_end},
    {"belfry_job_last_duration_seconds", "How long the last run took.",
	last_duration},
    {"belfry_job_failures", "Runs in a row that were no success.", failures},
    {"belfry_job_runs_active", "Runs of the job that wait or run.", active},
};

void
metrics_add_jobs(struct master *m, struct strbuf *b)
{
	struct job **jobs = jobs_sorted(&m->jobs);
	double v;

	add_all(m, b);
	add_counts(m, jobs, b);
	for (size_t g = 0; g < sizeof(gauges) / sizeof(gauges[0]); g++) {
		prom_family(b, gauges[g].name, "gauge", gauges[g].help);
		for (size_t i = 0; i < shown(m); i++) {
			v = gauges[g].value(m, jobs[i]);
			if (v >= 0)
				prom_sample(
				    b, gauges[g].name, "job", jobs[i]->name, v);
		}
	}
}
