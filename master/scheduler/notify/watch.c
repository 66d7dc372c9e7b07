/* Once a second: what should have started, and what should have ended. */
#include <stdio.h>

#include "base/duration.h"
#include "base/log.h"
#include "base/mem.h"
#include "scheduler/notify/internal.h"

#define LOOK_S 1

static bool
wants(const struct job *job, enum job_event event)
{
	return job->def != NULL && *job->def->options->notify != '\0' &&
	    (job->def->options->notify_on & event) != 0;
}

static void
tell(struct run *run, enum job_event event, const char *reason)
{
	struct master *m = run->master;
	const char *name = job_event_name(event);
	json_t *facts = notify_facts(m, name, run->job);
	char what[RUN_ID_SIZE + 16];

	notify_facts_run(facts, run, NULL);
	notify_facts_add(facts, "reason", reason);
	snprintf(what, sizeof(what), "%s %s", run->begin.id, name);
	notify_job(m, run->job, event, what, run->begin.id, facts);
}

/* Of those that a master before this one may have told of nothing is said. */
static void
look_late(struct run *run, int64_t now_ms)
{
	int64_t limit_ms = run->job->def->options->notify_late_ms;
	char text[DURATION_TEXT_MAX], reason[128];

	if (run->begin.due_ms + limit_ms > now_ms)
		return;
	run->told_late = true;
	if (run->begin.due_ms + limit_ms < run->master->started_ms)
		return;
	snprintf(reason, sizeof(reason), "due and not started after %s",
	    duration_format_ms(text, limit_ms));
	tell(run, JOB_EVENT_LATE, reason);
}

static void
look_too_long(struct run *run, int64_t now_ms)
{
	int64_t limit_ms = run->job->def->options->notify_too_long_ms;
	char text[DURATION_TEXT_MAX], reason[128];
	int64_t started_ms = run->started_us / 1000;
	bool is_auto = limit_ms == JOB_TOO_LONG_AUTO;

	if (is_auto)
		limit_ms = notify_usual_ms(run, now_ms - started_ms);
	if (limit_ms == 0 || started_ms + limit_ms > now_ms)
		return;
	run->told_long = true;
	if (started_ms + limit_ms < run->master->started_ms)
		return;
	snprintf(reason, sizeof(reason), "runs for more than %s%s",
	    duration_format_ms(
		text, limit_ms < 10000 ? limit_ms : limit_ms / 1000 * 1000),
	    is_auto ? ", which is long for this job" : "");
	tell(run, JOB_EVENT_TOO_LONG, reason);
}

static void
look(struct run *run, int64_t now_ms)
{
	if (!run->told_late && run_is_unstarted(run) &&
	    wants(run->job, JOB_EVENT_LATE))
		look_late(run, now_ms);
	if (!run->told_long && run->state == RUN_RUNNING &&
	    run->started_us != 0 && wants(run->job, JOB_EVENT_TOO_LONG))
		look_too_long(run, now_ms);
}

static void
watch_cb(evutil_socket_t fd, short what, void *arg)
{
	const struct timeval pause = {.tv_sec = LOOK_S};
	struct master *m = arg;
	int64_t now_ms = clock_ms();
	struct run *run;

	for (size_t i = 0; m->runs.n > 0 && m->notify.watched && i < RUNS_TABLE;
	     i++)
		for (run = m->runs.table[i]; run != NULL; run = run->same)
			look(run, now_ms);
	notify_daemon_look(m);
	evtimer_add(m->notify.watch, &pause);
}

static bool
any_watched(const struct master *m)
{
	for (size_t i = 0; i < m->jobs.n; i++)
		if (wants(m->jobs.all[i], JOB_EVENT_LATE) ||
		    wants(m->jobs.all[i], JOB_EVENT_TOO_LONG))
			return true;
	return false;
}

void
notify_watch_begin(struct master *m)
{
	const struct timeval now = {.tv_sec = LOOK_S};

	m->notify.watched = any_watched(m);
	if (m->notify.watch == NULL)
		m->notify.watch = evtimer_new(m->role->base, watch_cb, m);
	if (m->notify.watch == NULL)
		fatalx("out of memory");
	/* Without receivers there is nobody to tell. */
	if (m->config->nnotify == 0)
		evtimer_del(m->notify.watch);
	else
		evtimer_add(m->notify.watch, &now);
}
