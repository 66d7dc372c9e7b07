/*
 * The second guard: before a run of a slot starts, PostgreSQL must know that
 * nobody else has started it. Whatever Redis says, and whatever it forgot.
 */
#include <stdio.h>

#include "base/log.h"
#include "run/guard.h"
#include "scheduler/member/internal.h"

/* How often it is asked, while nothing is heard. */
#define ASK_MS  500
/* With best-effort no run waits longer. */
#define WAIT_MS 1000

enum guard_state {
	GUARD_NONE,  /* not asked */
	GUARD_ASKED, /* the run's timer asks again */
	GUARD_OVER,  /* it may start */
};

/* What people begin, and ends of parents, is no other run's to take. */
static bool
needs_guard(const struct run *run)
{
	return run->master->config->cluster.guard != CLUSTER_GUARD_OFF &&
	    (member_is_slot(run) || run->begin.attempt > 1);
}

static bool
is_strict(const struct run *run)
{
	return run->master->config->cluster.guard == CLUSTER_GUARD_STRICT;
}

static void
ask(struct run *run)
{
	const struct run_begin *b = &run->begin;
	struct master *m = run->master;
	char copy[RUN_COPY_SIZE];
	const struct guard_ask question = {
	    .run = b->id,
	    .job = b->job,
	    .copy = copy,
	    .slot_ms = b->slot_ms,
	    .attempt = b->attempt,
	};

	run_begin_copy(b, copy);
	run->guard = GUARD_ASKED;
	heap_set(&m->heap, &run->timer, clock_ms() + ASK_MS);
	master_arm(m);
	/* A recorder that is being started again is asked by the timer. */
	if (m->recorder == NULL)
		return;
	wire_writer_reset(&m->scratch);
	guard_ask_encode(&question, &m->scratch);
	channel_send(m->recorder, MSG_GUARD_ASK, 0, &m->scratch, -1);
}

static void
allow(struct run *run)
{
	run->guard = GUARD_OVER;
	heap_remove(&run->master->heap, &run->timer);
}

bool
member_is_guarded(struct run *run)
{
	if (!needs_guard(run) || run->guard == GUARD_OVER)
		return true;
	if (run->guard == GUARD_NONE) {
		run->guard_ms = member_boot_ms();
		ask(run);
	}
	return false;
}

void
member_give_up(struct run *run, enum outcome outcome, const char *reason,
    const char *detail)
{
	struct master *m = run->master;
	struct job *job = run->job->def != NULL ? run->job : NULL;
	const struct record_slot slot = {
	    .job = run->begin.job,
	    .slot_ms = run->begin.slot_ms,
	    .until_ms = run->begin.slot_ms,
	    .count = 1,
	    .outcome = outcome,
	    .reason = reason,
	    .detail = detail,
	    .host = run->begin.host,
	};

	log_warn("job %s: run=%s is not started: %s", run->begin.job,
	    run->begin.id, detail);
	outbox_slot(m, &slot);
	member_end_recorded(run);
	if (job != NULL) { /* a job that has its file stays */
		run_promote(m, job);
		jobs_arm(m, job);
	}
	master_arm(m);
}

static void
refuse(struct run *run, const char *reason, const char *detail)
{
	if (run->begin.attempt <= 1)
		member_give_up(run, OUTCOME_MISSED, reason, detail);
	else
		run_end_with(run, OUTCOME_KILLED, true, "%s", detail);
}

static void
taken(struct run *run, const char *by)
{
	char detail[400];

	snprintf(
	    detail, sizeof(detail), "PostgreSQL has it for %.300s already", by);
	refuse(run, "guard", detail);
}

/* No slot that is not one of the schedule is ever late. */
static bool
is_late(const struct run *run)
{
	int64_t deadline_ms = member_deadline_ms(run);

	return deadline_ms != MEMBER_NEVER_LATE_MS &&
	    clock_ms() - run->begin.slot_ms > deadline_ms;
}

/* Nothing was heard, or that nobody knows. */
static void
unknown(struct run *run, const char *why)
{
	char detail[400];

	if (!is_strict(run)) {
		log_warn("job %s: run=%s starts without a guard: %s",
		    run->begin.job, run->begin.id, why);
		allow(run);
	} else if (is_late(run)) {
		snprintf(detail, sizeof(detail),
		    "PostgreSQL did not answer in time: %.300s", why);
		refuse(run, "guard-down", detail);
	}
}

bool
member_guard_due(struct run *run)
{
	if (run->guard != GUARD_ASKED)
		return false;
	if (is_strict(run) ? is_late(run) :
			     member_boot_ms() - run->guard_ms >= WAIT_MS)
		unknown(run, "no answer");
	else
		ask(run);
	return true;
}

int
member_guard_answer(struct master *m, struct message *message)
{
	struct guard_answer answer;
	struct run *run;

	if (guard_answer_decode(&answer, &message->body) == -1)
		return -1;
	run = runs_find(&m->runs, answer.run);
	if (run == NULL || run->state != RUN_WAITING ||
	    run->guard != GUARD_ASKED)
		return 0;
	if (answer.verdict == GUARD_YES)
		allow(run);
	else if (answer.verdict == GUARD_TAKEN)
		taken(run, answer.text);
	else
		unknown(run, answer.text);
	launch_pump(m);
	return 0;
}
