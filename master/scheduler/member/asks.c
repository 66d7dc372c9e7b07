/* What is asked for a run: how urgent, how late, beside what else. */
#include <stdio.h>

#include "scheduler/clock/due.h"
#include "scheduler/member/internal.h"

/* How long a claim is asked for where the job does not want to wait. */
#define ISOLATED_MS     1000
/* A person waits no longer. */
#define PERSON_MS       5000
/* A slot whose start deadline is nearly over still gets one round. */
#define PATIENCE_MIN_MS 300
/* What is no slot, and what is only recorded, waits for Redis. */
#define PATIENCE_MS     60000

void
member_key(const struct run *run, char key_r[KEY_SIZE])
{
	const struct run_begin *b = &run->begin;

	if (b->copy == COPY_OF_HOST)
		snprintf(key_r, KEY_SIZE, "%s@%s", b->job, b->host);
	else if (b->copy != 0)
		snprintf(key_r, KEY_SIZE, "%s#%u", b->job, b->copy);
	else
		snprintf(key_r, KEY_SIZE, "%s", b->job);
}

bool
member_is_slot(const struct run *run)
{
	return run->begin.trigger == TRIGGER_SCHEDULE ||
	    run->begin.trigger == TRIGGER_CATCH_UP;
}

bool
member_is_delay(const struct job *job)
{
	return job->def != NULL && due_is_delay(job);
}

static enum claim_overlap
overlap_of(const struct run *run)
{
	const struct job_options *o;

	/* What a person asks for starts whatever else runs. */
	if (run->job->def == NULL || run->row != NULL ||
	    run->begin.trigger == TRIGGER_MANUAL)
		return CLAIM_ALLOW;
	o = run->job->def->options;
	if (due_is_delay(run->job))
		return CLAIM_WAIT_BUSY;
	switch ((enum job_overlap)o->overlap) {
	case JOB_OVERLAP_SKIP:
		return member_is_slot(run) ? CLAIM_SKIP_BUSY : CLAIM_WAIT_BUSY;
	case JOB_OVERLAP_QUEUE:
	case JOB_OVERLAP_REPLACE:
		return CLAIM_WAIT_BUSY;
	case JOB_OVERLAP_DEFAULT:
	case JOB_OVERLAP_ALLOW:
		break;
	}
	return CLAIM_ALLOW;
}

static bool
is_at_least_once(const struct run *run)
{
	return run->job->def != NULL && run->row == NULL &&
	    run->job->def->options->guarantee == JOB_AT_LEAST_ONCE;
}

int64_t
member_deadline_ms(const struct run *run)
{
	if (run->row != NULL || run->waited || run->job->def == NULL ||
	    run->begin.attempt > 1 || run->begin.trigger != TRIGGER_SCHEDULE)
		return MEMBER_NEVER_LATE_MS;
	return fire_deadline_ms(run->job, run->begin.slot_ms);
}

static int64_t
patience_of(const struct run *run)
{
	int64_t left_ms;

	if (run->begin.trigger == TRIGGER_MANUAL)
		return PERSON_MS;
	if (!member_is_slot(run) || run->row != NULL || run->job->def == NULL)
		return PATIENCE_MS;
	if (run->job->def->options->when_isolated != JOB_ISOLATED_WAIT)
		return ISOLATED_MS;
	if (member_deadline_ms(run) == MEMBER_NEVER_LATE_MS)
		return PATIENCE_MS;
	left_ms = run->begin.slot_ms + member_deadline_ms(run) - clock_ms();
	return left_ms > PATIENCE_MIN_MS ? left_ms : PATIENCE_MIN_MS;
}

void
member_fill_ask(struct run *run, struct claim_ask *ask_r, char key_r[KEY_SIZE])
{
	member_key(run, key_r);
	*ask_r = (struct claim_ask){
	    .job = key_r,
	    .id = run->begin.id,
	    .slot_ms = run->begin.slot_ms,
	    .extra = !member_is_slot(run) && run->lost == NULL,
	    .attempt = run->begin.attempt,
	    .at_least_once = is_at_least_once(run),
	    .only_recorded = run->row != NULL,
	    .tells = run->turn == 0,
	    .interval = member_is_slot(run) && member_is_delay(run->job),
	    .overlap = overlap_of(run),
	    .deadline_ms = member_deadline_ms(run),
	    .before_ms = run->begin.before_ms,
	    .patience_ms = patience_of(run),
	    .arg = run,
	};
	if (run->lost != NULL) {
		ask_r->lost_incarnation = run->lost->incarnation;
		ask_r->lost_id = run->lost->id;
	}
}
