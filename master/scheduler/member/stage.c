/* Slots on their way to a claim. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "scheduler/jobs/policy.h"
#include "scheduler/member/internal.h"

/* Added to the time of a host's turn, so that two never try together. */
#define TURN_SPREAD_MS 50

/* A watcher waits for so many heartbeats of those before it. */
#define WATCH_BEATS 2.5

/*
 * What other hosts are told of in one go: the box of a host holds a thousand
 * letters.
 */
#define HAND_OVER_MAX 256

/* How often a slot looks whether those before it in the queue are gone. */
#define QUEUE_MS 500

static struct run *
stage(struct master *m, struct job *job, int64_t slot_ms, uint32_t copy,
    enum trigger trigger)
{
	struct run_begin begin;
	struct run *run;

	run_begin_fill(m, &begin, job, slot_ms, trigger, 1);
	begin.fence = 0; /* the claim will tell */
	begin.copy = copy;
	run = run_new(m, job, &begin);
	run->staged_ms = member_boot_ms();
	run_set_state(run, RUN_STAGED);
	return run;
}

/* What the copy of a slot is called in a run. */
static uint32_t
copy_name(const char *hosts, const struct rank_part *part)
{
	uint32_t count = hosts_count(hosts);

	if (count == HOSTS_ALL)
		return COPY_OF_HOST;
	return count == 1 ? 0 : part->copy + 1;
}

/* When it is this host's turn, wall clock; 0: it has none. */
static int64_t
turn_time(const struct master *m, const struct rank_part *part, int64_t from_ms,
    int64_t deadline_ms)
{
	const struct config_cluster *config = &m->config->cluster;
	int64_t wait_ms = (int64_t)part->turn * config->rank_delay_ms;

	if (part->role == RANK_NONE)
		return 0;
	/* Late slots of a job are claimed in their order, or they go stale. */
	if (part->turn > 0 && deadline_ms != INT64_MAX)
		wait_ms += random() % TURN_SPREAD_MS;
	if (part->role == RANK_WATCH) {
		wait_ms +=
		    (int64_t)((double)config->heartbeat_ms * WATCH_BEATS);
		if (wait_ms >= deadline_ms)
			return 0; /* too late to help */
	}
	return from_ms + wait_ms;
}

/* At its turn, or never. */
static void
set_turn(struct run *run, const struct rank_part *part, int64_t at_ms)
{
	run->turn = (uint16_t)part->turn;
	run->watches = part->role == RANK_WATCH;
	heap_set(&run->master->heap, &run->timer, at_ms);
}

static void
copy_row(struct run *run, const struct record_slot *slot)
{
	struct member_row *row = run->row;

	if (row == NULL)
		row = run->row = xcalloc(1, sizeof(*row));
	row->slot = *slot;
	snprintf(row->reason, sizeof(row->reason), "%s", slot->reason);
	snprintf(row->detail, sizeof(row->detail), "%s", slot->detail);
	row->slot.reason = row->reason;
	row->slot.detail = row->detail;
	run->begin.attempt = 0; /* none: so the run file says */
	row->slot.job = run->begin.job;
	row->slot.host = run->begin.host;
}

void
member_make_row(struct run *run, const struct record_slot *slot)
{
	copy_row(run, slot);
}

static void
stage_row(struct master *m, struct job *job, const struct record_slot *slot,
    const char *hosts, int64_t from_ms)
{
	struct rank_part part;
	struct run *run;
	int64_t at_ms;

	if (member_part(m->member, job, hosts, slot->until_ms, 0, &part) == 0) {
		hosts = "any";
		member_part(m->member, job, hosts, slot->until_ms, 0, &part);
	}
	at_ms = turn_time(m, &part, from_ms, INT64_MAX);
	if (at_ms == 0)
		return;
	run = stage(
	    m, job, slot->until_ms, copy_name(hosts, &part), TRIGGER_SCHEDULE);
	copy_row(run, slot);
	set_turn(run, &part, at_ms);
}

void
member_stage_row(
    struct master *m, struct job *job, const struct record_slot *slot)
{
	stage_row(m, job, slot, job->def->options->hosts, clock_ms());
}

/*
 * No host there is may run it. One may come until the slot is too late; then
 * it is missed.
 */
static void
stage_nobody(struct master *m, struct job *job, int64_t slot_ms)
{
	char detail[256];
	const struct record_slot slot = {
	    .job = job->name,
	    .slot_ms = slot_ms,
	    .until_ms = slot_ms,
	    .count = 1,
	    .outcome = OUTCOME_MISSED,
	    .reason = "no-host",
	    .detail = detail,
	};

	snprintf(detail, sizeof(detail),
	    "no live host of the cluster is one of %.200s",
	    job->def->options->hosts);
	stage_row(
	    m, job, &slot, "any", slot_ms + fire_deadline_ms(job, slot_ms));
}

void
member_stage_slot(
    struct master *m, struct job *job, int64_t slot_ms, enum trigger trigger)
{
	const char *hosts = job->def->options->hosts;
	bool is_late = trigger == TRIGGER_CATCH_UP;
	struct rank_part part;
	int64_t from_ms = slot_ms, at_ms;
	struct run *run;

	jobs_decided(job, slot_ms);
	if (member_part(
		m->member, job, hosts, is_late ? 0 : slot_ms, 0, &part) == 0) {
		stage_nobody(m, job, slot_ms);
		return;
	}
	/* Behind those that are on their way: a mark only moves forward. */
	if (job->staged > 0 || is_late)
		from_ms = clock_ms() + (int64_t)job->staged;
	at_ms = turn_time(m, &part, from_ms,
	    is_late ? INT64_MAX : fire_deadline_ms(job, slot_ms));
	if (at_ms == 0)
		return;
	run = stage(m, job, slot_ms, copy_name(hosts, &part), trigger);
	set_turn(run, &part, at_ms);
	if (at_ms <= clock_ms())
		member_turn(run); /* before the next job is looked at */
}

struct run *
member_stage_now(struct master *m, struct job *job, int64_t slot_ms,
    uint32_t copy, enum trigger trigger, int32_t attempt)
{
	struct run *run = stage(m, job, slot_ms, copy, trigger);

	run->begin.attempt = attempt;
	heap_set(&m->heap, &run->timer, clock_ms());
	return run;
}

void
member_vanish(struct run *run)
{
	struct master *m = run->master;
	struct job *job = run->job;
	bool goes_on = job->def != NULL; /* else it may go with its last run */

	if (run->lost != NULL)
		member_rerun_over(m, run->lost->id);
	run_drop(run);
	if (!goes_on)
		return;
	/* Of an interval nothing was due before. */
	jobs_arm(m, job);
	master_arm(m);
}

/* Of those that wait for a run to be over the first one asks. */
static bool
must_queue(const struct run *run)
{
	const struct run *other = run->job->runs;

	if (run->row != NULL || run->job->def == NULL ||
	    run->job->def->options->overlap != JOB_OVERLAP_QUEUE)
		return false;
	for (; other != NULL; other = other->next)
		if (other->state == RUN_STAGED && other->row == NULL &&
		    other->begin.copy == run->begin.copy &&
		    other->begin.slot_ms < run->begin.slot_ms)
			return true;
	return false;
}

/* How many wait before it, with overlap = queue. */
static bool
is_queue_full(const struct run *run)
{
	unsigned limit = (unsigned)run->job->def->options->overlap_limit;

	return run->job->staged > (limit != 0 ? limit : POLICY_QUEUE_MAX);
}

/* With overlap = replace a newer slot makes those that wait pointless. */
static bool
is_replaced(const struct run *run)
{
	const struct run *other = run->job->runs;

	if (run->row != NULL || run->job->def == NULL ||
	    run->job->def->options->overlap != JOB_OVERLAP_REPLACE)
		return false;
	for (; other != NULL; other = other->next)
		if (other->state == RUN_STAGED && other->row == NULL &&
		    other->asked && other->begin.copy == run->begin.copy &&
		    other->begin.slot_ms > run->begin.slot_ms)
			return true;
	return false;
}

/*
 * Those before it had time to act. Is there still reason to? Whoever was
 * heard of since the slot came due has looked after it.
 */
static bool
is_needed(struct run *run)
{
	struct rank_part part;
	const struct job *job = run->job;

	if (job->def == NULL || run->master->phase != MASTER_RUNNING)
		return false;
	if (!run->watches)
		return true;
	member_part(run->master->member, job, job->def->options->hosts,
	    run->begin.slot_ms, run->staged_ms, &part);
	if (part.role != RANK_CLAIM)
		return false;
	run->begin.copy = copy_name(job->def->options->hosts, &part);
	run->watches = false;
	return true;
}

/*
 * The mark of a job only moves forward: what is asked for after a later slot is
 * lost. So those before it, caught up with or only to be recorded, have their
 * turn when it has.
 */
static void
turn_earlier(const struct run *run)
{
	struct run *other, *next;

	for (other = run->job->runs; other != NULL; other = next) {
		next = other->next;
		if (other != run && other->state == RUN_STAGED &&
		    !other->asked && other->timer.pos != 0 &&
		    other->begin.copy == run->begin.copy &&
		    other->begin.slot_ms < run->begin.slot_ms)
			member_turn(other);
	}
}

/*
 * There is no room for it here. Once it leaves all other hosts their turns: one
 * of them may have room. Nobody had any if it comes to its turn again: it waits.
 */
static bool
put_off(struct run *run)
{
	struct master *m = run->master;
	int64_t at_ms = clock_ms() +
	    (int64_t)m->member->nhosts * m->config->cluster.rank_delay_ms;

	if (run->asked || run->put_off || run->row != NULL ||
	    run->begin.copy != 0 || run->begin.trigger != TRIGGER_SCHEDULE ||
	    !member_is_full(m) ||
	    at_ms - run->begin.slot_ms >= member_deadline_ms(run) ||
	    member_next_host(m->member, run->job, run->begin.slot_ms) == NULL)
		return false;
	run->put_off = true;
	heap_set(&m->heap, &run->timer, at_ms);
	return true;
}

static void
ask_in_order(struct run *run)
{
	struct master *m = run->master;

	if (!must_queue(run)) {
		turn_earlier(run);
		member_ask(run);
	} else if (is_queue_full(run))
		member_vanish(run);
	else
		heap_set(&m->heap, &run->timer, clock_ms() + QUEUE_MS);
}

void
member_turn(struct run *run)
{
	heap_remove(&run->master->heap, &run->timer);
	if (is_replaced(run) || (!run->asked && !is_needed(run)))
		member_vanish(run);
	else if (!put_off(run))
		ask_in_order(run);
}

/* Nobody has started it: the next host may, and is told so. False: it stays. */
static bool
hand_over(struct master *m, struct run *run)
{
	const char *node = NULL;

	if (run->job->def != NULL)
		node =
		    member_next_host(m->member, run->job, run->begin.slot_ms);
	/* What the guard may know by now is this run's: the next start's. */
	if (run->claim == NULL || node == NULL ||
	    run->begin.copy == COPY_OF_HOST || run->guard != 0)
		return false;
	cluster_reopen(m->member->cluster, run->claim);
	run->claim = NULL;
	member_offer(m->member, node, run);
	log_info("job %s: run=%s handed over to %s", run->begin.job,
	    run->begin.id, node);
	member_vanish(run);
	return true;
}

/* True: another host is told. */
static bool
leave_staged(struct master *m, struct run *run)
{
	bool told = run->asked && run->job->def != NULL;

	if (run->claim != NULL)
		cluster_abandon(m->member->cluster, run->claim);
	/* It may be granted: the next start asks again. */
	if (run->claim != NULL && !cluster_is_reachable(m->member->cluster))
		run->asked = told = false;
	run->claim = NULL;
	if (told)
		member_offer(m->member,
		    member_next_host(m->member, run->job, run->begin.slot_ms),
		    run);
	member_vanish(run);
	return told;
}

/* How many others were told. */
static unsigned
give_up(struct master *m, struct run *run)
{
	if (run->state == RUN_STAGED)
		return leave_staged(m, run);
	if (run_is_unstarted(run) && member_is_slot(run))
		return hand_over(m, run);
	return 0;
}

void
member_hand_over(struct master *m)
{
	struct run *run, *next;
	unsigned n = 0;

	if (m->member == NULL)
		return;
	m->member->hands_over = true;
	for (size_t i = 0; i < RUNS_TABLE; i++)
		for (run = m->runs.table[i]; run != NULL; run = next) {
			next = run->same;
			n += give_up(m, run);
			if (n == HAND_OVER_MAX)
				return; /* it goes on with the next pulse */
		}
	m->member->hands_over = false;
	member_look_for_homes(m->member);
}
