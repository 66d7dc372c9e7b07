/* What is due: slots of schedules, ends of parents, repetitions. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fault.h"
#include "base/mem.h"
#include "base/timestamp.h"
#include "config/section/queue.h"
#include "scheduler/clock/due.h"
#include "scheduler/jobs/decide.h"
#include "scheduler/jobs/policy.h"
#include "scheduler/master.h"
#include "scheduler/member/member.h"

/* Slots of one job in one turn; what is left comes in the next turn. */
#define SLOTS_MAX            16
/* Missed slots run only while the waiting line is shorter than this. */
#define CATCH_UP_WAITING_MAX 16
#define CATCH_UP_PAUSE_MS    200

/* Before they are decided: in a cluster one host records them. */
static void
settle_slots(struct master *m, struct job *job, int64_t from_ms,
    int64_t until_ms, int64_t count, enum outcome outcome, const char *reason,
    const char *detail)
{
	const struct record_slot slot = {
	    .job = job->name,
	    .slot_ms = from_ms,
	    .until_ms = until_ms,
	    .count = count,
	    .outcome = outcome,
	    .reason = reason,
	    .detail = detail,
	};

	if (m->member != NULL)
		member_stage_row(m, job, &slot);
	else
		decide_record(
		    m, job, from_ms, until_ms, count, outcome, reason, detail);
}

bool
fire_won(struct run *run)
{
	struct master *m = run->master;
	struct job *job = run->job;
	const struct occasion why = {
	    .slot_ms = run->begin.slot_ms,
	    .trigger = run->begin.trigger,
	};

	if (job->def == NULL)
		return false; /* removed meanwhile */
	run->begin.due_ms = due_start(job, run->begin.slot_ms);
	switch (decide_judge(m, job, &why)) {
	case POLICY_SKIP:
		return false;
	case POLICY_START:
		run_go(run);
		break;
	case POLICY_QUEUE:
		run_set_state(run, RUN_QUEUED);
		break;
	case POLICY_REPLACE:
		fire_replace(m, job, run);
		if (job->active > 0)
			run_set_state(run, RUN_QUEUED);
		else
			run_go(run);
		break;
	}
	return true;
}

/* One of the schedule: by a claim that all agree on, where there are others. */
static void
start(struct master *m, struct job *job, int64_t slot_ms, enum trigger trigger)
{
	const struct occasion why = {.slot_ms = slot_ms, .trigger = trigger};

	if (m->member != NULL) {
		member_stage_slot(m, job, slot_ms, trigger);
		return;
	}
	jobs_decided(job, slot_ms);
	decide(m, job, &why);
}

/* Its parents have ended: the oldest of these fires. */
static void
decide_after(struct master *m, struct job *job)
{
	struct occasion why = {
	    .trigger = TRIGGER_AFTER,
	    .after = job->join->fires,
	};

	if (member_move_fire(m, job))
		return;
	why.slot_ms = join_fire_slot(job->join, job->join->fires);
	decide(m, job, &why);
	join_fire_done(job->join);
}

int64_t
fire_deadline_ms(const struct job *job, int64_t slot_ms)
{
	int64_t next, period = 0;

	if (due_after(job, slot_ms, &next))
		period = next - slot_ms;
	return policy_deadline_ms(job->def->options, period);
}

static bool
is_late(const struct job *job, int64_t slot_ms, int64_t now_ms)
{
	return now_ms - due_start(job, slot_ms) >
	    fire_deadline_ms(job, slot_ms);
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
	settle_slots(
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
	start(m, job, slot_ms, TRIGGER_CATCH_UP);
	return true;
}

static void
miss_gap(struct master *m, struct job *job, int64_t slot_ms)
{
	settle_slots(m, job, slot_ms, slot_ms, 1, OUTCOME_MISSED, "dst-gap",
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
	settle_slots(m, job, due->at_ms, last, count, OUTCOME_SKIPPED,
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

	if (start_ms <= now_ms || !places_is_scarce(&m->places) ||
	    m->member != NULL)
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
	start(m, job, due->at_ms, TRIGGER_SCHEDULE);
	return true;
}

void
fire_job(struct master *m, struct job *job, int64_t now_ms)
{
	struct due due;

	for (int i = 0; i < SLOTS_MAX && !places_is_full(&m->places); i++) {
		if (job->join != NULL && job->join->fires != NULL) {
			decide_after(m, job);
			continue;
		}
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
		decide_record(m, job, first, job->hwm_ms, counted ? total : 0,
		    OUTCOME_MISSED, "in-doubt",
		    "what was decided was not recorded before the daemon was "
		    "killed");
}

/* Where a row about slots that no host claimed stands in words. */
static void
record_passed(struct master *m, struct job *job, const struct due *due,
    int64_t last_ms, int64_t count, const char *reason)
{
	int32_t overlap = job->def->options->overlap;

	if (due->kind == DUE_GAP)
		decide_record(m, job, due->at_ms, last_ms, count,
		    OUTCOME_MISSED, "dst-gap", "this local time did not exist");
	else if (due->kind == DUE_CALENDAR)
		decide_record(m, job, due->at_ms, last_ms, count,
		    OUTCOME_SKIPPED, "calendar",
		    job->def->options->calendar_name);
	else if (overlap == JOB_OVERLAP_QUEUE || overlap == JOB_OVERLAP_REPLACE)
		decide_record(m, job, due->at_ms, last_ms, count,
		    OUTCOME_SKIPPED, "overlap",
		    "a newer one was claimed while it waited");
	else
		decide_record(m, job, due->at_ms, last_ms, count,
		    OUTCOME_MISSED, reason, "no host claimed it in time");
}

bool
fire_passed(struct master *m, struct job *job, int64_t after_ms,
    int64_t before_ms, const char *reason)
{
	int64_t mark_ms = job->hwm_ms, last, count;
	bool found = false;
	struct due due;

	job->hwm_ms = after_ms > job->since_ms ? after_ms : job->since_ms;
	while (due_next_by_clock(job, &due) && due.at_ms < before_ms) {
		due_stretch(job, &due, before_ms - 1, &last, &count);
		record_passed(m, job, &due, last, count, reason);
		job->hwm_ms = last;
		found = true;
	}
	job->hwm_ms = mark_ms;
	return found;
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
		memcpy(begin.chain, retry->chain, sizeof(begin.chain));
		memcpy(begin.parent, retry->parent, sizeof(begin.parent));
		run = run_new(m, job, &begin);
		run->params = retry->params;
		run->parents = retry->parents;
		retry->params = retry->parents = NULL;
		retry_free(m, retry);
		fault_point(FAULT_MASTER_RETRY_DUE);
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
	const struct queue_section *full;
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
	full = uses_full_queue(m, job->def);
	if (full != NULL) {
		err_set(err, "queue %s is full: %lld wait", full->name,
		    (long long)full->limit);
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
