/* Runs that have their claim: what it allows, how it ends, and a restart. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "scheduler/clock/due.h"
#include "scheduler/jobs/policy.h"
#include "scheduler/member/internal.h"
#include "scheduler/runs/spec.h"

bool
member_may_launch(const struct run *run)
{
	const struct member *member = run->master->member;

	if (member == NULL || run->unguarded)
		return true;
	return run->claim != NULL && run->begin.fence != 0 && member->joined &&
	    cluster_may_start(member->cluster, run->claim) &&
	    member_boot_ms() < cluster_deadline_ms(member->cluster);
}

static bool
is_killed_without(const struct job *job)
{
	const struct job_options *o = job->def->options;

	if (o->on_lease_lost != JOB_LEASE_LOST_DEFAULT)
		return o->on_lease_lost == JOB_LEASE_LOST_KILL;
	/* Where no other host may ever run it, nothing is gained. */
	return o->guarantee == JOB_AT_LEAST_ONCE || member_is_delay(job) ||
	    policy_limits_overlap(o) ||
	    (o->overlap != JOB_OVERLAP_ALLOW &&
		o->overlap != JOB_OVERLAP_DEFAULT);
}

void
member_fill_lease(const struct run *run, struct spec_source *source)
{
	if (run->master->member == NULL || run->unguarded)
		return;
	source->lease_epoch = run->epoch;
	source->lease_kill = is_killed_without(run->job);
	source->lease_grace_ms = member_grace_ms(run->master->member);
}

/* A claim that is being ended, which tells an @after job's next time. */
struct ending {
	LIST_ENTRY(ending) link;
	struct master *master;
	struct after_wait *waits; /* who is told of the run's end then; owned */
	int64_t delay_ms;
	char id[RUN_ID_SIZE];
	char job[JOB_NAME_MAX + 1];
};

static void
ending_free(struct ending *ending)
{
	LIST_REMOVE(ending, link);
	after_wait_free(ending->waits);
	free(ending);
}

void
member_endings_free(struct member *member)
{
	while (!LIST_EMPTY(&member->endings))
		ending_free(LIST_FIRST(&member->endings));
}

static struct ending *
ending_new(struct run *run)
{
	struct member *member = run->master->member;
	struct ending *ending = xcalloc(1, sizeof(*ending));

	ending->master = run->master;
	snprintf(ending->id, sizeof(ending->id), "%s", run->begin.id);
	snprintf(ending->job, sizeof(ending->job), "%s", run->begin.job);
	if (run->job->def != NULL && due_is_delay(run->job))
		ending->delay_ms =
		    schedule_interval(run->job->def->schedules[0]) * 1000;
	LIST_INSERT_HEAD(&member->endings, ending, link);
	return ending;
}

void
member_await(struct run *run, struct after_wait *wait)
{
	wait->next = run->ending->waits;
	run->ending->waits = wait;
}

static void
finished(enum claim_end end, int64_t due_ms, void *arg)
{
	struct ending *ending = arg;
	struct master *m = ending->master;
	struct after_wait *wait;
	struct job *job = jobs_find(&m->jobs, ending->job);

	if (end != CLAIM_ENDED)
		log_warn("job %s: run=%s had been taken for lost%s",
		    ending->job, ending->id,
		    end == CLAIM_SUPERSEDED ? ", and another host had it" : "");
	if (due_ms > 0 && ending->delay_ms > 0 && job != NULL) {
		job->last_end_ms = due_ms - ending->delay_ms;
		jobs_arm(m, job);
		master_arm(m);
	}
	while ((wait = ending->waits) != NULL) {
		ending->waits = wait->next;
		after_settle(m, wait, end != CLAIM_ENDED);
	}
	ending_free(ending);
	master_check_drained(m);
}

/* The others have recorded it as lost, perhaps, or given it to another. */
static void
flag_late(const struct run *run, struct run_result *result)
{
	size_t len = strlen(result->reason);

	if (run->epoch != 0 && run->epoch != run->master->member->epoch)
		snprintf(result->reason + len, sizeof(result->reason) - len,
		    "%sother hosts took this one for dead while it ran",
		    len > 0 ? "; " : "");
}

void
member_ended(struct run *run, struct run_result *result)
{
	struct master *m = run->master;

	if (m->member == NULL)
		return;
	flag_late(run, result);
	if (run->claim == NULL)
		return;
	if (run->begin.fence == 0) { /* not answered yet */
		cluster_abandon(m->member->cluster, run->claim);
		run->claim = NULL;
		return;
	}
	run->ending = ending_new(run);
	cluster_finish(m->member->cluster, run->claim, run->ending->delay_ms,
	    finished, run->ending);
	run->claim = NULL;
}

void
member_hold(struct run *run)
{
	char key[KEY_SIZE];
	struct claim_ask claim;

	if (run->master->member == NULL || run->begin.fence == 0)
		return;
	member_fill_ask(run, &claim, key);
	run->asked = true;
	run->epoch = run->master->member->epoch;
	run->claim = cluster_hold(run->master->member->cluster, &claim,
	    run->begin.fence, run->begin.attempt);
	/* It may not have come to disk before the daemon was killed. */
	if (run->begin.before_ms != 0) {
		member_account(run, run->begin.before_ms);
		member_owe_before(run);
	}
}

void
member_resume(struct run *run)
{
	static const struct record_slot in_doubt = {
	    .count = 1,
	    .outcome = OUTCOME_MISSED,
	    .reason = "in-doubt",
	    .detail = "what was decided was not recorded before the daemon "
		      "was killed",
	};
	struct record_slot slot = in_doubt;

	run->asked = true; /* it has its file */
	run_set_state(run, RUN_STAGED);
	slot.slot_ms = slot.until_ms = run->begin.slot_ms;
	if (run->begin.attempt == 0)
		member_make_row(run, &slot);
	member_account(run, run->begin.before_ms);
	/*
	 * Before the session begins: what is asked for then is not taken for
	 * what is left of a run that is over.
	 */
	member_ask(run);
}

void
member_taken(struct claim *claim, void *arg)
{
	struct run *run = claim_arg(claim);

	log_error("job %s: run=%s was given to another host", run->begin.job,
	    run->begin.id);
	run_kill(run, KILL_LEASE);
}
