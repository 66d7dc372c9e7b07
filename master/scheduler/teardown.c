/*
 * Everything the master holds, given back: the guardian is gone and the
 * process ends. Nothing is decided or recorded any more; runs go on by
 * themselves.
 */
#include <stdlib.h>

#include "base/fd.h"
#include "scheduler/crontab/watch.h"
#include "scheduler/jobs/memory.h"
#include "scheduler/master.h"
#include "scheduler/member/member.h"

static void
free_runs(struct master *m)
{
	struct run *run;

	for (size_t i = 0; i < RUNS_TABLE; i++)
		while ((run = m->runs.table[i]) != NULL) {
			m->runs.table[i] = run->same;
			run->job->runs = NULL;
			if (run->job->removed)
				run->job->active = 0;
			if (run->job->submitted)
				job_single_free(run->job->def);
			heap_remove(&m->heap, &run->timer);
			workers_forget(run);
			free(run->params);
			free(run->parents);
			free(run->progress);
			free(run->uses);
			free(run->row);
			free(run->lost);
			free(run);
		}
}

static void
free_events(struct master *m)
{
	struct event *events[] = {
	    m->tick_event,
	    m->orphan_timer,
	    m->prepare_timer,
	    m->retell_event,
	    m->drain_timer,
	    m->workers_event,
	    m->launch.retry,
	};

	for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++)
		if (events[i] != NULL)
			event_free(events[i]);
	alarm_free(m->alarm);
	crontab_watch_free(m->crontabs);
}

void
master_free(struct master *m)
{
	member_free(m);
	free_runs(m);
	notify_fini(m);
	free_events(m);
	events_fini(m);
	for (size_t i = 0; i < m->jobs.n; i++)
		while (m->jobs.all[i]->retries != NULL)
			retry_free(m, m->jobs.all[i]->retries);
	pauses_fini(m);
	for (unsigned i = 0; i < m->launch.nlaunchers; i++)
		channel_free(m->launch.launchers[i].channel);
	channel_free(m->recorder);
	channel_free(m->api);
	recover_free(m);
	memory_forget(&m->jobs);
	after_fini(&m->after);
	jobs_fini(&m->jobs);
	heap_fini(&m->heap);
	outbox_fini(&m->outbox);
	users_fini(m);
	uses_fini(&m->uses);
	queue_fini(m);
	wire_writer_fini(&m->scratch);
	plugins_fini(m);
	jobs_change_fini(&m->reloaded);
	free(m->reload_problem);
	free(m->limits.cgroup);
	free(m->reloaders);
	free(m->reload_askers);
	if (m->config != m->role->config)
		config_free(m->config);
	fd_close(&m->runs_dir);
	free(m->runs_path);
	fd_close(&m->workers_fd);
	free(m);
}
