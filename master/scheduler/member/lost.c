/* Runs of hosts that died: recorded once, and run again where that is wanted. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "scheduler/member/internal.h"

/* One that is recorded, until the others may forget it. */
struct buried {
	struct buried *next;
	uint64_t seq; /* the recorder's, once it has confirmed that */
	bool confirmed;
	bool wanted;              /* it is to be run again, here or elsewhere */
	struct cluster_lost lost; /* strings are owned */
};

static void
buried_free(struct buried *b)
{
	free((char *)(uintptr_t)b->lost.incarnation);
	free((char *)(uintptr_t)b->lost.node);
	free((char *)(uintptr_t)b->lost.job);
	free((char *)(uintptr_t)b->lost.id);
	free(b);
}

void
member_buried_free(struct member *member)
{
	struct buried *b;

	while ((b = member->buried) != NULL) {
		member->buried = b->next;
		buried_free(b);
	}
}

static struct buried *
bury_later(struct member *member, const struct cluster_lost *lost)
{
	struct buried *b = xcalloc(1, sizeof(*b));

	b->lost = *lost;
	b->lost.incarnation = xstrdup(lost->incarnation);
	b->lost.node = xstrdup(lost->node);
	b->lost.job = xstrdup(lost->job);
	b->lost.id = xstrdup(lost->id);
	b->seq = member->master->outbox.seq;
	b->next = member->buried;
	member->buried = b;
	return b;
}

static struct buried *
buried_find(struct member *member, const char *id)
{
	struct buried *b = member->buried;

	while (b != NULL && strcmp(b->lost.id, id) != 0)
		b = b->next;
	return b;
}

/* All is done: nobody need be told of it again. */
static void
bury_what_can_be(struct member *member)
{
	struct buried **p, *b;

	for (p = &member->buried; (b = *p) != NULL;) {
		if (!b->confirmed || b->wanted) {
			p = &b->next;
			continue;
		}
		*p = b->next;
		cluster_bury(member->cluster, &b->lost);
		buried_free(b);
	}
}

void
member_confirmed(struct master *m, uint64_t seq)
{
	if (m->member == NULL)
		return;
	member_owed_confirmed(m->member, seq);
	member_ends_confirmed(m->member, seq);
	for (struct buried *b = m->member->buried; b != NULL; b = b->next)
		b->confirmed = b->confirmed || b->seq <= seq;
	bury_what_can_be(m->member);
}

void
member_rerun_over(struct master *m, const char *id)
{
	for (struct buried *b = m->member->buried; b != NULL; b = b->next)
		if (strcmp(b->lost.id, id) == 0)
			b->wanted = false;
	bury_what_can_be(m->member);
}

/* As far as its claim tells. */
static enum trigger
trigger_of(const struct cluster_lost *lost)
{
	if (submission_is_id(lost->id))
		return TRIGGER_QUEUE;
	if (lost->extra)
		return TRIGGER_MANUAL;
	return lost->attempt > 1 ? TRIGGER_RETRY : TRIGGER_SCHEDULE;
}

/* last: it is not run again. */
static void
record_run(struct member *member, const struct cluster_lost *lost,
    const char *job, bool last)
{
	struct record_end end = {
	    .begin =
		{
		    .slot_ms = lost->slot_ms,
		    .due_ms = lost->slot_ms,
		    .attempt = lost->attempt,
		    .trigger = trigger_of(lost),
		    .created_ms = lost->slot_ms,
		    .fence = lost->fence,
		},
	    .result =
		{
		    .outcome = OUTCOME_LOST,
		    .exit_code = -1,
		    .finished_us = clock_us(),
		},
	};

	snprintf(end.begin.id, sizeof(end.begin.id), "%.*s",
	    (int)strcspn(lost->id, "."), lost->id);
	snprintf(end.begin.job, sizeof(end.begin.job), "%s", job);
	snprintf(end.begin.host, sizeof(end.begin.host), "%s", lost->node);
	snprintf(end.result.reason, sizeof(end.result.reason),
	    "its host %.128s is gone", lost->node);
	log_warn("job %s: run=%s lost: its host %s is gone", job, end.begin.id,
	    lost->node);
	if (last)
		after_lost(member->master, &end);
	outbox_begin(member->master, &end.begin);
	outbox_end(member->master, &end, -1);
}

static void
record(struct member *member, const struct cluster_lost *lost, const char *job,
    bool last)
{
	const struct cluster_owed fate = {
	    .fate = lost->fate,
	    .job = lost->job,
	    .slot_ms = lost->slot_ms,
	    .before_ms = lost->before_ms,
	};

	member_record_fate(member, lost->job, &fate);
	if (lost->fate == CLUSTER_FATE_STARTED)
		record_run(member, lost, job, last);
}

/* Here, if no run is on its way to be it already. */
static void
stage_again(struct member *member, const struct cluster_lost *lost,
    struct job *job, uint32_t copy)
{
	struct master *m = member->master;
	struct run *run;

	for (run = job->runs; run != NULL; run = run->next)
		if (run->lost != NULL && strcmp(run->lost->id, lost->id) == 0)
			return;
	run = member_stage_now(
	    m, job, lost->slot_ms, copy, TRIGGER_RETRY, lost->attempt + 1);
	run->lost = xcalloc(1, sizeof(*run->lost));
	snprintf(run->lost->incarnation, sizeof(run->lost->incarnation), "%s",
	    lost->incarnation);
	snprintf(run->lost->id, sizeof(run->lost->id), "%s", lost->id);
	master_arm(m);
}

/* True: this host may run it and has begun to. */
static bool
try_again_here(struct member *member, const struct cluster_lost *lost)
{
	struct master *m = member->master;
	char name[JOB_NAME_MAX + 1];
	uint32_t copy = member_split_key(lost->job, name);
	struct job *job = jobs_find(&m->jobs, name);
	struct rank_part part;

	if (job == NULL || m->phase != MASTER_RUNNING ||
	    places_is_full(&m->places))
		return false;
	member_part(
	    member, job, job->def->options->hosts, lost->slot_ms, 0, &part);
	if (part.role == RANK_NONE)
		return false;
	stage_again(member, lost, job, copy);
	return true;
}

void
member_run_lost(struct member *member, const struct cluster_lost *lost)
{
	struct buried *b = buried_find(member, lost->id);

	if (b == NULL && try_again_here(member, lost)) {
		b = bury_later(member, lost);
		b->confirmed = true; /* by who has recorded it */
		b->wanted = true;
	}
}

void
member_reaped(const struct cluster_lost *lost, void *arg)
{
	struct member *member = arg;
	char name[JOB_NAME_MAX + 1];
	uint32_t copy = member_split_key(lost->job, name);
	struct buried *b = buried_find(member, lost->id);
	struct job *job = jobs_find(&member->master->jobs, name);
	/* What each host has for itself is not another's. */
	bool again = lost->fate == CLUSTER_FATE_STARTED &&
	    lost->at_least_once && copy != COPY_OF_HOST && job != NULL;

	/* Told again: it is not buried yet. */
	if (b == NULL) {
		record(member, lost, name, !again);
		b = bury_later(member, lost);
		b->wanted = again;
	}
	if (b->wanted && !try_again_here(member, lost))
		member_offer_lost(
		    member, member_next_host(member, job, lost->slot_ms), lost);
}
