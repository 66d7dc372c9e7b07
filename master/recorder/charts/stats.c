/*
 * Answers "stats": outcomes, durations and lateness of a job's newest runs,
 * all together and in parts of the time they took.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "json_text.h"
#include "recorder/charts/chart.h"
#include "recorder/query/query_filter.h"
#include "run/run_bound.h"

#define RUNS_MAX       5000
#define POINTS_DEFAULT 60
#define POINTS_MAX     500
#define SPAN_MAX_MS    ((int64_t)3660 * 24 * 3600 * 1000)

/* A run that is over. */
struct stats_run {
	int64_t at_ms;
	int64_t duration_ms; /* -1: it never started */
	int64_t lateness_ms; /* -1 the same */
	enum outcome outcome;
};

struct stats {
	struct chart chart;
	char job[JOB_NAME_MAX + 1];
	struct store_bars which;
	int64_t since_ms, until_ms;
	size_t points;
	struct stats_run *runs; /* owned; newest first */
	size_t n, cap, seen;
};

static void
stats_free(struct stats *s)
{
	free(s->runs);
	free(s);
}

static void
add_run(void *arg, const struct store_bar *bar)
{
	struct stats *s = arg;
	bool started = bar->started_us != 0;
	struct stats_run *run;

	s->seen++;
	if (bar->outcome == OUTCOME_NONE)
		return;
	array_reserve(&s->runs, &s->cap, s->n + 1, sizeof(*s->runs));
	run = &s->runs[s->n++];
	run->at_ms = bar->created_ms;
	run->outcome = bar->outcome;
	run->duration_ms = started ? (bar->duration_us + 500) / 1000 : -1;
	run->lateness_ms = started ? bar->started_us / 1000 - bar->due_ms : -1;
	if (started && run->lateness_ms < 0)
		run->lateness_ms = 0;
}

static int
by_value(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

/* The least value that the share of them does not exceed (nearest rank). */
static json_t *
quantile(const int64_t *sorted, size_t n, unsigned percent)
{
	size_t rank = (n * percent + 99) / 100;

	return n > 0 ? json_integer(sorted[rank > 0 ? rank - 1 : 0]) :
		       json_null();
}

/* {"min", "median", "p95", "max"} of values, which are sorted by it. */
static json_t *
spread_of(int64_t *values, size_t n)
{
	if (n > 0)
		qsort(values, n, sizeof(*values), by_value);
	return json_pack("{s:o, s:o, s:o, s:o}", "min", quantile(values, n, 0),
	    "median", quantile(values, n, 50), "p95", quantile(values, n, 95),
	    "max", quantile(values, n, 100));
}

static json_t *
durations(const struct stats_run *runs, size_t n, int64_t *values)
{
	size_t used = 0;

	for (size_t i = 0; i < n; i++)
		if (runs[i].duration_ms >= 0)
			values[used++] = runs[i].duration_ms;
	return spread_of(values, used);
}

static json_t *
latenesses(const struct stats_run *runs, size_t n, int64_t *values)
{
	size_t used = 0;

	for (size_t i = 0; i < n; i++)
		if (runs[i].lateness_ms >= 0)
			values[used++] = runs[i].lateness_ms;
	return spread_of(values, used);
}

static json_t *
outcomes(const struct stats_run *runs, size_t n)
{
	size_t count[OUTCOME_COUNT] = {0};
	json_t *o = json_object();

	for (size_t i = 0; i < n; i++)
		count[runs[i].outcome]++;
	for (int i = 0; i < OUTCOME_COUNT; i++)
		if (count[i] > 0)
			json_object_set_new(o, outcome_name((enum outcome)i),
			    json_integer((json_int_t)count[i]));
	return o;
}

static json_t *
point(const struct stats_run *runs, size_t n, int64_t from_ms, int64_t to_ms,
    int64_t *values)
{
	return json_pack("{s:o, s:o, s:I, s:o, s:o}", "from",
	    json_time(from_ms), "until", json_time(to_ms), "runs",
	    (json_int_t)n, "outcomes", outcomes(runs, n), "duration_ms",
	    durations(runs, n, values));
}

/* Oldest first; the runs are the other way round. */
static json_t *
points(const struct stats *s, int64_t *values)
{
	int64_t span_ms = s->until_ms - s->since_ms, from_ms, to_ms;
	json_t *list = json_array();
	size_t end = s->n, begin;

	for (size_t i = 0; i < s->points; i++, end = begin) {
		from_ms =
		    s->since_ms + span_ms / (int64_t)s->points * (int64_t)i;
		to_ms = i + 1 == s->points ? s->until_ms :
					     s->since_ms +
			span_ms / (int64_t)s->points * (int64_t)(i + 1);
		for (begin = end; begin > 0 && s->runs[begin - 1].at_ms < to_ms;
		     begin--)
			;
		json_array_append_new(list,
		    point(
			&s->runs[begin], end - begin, from_ms, to_ms, values));
	}
	return list;
}

static void
tell(struct stats *s)
{
	int64_t *values = xreallocarray(NULL, s->n + 1, sizeof(*values));
	bool complete = s->seen < RUNS_MAX;

	/* Of what was not looked at nothing is shown. */
	if (s->n > 0 && (!complete || s->since_ms == INT64_MIN))
		s->since_ms = s->runs[s->n - 1].at_ms;
	if (s->since_ms == INT64_MIN)
		s->since_ms = s->until_ms - 1;
	if (s->until_ms - s->since_ms < (int64_t)s->points)
		s->points = 1;
	chart_answer(&s->chart,
	    json_pack("{s:s, s:o, s:o, s:b, s:I, s:o, s:o, s:o, s:o}", "job",
		s->job, "since", json_time(s->since_ms), "until",
		json_time(s->until_ms), "complete", complete, "runs",
		(json_int_t)s->n, "outcomes", outcomes(s->runs, s->n),
		"duration_ms", durations(s->runs, s->n, values), "lateness_ms",
		latenesses(s->runs, s->n, values), "points",
		points(s, values)));
	free(values);
}

static void
runs_done(void *arg, const struct err *err)
{
	struct stats *s = arg;

	if (chart_goes_on(&s->chart, err))
		tell(s);
	stats_free(s);
}

static int
take_args(struct stats *s, const struct ask *ask)
{
	static const char *const args[] = {
	    "job", "since", "until", "points", NULL};
	const char *job = ask_arg(ask, "job");
	int64_t n, since_ms;

	s->until_ms = chart_now_ms() + 1;
	since_ms = s->until_ms - SPAN_MAX_MS;
	if (!query_knows_args(ask, args) ||
	    ask_arg_int(ask, "points", 1, POINTS_MAX, POINTS_DEFAULT, &n) ==
		-1 ||
	    chart_take_window(ask, INT64_MAX, &since_ms, &s->until_ms) == -1)
		return -1;
	s->points = (size_t)n;
	s->since_ms = ask_arg(ask, "since") != NULL ? since_ms : INT64_MIN;
	snprintf(s->job, sizeof(s->job), "%s", job != NULL ? job : "");
	s->which.job = s->job;
	s->which.limit = RUNS_MAX;
	run_bound(since_ms, s->which.from);
	run_bound(s->until_ms, s->which.before);
	return 0;
}

void
stats_answer(struct query_env *env, const struct ask *ask)
{
	struct stats *s = xcalloc(1, sizeof(*s));
	struct store *store = env->store;

	chart_init(&s->chart, env, ask);
	/* There is always an array, and if nothing is in it. */
	array_reserve(&s->runs, &s->cap, 1, sizeof(*s->runs));
	if (take_args(s, ask) == -1)
		stats_free(s);
	else
		store->ops->bars(store, &s->which, add_run, runs_done, s);
}
