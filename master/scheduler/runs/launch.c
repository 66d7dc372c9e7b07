#include "scheduler/runs/launch.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>

#include "base/fault.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/mem.h"
#include "scheduler/master.h"
#include "scheduler/runs/spec.h"

/*
 * Runs that a launcher was asked for and that have not started: enough to
 * keep it busy, few enough that those that come later start later.
 */
#define LAUNCHING_MAX   48
/* Descriptors for everything that is not a run. */
#define FDS_RESERVED    64
/* How soon to ask again when a fork failed. */
#define REFUSED_WAIT_MS 50

static struct run *
find_unfit(const struct launch *launch)
{
	struct run *run = launch->first;

	while (run != NULL && !run->unfit)
		run = run->later;
	return run;
}

/* By now the job may be another one that fits. */
static void
end_unfit(struct master *m)
{
	struct run *run;

	while ((run = find_unfit(&m->launch)) != NULL) {
		run->unfit = false;
		if (run->job->def == NULL) {
			run_end_with(run, OUTCOME_KILLED, true,
			    "the job was removed before it started");
			continue;
		}
		if (spec_encode(m, run, &m->scratch) == 0)
			continue;
		run_end_with(run, OUTCOME_LAUNCH_FAILED, true,
		    "command, environment and stdin together are too big: "
		    "%zu bytes, at most %d",
		    m->scratch.len, MESSAGE_PAYLOAD_MAX);
	}
	master_room(m);
}

static void
retry_cb(evutil_socket_t fd, short what, void *arg)
{
	struct master *m = arg;

	if (find_unfit(&m->launch) != NULL)
		end_unfit(m);
	launch_pump(arg);
}

/* A run takes one descriptor here and two processes. */
static size_t
limit_of_machine(void)
{
	struct rlimit fds, processes;
	rlim_t n = 65536;

	if (getrlimit(RLIMIT_NOFILE, &fds) == 0) {
		fds.rlim_cur = fds.rlim_max;
		setrlimit(RLIMIT_NOFILE, &fds);
		getrlimit(RLIMIT_NOFILE, &fds);
		if (fds.rlim_cur != RLIM_INFINITY && fds.rlim_cur < n)
			n = fds.rlim_cur;
	}
	n = n > 2 * FDS_RESERVED ? n - FDS_RESERVED : FDS_RESERVED;
	if (getrlimit(RLIMIT_NPROC, &processes) == 0 &&
	    processes.rlim_cur != RLIM_INFINITY && processes.rlim_cur / 2 < n)
		n = processes.rlim_cur / 2 > 16 ? processes.rlim_cur / 2 - 8 :
						  8;
	return (size_t)n;
}

void
launch_init(struct master *m)
{
	size_t possible = limit_of_machine();

	m->launch.rate.rate = m->config->launch_rate;
	m->launch.max_running = possible;
	if (m->config->max_running > 0 &&
	    (size_t)m->config->max_running < possible)
		m->launch.max_running = (size_t)m->config->max_running;
	if (m->launch.retry == NULL)
		m->launch.retry = evtimer_new(m->role->base, retry_cb, m);
}

static int
handle_refused(struct channel *channel, struct message *message, void *arg,
    struct err *err)
{
	const struct timeval soon = {.tv_usec = REFUSED_WAIT_MS * 1000};
	struct master *m = arg;
	const char *id = wire_get_str(&message->body);
	int code = wire_get_i32(&message->body);
	struct run *run;

	if (!wire_ok(&message->body))
		return err_set(err, "malformed");
	run = runs_find(&m->runs, id);
	if (run == NULL || run->state != RUN_LAUNCHING)
		return 0;
	if (run->launches == 1)
		log_warn("job %s: run=%s cannot be launched now, it waits: %s",
		    run->begin.job, id, strerror(code));
	workers_forget(run);
	run_wait_again(run);
	evtimer_add(m->launch.retry, &soon);
	return 0;
}

static const struct channel_dispatch dispatch[] = {
    {MSG_RUN_REFUSED, handle_refused},
    {0, NULL},
};

static void
launcher_closed(struct channel *channel, const char *why, void *arg)
{
	struct master *m = arg;

	for (unsigned i = 0; i < m->launch.nlaunchers; i++) {
		if (m->launch.launchers[i].channel != channel)
			continue;
		m->launch.launchers[i].channel = NULL;
		if (why != NULL)
			role_peer_bad(m->role, ROLE_LAUNCHER, i, why);
	}
	/* What it had not forked shows as the end of the workers' channels. */
	channel_free(channel);
}

void
launch_peer(struct master *m, unsigned index, int fd)
{
	struct channel_config config = {
	    .loop = m->role->loop,
	    .self = ROLE_MASTER,
	    .peer = ROLE_LAUNCHER,
	    .dispatch = dispatch,
	    .closed_cb = launcher_closed,
	    .arg = m,
	};
	struct launcher *launcher;

	if (index >= LAUNCHERS_MAX) {
		fd_close(&fd);
		return;
	}
	launcher = &m->launch.launchers[index];
	channel_free(launcher->channel);
	launcher->channel = channel_new(&config, fd);
	if (m->launch.nlaunchers <= index)
		m->launch.nlaunchers = index + 1;
	if (m->phase == MASTER_RUNNING)
		launch_pump(m);
}

static bool
goes_before(const struct run *a, const struct run *b)
{
	if (a->priority != b->priority)
		return a->priority > b->priority;
	return a->begin.due_ms < b->begin.due_ms;
}

/* Nearly always at the end. */
void
launch_enqueue(struct launch *launch, struct run *run)
{
	struct run *after = launch->last;

	if (run->job->def != NULL)
		run->priority = (int8_t)run->job->def->options->priority;
	while (after != NULL && goes_before(run, after))
		after = after->earlier;
	run->earlier = after;
	run->later = after != NULL ? after->later : launch->first;
	if (run->later != NULL)
		run->later->earlier = run;
	else
		launch->last = run;
	if (after != NULL)
		after->later = run;
	else
		launch->first = run;
	launch->waiting++;
}

void
launch_dequeue(struct launch *launch, struct run *run)
{
	if (run->earlier != NULL)
		run->earlier->later = run->later;
	else
		launch->first = run->later;
	if (run->later != NULL)
		run->later->earlier = run->earlier;
	else
		launch->last = run->earlier;
	run->later = run->earlier = NULL;
	launch->waiting--;
}

void
launch_left(struct launch *launch, struct run *run)
{
	launch->launchers[run->launcher].launching--;
}

/* The least busy launcher that has room; -1: none. */
static int
choose_launcher(const struct launch *launch)
{
	unsigned least = LAUNCHING_MAX;
	int best = -1;

	for (unsigned i = 0; i < launch->nlaunchers; i++) {
		const struct launcher *l = &launch->launchers[i];

		if (l->channel == NULL || l->launching >= least)
			continue;
		least = l->launching;
		best = (int)i;
	}
	return best;
}

/*
 * It is too big for a launcher, or its job is gone, and those behind it must
 * not wait. It ends from the loop: whoever pumps may hold it, or a list that it is in.
 */
static void
set_unfit(struct master *m, struct run *run)
{
	const struct timeval now = {0, 0};

	run->unfit = true;
	evtimer_add(m->launch.retry, &now);
}

/* 0; -1: no descriptors, or the launcher takes no more. */
static int
send_launch(struct master *m, struct run *run, unsigned index)
{
	int sv[2];

	if (run->job->def == NULL || spec_encode(m, run, &m->scratch) == -1) {
		set_unfit(m, run);
		return 0;
	}
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sv) == -1)
		return -1;
	if (channel_send(m->launch.launchers[index].channel, MSG_RUN_LAUNCH, 0,
		&m->scratch, sv[1]) == -1) {
		fd_close(&sv[0]);
		return -1;
	}
	fault_point(FAULT_MASTER_LAUNCH_SENT);
	run->launcher = index;
	run->launches++;
	run_set_state(run, RUN_LAUNCHING);
	m->launch.launchers[index].launching++;
	workers_watch(m, run, sv[0]);
	return 0;
}

/* False: not yet; it is tried again when the rate allows. */
static bool
is_in_rate(struct master *m)
{
	struct timespec now;
	struct timeval wait;
	int64_t us;

	clock_gettime(CLOCK_BOOTTIME, &now);
	us = bucket_take(&m->launch.rate,
	    (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000);
	if (us == 0)
		return true;
	wait.tv_sec = us / 1000000;
	wait.tv_usec = us % 1000000;
	evtimer_add(m->launch.retry, &wait);
	return false;
}

void
launch_pump(struct master *m)
{
	const struct timeval soon = {.tv_usec = REFUSED_WAIT_MS * 1000};
	struct runs *runs = &m->runs;
	struct run *run, *next;
	int index;

	if (m->phase != MASTER_RUNNING)
		return;
	for (run = m->launch.first; run != NULL &&
	     runs->count[RUN_LAUNCHING] + runs->count[RUN_RUNNING] <
		 m->launch.max_running;
	     run = next) {
		next = run->later;
		if (run->unfit)
			continue;
		index = choose_launcher(&m->launch);
		if (index == -1)
			return; /* goes on when one of them has started */
		if (!is_in_rate(m))
			return;
		if (send_launch(m, run, (unsigned)index) == -1) {
			evtimer_add(m->launch.retry, &soon);
			return;
		}
		if (m->launch.waiting == LAUNCH_WAITING_MAX / 2)
			master_room(m);
	}
}
