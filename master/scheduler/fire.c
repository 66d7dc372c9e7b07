/* A due slot: run it, or say why not. Decides by policy.h, does the rest. */
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/timestamp.h"
#include "due.h"
#include "master.h"
#include "policy.h"

/* Slots of one job in one turn; what is left comes in the next turn. */
#define SLOTS_MAX 16

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
start_run(
    struct master *m, struct job *job, int64_t slot_ms, enum run_state state)
{
	struct run_begin begin;
	struct run *run;

	run_begin_fill(m, &begin, job, slot_ms, TRIGGER_SCHEDULE, 1);
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
		retry_free(m, job->retries);
	job->active++; /* none is promoted meanwhile */
	while ((run = find_unstarted(job)) != NULL)
		run_end_with(run, OUTCOME_KILLED, true,
		    "replaced by a newer run before it started");
	job->active--;
	for (run = job->runs; run != NULL; run = run->next)
		if (run != but)
			run_kill(run, KILL_REPLACED);
}

static enum job_overlap
overlap_of(const struct job *job)
{
	return (enum job_overlap)job->def->options->overlap;
}

static void
decide(struct master *m, struct job *job, int64_t slot_ms)
{
	jobs_decided(job, slot_ms);
	if (!job->def->options->enabled) {
		record_slot(m, job, slot_ms, OUTCOME_SKIPPED, "disabled", "");
		return;
	}
	switch (
	    policy_overlap(overlap_of(job), jobs_is_busy(job), job->queued)) {
	case POLICY_START:
		start_run(m, job, slot_ms, RUN_WAITING);
		break;
	case POLICY_SKIP:
		record_slot(m, job, slot_ms, OUTCOME_SKIPPED, "overlap",
		    overlap_of(job) == JOB_OVERLAP_QUEUE ?
			"too many slots wait already" :
			"the run before it is not over");
		break;
	case POLICY_QUEUE:
		start_run(m, job, slot_ms, RUN_QUEUED);
		break;
	case POLICY_REPLACE:
		fire_replace(m, job, NULL);
		start_run(m, job, slot_ms,
		    job->active > 0 ? RUN_QUEUED : RUN_WAITING);
		break;
	}
}

/*
 * Nothing could run at that time: all slots that are too late by now are one
 * row. True when the first of them was.
 */
static bool
miss_late(
    struct master *m, struct job *job, const struct due *due, int64_t now_ms)
{
	int64_t slot_ms = due->at_ms, next, last, count, deadline, late_ms;
	bool more = due_after(job, slot_ms, &next);
	char detail[96];

	deadline = policy_deadline_ms(more ? next - slot_ms : 0);
	late_ms = now_ms - due_start(job, slot_ms);
	if (late_ms <= deadline)
		return false;
	due_stretch(job, due, now_ms - deadline - job->def->options->jitter_ms,
	    &last, &count);
	snprintf(detail, sizeof(detail),
	    "nothing could start it in time; "
	    "found %lld s later",
	    (long long)late_ms / 1000);
	record_slots(
	    m, job, slot_ms, last, count, OUTCOME_MISSED, "late", detail);
	/* An interval that counts from the end now counts from here. */
	jobs_decided(job, due_is_delay(job) ? now_ms : last);
	return true;
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

void
fire_job(struct master *m, struct job *job, int64_t now_ms)
{
	struct due due;

	for (int i = 0; i < SLOTS_MAX && !places_is_full(&m->places); i++) {
		if (!due_next(job, &due) || due.at_ms > now_ms)
			break;
		if (due.kind == DUE_GAP) {
			record_slot(m, job, due.at_ms, OUTCOME_MISSED,
			    "dst-gap", "this local time did not exist");
			jobs_decided(job, due.at_ms);
		} else if (due.kind == DUE_CALENDAR) {
			leave_out(m, job, &due, now_ms);
		} else if (!miss_late(m, job, &due, now_ms)) {
			if (postpone(m, job, &due, now_ms))
				return;
			decide(m, job, due.at_ms);
		}
	}
	jobs_arm(m, job);
}

void
fire_lost(struct master *m, struct job *job, int64_t until_ms)
{
	int64_t first = 0, count = 0;
	struct due due;

	while (due_next_by_clock(job, &due) && due.at_ms < until_ms) {
		if (count++ == 0)
			first = due.at_ms;
		jobs_decided(job, due.at_ms);
	}
	if (count > 0)
		record_slots(m, job, first, job->hwm_ms, count, OUTCOME_MISSED,
		    "in-doubt",
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

	if (job->def != NULL) {
		run_begin_fill(m, &begin, job, retry->slot_ms, TRIGGER_RETRY,
		    retry->attempt);
		begin.due_ms = retry->due_ms;
		retry_free(m, retry);
		run = run_new(m, job, &begin);
		if (run_claim(run) == 0)
			run_set_state(run, RUN_WAITING);
	} else {
		retry_free(m, retry);
	}
}

struct run *
fire_manual(struct master *m, struct job *job, struct err *err)
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
	if (run_claim(run) == -1) {
		err_set(err, "the run could not be launched; see its history");
		return NULL;
	}
	run_set_state(run, RUN_WAITING);
	jobs_arm(m, job); /* @after counts from the end of this one */
	return run;
}
