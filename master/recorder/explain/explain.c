/*
 * Gathers what there is to say about a slot, a question to the store at a
 * time: plans, its row, its runs, what was in its way. Words are in
 * explain_words.c.
 */
#include "recorder/explain/explain.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/mem.h"
#include "json_text.h"
#include "recorder/explain/explain_internal.h"
#include "recorder/query/query_filter.h"

#define PLANS_MAX 200
#define ROWS_MAX  1000
#define SCAN_RUNS 1000

/* Later than that it would be said to be late. */
#define GRACE_MS 61000

#define RAN                                                                    \
	(1U << OUTCOME_NONE | 1U << OUTCOME_SUCCESS | 1U << OUTCOME_FAILURE |  \
	    1U << OUTCOME_TIMEOUT | 1U << OUTCOME_KILLED |                     \
	    1U << OUTCOME_LOST | 1U << OUTCOME_LAUNCH_FAILED)

static void
row_fini(struct explain_row *row)
{
	free(row->job);
	free(row->reason);
	free(row->detail);
	free(row->run);
	free(row->host);
	memset(row, 0, sizeof(*row));
}

static void
row_copy(struct explain_row *row, const struct store_slot *slot)
{
	row_fini(row);
	row->found = true;
	row->slot_ms = slot->slot.slot_ms;
	row->until_ms = slot->slot.until_ms;
	row->count = slot->slot.count;
	row->attempts = slot->attempts;
	row->outcome = slot->slot.outcome;
	row->job = xstrdup(slot->slot.job);
	row->reason = xstrdup(slot->slot.reason);
	row->detail = xstrdup(slot->slot.detail);
	row->run = xstrdup(slot->run);
	row->host = xstrdup(slot->slot.host);
}

static void
explain_free(struct explain *x)
{
	plans_fini(&x->plans);
	row_fini(&x->row);
	row_fini(&x->before);
	free(x);
}

/* True when the next question may be asked; else x is gone. */
static bool
goes_on(struct explain *x, const struct err *err)
{
	bool there =
	    x->env->channel != NULL && x->connection == x->env->connection;

	if (there && err == NULL)
		return true;
	if (there)
		answer_error(x->env->channel, x->id, 503, "store_unavailable",
		    "the store cannot be read now: %s", err->text);
	explain_free(x);
	return false;
}

/* There is no such job, as far as this host knows. */
static bool
is_unknown(const struct explain *x)
{
	return x->plans.n == 0 && !x->known && !x->row.found;
}

static void
answer(struct explain *x, json_t *json)
{
	char *text = json_take_dump(json);

	if (is_unknown(x) && !explain_is_recorded(json))
		answer_error(x->env->channel, x->id, 404, "not_found",
		    "there is no job \"%s\", and none in the history",
		    x->plans.job);
	else
		answer_json(x->env->channel, x->id, 200, text);
	free(text);
	explain_free(x);
}

static void
others_told(void *arg, const json_t *answers, const json_t *silent)
{
	struct explain *x = arg;

	if (goes_on(x, NULL))
		answer(x, explain_merge(explain_json(x), answers, silent));
}

/*
 * The others are asked of the slot that was found here, or that must be theirs
 * too; without either they may have a later one than this host.
 */
static void
ask_others(struct explain *x)
{
	bool is_slot = x->exact || x->wants_slot;
	char at[24];
	const struct ask ask = {
	    .verb = "explain",
	    .who = "",
	    .from = "",
	    .nargs = 2,
	    .keys = {"job", is_slot ? "at" : "until"},
	    .values = {x->plans.job, at},
	};

	snprintf(at, sizeof(at), "%" PRId64, is_slot ? x->slot_ms : x->at_ms);
	others_ask(x->env->others, &ask, others_told, x);
}

static void
tell(struct explain *x)
{
	if (x->env->others != NULL && x->verdict != VERDICT_FUTURE)
		ask_others(x);
	else
		answer(x, explain_json(x));
}

static void
ask_slots(struct explain *x, const struct store_filter *filter,
    store_slot_cb *row, store_list_done *done)
{
	x->env->store->ops->slots(x->env->store, filter, row, done, x);
}

/* --- what was recorded last before a slot that was missed --- */

static void
before_row(void *arg, const struct store_slot *slot)
{
	struct explain *x = arg;

	row_copy(&x->before, slot);
}

static void
before_done(void *arg, const struct store_cursor *next, const struct err *err)
{
	if (goes_on(arg, err))
		tell(arg);
}

static void
find_before(struct explain *x)
{
	const struct store_filter filter = {
	    .outcomes = RAN,
	    .since_ms = INT64_MIN,
	    .until_ms = x->row.slot_ms - 1,
	    .limit = 1,
	};

	ask_slots(x, &filter, before_row, before_done);
}

/* --- the run that was in the way --- */

static void
other_run(void *arg, const struct store_run *run)
{
	struct explain *x = arg;

	x->other = *run;
	x->has_other = run->result.outcome == OUTCOME_NONE ||
	    run->result.finished_us / 1000 >= x->slot_ms || run->retry_ms != 0;
}

static void
other_found(void *arg, const struct err *err)
{
	if (goes_on(arg, err))
		tell(arg);
}

static void
other_row(void *arg, const struct store_slot *slot)
{
	struct explain *x = arg;

	row_copy(&x->before, slot);
}

static void
other_done(void *arg, const struct store_cursor *next, const struct err *err)
{
	struct explain *x = arg;
	struct store *store = x->env->store;

	if (!goes_on(x, err))
		return;
	if (!x->before.found) {
		tell(x);
		return;
	}
	store->ops->find(store, x->before.run, other_run, other_found, x);
}

/* Overlap concerns the newest that was let in before. */
static void
find_other(struct explain *x)
{
	const struct store_filter filter = {
	    .job = x->plans.job,
	    .outcomes = RAN,
	    .since_ms = INT64_MIN,
	    .until_ms = x->slot_ms - 1,
	    .limit = 1,
	};

	ask_slots(x, &filter, other_row, other_done);
}

/* --- the slot's own runs --- */

static void
slot_run(void *arg, const struct store_run *run)
{
	struct explain *x = arg;

	if (run->begin.slot_ms != x->row.slot_ms || x->nruns == EXPLAIN_RUNS)
		return;
	x->runs[x->nruns] = *run;
	query_add_live_start(x->env, &x->runs[x->nruns++]);
}

static void
runs_done(void *arg, const struct store_cursor *next, const struct err *err)
{
	if (goes_on(arg, err))
		tell(arg);
}

/* The last one is named; the others are older. */
static void
find_runs(struct explain *x)
{
	struct store_filter filter = {
	    .job = x->plans.job,
	    .since_ms = INT64_MIN,
	    .until_ms = INT64_MAX,
	    .limit = x->row.attempts > 1 ? SCAN_RUNS : 1,
	};

	/* The cursor is behind the last one. */
	snprintf(
	    filter.before.key, sizeof(filter.before.key), "%s\x7f", x->row.run);
	x->env->store->ops->runs(
	    x->env->store, &filter, slot_run, runs_done, x);
}

static void
explain_row(struct explain *x)
{
	if (*x->row.run != '\0') {
		x->verdict = x->row.outcome == OUTCOME_NONE ? VERDICT_RUNNING :
							      VERDICT_RAN;
		find_runs(x);
		return;
	}
	x->verdict = x->row.outcome == OUTCOME_SKIPPED ? VERDICT_SKIPPED :
							 VERDICT_MISSED;
	if (strcmp(x->row.reason, "overlap") == 0)
		find_other(x);
	else if (strcmp(x->row.reason, "late") == 0)
		find_before(x);
	else
		tell(x);
}

static enum verdict
verdict_without_row(const struct explain *x)
{
	const struct plan *plan = plans_at(&x->plans, x->slot_ms);

	if (x->exact && x->slot_ms > x->now_ms)
		return VERDICT_FUTURE;
	if (x->plans.n == 0)
		return VERDICT_NOT_DUE;
	if (!x->exact && !x->wants_slot)
		return x->plans.all[0].gone ? VERDICT_GONE : VERDICT_NONE;
	if (plan == NULL)
		return VERDICT_BEFORE;
	if (plan->gone)
		return VERDICT_GONE;
	if (!plans_is_slot(&x->plans, x->slot_ms))
		return VERDICT_NOT_DUE;
	return x->now_ms - x->slot_ms < GRACE_MS ? VERDICT_PENDING :
						   VERDICT_NO_RECORD;
}

static void
explain_absence(struct explain *x)
{
	x->verdict = verdict_without_row(x);
	tell(x);
}

/* --- the slot's row --- */

static void
known_row(void *arg, const struct store_slot *slot)
{
	struct explain *x = arg;

	x->known = true;
}

static void
known_done(void *arg, const struct store_cursor *next, const struct err *err)
{
	if (goes_on(arg, err))
		explain_absence(arg);
}

static bool
is_wanted(const struct explain *x, const struct store_slot *slot)
{
	const struct record_slot *s = &slot->slot;

	if (x->exact && s->slot_ms < x->slot_ms && s->until_ms > x->slot_ms)
		return x->plans.n == 0 || plans_is_slot(&x->plans, x->slot_ms);
	if (x->exact || !x->wants_slot)
		return true;
	if (s->slot_ms <= x->slot_ms && s->until_ms >= x->slot_ms)
		return true;
	/* What the time zone left out is no slot, and asked for all the same. */
	return strcmp(s->reason, "dst-gap") == 0;
}

static void
found_row(void *arg, const struct store_slot *slot)
{
	struct explain *x = arg;

	if (!x->row.found && is_wanted(x, slot))
		row_copy(&x->row, slot);
}

static void
row_done(void *arg, const struct store_cursor *next, const struct err *err)
{
	const struct store_filter any = {
	    .job = ((struct explain *)arg)->plans.job,
	    .since_ms = INT64_MIN,
	    .until_ms = INT64_MAX,
	    .limit = 1,
	};
	struct explain *x = arg;

	if (!goes_on(x, err))
		return;
	if (!x->row.found) {
		ask_slots(x, &any, known_row, known_done);
		return;
	}
	if (x->slot_ms < x->row.slot_ms || x->slot_ms > x->row.until_ms)
		x->slot_ms = x->row.until_ms;
	explain_row(x);
}

static void
find_row(struct explain *x)
{
	const struct plan *plan = plans_at(&x->plans, x->at_ms);
	struct store_filter filter = {
	    .job = x->plans.job,
	    .since_ms = INT64_MIN,
	    .until_ms = x->at_ms,
	    .limit = 1,
	};

	x->slot_ms = x->at_ms;
	if (!x->exact)
		x->wants_slot =
		    (plan == NULL ||
			(plan_is_clock(plan) && plan->after == NULL)) &&
		    plans_prev(&x->plans, x->at_ms + 1, &x->slot_ms);
	if (x->exact || x->wants_slot)
		filter.since_ms = x->slot_ms;
	if (x->wants_slot)
		filter.limit = ROWS_MAX;
	ask_slots(x, &filter, found_row, row_done);
}

static void
plan_row(void *arg, const struct store_plan *plan)
{
	struct explain *x = arg;

	plans_add(&x->plans, plan);
}

static void
plans_done(void *arg, const struct err *err)
{
	if (goes_on(arg, err))
		find_row(arg);
}

static int64_t
clock_now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void
explain_answer(struct query_env *env, const struct ask *ask)
{
	static const char *const args[] = {"job", "at", "until", NULL};
	const char *job = ask_arg(ask, "job");
	int64_t now = clock_now_ms(), at = now;
	struct explain *x;

	if (!query_knows_args(ask, args) ||
	    query_parse_time(ask, "until", &at) == -1 ||
	    query_parse_time(ask, "at", &at) == -1)
		return;
	if (job == NULL || *job == '\0' || strlen(job) > JOB_NAME_MAX) {
		answer_error(ask->channel, ask->id, 400, "bad_request",
		    "job: expected the name of a job");
		return;
	}
	x = xcalloc(1, sizeof(*x));
	x->env = env;
	x->id = ask->id;
	x->connection = env->connection;
	x->now_ms = now;
	x->exact = ask_arg(ask, "at") != NULL;
	x->at_ms = at;
	plans_init(&x->plans, job);
	env->store->ops->plans(
	    env->store, job, PLANS_MAX, plan_row, plans_done, x);
}
