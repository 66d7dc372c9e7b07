#include "scheduler/jobs/pause.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/timestamp.h"
#include "scheduler/master.h"

struct pause *
pause_find(const struct master *m, const char *job)
{
	struct pause *pause = m->pauses.first;

	while (pause != NULL && strcmp(pause->record.job, job) != 0)
		pause = pause->next;
	return pause;
}

const struct pause *
pause_of(const struct master *m, const struct job *job)
{
	return job->paused ? pause_find(m, job->name) : m->pauses.all;
}

static bool
is_before_end(const struct pause *pause, int64_t ms)
{
	return pause != NULL &&
	    (pause->record.until_ms == 0 || ms < pause->record.until_ms);
}

bool
pause_covers(const struct master *m, const struct job *job, int64_t slot_ms)
{
	return is_before_end(m->pauses.all, slot_ms) ||
	    (job->paused && is_before_end(pause_find(m, job->name), slot_ms));
}

static void
set_flag(struct master *m, const struct pause *pause, bool paused)
{
	struct job *job = jobs_find(&m->jobs, pause->record.job);

	if (job != NULL)
		job->paused = paused;
}

void
pause_apply(struct master *m)
{
	for (struct pause *p = m->pauses.first; p != NULL; p = p->next)
		set_flag(m, p, true);
}

/* Takes it out of everything and frees it. */
static void
pause_free(struct master *m, struct pause *pause)
{
	struct pause **p;

	heap_remove(&m->heap, &pause->timer);
	for (p = &m->pauses.first; *p != pause; p = &(*p)->next)
		;
	*p = pause->next;
	if (m->pauses.all == pause)
		m->pauses.all = NULL;
	else
		m->pauses.n--;
	free((char *)(uintptr_t)pause->record.job);
	free((char *)(uintptr_t)pause->record.who);
	free((char *)(uintptr_t)pause->record.reason);
	free(pause);
}

void
pause_begin(struct master *m, const struct record_pause *record, bool is_new)
{
	struct pause *pause = pause_find(m, record->job);

	if (pause != NULL)
		pause_free(m, pause);
	pause = xcalloc(1, sizeof(*pause));
	pause->timer.kind = TIMER_PAUSE;
	pause->record = *record;
	pause->record.job = xstrdup(record->job);
	pause->record.who = xstrdup(record->who);
	pause->record.reason = xstrdup(record->reason);
	pause->next = m->pauses.first;
	m->pauses.first = pause;
	if (strcmp(record->job, PAUSE_ALL) == 0)
		m->pauses.all = pause;
	else
		m->pauses.n++;
	set_flag(m, pause, true);
	if (record->until_ms != 0)
		heap_set(&m->heap, &pause->timer, record->until_ms);
	if (is_new)
		outbox_pause(m, record);
}

/* Repetitions and slots that waited for the pause's end. */
static void
go_on(struct master *m, struct job *job)
{
	if (pause_of(m, job) != NULL)
		return;
	for (struct retry *r = job->retries; r != NULL; r = r->next)
		heap_set(&m->heap, &r->timer, r->due_ms);
	run_promote(m, job);
}

void
pause_end(struct master *m, struct pause *pause)
{
	bool all = pause == m->pauses.all;
	struct job *job = jobs_find(&m->jobs, pause->record.job);
	struct record_pause record = pause->record;

	record.on = false;
	outbox_pause(m, &record);
	set_flag(m, pause, false);
	pause_free(m, pause);
	if (job != NULL)
		go_on(m, job);
	for (size_t i = 0; i < m->jobs.n && all; i++)
		go_on(m, m->jobs.all[i]);
	if (all)
		queue_look_all(m);
	master_arm(m);
}

void
pauses_fini(struct master *m)
{
	while (m->pauses.first != NULL)
		pause_free(m, m->pauses.first);
}
