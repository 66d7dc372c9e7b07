/*
 * The store was lost, or exchanged for another: what it must know when the
 * next master starts is told again. Ended runs are gone with it, and so are
 * repetitions that it would have kept over a restart.
 */
#include "base/log.h"
#include "scheduler/jobs/memory.h"
#include "scheduler/master.h"

/* Jobs told in one turn of the loop. */
#define JOBS_AT_ONCE 256

static void
tell_pauses(struct master *m)
{
	for (const struct pause *p = m->pauses.first; p != NULL; p = p->next)
		outbox_pause(m, &p->record);
}

static void
tell_runs(struct master *m)
{
	const struct run *run;

	for (size_t i = 0; i < RUNS_TABLE; i++)
		for (run = m->runs.table[i]; run != NULL; run = run->same) {
			outbox_begin(m, &run->begin);
			outbox_params(m, run);
		}
}

void
retell_start(struct master *m)
{
	/* While loading, what the store has is all that is known. */
	if (m->phase != MASTER_RUNNING && m->phase != MASTER_DRAINING)
		return;
	log_warn("the store is a new one: telling it jobs, pauses and %zu runs",
	    m->runs.n);
	m->retold = 0;
	tell_pauses(m);
	tell_runs(m);
	after_retell(m);
	notify_retell(m);
	event_active(m->retell_event, 0, 0);
}

void
retell_cb(evutil_socket_t fd, short what, void *arg)
{
	struct master *m = arg;

	for (int i = 0; i < JOBS_AT_ONCE && m->retold < m->jobs.n; i++)
		memo_tell_store(m, m->jobs.all[m->retold++]);
	if (m->retold < m->jobs.n)
		event_active(m->retell_event, 0, 0);
}
