/* What is asked of Redis for a run, and what becomes of the answers. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "run/runfile.h"
#include "scheduler/clock/due.h"
#include "scheduler/jobs/policy.h"
#include "scheduler/member/internal.h"
#include "scheduler/runs/spec.h"

/* A claim that is refused because the job runs is asked for again. */
#define BUSY_MS        500
#define BUSY_SPREAD_MS 200
/* The clock of Redis may be put right long before an early slot has come. */
#define EARLY_MAX_MS   1000

static void
answered(struct claim *claim, const struct claim_answer *answer, void *arg);

static void
ask(struct run *run)
{
	char key[KEY_SIZE];
	struct claim_ask claim;

	member_fill_ask(run, &claim, key);
	run->asked = true;
	run->asked_us = clock_us();
	run->claim =
	    cluster_claim(run->master->member->cluster, &claim, answered);
}

/* Written down first: whoever comes after us asks for the same again. */
void
member_ask(struct run *run)
{
	if (!run->asked && run_make_files(run) == -1) {
		log_error("job %s: slot left to other hosts: cannot make the "
			  "run file of %s",
		    run->begin.job, run->begin.id);
		member_vanish(run);
		return;
	}
	ask(run);
}

void
member_claim_extra(struct run *run)
{
	if (run->claim == NULL && !run->unguarded)
		ask(run);
}

/* After a while; a run that waits for room has no other timer. */
static void
ask_again(struct run *run, int64_t wait_ms)
{
	heap_set(&run->master->heap, &run->timer, clock_ms() + wait_ms);
	master_arm(run->master);
}

bool
member_account(struct run *run, int64_t before_ms)
{
	struct member *member = run->master->member;
	int64_t until_ms = run->begin.slot_ms;
	const char *reason = "late";

	if (before_ms == 0 || run->job->def == NULL ||
	    !member_is_teller(run->begin.copy))
		return false;
	if (run->row != NULL)
		until_ms = run->row->slot.slot_ms;
	if (run->row != NULL && run->row->told_ms != 0)
		until_ms = member_told_from(run, before_ms);
	if (member->began_ms != 0 && before_ms < member->back_ms)
		reason = "redis-down";
	member_told_merge(run, before_ms, until_ms);
	if (!fire_passed(run->master, run->job, before_ms, until_ms, reason))
		return false;
	run->begin.before_ms = before_ms;
	return true;
}

/* Slots of a row that others have claimed meanwhile are not this host's. */
static void
clip_row(struct run *run, int64_t before_ms)
{
	struct record_slot *slot = &run->row->slot;
	int64_t next;

	if (before_ms < slot->slot_ms || before_ms >= slot->until_ms ||
	    run->row->told_ms != 0 || run->job->def == NULL ||
	    !due_after(run->job, before_ms, &next) || next > slot->until_ms)
		return;
	slot->slot_ms = next;
	slot->count = next == slot->until_ms ? 1 : 0; /* not counted */
}

static void
won_row(struct run *run, const struct claim_answer *answer)
{
	clip_row(run, answer->before_ms);
	member_told_until(run, answer, answer->before_ms);
	if (member_is_teller(run->begin.copy))
		outbox_slot(run->master, &run->row->slot);
	member_end_recorded(run);
}

static void
make_late(struct run *run, const char *why)
{
	const struct record_slot slot = {
	    .slot_ms = run->begin.slot_ms,
	    .until_ms = run->begin.slot_ms,
	    .count = 1,
	    .outcome = OUTCOME_MISSED,
	    .reason = "late",
	    .detail = why,
	};

	member_make_row(run, &slot);
}

/* 0; -1: the run file cannot be written, another host may have the slot. */
static int
write_claim(struct run *run)
{
	struct master *m = run->master;

	if (run_make_files(run) == 0)
		return 0;
	log_error("job %s: slot given back: cannot write the run file of %s",
	    run->begin.job, run->begin.id);
	cluster_reopen(m->member->cluster, run->claim);
	run->claim = NULL;
	member_vanish(run);
	return -1;
}

/* The answer took its time, or this host was away. */
static bool
is_too_late(const struct run *run)
{
	int64_t deadline_ms = member_deadline_ms(run);

	return run->state == RUN_STAGED && run->row == NULL &&
	    deadline_ms != MEMBER_NEVER_LATE_MS &&
	    clock_ms() - run->begin.slot_ms > deadline_ms;
}

static void
won(struct run *run, const struct claim_answer *answer)
{
	struct master *m = run->master;
	bool extra = run->state != RUN_STAGED, told;

	run->begin.fence = answer->fence;
	if (!extra && run->row == NULL)
		run->begin.attempt = answer->attempt;
	run->epoch = m->member->epoch;
	/* Its worker looks before the next pulse. */
	member_write_lease(m->member);
	if (answer->fence > m->fence)
		m->fence = answer->fence;
	told = !extra && member_account(run, answer->before_ms);
	if (is_too_late(run))
		make_late(run, "the claim was answered too late to start it");
	if (run->row != NULL) {
		won_row(run, answer);
		return;
	}
	if (write_claim(run) == -1)
		return;
	if (told)
		member_owe_before(run);
	if (run->lost != NULL)
		member_rerun_over(m, run->lost->id);
	free(run->lost);
	run->lost = NULL;
	if (!extra && !fire_won(run))
		member_end_recorded(run);
}

/* Another host has it, or had it. What was told of it was wrong. */
static void
not_ours(struct run *run, const struct claim_answer *answer)
{
	struct master *m = run->master;
	struct job *job = run->job;
	const char *node = NULL;

	if (answer->owner != NULL)
		node = member_node_of(m->member, answer->owner);
	log_debug("job %s: run=%s slot %s by %s", job->name, run->begin.id,
	    claim_verdict_name(answer->verdict), node != NULL ? node : "-");
	if (!answer->forgotten)
		member_told_until(run, answer, run->begin.slot_ms);
	/* Of an interval it is told when it is due. */
	if (answer->verdict == CLAIM_STALE && job->def != NULL &&
	    due_is_delay(job)) {
		int64_t delay_ms =
		    schedule_interval(job->def->schedules[0]) * 1000;

		if (answer->mark_ms - delay_ms > job->last_end_ms)
			job->last_end_ms = answer->mark_ms - delay_ms;
	}
	if (answer->forgotten)
		member_tell_forgotten(run);
	else
		member_vanish(run);
}

static void
skipped(struct run *run, const struct claim_answer *answer)
{
	struct record_slot slot = {
	    .job = run->begin.job,
	    .slot_ms = run->begin.slot_ms,
	    .until_ms = run->begin.slot_ms,
	    .count = 1,
	    .outcome = OUTCOME_SKIPPED,
	    .reason = "overlap",
	    .detail = "the run before it is not over",
	    .host = run->begin.host,
	};

	member_account(run, answer->before_ms);
	member_told_until(run, answer, run->begin.slot_ms);
	if (member_is_teller(run->begin.copy))
		outbox_slot(run->master, &slot);
	member_end_recorded(run);
}

/* It was granted, and the answer came after a later slot had been claimed. */
static void
lapsed(struct run *run, const struct claim_answer *answer)
{
	const struct record_slot slot = {
	    .slot_ms = run->begin.slot_ms,
	    .until_ms = run->begin.slot_ms,
	    .count = 1,
	    .outcome = OUTCOME_MISSED,
	    .reason = "redis-down",
	    .detail = "Redis went away before it answered the claim",
	};

	member_account(run, answer->before_ms);
	if (run->row == NULL)
		member_make_row(run, &slot);
	won_row(run, answer);
}

/* What it waits for is not over. */
static void
busy(struct run *run, const struct claim_answer *answer)
{
	struct member *member = run->master->member;
	const struct job_options *o =
	    run->job->def != NULL ? run->job->def->options : NULL;
	const char *node = member_node_of(member, answer->owner);

	if (o != NULL && o->overlap == JOB_OVERLAP_REPLACE && node != NULL)
		member_replace(member, node, answer->id);
	run->waited = true;
	ask_again(run, BUSY_MS + random() % BUSY_SPREAD_MS);
}

/* By Redis' clock it is too late: it is only recorded. */
static void
late(struct run *run)
{
	make_late(run, "by the clock of Redis it was too late to start it");
	ask_again(run, 0);
}

static void
run_unguarded(struct run *run)
{
	struct master *m = run->master;

	log_warn("job %s: run=%s without a claim: Redis cannot be reached",
	    run->begin.job, run->begin.id);
	m->fence = m->fence + 1 > (uint64_t)clock_us() ? m->fence + 1 :
							 (uint64_t)clock_us();
	run->begin.fence = m->fence;
	run->unguarded = true;
	if (run_make_files(run) == -1 || !fire_won(run))
		member_vanish(run);
}

static void
down(struct run *run, const struct claim_answer *answer)
{
	enum job_isolated when = JOB_ISOLATED_WAIT;

	if (run->job->def != NULL)
		when = run->job->def->options->when_isolated;
	if (run->row != NULL)
		run->row->in_doubt |= answer->in_doubt;
	if (run->row != NULL || !member_is_slot(run) ||
	    run->begin.attempt > 1) {
		ask_again(run, BUSY_MS);
	} else if (run->job->def == NULL ||
	    (run->turn > 0 && !answer->in_doubt)) {
		member_vanish(run);
	} else if (when == JOB_ISOLATED_RUN && !answer->in_doubt) {
		run_unguarded(run);
	} else {
		member_tell_down(run, answer->in_doubt);
		ask_again(run, BUSY_MS);
	}
}

static void
extra_answered(struct run *run, const struct claim_answer *answer)
{
	switch (answer->verdict) {
	case CLAIM_WON:
		won(run, answer);
		break;
	case CLAIM_DOWN:
		if (run->begin.trigger == TRIGGER_MANUAL) {
			run_end_with(run, OUTCOME_LAUNCH_FAILED, true,
			    "no majority of Redis could be reached");
			break;
		}
		ask_again(run, BUSY_MS);
		break;
	case CLAIM_TAKEN:
	case CLAIM_STALE:
	case CLAIM_SKIPPED:
	case CLAIM_LAPSED:
	case CLAIM_LATE:
		run_end_with(run, OUTCOME_KILLED, true,
		    "its claim was refused: %s",
		    claim_verdict_name(answer->verdict));
		break;
	case CLAIM_EARLY:
	case CLAIM_BUSY:
		ask_again(run, BUSY_MS + random() % BUSY_SPREAD_MS);
		break;
	}
}

static void
slot_answered(struct run *run, const struct claim_answer *answer)
{
	switch (answer->verdict) {
	case CLAIM_WON:
		won(run, answer);
		break;
	case CLAIM_EARLY:
		ask_again(run,
		    answer->wait_ms < EARLY_MAX_MS ? answer->wait_ms :
						     EARLY_MAX_MS);
		break;
	case CLAIM_LATE:
		late(run);
		break;
	case CLAIM_STALE:
	case CLAIM_TAKEN:
		not_ours(run, answer);
		break;
	case CLAIM_BUSY:
		busy(run, answer);
		break;
	case CLAIM_SKIPPED:
		skipped(run, answer);
		break;
	case CLAIM_LAPSED:
		lapsed(run, answer);
		break;
	case CLAIM_DOWN:
		down(run, answer);
		break;
	}
}

static void
answered(struct claim *claim, const struct claim_answer *answer, void *arg)
{
	struct run *run = arg;
	struct master *m = run->master;
	bool kept = answer->verdict == CLAIM_WON ||
	    answer->verdict == CLAIM_SKIPPED || answer->verdict == CLAIM_LAPSED;

	metrics_claimed(m, (int)answer->verdict, run->asked_us);
	run->asked_us = 0;
	run->claim = kept ? claim : NULL;
	if (run->state == RUN_STAGED)
		slot_answered(run, answer);
	else
		extra_answered(run, answer);
	launch_pump(m);
}
