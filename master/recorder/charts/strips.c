/* Answers "strips": of each job its last runs, newest first. */
#include <stdlib.h>

#include "base/mem.h"
#include "json_text.h"
#include "recorder/charts/chart.h"
#include "recorder/query/query_filter.h"
#include "run/run_bound.h"

#define RUNS_DEFAULT 20
#define RUNS_MAX     100

struct strips {
	struct chart chart;
	struct chart_jobs jobs;
	size_t next; /* of the jobs */
	struct store_bars which;
	json_t *strips; /* an object: arrays by job */
	json_t *strip;  /* the one of this job; borrowed */
};

static void
strips_free(struct strips *s)
{
	free(s->jobs.text);
	json_decref(s->strips);
	free(s);
}

static void
add_run(void *arg, const struct store_bar *bar)
{
	struct strips *s = arg;
	bool ran = bar->outcome != OUTCOME_NONE && bar->started_us != 0;

	json_array_append_new(s->strip,
	    json_pack("{s:s, s:s, s:o, s:o, s:o}", "run", bar->id, "outcome",
		outcome_name(bar->outcome), "slot", json_time(bar->slot_ms),
		"started", json_time_us(chart_started_us(&s->chart, bar)),
		"duration_ms",
		ran ? json_integer((bar->duration_us + 500) / 1000) :
		      json_null()));
}

static void next_job(struct strips *s);

static void
job_done(void *arg, const struct err *err)
{
	struct strips *s = arg;

	if (!chart_goes_on(&s->chart, err))
		strips_free(s);
	else
		next_job(s);
}

static void
next_job(struct strips *s)
{
	struct store *store = s->chart.env->store;

	if (s->next == s->jobs.n) {
		chart_answer(&s->chart, json_incref(s->strips));
		strips_free(s);
		return;
	}
	s->which.job = s->jobs.names[s->next++];
	s->strip = json_array();
	json_object_set_new(s->strips, s->which.job, s->strip);
	store->ops->bars(store, &s->which, add_run, job_done, s);
}

void
strips_answer(struct query_env *env, const struct ask *ask)
{
	static const char *const args[] = {"jobs", "n", NULL};
	struct strips *s = xcalloc(1, sizeof(*s));
	int64_t n;

	chart_init(&s->chart, env, ask);
	if (!query_knows_args(ask, args) ||
	    ask_arg_int(ask, "n", 1, RUNS_MAX, RUNS_DEFAULT, &n) == -1 ||
	    chart_take_jobs(ask, &s->jobs) == -1) {
		strips_free(s);
		return;
	}
	if (s->jobs.n == 0) {
		answer_error(ask->channel, ask->id, 400, "bad_request",
		    "jobs: expected names of jobs, parted by commas");
		strips_free(s);
		return;
	}
	s->which.limit = (int)n;
	s->strips = json_object();
	next_job(s);
}
