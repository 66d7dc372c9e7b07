#include "scheduler/metrics/metrics.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ask.h"
#include "base/mem.h"
#include "base/version.h"
#include "cluster/protocol/types.h"
#include "scheduler/master.h"
#include "scheduler/member/member.h"

_Static_assert(CLAIM_DOWN + 1 == METRICS_VERDICTS_MAX, "a verdict is missing");

void
metrics_launched(struct master *m, const struct run *run)
{
	if (run->asked_us != 0)
		prom_observe(
		    &m->metrics.launch, run->started_us - run->asked_us);
}

static struct job_metrics *
of_job(struct job *job)
{
	if (job->metrics == NULL)
		job->metrics = xcalloc(1, sizeof(*job->metrics));
	return job->metrics;
}

void
metrics_ended(struct master *m, struct job *job, const struct record_end *end)
{
	const struct run_result *r = &end->result;
	struct job_metrics *of = of_job(job);

	m->metrics.ended[r->outcome]++;
	of->ended[r->outcome]++;
	of->last_duration_us = -1;
	if (r->started_us == 0)
		return;
	of->last_duration_us = r->duration_us;
	prom_observe(&m->metrics.duration, r->duration_us);
	prom_observe(
	    &m->metrics.lateness, r->started_us - end->begin.due_ms * 1000);
}

void
metrics_slot(struct master *m, const struct record_slot *slot)
{
	struct metrics *me = &m->metrics;

	if (slot->outcome == OUTCOME_NONE)
		return;
	for (size_t i = 0; i < METRICS_REASONS_MAX; i++) {
		if (me->slots[i].outcome == OUTCOME_NONE) {
			me->slots[i].outcome = slot->outcome;
			snprintf(me->slots[i].reason,
			    sizeof(me->slots[i].reason), "%s", slot->reason);
		}
		if (me->slots[i].outcome == slot->outcome &&
		    strcmp(me->slots[i].reason, slot->reason) == 0) {
			/* 0: nobody counted, but there are some. */
			me->slots[i].count +=
			    slot->count > 0 ? (uint64_t)slot->count : 1;
			return;
		}
	}
}

void
metrics_claimed(struct master *m, int verdict, int64_t asked_us)
{
	m->metrics.claims[verdict]++;
	prom_observe(&m->metrics.claim, clock_us() - asked_us);
}

static void
add_build(const struct master *m, struct strbuf *b)
{
	prom_family(b, "belfry_build_info", "gauge",
	    "1; which version runs, and the node's name.");
	prom_sample2(b, "belfry_build_info", "version", belfry_version(),
	    "node", m->config->node_name, 1);
	prom_one(b, "belfry_start_time_seconds", "gauge",
	    "When the master was started, since 1970.",
	    (double)m->started_ms / 1000);
	prom_one(b, "belfry_draining", "gauge",
	    "1 while nothing starts any more.", m->phase == MASTER_DRAINING);
}

static void
add_runs(const struct master *m, struct strbuf *b)
{
	static const char *const names[RUN_STATE_COUNT] = {
	    [RUN_STAGED] = "staged",
	    [RUN_QUEUED] = "queued",
	    [RUN_DELAYED] = "delayed",
	    [RUN_WAITING] = "waiting",
	    [RUN_LAUNCHING] = "launching",
	    [RUN_RUNNING] = "running",
	};

	prom_family(
	    b, "belfry_runs_active", "gauge", "Runs that are not over.");
	for (int i = 0; i < RUN_STATE_COUNT; i++)
		if (names[i] != NULL)
			prom_sample(b, "belfry_runs_active", "state", names[i],
			    (double)m->runs.count[i]);
	prom_family(
	    b, "belfry_runs_total", "counter", "Runs that ended, by outcome.");
	for (int i = OUTCOME_SUCCESS; i <= OUTCOME_LAUNCH_FAILED; i++)
		prom_sample(b, "belfry_runs_total", "outcome",
		    outcome_name((enum outcome)i), (double)m->metrics.ended[i]);
}

static void
add_slots(const struct master *m, struct strbuf *b)
{
	const struct metrics *me = &m->metrics;
	int64_t now_ms = clock_ms();
	size_t due = 0;

	prom_family(b, "belfry_slots_total", "counter",
	    "Slots that did not run, by outcome and reason.");
	for (size_t i = 0; i < METRICS_REASONS_MAX; i++)
		if (me->slots[i].outcome != OUTCOME_NONE)
			prom_sample2(b, "belfry_slots_total", "outcome",
			    outcome_name(me->slots[i].outcome), "reason",
			    me->slots[i].reason, (double)me->slots[i].count);
	for (size_t i = 0; i < m->heap.n; i++)
		due += m->heap.entries[i].timer->kind == TIMER_JOB &&
		    now_ms - m->heap.entries[i].at >= 1000;
	prom_one(b, "belfry_slots_overdue", "gauge",
	    "Slots due for a second or more that wait for room.", (double)due);
}

static void
add_queues(const struct master *m, struct strbuf *b)
{
	prom_family(b, "belfry_queue_running", "gauge",
	    "Submitted commands that run on this host.");
	for (const struct queue *q = m->queues.first; q != NULL; q = q->next)
		if (q->name[0] != '\0')
			prom_sample(b, "belfry_queue_running", "queue", q->name,
			    q->running);
}

static void
add_durations(const struct metrics *me, struct strbuf *b)
{
	prom_histogram(b, "belfry_run_lateness_seconds",
	    "From when a run was due to its start.", &me->lateness);
	prom_histogram(b, "belfry_run_duration_seconds", "How long runs took.",
	    &me->duration);
	prom_histogram(b, "belfry_launch_duration_seconds",
	    "From asking a launcher to the start of the job.", &me->launch);
}

static void
add_claims(const struct master *m, struct strbuf *b)
{
	if (m->member == NULL)
		return;
	prom_family(b, "belfry_claims_total", "counter",
	    "Answers to claims, by verdict.");
	for (int i = 0; i < METRICS_VERDICTS_MAX; i++)
		prom_sample(b, "belfry_claims_total", "verdict",
		    claim_verdict_name((enum claim_verdict)i),
		    (double)m->metrics.claims[i]);
	prom_histogram(b, "belfry_claim_duration_seconds",
	    "From asking for a claim to the answer.", &m->metrics.claim);
	member_add_metrics(m, b);
}

static void
add_notifications(const struct master *m, struct strbuf *b)
{
	prom_one(b, "belfry_notifications_waiting", "gauge",
	    "Notifications that were not sent yet.", (double)m->notify.waiting);
	prom_family(b, "belfry_notifications_total", "counter",
	    "Notifications that were sent, or given up.");
	prom_sample(b, "belfry_notifications_total", "state", "sent",
	    (double)m->notify.sent);
	prom_sample(b, "belfry_notifications_total", "state", "failed",
	    (double)m->notify.failed);
}

void
metrics_answer(struct master *m, struct ask *ask)
{
	struct strbuf b = STRBUF_INIT;

	add_build(m, &b);
	add_runs(m, &b);
	add_slots(m, &b);
	add_queues(m, &b);
	add_durations(&m->metrics, &b);
	metrics_add_jobs(m, &b);
	prom_one(&b, "belfry_unconfirmed_records", "gauge",
	    "Records that the recorder has not confirmed.",
	    (double)m->outbox.n);
	add_notifications(m, &b);
	add_claims(m, &b);
	metrics_add_processes(m, &b);
	answer_begin(ask->channel, ask->id, 200, "text/plain");
	answer_data(ask->channel, ask->id, strbuf_str(&b), b.len);
	answer_end(ask->channel, ask->id, NULL);
	strbuf_fini(&b);
}
