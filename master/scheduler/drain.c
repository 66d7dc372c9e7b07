/* The end: nothing is started any more, and what runs is waited for. */
#include "base/log.h"
#include "scheduler/master.h"
#include "scheduler/member/member.h"

/* How long the store may take for the last records, when all else is over. */
#define RECORD_WAIT_S 5

/*
 * Nobody waits any longer for a store that takes no records: the run files
 * have what the next start needs.
 */
static bool
may_leave_records(struct master *m)
{
	const struct timeval wait = {.tv_sec = RECORD_WAIT_S};

	if (m->leaves_records) {
		log_warn("the store does not take %zu records, going without "
			 "them: the next start looks at the run files",
		    m->outbox.n);
		return true;
	}
	if (m->drain_now && !m->waits_for_records) {
		m->waits_for_records = true;
		evtimer_add(m->drain_timer, &wait);
	}
	return false;
}

void
master_check_drained(struct master *m)
{
	if (m->phase != MASTER_DRAINING || m->drained ||
	    m->runs.count[RUN_LAUNCHING] + m->runs.count[RUN_RUNNING] > 0 ||
	    notify_holds_drain(m) ||
	    (m->outbox.n > 0 && !may_leave_records(m)) ||
	    (!m->drain_now && member_holds_drain(m)))
		return;
	m->drained = true;
	log_info("drained");
	channel_send(m->role->guardian, MSG_DRAINED, 0, NULL, -1);
}

static void
kill_all(struct master *m)
{
	struct run *run;

	m->drain_now = true;
	for (size_t i = 0; i < RUNS_TABLE; i++)
		for (run = m->runs.table[i]; run != NULL; run = run->same)
			if (run->state == RUN_LAUNCHING ||
			    run->state == RUN_RUNNING)
				run_kill(run, KILL_SHUTDOWN);
}

void
drain_expired_cb(evutil_socket_t fd, short what, void *arg)
{
	struct master *m = arg;

	if (m->waits_for_records) {
		m->leaves_records = true;
	} else {
		log_warn("shutdown-timeout has passed, ending %zu runs",
		    m->runs.count[RUN_LAUNCHING] + m->runs.count[RUN_RUNNING]);
		kill_all(m);
	}
	master_check_drained(m);
}

void
drain_begin(struct master *m, bool now)
{
	struct timeval patience = {
	    .tv_sec = m->config->shutdown_ms / 1000,
	    .tv_usec = m->config->shutdown_ms % 1000 * 1000,
	};

	if (m->phase == MASTER_LOADING && !now) {
		m->drain_wanted = true;
		return;
	}
	if (m->phase == MASTER_RUNNING) {
		m->phase = MASTER_DRAINING;
		log_info("draining, %zu runs in progress",
		    m->runs.count[RUN_LAUNCHING] + m->runs.count[RUN_RUNNING]);
		evtimer_add(m->drain_timer, &patience);
		member_changed(m);
		member_hand_over(m);
		master_arm(m);
	} else if (m->phase != MASTER_DRAINING) {
		m->phase = MASTER_DRAINING; /* nothing was begun yet */
	}
	if (now && !m->drain_now)
		kill_all(m);
	master_check_drained(m);
}
