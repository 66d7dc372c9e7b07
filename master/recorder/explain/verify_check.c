#include "recorder/explain/verify_check.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "json_text.h"
#include "run/runfile.h"

#define COUNT_MAX 1000

static json_t *
add_finding(struct verify_job *job, const char *kind, int64_t slot_ms,
    const char *run, const char *text)
{
	json_t *o = json_object();

	json_object_set_new(o, "kind", json_string(kind));
	json_object_set_new(o, "job", json_text(job->plans->job));
	json_object_set_new(o, "slot", json_time(slot_ms));
	json_object_set_new(o, "until", json_time(slot_ms));
	json_object_set_new(o, "count", json_integer(1));
	json_object_set_new(o, "run", json_text_or_null(run));
	json_object_set_new(o, "text", json_text(text));
	json_array_append_new(job->found, o);
	return o;
}

void
verify_gap(struct verify_job *job, int64_t from_ms)
{
	int64_t last, first, at, n = 1;
	json_t *o;

	if (job->apart || from_ms >= job->upto_ms ||
	    !plans_prev(job->plans, job->upto_ms + 1, &last) || last <= from_ms)
		return;
	first = last;
	if (plans_next(job->plans, from_ms, &at))
		first = at;
	for (; at < last && n <= COUNT_MAX; n++)
		if (!plans_next(job->plans, at, &at))
			break;
	o = add_finding(job, "gap", first, NULL,
	    "the schedule has it and the ledger has no row of it");
	json_object_set_new(o, "until", json_time(last));
	json_object_set_new(o, "count", json_integer(n > COUNT_MAX ? 0 : n));
}

/* Was it the schedule that asked for the run? */
static bool
is_scheduled(enum trigger trigger)
{
	return trigger == TRIGGER_SCHEDULE || trigger == TRIGGER_CATCH_UP;
}

/*
 * Parents end when they do, and never at a whole second (join_fire_slot());
 * what they lead to may be skipped, and is one slot.
 */
static bool
is_after(const struct plan *plan, const struct store_check *c)
{
	return plan->after != NULL && *c->run == '\0' &&
	    c->outcome != OUTCOME_NONE && c->slot_ms == c->until_ms &&
	    c->slot_ms % 1000 != 0;
}

/* Does anything make a row at that time, as far as can be known? */
static bool
is_made(const struct verify_job *job, const struct store_check *c)
{
	const struct plan *plan = plans_at(job->plans, c->slot_ms);

	if (*c->run != '\0' && (*c->id == '\0' || !is_scheduled(c->trigger)))
		return true; /* by hand, or nobody knows any more */
	if (plan == NULL || !plan_is_clock(plan) || is_after(plan, c) ||
	    strcmp(c->reason, "dst-gap") == 0)
		return true;
	return plans_is_slot(job->plans, c->slot_ms) &&
	    plans_is_slot(job->plans, c->until_ms);
}

/* The first attempt says so, others have the slot of one: no whole second. */
static bool
is_by_hand(const struct store_check *c, int64_t slot_ms)
{
	return c->trigger == TRIGGER_MANUAL ||
	    (c->trigger == TRIGGER_RETRY && slot_ms % 1000 != 0);
}

/* What is not stands between others. */
static bool
is_of_schedule(const struct store_check *c)
{
	return *c->run == '\0' ||
	    (*c->id != '\0' ? !is_by_hand(c, c->slot_ms) :
			      c->slot_ms % 1000 == 0);
}

/* The slots from one to another, both of them; COUNT_MAX + 1: more. */
static int64_t
count_slots(const struct plans *plans, int64_t from_ms, int64_t until_ms)
{
	int64_t at = from_ms - 1, n = 0;

	while (n <= COUNT_MAX && plans_next(plans, at, &at) && at <= until_ms)
		n++;
	return n;
}

/* Does it stand for the slots that it says, and for no others? */
static void
check_range(struct verify_job *job, const struct store_check *c)
{
	const struct plan *plan = plans_at(job->plans, c->slot_ms);
	char text[128];
	int64_t n;

	if (c->until_ms >= job->next_ms)
		add_finding(job, "duplicate", job->next_ms, NULL,
		    "the slot has a row, and is in the range of another");
	job->next_ms = c->slot_ms;
	if (c->until_ms == c->slot_ms || c->count == 0 || plan == NULL ||
	    !plan_is_clock(plan) || strcmp(c->reason, "dst-gap") == 0)
		return;
	n = count_slots(job->plans, c->slot_ms, c->until_ms);
	if (n > COUNT_MAX || n == c->count)
		return;
	snprintf(text, sizeof(text),
	    "the row counts %" PRId64 " slots, and the schedule has %" PRId64
	    " from its first to its last",
	    c->count, n);
	add_finding(job, "disagreement", c->slot_ms, NULL, text);
}

static void
check_run_of_row(struct verify_job *job, const struct store_check *c)
{
	struct runfile file;
	struct err err;

	if (*c->id != '\0' && c->run_outcome != c->outcome)
		add_finding(job, "disagreement", c->slot_ms, c->run,
		    "ledger and run differ in the outcome");
	if (*c->id != '\0' && c->run_slot_ms != c->slot_ms)
		add_finding(job, "disagreement", c->slot_ms, c->run,
		    "the ledger names a run of another slot");
	/* What runs elsewhere is not to be seen from here. */
	if (c->outcome != OUTCOME_NONE ||
	    (*c->id != '\0' && strcmp(c->run_host, job->node_name) != 0))
		return;
	if (*c->id == '\0')
		add_finding(job, "disagreement", c->slot_ms, c->run,
		    "the ledger says it runs, and its run is not recorded");
	else if (runfile_open(&file, job->runs_fd, c->id, &err) == 0)
		runfile_close(&file);
	else if (errno == ENOENT)
		add_finding(job, "not-alive", c->slot_ms, c->run,
		    "the ledger says it runs, and nothing runs it");
}

void
verify_slot(struct verify_job *job, const struct store_check *c)
{
	if (is_of_schedule(c)) {
		verify_gap(job, c->until_ms);
		if (c->slot_ms <= job->upto_ms)
			job->upto_ms = c->slot_ms - 1;
		check_range(job, c);
	}
	if (!is_made(job, c))
		add_finding(job, "phantom", c->slot_ms, c->run,
		    "the ledger has it and the schedule of its time has not");
	if (*c->run != '\0')
		check_run_of_row(job, c);
	else if (c->outcome == OUTCOME_NONE)
		add_finding(job, "disagreement", c->slot_ms, NULL,
		    "the row has neither a run nor a reason");
}

/* The attempts that any plan since the run's slot allows. */
static int
allowed_attempts(const struct verify_job *job, int64_t slot_ms)
{
	const struct plans *plans = job->plans;
	int most = 0;

	for (size_t i = 0; i < plans->n; i++) {
		if (plans->all[i].retries > most)
			most = plans->all[i].retries;
		if (plans->all[i].since_ms < slot_ms)
			return most + 1;
	}
	return INT32_MAX; /* it is older than what is known */
}

static bool
forbids_overlap(const struct verify_job *job, int64_t slot_ms)
{
	const struct plan *plan = plans_at(job->plans, slot_ms);

	return plan != NULL && plan->overlap[0] != '\0' &&
	    strcmp(plan->overlap, "allow") != 0;
}

static void
check_overlap(struct verify_job *job, const struct store_check *c)
{
	int64_t end_us =
	    c->run_outcome == OUTCOME_NONE ? INT64_MAX : c->finished_us;
	char text[128];

	/* What is allowed to one host is it beside the others. */
	if (c->started_us == 0 || is_by_hand(c, c->run_slot_ms) || c->is_copy)
		return;
	if (job->start_us < end_us && forbids_overlap(job, c->run_slot_ms)) {
		snprintf(text, sizeof(text),
		    "it ran when run %s began, and overlap is not allowed",
		    job->start_run);
		add_finding(job, "overlap", c->run_slot_ms, c->id, text);
	}
	if (c->started_us < job->start_us) {
		job->start_us = c->started_us;
		snprintf(job->start_run, sizeof(job->start_run), "%s", c->id);
	}
}

void
verify_run(struct verify_job *job, const struct store_check *c)
{
	char text[128];

	check_overlap(job, c);
	if (!c->has_slot || *c->run == '\0') {
		add_finding(job, "disagreement", c->run_slot_ms, c->id,
		    "the run is recorded, and the ledger says that its slot "
		    "did not run");
		return;
	}
	if (c->attempt > c->attempts)
		add_finding(job, "disagreement", c->run_slot_ms, c->id,
		    "the ledger has fewer attempts than this run's number");
	if (c->trigger == TRIGGER_MANUAL)
		return;
	/* The ledger shows the oldest run of the highest attempt. */
	if (c->attempt == c->attempts && strcmp(c->run, c->id) != 0 &&
	    (!c->is_copy || c->is_twin)) {
		snprintf(text, sizeof(text),
		    "attempt %d of the slot ran twice: the other is run %s",
		    c->attempt, c->run);
		add_finding(job, "duplicate", c->run_slot_ms, c->id, text);
	}
	if (c->attempt > allowed_attempts(job, c->run_slot_ms)) {
		snprintf(text, sizeof(text),
		    "attempt %d is more than the job's retries allow",
		    c->attempt);
		add_finding(job, "duplicate", c->run_slot_ms, c->id, text);
	}
}
