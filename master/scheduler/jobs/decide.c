/* What becomes of an occasion to run: policy.h decides, this does it. */
#include "scheduler/jobs/decide.h"

#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/timestamp.h"
#include "config/section/queue.h"
#include "placement/hosts.h"
#include "scheduler/clock/due.h"
#include "scheduler/jobs/policy.h"
#include "scheduler/master.h"
#include "scheduler/runs/params.h"

static void
record(struct master *m, struct record_slot *slot)
{
	char time[TIMESTAMP_TEXT_MAX];

	slot->host = m->config->node_name;
	log_info("job %s: slot=%s %s reason=%s%s%s", slot->job,
	    timestamp_format_ms(time, slot->slot_ms),
	    outcome_name(slot->outcome), slot->reason,
	    slot->detail[0] != '\0' ? ": " : "", slot->detail);
	outbox_slot(m, slot);
}

void
decide_record(struct master *m, struct job *job, int64_t from_ms,
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
	};

	record(m, &slot);
}

/* It does not run, and is skipped or missed. */
static void
pass_over(struct master *m, struct job *job, const struct occasion *why,
    enum outcome outcome, const char *reason, const char *detail)
{
	const struct join_end *end =
	    why->after != NULL ? why->after->last : NULL;
	struct record_slot slot = {
	    .job = job->name,
	    .slot_ms = why->slot_ms,
	    .until_ms = why->slot_ms,
	    .count = 1,
	    .outcome = outcome,
	    .reason = reason,
	    .detail = detail,
	    .joined = end != NULL ? end->mark : 0,
	};
	char text[1024];

	if (end != NULL) {
		snprintf(text, sizeof(text), "%s%safter run %s of %s: %s",
		    detail, detail[0] != '\0' ? "; " : "", end->run,
		    end->parent, outcome_name(end->outcome));
		slot.detail = text;
	}
	record(m, &slot);
}

/* What a run that comes after others has from them. */
static void
inherit(struct run *run, const struct join_fire *fire)
{
	const struct join *join = run->job->join;
	const char *cut;

	run->parents = join_fire_parents(join, fire);
	run->params = join_fire_params(join, fire, PARAMS_MAX, &cut);
	if (cut != NULL)
		log_warn("job %s: run=%s: the parameters of its parents "
			 "together are too many, those of %s are left out",
		    run->begin.job, run->begin.id, cut);
}

static struct run *
start_run(struct master *m, struct job *job, const struct occasion *why,
    enum run_state state)
{
	const struct join_end *end =
	    why->after != NULL ? why->after->last : NULL;
	struct run_begin begin;
	struct run *run;

	run_begin_fill(m, &begin, job, why->slot_ms, why->trigger, 1);
	if (why->trigger == TRIGGER_CATCH_UP)
		begin.due_ms = begin.created_ms; /* behind what is on time */
	else
		begin.due_ms = due_start(job, why->slot_ms);
	if (end != NULL) {
		memcpy(begin.chain, end->chain, sizeof(begin.chain));
		memcpy(begin.parent, end->run, sizeof(begin.parent));
		begin.joined = end->mark;
	}
	run = run_new(m, job, &begin);
	if (end != NULL)
		inherit(run, why->after);
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
skip_paused(struct master *m, struct job *job, const struct occasion *why)
{
	const struct record_pause *pause = &pause_of(m, job)->record;
	char detail[512];

	snprintf(detail, sizeof(detail), "by %s%s%s", pause->who,
	    pause->reason[0] != '\0' ? ": " : "", pause->reason);
	pass_over(m, job, why, OUTCOME_SKIPPED, "paused", detail);
}

bool
decide_is_for_us(const struct master *m, const struct job *job)
{
	const struct hosts_host self = {m->config->node_name, m->config->tags};

	return hosts_match(job->def->options->hosts, &self);
}

static void
miss_host(struct master *m, struct job *job, const struct occasion *why)
{
	char detail[256];

	snprintf(detail, sizeof(detail),
	    m->member == NULL ?
		"no host is one of %.180s; without a cluster there is only "
		"this" :
		"its parents ended on a host that is none of %.180s",
	    job->def->options->hosts);
	pass_over(m, job, why, OUTCOME_MISSED, "no-host", detail);
}

/* In a cluster slots come to hosts that may have them; ends are here. */
static bool
may_be_elsewhere(const struct master *m, const struct occasion *why)
{
	return m->member == NULL || why->after != NULL;
}

/* Is there no more room in its queue? That is recorded. */
static bool
skip_full(struct master *m, struct job *job, const struct occasion *why)
{
	const struct queue_section *queue = uses_full_queue(m, job->def);
	char detail[QUEUE_NAME_MAX + 64];

	if (queue == NULL)
		return false;
	snprintf(detail, sizeof(detail), "%lld runs wait in queue %s",
	    (long long)queue->limit, queue->name);
	pass_over(m, job, why, OUTCOME_SKIPPED, "queue-full", detail);
	return true;
}

enum policy_action
decide_judge(struct master *m, struct job *job, const struct occasion *why)
{
	struct policy_load load = {
	    .active = job->active,
	    .queued = job->queued,
	    .retrying = job->retries != NULL,
	};
	enum policy_action action;
	const char *detail;

	if (!job->def->options->enabled) {
		pass_over(m, job, why, OUTCOME_SKIPPED, "disabled", "");
		return POLICY_SKIP;
	}
	if (pause_covers(m, job, why->slot_ms)) {
		skip_paused(m, job, why);
		return POLICY_SKIP;
	}
	if (may_be_elsewhere(m, why) && !decide_is_for_us(m, job)) {
		miss_host(m, job, why);
		return POLICY_SKIP;
	}
	action = policy_overlap(job->def->options, &load, &detail);
	if (action == POLICY_SKIP)
		pass_over(m, job, why, OUTCOME_SKIPPED, "overlap", detail);
	else if (*job->def->options->queue != '\0' && skip_full(m, job, why))
		action = POLICY_SKIP;
	return action;
}

void
decide(struct master *m, struct job *job, const struct occasion *why)
{
	switch (decide_judge(m, job, why)) {
	case POLICY_START:
		start_run(m, job, why, RUN_WAITING);
		break;
	case POLICY_SKIP:
		break;
	case POLICY_QUEUE:
		start_run(m, job, why, RUN_QUEUED);
		break;
	case POLICY_REPLACE:
		fire_replace(m, job, NULL);
		start_run(
		    m, job, why, job->active > 0 ? RUN_QUEUED : RUN_WAITING);
		break;
	}
}
