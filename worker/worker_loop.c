#include "worker_loop.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "run/lease.h"

/*
 * After the main process: how long those that hold its output may take, and
 * those that only have not quite ended.
 */
#define GRACE_OUTPUT_US 1000000
#define GRACE_END_US    100000

/* Between rounds of SIGKILL, doubled each time; a child's end wakes us too. */
#define ROUND_MIN_US 1000
#define ROUND_MAX_US 1000000

/* What SIGKILL did not end by then (a dead file server) will not hold us. */
#define GIVE_UP_US 60000000

#define DRAIN_READS 16

int64_t
worker_now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_BOOTTIME, &ts);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

/* One bufferful. True when there may be more at once. */
static bool
read_output(struct worker *w)
{
	ssize_t n;

	if (w->pipe == -1)
		return false;
	n = read(w->pipe, w->buffer, sizeof(w->buffer));
	if (n > 0) {
		runfile_output_write(&w->output, w->buffer, (size_t)n);
		return true;
	}
	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return errno == EINTR;
	fd_close(&w->pipe);
	return false;
}

void
worker_drain(struct worker *w)
{
	for (int i = 0; i < DRAIN_READS && read_output(w); i++)
		;
}

static void
enter_kill(struct worker *w, int64_t now_us)
{
	w->phase = WORKER_KILL;
	w->round_us = ROUND_MIN_US;
	w->give_up_us = now_us + GIVE_UP_US;
	w->deadline_us = now_us;
	/* Among a thousand that fork, ours must not be one of a thousand. */
	if (setpriority(PRIO_PROCESS, 0, -20) == -1)
		log_debug("run %s: kills at its own priority", w->spec.id);
}

/* When the lease is to be looked at again; 0: never. */
static int64_t
lease_at(const struct worker *w)
{
	if (!w->spec.lease_kill || w->phase != WORKER_RUNS)
		return 0;
	return w->lease_us;
}

/* Asks the whole tree to end. */
static void
enter_term(struct worker *w, int64_t now_us)
{
	w->phase = WORKER_TERM;
	w->deadline_us = now_us + w->spec.kill_grace_ms * 1000;
	if (w->spec.kill_grace_ms <= 0 || w->spec.kill_signal == SIGKILL) {
		enter_kill(w, now_us);
		return;
	}
	tree_signal(&w->tree, w->spec.kill_signal);
}

/* The run is to end before its job did by itself. */
static void
force_end(struct worker *w, enum outcome outcome, int why, int64_t now_us)
{
	if (w->phase != WORKER_RUNS)
		return; /* it is already ending; the first reason stands */
	w->forced = outcome;
	w->kill_why = why;
	enter_term(w, now_us);
}

/* The main process has ended: is the run over? */
static void
step_ended(struct worker *w, int64_t now_us)
{
	int64_t soon = now_us + GRACE_END_US;

	if (tree_is_empty(&w->tree) && w->pipe == -1) {
		w->phase = WORKER_OVER;
		return;
	}
	if (w->pipe == -1 && w->deadline_us > soon)
		w->deadline_us = soon;
	if (now_us < w->deadline_us)
		return;
	if (tree_is_empty(&w->tree)) {
		/* Somebody outside of the tree holds the pipe. */
		w->phase = WORKER_OVER;
		return;
	}
	w->left = tree_count(&w->tree);
	enter_term(w, now_us);
}

static void
step_kill(struct worker *w, int64_t now_us)
{
	tree_kill(&w->tree);
	tree_reap(&w->tree);
	if (tree_is_empty(&w->tree)) {
		w->phase = WORKER_OVER;
		return;
	}
	if (now_us >= w->give_up_us) {
		w->stubborn = tree_count(&w->tree);
		w->phase = WORKER_OVER;
		return;
	}
	w->deadline_us = now_us + w->round_us;
	if (w->round_us < ROUND_MAX_US)
		w->round_us *= 2;
}

static void
step(struct worker *w, int64_t now_us)
{
	switch (w->phase) {
	case WORKER_RUNS:
		if (w->tree.ended) {
			w->phase = WORKER_ENDED;
			w->deadline_us = now_us + GRACE_OUTPUT_US;
			step_ended(w, now_us);
		} else if (w->deadline_us != 0 && now_us >= w->deadline_us) {
			force_end(w, OUTCOME_TIMEOUT, 0, now_us);
		} else if (lease_at(w) != 0 &&
		    !lease_holds(WORKER_RUNS_FD, w->spec.lease_epoch, now_us,
			&w->lease_us)) {
			if (w->spec.kill_grace_ms > w->spec.lease_grace_ms)
				w->spec.kill_grace_ms = w->spec.lease_grace_ms;
			force_end(w, OUTCOME_KILLED, KILL_LEASE, now_us);
		}
		break;
	case WORKER_ENDED:
		step_ended(w, now_us);
		break;
	case WORKER_TERM:
		if (tree_is_empty(&w->tree))
			w->phase = WORKER_OVER;
		else if (now_us >= w->deadline_us)
			enter_kill(w, now_us);
		break;
	case WORKER_KILL:
	case WORKER_OVER:
		break;
	}
	if (w->phase == WORKER_KILL)
		step_kill(w, now_us);
}

/* Sets the timer to the next thing to happen, if that has changed. */
static void
arm_timer(struct worker *w)
{
	struct itimerspec it = {{0, 0}, {0, 0}};
	int64_t next = w->deadline_us;

	if (w->report.fd == -1 && (next == 0 || w->report.retry_us < next))
		next = w->report.retry_us;
	if (w->inside.tell_us != 0 && (next == 0 || w->inside.tell_us < next))
		next = w->inside.tell_us;
	if (lease_at(w) != 0 && (next == 0 || lease_at(w) < next))
		next = lease_at(w);
	if (next == w->armed_us)
		return;
	if (w->timer == -1)
		w->timer = timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC);
	it.it_value.tv_sec = next / 1000000;
	it.it_value.tv_nsec = next % 1000000 * 1000;
	if (timerfd_settime(w->timer, TFD_TIMER_ABSTIME, &it, NULL) == -1) {
		log_error("run %s: cannot set its timer", w->spec.id);
		return;
	}
	w->armed_us = next;
}

/* Whoever sits at the terminal does not ask twice in vain. */
static void
interrupt(struct worker *w, int64_t now_us)
{
	if (w->phase == WORKER_TERM)
		enter_kill(w, now_us);
	else
		force_end(w, OUTCOME_KILLED, KILL_OPERATOR, now_us);
}

/* Signals that came; SIGCHLD only had to wake us. */
static void
read_signals(struct worker *w, int64_t now_us)
{
	struct signalfd_siginfo info;

	if (read(WORKER_SIGNAL_FD, &info, sizeof(info)) != sizeof(info) ||
	    info.ssi_signo == SIGCHLD)
		return;
	if (w->foreground)
		interrupt(w, now_us);
	else
		force_end(w, OUTCOME_KILLED, KILL_SHUTDOWN, now_us);
}

static void
read_master(struct worker *w, int64_t now_us)
{
	int why = report_read(&w->report, &w->in, now_us);

	if (why != 0)
		force_end(w, OUTCOME_KILLED, why, now_us);
}

void
worker_loop(struct worker *w)
{
	bool more = true; /* the job may have ended before: nobody tells */
	uint64_t expired;
	int64_t now_us;

	while (w->phase != WORKER_OVER) {
		arm_timer(w);
		struct pollfd p[] = {
		    {.fd = w->pipe, .events = POLLIN},
		    {.fd = w->report.fd, .events = POLLIN},
		    {.fd = WORKER_SIGNAL_FD, .events = POLLIN},
		    {.fd = w->timer, .events = POLLIN},
		    {.fd = w->inside.wake, .events = POLLIN},
		};
		if (poll(p, 5, more ? 0 : -1) == -1)
			continue;
		now_us = worker_now_us();
		if (p[0].revents != 0)
			read_output(w);
		if (p[2].revents != 0)
			read_signals(w, now_us);
		if (p[3].revents != 0 &&
		    read(w->timer, &expired, sizeof(expired)) > 0)
			w->armed_us = 0;
		if (p[4].revents != 0)
			inside_heard(w, now_us);
		inside_tell_master(w, now_us);
		more = tree_reap(&w->tree);
		if (p[1].revents != 0)
			read_master(w, now_us);
		report_retry(&w->report, now_us);
		step(w, now_us);
	}
}
