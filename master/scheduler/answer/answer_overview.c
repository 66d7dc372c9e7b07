/*
 * The overview: what runs, fails and is late now, and the next hour. Counts of
 * all, and of each kind the few that a person looks at.
 */
#include <stdlib.h>
#include <string.h>

#include "json_text.h"
#include "scheduler/answer/answer.h"
#include "scheduler/answer/forecast.h"
#include "scheduler/master.h"

#define SHOWN 20

/* What has waited for less is on its way. */
#define LATE_MS 1000

/* A few of many, those with the least keys, in order. */
struct few {
	struct {
		int64_t key;
		const void *what;
	} list[SHOWN];
	size_t n;
};

static void
few_put(struct few *few, int64_t key, const void *what)
{
	size_t at = few->n;

	while (at > 0 && few->list[at - 1].key > key)
		at--;
	if (at == SHOWN)
		return;
	if (few->n < SHOWN)
		few->n++;
	memmove(&few->list[at + 1], &few->list[at],
	    (few->n - 1 - at) * sizeof(few->list[0]));
	few->list[at].key = key;
	few->list[at].what = what;
}

struct jobs_view {
	struct few failing;
	size_t nfailing, enabled, paused;
};

static void
look_at_jobs(const struct master *m, struct jobs_view *v)
{
	memset(v, 0, sizeof(*v));
	for (size_t i = 0; i < m->jobs.n; i++) {
		const struct job *job = m->jobs.all[i];

		v->enabled += job->def->options->enabled != 0;
		v->paused += job->paused || m->pauses.all != NULL;
		if (job->failures == 0)
			continue;
		v->nfailing++;
		few_put(&v->failing, -job->last_end_ms, job);
	}
}

static json_t *
failing(const struct jobs_view *v)
{
	json_t *list = json_array();

	for (size_t i = 0; i < v->failing.n; i++) {
		const struct job *job = v->failing.list[i].what;

		json_array_append_new(list,
		    json_pack("{s:s, s:i, s:o, s:o}", "name", job->name,
			"failures", (int)job->failures, "last",
			answer_last(job), "last_success",
			answer_time(job->last_success_ms)));
	}
	return json_pack(
	    "{s:I, s:o}", "count", (json_int_t)v->nfailing, "jobs", list);
}

static bool
is_late(const struct run *run, int64_t now_ms)
{
	return (run->state == RUN_WAITING || run->state == RUN_LAUNCHING) &&
	    now_ms - run->begin.due_ms >= LATE_MS;
}

/* Runs that wait, and slots that wait in the heap to become runs. */
static json_t *
late(const struct master *m, int64_t now_ms)
{
	json_t *list = json_array();
	struct few few = {.n = 0};
	const struct run *run;
	size_t n = 0;

	for (size_t i = 0; i < RUNS_TABLE; i++)
		for (run = m->runs.table[i]; run != NULL; run = run->same)
			if (is_late(run, now_ms)) {
				n++;
				few_put(&few, run->begin.due_ms, run);
			}
	for (size_t i = 0; i < m->heap.n; i++)
		n += m->heap.entries[i].timer->kind == TIMER_JOB &&
		    now_ms - m->heap.entries[i].at >= LATE_MS;
	for (size_t i = 0; i < few.n; i++)
		json_array_append_new(list, answer_live_run(few.list[i].what));
	return json_pack("{s:I, s:o}", "count", (json_int_t)n, "runs", list);
}

/* The jobs whose slots come first. */
static json_t *
next_fires(const struct master *m)
{
	json_t *list = json_array();
	struct few few = {.n = 0};

	for (size_t i = 0; i < m->heap.n; i++)
		if (forecast_counts(m, m->heap.entries[i].timer))
			few_put(&few, m->heap.entries[i].at,
			    m->heap.entries[i].timer);
	for (size_t i = 0; i < few.n; i++) {
		const struct job *job = few.list[i].what;

		json_array_append_new(list,
		    json_pack("{s:s, s:o}", "job", job->name, "slot",
			answer_time(few.list[i].key)));
	}
	return list;
}

static json_t *
next_hour(struct master *m, int64_t now_ms)
{
	const struct forecast *f = forecast_get(m, now_ms);
	json_t *starts = json_array();

	for (size_t i = 0; i < FORECAST_STEPS; i++)
		json_array_append_new(
		    starts, json_integer((json_int_t)(f->starts[i] + 0.5)));
	return json_pack("{s:o, s:i, s:b, s:o, s:o}", "from",
	    answer_time(f->from_ms), "step_ms", FORECAST_STEP_MS, "estimated",
	    f->estimated, "starts", starts, "fires", next_fires(m));
}

void
answer_overview(struct master *m, struct ask *ask)
{
	const struct runs *runs = &m->runs;
	int64_t now_ms = clock_ms();
	struct jobs_view v;

	look_at_jobs(m, &v);
	answer_object(ask, 200,
	    json_pack("{s:o, s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:o, s:o, s:o, "
		      "s:o}",
		"now", answer_time(now_ms), "state",
		m->phase == MASTER_DRAINING ? "draining" : "running", "jobs",
		(json_int_t)m->jobs.n, "enabled", (json_int_t)v.enabled,
		"paused", (json_int_t)v.paused, "running",
		(json_int_t)(runs->count[RUN_RUNNING] +
		    runs->count[RUN_LAUNCHING]),
		"waiting",
		(json_int_t)(runs->count[RUN_DELAYED] +
		    runs->count[RUN_WAITING]),
		"queued", (json_int_t)runs->count[RUN_QUEUED], "failing",
		failing(&v), "late", late(m, now_ms), "runs",
		answer_live(m, NULL, SHOWN), "next_hour",
		next_hour(m, now_ms)));
}
