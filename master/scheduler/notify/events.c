/* Which events of jobs speak, and to whom. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/duration.h"
#include "base/mem.h"
#include "base/timestamp.h"
#include "scheduler/member/member.h"
#include "scheduler/notify/internal.h"

void
notify_job(struct master *m, const struct job *job, enum job_event event,
    const char *what, const char *run, json_t *facts)
{
	const char *p = job->def->options->notify, *word;
	char name[JOB_NAME_MAX + 1];
	size_t len;

	while ((word = job_next_word(&p, &len)) != NULL) {
		snprintf(name, sizeof(name), "%.*s", (int)len, word);
		notify_tell(m, name, what, job_event_name(event), job->name,
		    run, json_incref(facts));
	}
	json_decref(facts);
}

static bool
wants(const struct job *job, unsigned events)
{
	return job->def != NULL && *job->def->options->notify != '\0' &&
	    (job->def->options->notify_on & events) != 0;
}

/* A ping of a run, when the job has one for that event. */
static void
ping(const struct run *run, const struct run_result *result,
    enum job_event event, const char *url)
{
	const char *name = job_event_name(event);
	char receiver[JOB_NAME_MAX + sizeof(NOTIFY_PING) + 1];
	char what[RUN_ID_SIZE + 16];
	json_t *facts;

	if (*url == '\0')
		return;
	facts = notify_facts(run->master, name, run->job);
	notify_facts_run(facts, run, result);
	snprintf(receiver, sizeof(receiver), NOTIFY_PING " %s", run->job->name);
	snprintf(what, sizeof(what), "%s %s", run->begin.id, name);
	notify_tell(run->master, receiver, what, name, run->job->name,
	    run->begin.id, facts);
}

/* Tells of an event of a run. result NULL: it has not ended. */
static void
tell_run(const struct run *run, const struct run_result *result,
    enum job_event event, bool has_file)
{
	struct master *m = run->master;
	const char *name = job_event_name(event);
	json_t *facts = notify_facts(m, name, run->job);
	char what[RUN_ID_SIZE + 16];

	notify_facts_run(facts, run, result);
	if (result != NULL && has_file)
		notify_facts_tail(facts, run, result);
	snprintf(what, sizeof(what), "%s %s", run->begin.id, name);
	notify_job(m, run->job, event, what, run->begin.id, facts);
}

void
notify_started(struct run *run)
{
	const struct job *job = run->job;

	if (job->def == NULL)
		return;
	ping(run, NULL, JOB_EVENT_START, job->def->options->ping_start);
	if (wants(job, JOB_EVENT_START))
		tell_run(run, NULL, JOB_EVENT_START, false);
}

/*
 * Did the slot before this one fail for good? Failed attempts of this slot are
 * no news of their own.
 */
static bool
was_failing(const struct run *run)
{
	const struct job *job = run->job;

	return job->health == JOB_HEALTH_UNKNOWN ?
	    job->failures >= (uint32_t)run->begin.attempt :
	    job->health == JOB_HEALTH_BAD;
}

/*
 * A failure is told when it is news, or as often as the job wants; when a
 * process before this one may have told it, that counts as its last word.
 */
static bool
is_told_again(const struct run *run, int64_t now_ms)
{
	int64_t repeat_ms = run->job->def->options->notify_repeat_ms;
	int64_t told_ms = run->job->told_ms;

	if (!was_failing(run) || repeat_ms == JOB_REPEAT_EVERY)
		return true;
	if (told_ms == 0)
		told_ms = run->master->started_ms;
	return repeat_ms != JOB_REPEAT_CHANGE && now_ms - told_ms >= repeat_ms;
}

/* When the receivers heard of a failure the last time. */
static int64_t
tell_failure(
    const struct run *run, const struct run_result *result, bool has_file)
{
	int64_t now_ms = clock_ms();
	enum job_event event = JOB_EVENT_FAILURE;

	if (result->outcome == OUTCOME_LOST && wants(run->job, JOB_EVENT_LOST))
		event = JOB_EVENT_LOST;
	else if (!wants(run->job, event) || !is_told_again(run, now_ms))
		return run->job->told_ms;
	tell_run(run, result, event, has_file);
	return now_ms;
}

static void
tell_success(
    const struct run *run, const struct run_result *result, bool has_file)
{
	if (wants(run->job, JOB_EVENT_RECOVERY) && was_failing(run))
		tell_run(run, result, JOB_EVENT_RECOVERY, has_file);
	if (wants(run->job, JOB_EVENT_SUCCESS))
		tell_run(run, result, JOB_EVENT_SUCCESS, has_file);
}

/* Notes how the job is, also on the other hosts that run it. */
static void
set_health(struct run *run, enum job_health health, int64_t told_ms)
{
	struct job *job = run->job;
	bool is_news = job->health != health || job->told_ms != told_ms;

	job->health = (uint8_t)health;
	job->told_ms = told_ms;
	if (is_news && *job->def->options->notify != '\0')
		member_tell_health(run->master, job, NULL);
}

/* Whoever ended it knows; and of the job that says nothing. */
static void
tell_killed(
    const struct run *run, const struct run_result *result, bool has_file)
{
	if (wants(run->job, JOB_EVENT_KILLED))
		tell_run(run, result, JOB_EVENT_KILLED, has_file);
}

void
notify_ended(
    struct run *run, const struct run_result *result, bool has_file, bool final)
{
	const struct job_options *options;
	int64_t told_ms;

	if (run->job->def == NULL || !final)
		return;
	options = run->job->def->options;
	if (result->outcome == OUTCOME_SUCCESS) {
		ping(run, result, JOB_EVENT_SUCCESS, options->ping_success);
		tell_success(run, result, has_file);
		set_health(run, JOB_HEALTH_GOOD, run->job->told_ms);
		return;
	}
	ping(run, result, JOB_EVENT_FAILURE, options->ping_failure);
	if (run_result_is_by_hand(result)) {
		tell_killed(run, result, has_file);
		return;
	}
	told_ms = tell_failure(run, result, has_file);
	set_health(run, JOB_HEALTH_BAD, told_ms);
}

void
notify_slot(struct master *m, const struct record_slot *slot)
{
	const struct job *job = jobs_find(&m->jobs, slot->job);
	char time[TIMESTAMP_TEXT_MAX], *reason, *what;
	json_t *facts;

	if (slot->outcome != OUTCOME_MISSED || job == NULL ||
	    !wants(job, JOB_EVENT_MISSED))
		return;
	facts = notify_facts(m, job_event_name(JOB_EVENT_MISSED), job);
	timestamp_format_ms(time, slot->slot_ms);
	reason = slot->count <= 1 ?
	    xasprintf("%s%s%s", slot->reason,
		slot->detail[0] != '\0' ? ": " : "", slot->detail) :
	    xasprintf("%s%s%s (%lld slots)", slot->reason,
		slot->detail[0] != '\0' ? ": " : "", slot->detail,
		(long long)slot->count);
	notify_facts_add(facts, "outcome", outcome_name(slot->outcome));
	notify_facts_add(facts, "reason", reason);
	notify_facts_add(facts, "slot", time);
	what = xasprintf("%s %s missed", slot->job, time);
	notify_job(m, job, JOB_EVENT_MISSED, what, "", facts);
	free(reason);
	free(what);
}
