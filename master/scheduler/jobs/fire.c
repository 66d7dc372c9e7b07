/* A due slot: run it, or say why not. Decides by policy.h, does the rest. */
#include <stdio.h>
#include <stdlib.h>

#include "base/fault.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/timestamp.h"
#include "scheduler/clock/due.h"
#include "scheduler/master.h"
#include "scheduler/jobs/policy.h"

/* Slots of one job in one turn; what is left comes in the next turn. */
#define SLOTS_MAX            16
/* Missed slots run only while the waiting line is shorter than this. */
#define CATCH_UP_WAITING_MAX 16
#define CATCH_UP_PAUSE_MS    200

static void
record_slots(struct master *m, struct job *job, int64_t from_ms,
    int64_t until_ms, int64_t count, enum outcome outcome, const char *reason,
    const char *detail)
{
	struct record_slot slot = {
	    .job = job->name,
	    .slot_ms = from_ms,
	    .until_ms = until_ms,
	    .count = count,
	    .outcome = outcome,
	    .reason = reason,
	    .detail = detail,
	    .host = m->config->node_name,
	};
	char time[TIMESTAMP_TEXT_MAX];

	log_info("job %s: slot=%s %s reason=%s%s%s", job->name,
	    timestamp_format_ms(time, from_ms), outcome_name(outcome), reason,
	    detail[0] != '\0' ? ": " : "", detail);
	outbox_slot(m, &slot);
}

static void
record_slot(struct master *m, struct job *job, int64_t slot_ms,
    enum outcome outcome, const char *reason, const char *detail)
{
	record_slots(m, job, slot_ms, slot_ms, 1, outcome, reason, detail);
}

static struct run *
start_run(struct master *m, struct job *job, int64_t slot_ms,
    enum trigger trigger, enum run_state state)
{
	struct run_begin begin;
	struct run *run;

	run_begin_fill(m, &begin, job, slot_ms, trigger, 1);
	if (trigger == TRIGGER_CATCH_UP)
		begin.due_ms = begin.created_ms; /* behind what is on time */
	else
		begin.due_ms = due_start(job, slot_ms);
	run = run_new(m, job, &begin);
	if (run_claim(run) == -1)
		return NULL;
	if (state == RUN_QUEUED)
		run_set_state(run, state);
	else
		run_go(run);
	return run;
}

static struct run *
find_unstarted(const struct job *job)
{
	struct run *run = job->runs;

	while (run != NULL && !run_is_unstarted(run))
		run = run->next;
	return run;
}

/*
 * Those that wait were never started; those that run are told to end. The
 * end of one may be that of others, so they are looked for again each time.
 */
void
fire_replace(struct master *m, struct job *job, const struct run *but)
{
	struct run *run;

	while (job->retries != NULL)
		retry_withdraw(m, job->retries);
	job->active++; /* none is promoted meanwhile */
	while ((run = find_unstarted(job)) != NULL)
		run_end_with(run, OUTCOME_KILLED, true,
		    "replaced by a newer run before it started");
	job->active--;
	for (run = job->runs; run != NULL; run = run->next)
		if (run != but)
			run_kill(run, KILL_REPLACED);
}

static void
skip_paused(struct master *m, struct job *job, int64_t slot_ms)
{
	const struct record_pause *pause = &pause_of(m, job)->record;
	char detail[512];

	snprintf(detail, sizeof(detail), "by %s%s%s", pause->who,
	    pause->reason[0] != '\0' ? ": " : "", pause->reason);
	record_slot(m, job, slot_ms, OUTCOME_SKIPPED, "paused", detail);
}

static void
decide(struct master *m, struct job *job, int64_t slot_ms, enum trigger trigger)
{
	struct policy_load load = {
	    .active = job->active,
	    .queued = job->queued,
	    .retrying = job->retries != NULL,
	};
	const char *detail;

	jobs_decided(job, slot_ms);
	if (!job->def->options->enabled) {
		record_slot(m, job, slot_ms, OUTCOME_SKIPPED, "disabled", "");
		return;
	}
	if (pause_covers(m, job, slot_ms)) {
		skip_paused(m, job, slot_ms);
		return;
	}
	switch (policy_overlap(job->def->options, &load, &detail)) {
	case POLICY_START:
		start_run(m, job, slot_ms, trigger, RUN_WAITING);
		break;
	case POLICY_SKIP:
		record_slot(
		    m, job, slot_ms, OUTCOME_SKIPPED, "overlap", detail);
		break;
	case POLICY_QUEUE:
		start_run(m, job, slot_ms, trigger, RUN_QUEUED);
		break;
	case POLICY_REPLACE:
		fire_replace(m, job, NULL);
		start_run(m, job, slot_ms, trigger,
		    job->active > 0 ? RUN_QUEUED : RUN_WAITING);
		break;
	}
}

static bool
is_late(const struct job *job, int64_t slot_ms, int64_t now_ms)
{
	int64_t next, period = 0;

	if (due_after(job, slot_ms, &next))
		period = next - slot_ms;
	return now_ms - due_start(job, slot_ms) >
	    policy_deadline_ms(job->def->options, period);
}

/*
 * The newest slot that is too late; slot_ms is. Of those that no jitter puts
 * off any more only the newest can be in time: no deadline is longer than half
 * the way to the next slot.
 */
static int64_t
last_late(const struct job *job, int64_t slot_ms, int64_t now_ms)
{
	int64_t until_ms = now_ms + 1 - job->def->options->jitter_ms, last;

	if (!due_before(job, until_ms, &last) || last <= slot_ms)
		return slot_ms;
	if (!is_late(job, last, now_ms))
		due_before(job, last, &last);
	return last;
}

/* The n-th newest of the slots from slot_ms to last_ms, or the first. */
static int64_t
nth_newest(const struct job *job, int64_t slot_ms, int64_t last_ms, int n)
{
	int64_t at = last_ms;

	while (--n > 0 && at > slot_ms && due_before(job, at, &at))
		;
	return at;
}

/* The slots from due to until_ms are one row, as far as nothing is between. */
static void
miss_late(struct master *m, struct job *job, const struct due *due,
    int64_t until_ms, const char *reason)
{
	int64_t now_ms = clock_ms(), last, count;
	char detail[96];

	due_stretch(job, due, until_ms, &last, &count);
	snprintf(detail, sizeof(detail),
	    "nothing could start it in time; "
	    "found %lld s later",
	    (long long)(now_ms - due_start(job, due->at_ms)) / 1000);
	record_slots(
	    m, job, due->at_ms, last, count, OUTCOME_MISSED, reason, detail);
	/* An interval that counts from the end now counts from here. */
	jobs_decided(job, due_is_delay(job) ? now_ms : last);
}

/* The newest slot up to last_ms that a pause covers. */
static int64_t
last_covered(const struct master *m, const struct job *job, int64_t slot_ms,
    int64_t last_ms)
{
	int64_t until = pause_of(m, job)->record.until_ms, before;

	if (until == 0 || until > last_ms || !due_before(job, until, &before))
		return last_ms;
	return before > slot_ms ? before : slot_ms;
}

/*
 * Nothing could run at that time. Those that the job wants to catch up with
 * run, a few at a time so that all others stay on time; the older ones, or
 * all, are passed over. False: the rest must wait a moment.
 */
static bool
fire_late(
    struct master *m, struct job *job, const struct due *due, int64_t now_ms)
{
	const struct job_options *options = job->def->options;
	int keep = options->enabled ? policy_catch_up(options) : 0;
	int64_t slot_ms = due->at_ms, first;
	int64_t last = last_late(job, slot_ms, now_ms);

	if (pause_covers(m, job, slot_ms)) {
		last = last_covered(m, job, slot_ms, last);
		keep = 0;
	}
	if (keep == 0) {
		miss_late(m, job, due, last, "late");
		return true;
	}
	first = nth_newest(job, slot_ms, last, keep);
	if (first > slot_ms) {
		miss_late(m, job, due, first - 1,
		    options->catch_up == JOB_CATCH_UP_ALL ? "catch-up-limit" :
							    "late");
		return true;
	}
	if (launch_waiting(&m->launch) >= CATCH_UP_WAITING_MAX) {
		heap_set(&m->heap, &job->timer, now_ms + CATCH_UP_PAUSE_MS);
		return false;
	}
	decide(m, job, slot_ms, TRIGGER_CATCH_UP);
	return true;
}

static void
miss_gap(struct master *m, struct job *job, int64_t slot_ms)
{
	record_slot(m, job, slot_ms, OUTCOME_MISSED, "dst-gap",
	    "this local time did not exist");
	jobs_decided(job, slot_ms);
}

/* The calendar says no: what it left out until now is one row. */
static void
leave_out(
    struct master *m, struct job *job, const struct due *due, int64_t now_ms)
{
	int64_t last, count;
	char detail[JOB_NAME_MAX + 64];

	due_stretch(job, due, now_ms, &last, &count);
	snprintf(detail, sizeof(detail), "calendar %s, mode %s",
	    job->def->options->calendar_name,
	    calendar_mode_name(
		(enum calendar_mode)job->def->options->calendar_mode));
	record_slots(m, job, due->at_ms, last, count, OUTCOME_SKIPPED,
	    "calendar", detail);
	jobs_decided(job, last);
}

/*
 * A slot whose start is later, while many runs wait already: it is left
 * undecided until then. Its start is the same when it is looked at again.
 */
static bool
postpone(
    struct master *m, struct job *job, const struct due *due, int64_t now_ms)
{
	int64_t start_ms = due_start(job, due->at_ms);

	if (start_ms <= now_ms || !places_is_scarce(&m->places))
		return false;
	heap_set(&m->heap, &job->timer, start_ms);
	return true;
}

/* False: it and what follows must wait; the job's timer is set. */
static bool
fire_slot(
    struct master *m, struct job *job, const struct due *due, int64_t now_ms)
{
	if (is_late(job, due->at_ms, now_ms))
		return fire_late(m, job, due, now_ms);
	if (postpone(m, job, due, now_ms))
		return false;
	decide(m, job, due->at_ms, TRIGGER_SCHEDULE);
	return true;
}

void
fire_job(struct master *m, struct job *job, int64_t now_ms)
{
	struct due due;

	for (int i = 0; i < SLOTS_MAX && !places_is_full(&m->places); i++) {
		if (!due_next(job, &due) || due.at_ms > now_ms)
			break;
		if (due.kind == DUE_GAP)
			miss_gap(m, job, due.at_ms);
		else if (due.kind == DUE_CALENDAR)
			leave_out(m, job, &due, now_ms);
		else if (!fire_slot(m, job, &due, now_ms))
			return;
	}
	jobs_arm(m, job);
}

void
fire_lost(struct master *m, struct job *job, int64_t until_ms)
{
	int64_t first = 0, last, count, total = 0;
	bool counted = true, found = false;
	struct due due;

	for (; due_next_by_clock(job, &due) && due.at_ms < until_ms;
	     found = true) {
		due_stretch(job, &due, until_ms - 1, &last, &count);
		if (!found)
			first = due.at_ms;
		counted = counted && count > 0;
		total += count;
		jobs_decided(job, last);
	}
	if (found)
		record_slots(m, job, first, job->hwm_ms, counted ? total : 0,
		    OUTCOME_MISSED, "in-doubt",
		    "what was decided was not recorded before the daemon was "
		    "killed");
}

/*
 * The next attempt of a slot. It does not wait for the overlap rule: the
 * slot was let in already.
 */
void
fire_retry(struct master *m, struct retry *retry)
{
	struct job *job = retry->job;
	struct run_begin begin;
	struct run *run;

	if (pause_of(m, job) != NULL) {
		heap_remove(&m->heap, &retry->timer); /* until its end */
		return;
	}
	if (job->def != NULL) {
		run_begin_fill(m, &begin, job, retry->slot_ms, TRIGGER_RETRY,
		    retry->attempt);
		begin.due_ms = retry->due_ms;
		retry_free(m, retry);
		fault_point(FAULT_MASTER_RETRY_DUE);
		run = run_new(m, job, &begin);
		if (run_claim(run) == 0)
			run_set_state(run, RUN_WAITING);
	} else {
		retry_free(m, retry);
	}
}

struct run *
fire_manual(
    struct master *m, struct job *job, const char *params, struct err *err)
{
	int64_t now_ms = clock_ms();
	struct run_begin begin;
	struct run *run;

	if (m->phase != MASTER_RUNNING) {
		err_set(err, "the daemon is draining and starts nothing more");
		return NULL;
	}
	if (places_is_full(&m->places)) {
		err_set(err, "%d runs are in progress already", RUNFILE_PLACES);
		return NULL;
	}
	/* A slot of its own: never the same as one of the schedule. */
	if (now_ms % 1000 == 0)
		now_ms++;
	run_begin_fill(m, &begin, job, now_ms, TRIGGER_MANUAL, 1);
	run = run_new(m, job, &begin);
	run->params = params != NULL ? xstrdup(params) : NULL;
	if (run_claim(run) == -1) {
		err_set(err, "the run could not be launched; see its history");
		return NULL;
	}
	run_set_state(run, RUN_WAITING);
	jobs_arm(m, job); /* @after counts from the end of this one */
	return run;
}
