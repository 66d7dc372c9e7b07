/*
 * Answers "timeline". Of each job that was asked for, or of all together, in
 * turn: the runs that were made in the window, a few that were made before it
 * and may reach into it, and the slots that did not run.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "json_text.h"
#include "recorder/charts/chart.h"
#include "recorder/charts/timeline_rows.h"
#include "recorder/query/query_filter.h"
#include "run/run_bound.h"

/* Rows of the store that are read, of all jobs together. */
#define RUNS_MAX   10000
#define SLOTS_MAX  2000
#define BEFORE_MAX 10 /* of each job; of all together ten times as many */

#define SPAN_MAX_MS     ((int64_t)31 * 24 * 3600 * 1000)
#define SPAN_DEFAULT_MS ((int64_t)3600 * 1000)

/* The window has so many parts that can be told apart. */
#define PARTS 2000

struct timeline {
	struct chart chart;
	struct chart_jobs jobs;
	size_t next; /* of the jobs */
	bool by_host;
	char *host; /* owned; NULL all */
	int64_t since_ms, until_ms;
	struct store_bars which;
	struct store_filter filter;
	int limit; /* of runs in the window, of each job */
	int rows;  /* of this question */
	bool complete;
	struct timeline_rows *all;
};

static void
timeline_free(struct timeline *t)
{
	free(t->jobs.text);
	free(t->host);
	timeline_rows_free(t->all);
	free(t);
}

static void
tell(struct timeline *t)
{
	chart_answer(&t->chart,
	    json_pack("{s:o, s:o, s:s, s:b, s:o}", "since",
		json_time(t->since_ms), "until", json_time(t->until_ms), "by",
		t->by_host ? "host" : "job", "complete",
		t->complete && timeline_rows_complete(t->all), "rows",
		timeline_rows_json(t->all)));
	timeline_free(t);
}

/* What never started has a moment, and no length. */
static bool
has_time(const struct timeline *t, const struct store_bar *bar,
    struct timeline_bar *b)
{
	b->started_us = chart_started_us(&t->chart, bar);
	b->finished_us = bar->finished_us;
	if (bar->outcome == OUTCOME_NONE)
		return b->started_us != 0;
	if (b->started_us == 0)
		b->started_us = bar->created_ms * 1000;
	if (b->finished_us < b->started_us)
		b->finished_us = b->started_us;
	return true;
}

static void
add_run(void *arg, const struct store_bar *bar)
{
	struct timeline *t = arg;
	struct timeline_bar b = {.run = bar->id,
	    .job = bar->job,
	    .host = bar->host,
	    .outcome = bar->outcome};

	t->rows++;
	if ((t->host != NULL && strcmp(t->host, bar->host) != 0) ||
	    !has_time(t, bar, &b))
		return;
	if (b.started_us >= t->until_ms * 1000 ||
	    (b.finished_us != 0 && b.finished_us < t->since_ms * 1000))
		return;
	timeline_rows_bar(t->all, t->by_host ? bar->host : bar->job, &b);
}

static void
add_slot(void *arg, const struct store_slot *slot)
{
	struct timeline *t = arg;
	const char *host = slot->slot.host;

	if ((t->by_host && *host == '\0') ||
	    (t->host != NULL && strcmp(t->host, host) != 0))
		return;
	timeline_rows_slot(t->all, t->by_host ? host : slot->slot.job, slot);
}

static void next_job(struct timeline *t);

static void
slots_done(void *arg, const struct store_cursor *next, const struct err *err)
{
	struct timeline *t = arg;

	if (!chart_goes_on(&t->chart, err)) {
		timeline_free(t);
		return;
	}
	t->complete = t->complete && next == NULL;
	next_job(t);
}

static void
before_done(void *arg, const struct err *err)
{
	struct timeline *t = arg;
	struct store *store = t->chart.env->store;

	if (chart_goes_on(&t->chart, err))
		store->ops->slots(store, &t->filter, add_slot, slots_done, t);
	else
		timeline_free(t);
}

/* Runs that were made before the window, in place of it. */
static void
window_done(void *arg, const struct err *err)
{
	struct timeline *t = arg;
	struct store *store = t->chart.env->store;

	if (!chart_goes_on(&t->chart, err)) {
		timeline_free(t);
		return;
	}
	t->complete = t->complete && t->rows < t->limit;
	memcpy(t->which.before, t->which.from, sizeof(t->which.before));
	t->which.from[0] = '\0';
	t->which.limit = t->which.job != NULL ? BEFORE_MAX : BEFORE_MAX * 10;
	store->ops->bars(store, &t->which, add_run, before_done, t);
}

static void
ask_window(struct timeline *t, const char *job)
{
	struct store *store = t->chart.env->store;

	t->which.job = t->filter.job = job;
	run_bound(t->since_ms, t->which.from);
	run_bound(t->until_ms, t->which.before);
	t->which.limit = t->limit;
	t->rows = 0;
	if (job != NULL && !t->by_host)
		timeline_rows_add(t->all, job);
	store->ops->bars(store, &t->which, add_run, window_done, t);
}

static void
next_job(struct timeline *t)
{
	size_t i = t->next++;

	if (i < t->jobs.n)
		ask_window(t, t->jobs.names[i]);
	else if (i == 0)
		ask_window(t, NULL);
	else
		tell(t);
}

static int
take_by(struct timeline *t, const struct ask *ask)
{
	const char *by = ask_arg(ask, "by"), *host = ask_arg(ask, "host");

	t->host = host != NULL ? xstrdup(host) : NULL;
	t->by_host = by != NULL && strcmp(by, "host") == 0;
	if (by == NULL || t->by_host || strcmp(by, "job") == 0)
		return 0;
	answer_error(ask->channel, ask->id, 400, "bad_request",
	    "by: expected job or host, not \"%.32s\"", by);
	return -1;
}

static int
take_args(struct timeline *t, const struct ask *ask)
{
	static const char *const args[] = {
	    "since", "until", "jobs", "host", "by", NULL};

	t->until_ms = chart_now_ms() + 1;
	if (!query_knows_args(ask, args) ||
	    query_parse_time(ask, "until", &t->until_ms) == -1)
		return -1;
	t->since_ms = t->until_ms - SPAN_DEFAULT_MS;
	if (chart_take_window(ask, SPAN_MAX_MS, &t->since_ms, &t->until_ms) ==
		-1 ||
	    chart_take_jobs(ask, &t->jobs) == -1)
		return -1;
	return take_by(t, ask);
}

void
timeline_answer(struct query_env *env, const struct ask *ask)
{
	struct timeline *t = xcalloc(1, sizeof(*t));
	int parts;

	chart_init(&t->chart, env, ask);
	if (take_args(t, ask) == -1) {
		timeline_free(t);
		return;
	}
	parts = t->jobs.n > 0 ? (int)t->jobs.n : 1;
	t->limit = RUNS_MAX / parts;
	t->filter = (struct store_filter){
	    .outcomes = 1U << OUTCOME_SKIPPED | 1U << OUTCOME_MISSED,
	    .since_ms = t->since_ms,
	    .until_ms = t->until_ms,
	    .limit = SLOTS_MAX / parts,
	};
	t->complete = true;
	t->all = timeline_rows_new((t->until_ms - t->since_ms) * 1000 / PARTS);
	next_job(t);
}
