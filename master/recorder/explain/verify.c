/*
 * Goes over the jobs by name: the plans of one, its ledger, its runs. A step
 * is a page of rows; an answer is as many as fit in a few milliseconds, and a
 * cursor with all that the next one must know.
 */
#include "recorder/explain/verify.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/mem.h"
#include "base/strbuf.h"
#include "json_text.h"
#include "recorder/explain/verify_check.h"
#include "recorder/query/query_filter.h"

#define ROWS      200
#define STEPS_MAX 64
#define SLICE_US  4000
#define PLANS_MAX 200

/* What is not decided by then never will be. */
#define UNDECIDED_MS 3600000

enum phase {
	PHASE_JOB,   /* which comes next? */
	PHASE_SLOTS, /* its ledger */
	PHASE_RUNS,
};

struct verify {
	struct query_env *env;
	uint64_t id, connection;
	char *only; /* NULL all jobs */
	int64_t since_ms, now_ms, end_us;
	int steps;
	json_t *found;
	/* the cursor */
	enum phase phase;
	char job[JOB_NAME_MAX + 1]; /* "" before the first */
	char before[RUN_ID_SIZE + 1];
	int64_t until_ms; /* slots up to here */
	/* of the job */
	struct plans plans;
	struct verify_job check;
	int64_t hwm_ms, from_ms;
	int rows;
	bool has_job, old;
};

static void step(struct verify *v);

static int64_t
clock_us(clockid_t which)
{
	struct timespec now;

	clock_gettime(which, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void
verify_free(struct verify *v)
{
	plans_fini(&v->plans);
	json_decref(v->found);
	free(v->only);
	free(v);
}

static bool
goes_on(struct verify *v, const struct err *err)
{
	bool there =
	    v->env->channel != NULL && v->connection == v->env->connection;

	if (there && err == NULL)
		return true;
	if (there)
		answer_error(v->env->channel, v->id, 503, "store_unavailable",
		    "the store cannot be read now: %s", err->text);
	verify_free(v);
	return false;
}

/* "PHASE,UPTO,UNTIL,BEFORE,START,RUN,NEXT,JOB" */
static void
add_cursor(const struct verify *v, struct strbuf *b)
{
	if (v->only != NULL)
		strbuf_addf(b, "job=%s&", v->only);
	if (v->since_ms != INT64_MIN)
		strbuf_addf(b, "since=%" PRId64 "&", v->since_ms);
	strbuf_addf(b,
	    "after=%d,%" PRId64 ",%" PRId64 ",%s,%" PRId64 ",%s,%" PRId64 ",%s",
	    (int)v->phase, v->check.upto_ms, v->until_ms, v->before,
	    v->check.start_us, v->check.start_run, v->check.next_ms, v->job);
}

static void
tell(struct verify *v, bool more)
{
	struct channel *channel = v->env->channel;
	struct strbuf next = STRBUF_INIT;
	char *text = json_take_dump(json_incref(v->found));

	if (more)
		add_cursor(v, &next);
	answer_begin(channel, v->id, 200, "application/json");
	answer_data(channel, v->id, text, strlen(text));
	answer_end(channel, v->id, strbuf_str(&next));
	strbuf_fini(&next);
	free(text);
	verify_free(v);
}

static void
go_on(struct verify *v)
{
	if (++v->steps < STEPS_MAX && clock_us(CLOCK_MONOTONIC) < v->end_us)
		step(v);
	else
		tell(v, true);
}

/* --- runs --- */

static void
run_row(void *arg, const struct store_check *c)
{
	struct verify *v = arg;

	v->rows++;
	if (c->created_ms <= v->from_ms)
		v->old = true;
	if (c->run_slot_ms > v->from_ms)
		verify_run(&v->check, c);
	snprintf(v->before, sizeof(v->before), "%s", c->id);
}

static void
runs_done(void *arg, const struct err *err)
{
	struct verify *v = arg;

	if (!goes_on(v, err))
		return;
	if (v->rows < ROWS || v->old)
		v->phase = PHASE_JOB;
	go_on(v);
}

/* --- slots --- */

static void
slot_row(void *arg, const struct store_check *c)
{
	struct verify *v = arg;

	v->rows++;
	verify_slot(&v->check, c);
	v->until_ms = c->slot_ms - 1;
}

static void
slots_done(void *arg, const struct err *err)
{
	struct verify *v = arg;

	if (!goes_on(v, err))
		return;
	if (v->rows < ROWS) {
		verify_gap(&v->check, v->from_ms);
		v->phase = PHASE_RUNS;
		v->before[0] = '\0'; /* from the newest */
	}
	go_on(v);
}

/* --- a job --- */

static void
ask_rows(struct verify *v)
{
	const struct store_check_page page = {
	    .job = v->job,
	    .runs = v->phase == PHASE_RUNS,
	    .before = v->before[0] != '\0' ? v->before : "\x7f",
	    .until_ms = v->until_ms,
	    .since_ms = v->from_ms + 1,
	    .limit = ROWS,
	};
	struct store *store = v->env->store;

	v->rows = 0;
	v->old = false;
	v->check.plans = &v->plans;
	v->check.found = v->found;
	v->check.runs_fd = v->env->runs_fd;
	v->check.node_name = v->env->node_name;
	v->check.apart = v->env->apart;
	store->ops->check(store, &page, page.runs ? run_row : slot_row,
	    page.runs ? runs_done : slots_done, v);
}

static void
plan_row(void *arg, const struct store_plan *plan)
{
	struct verify *v = arg;

	plans_add(&v->plans, plan);
}

/* Where it begins and ends: known schedules, not swept, decided. */
static void
set_bounds(struct verify *v)
{
	int64_t upto = v->now_ms - UNDECIDED_MS;

	if (v->plans.n > 0 &&
	    v->plans.all[v->plans.n - 1].since_ms > v->from_ms)
		v->from_ms = v->plans.all[v->plans.n - 1].since_ms;
	if (v->since_ms != INT64_MIN && v->since_ms - 1 > v->from_ms)
		v->from_ms = v->since_ms - 1;
	if (v->phase != PHASE_JOB)
		return;
	if (v->hwm_ms > upto)
		upto = v->hwm_ms < v->now_ms ? v->hwm_ms : v->now_ms;
	v->phase = PHASE_SLOTS;
	v->until_ms = INT64_MAX;
	v->check.upto_ms = upto;
	v->check.start_us = INT64_MAX;
	v->check.next_ms = INT64_MAX;
	v->check.start_run[0] = '\0';
}

static void
plans_done(void *arg, const struct err *err)
{
	struct verify *v = arg;

	if (!goes_on(v, err))
		return;
	set_bounds(v);
	ask_rows(v);
}

static void
job_row(void *arg, const char *name, int64_t hwm_ms, int64_t swept_ms)
{
	struct verify *v = arg;

	snprintf(v->job, sizeof(v->job), "%s", name);
	v->hwm_ms = hwm_ms;
	v->from_ms = swept_ms;
	v->has_job = true;
}

static void
job_done(void *arg, const struct err *err)
{
	struct verify *v = arg;
	struct store *store = v->env->store;

	if (!goes_on(v, err))
		return;
	if (!v->has_job) {
		if (v->only != NULL && v->job[0] == '\0') {
			answer_error(v->env->channel, v->id, 404, "not_found",
			    "there is no job \"%s\", and none in the history",
			    v->only);
			verify_free(v);
			return;
		}
		tell(v, false);
		return;
	}
	plans_fini(&v->plans);
	plans_init(&v->plans, v->job);
	store->ops->plans(store, v->job, PLANS_MAX, plan_row, plans_done, v);
}

static void
step(struct verify *v)
{
	struct store *store = v->env->store;
	bool again = v->phase != PHASE_JOB;

	if (again && v->plans.job != NULL) {
		ask_rows(v);
		return;
	}
	v->has_job = false;
	store->ops->check_job(store, again ? "" : v->job,
	    again ? v->job : v->only, job_row, job_done, v);
}

/* The cursor of an answer before. */
static bool
parse_after(struct verify *v, const char *text)
{
	char *copy = xstrdup(text), *rest = copy, *part[8];
	size_t n = 0;

	while (n < nitems(part) && (part[n] = strsep(&rest, ",")) != NULL)
		n++;
	if (n == nitems(part) && rest == NULL && part[0][0] >= '0' &&
	    part[0][0] <= '2' && strlen(part[7]) <= JOB_NAME_MAX) {
		v->phase = (enum phase)(part[0][0] - '0');
		v->check.upto_ms = strtoll(part[1], NULL, 10);
		v->until_ms = strtoll(part[2], NULL, 10);
		snprintf(v->before, sizeof(v->before), "%s", part[3]);
		v->check.start_us = strtoll(part[4], NULL, 10);
		snprintf(v->check.start_run, sizeof(v->check.start_run), "%s",
		    part[5]);
		v->check.next_ms = strtoll(part[6], NULL, 10);
		snprintf(v->job, sizeof(v->job), "%s", part[7]);
	} else {
		n = 0;
	}
	free(copy);
	return n > 0;
}

void
verify_answer(struct query_env *env, const struct ask *ask)
{
	static const char *const args[] = {"job", "since", "after", NULL};
	const char *job = ask_arg(ask, "job"), *after = ask_arg(ask, "after");
	struct verify *v;
	int64_t since = INT64_MIN;

	if (!query_knows_args(ask, args) ||
	    query_parse_time(ask, "since", &since) == -1)
		return;
	v = xcalloc(1, sizeof(*v));
	if ((job != NULL && (*job == '\0' || strlen(job) > JOB_NAME_MAX)) ||
	    (after != NULL && !parse_after(v, after))) {
		free(v);
		answer_error(ask->channel, ask->id, 400, "bad_request",
		    "job: expected the name of a job; after: what a page gave");
		return;
	}
	v->env = env;
	v->id = ask->id;
	v->connection = env->connection;
	v->only = job != NULL ? xstrdup(job) : NULL;
	v->since_ms = since;
	v->now_ms = clock_us(CLOCK_REALTIME) / 1000;
	v->end_us = clock_us(CLOCK_MONOTONIC) + SLICE_US;
	v->found = json_array();
	step(v);
}
