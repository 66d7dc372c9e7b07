#include "scheduler/runs/launch.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/fault.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/mem.h"
#include "scheduler/inquiry.h"
#include "scheduler/master.h"
#include "scheduler/member/member.h"
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
	for (size_t i = 0; i < LINE_COUNT; i++)
		for (struct run *run = launch->lines[i].first; run != NULL;
		     run = run->later)
			if (run->unfit)
				return run;
	return NULL;
}

/*
 * The launchers work as who started the daemon. That is not who we are when
 * root did: then they are root, and we the user of belfry.conf. Who the run's
 * user is has been asked: see is_allowed().
 */
static int
encode(struct master *m, const struct run *run)
{
	struct spec_source source = {
	    .def = run->job->def,
	    .begin = &run->begin,
	    .params = run->params,
	    .parents = run->parents,
	    .config = m->config,
	    .launcher = m->role->privileged ? 0 : getuid(),
	    .user = users_find(run),
	    .last_success_ms = run->job->last_success_ms,
	};

	member_fill_lease(run, &source);
	return spec_encode(&source, &m->scratch);
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
		if (users_find(run) == NULL || encode(m, run) == 0)
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

static size_t
most_waiting(const struct master *m)
{
	size_t n = m->launch.max_running;

	if (m->config->cluster.redis == NULL || m->config->launch_rate > 0 ||
	    n < LAUNCH_WAITING_MAX)
		return LAUNCH_WAITING_MAX;
	return n < LAUNCH_CLAIMED_MAX ? n : LAUNCH_CLAIMED_MAX;
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
	m->launch.waiting_max[LINE_PLAIN] = most_waiting(m);
	m->launch.waiting_max[LINE_LIBRARY] = LAUNCH_LIBRARY_WAITING_MAX;
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
	inquiries_pump(m);
}

void
launch_need(struct master *m, enum job_kind kind)
{
	if (kind == KIND_COMMAND || m->launch.library_asked)
		return;
	m->launch.library_asked = true;
	channel_send(m->role->guardian, MSG_LIBRARY_ASK, 0, NULL, -1);
}

void
launch_left(struct launch *launch, struct run *run)
{
	launch->launchers[run->launcher].launching--;
}

/* The least busy launcher for a line that has room; -1: none. */
static int
choose_launcher(const struct launch *launch, enum launch_line line)
{
	unsigned least = LAUNCHING_MAX;
	int best = -1;

	for (unsigned i = 0; i < launch->nlaunchers; i++) {
		const struct launcher *l = &launch->launchers[i];

		if ((i == LAUNCHER_LIBRARY) != (line == LINE_LIBRARY) ||
		    l->channel == NULL || l->launching >= least)
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

	if (run->job->def == NULL || encode(m, run) == -1) {
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
	run_tell(run);
	run->launcher = index;
	run->launches++;
	run->asked_us = clock_us();
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

/*
 * When its user is known; in a cluster only with a claim, which is asked for
 * now at the latest; with the semaphores that it uses; and last with the word
 * of the guard.
 */
static bool
is_allowed(struct run *run)
{
	if (!users_ready(run))
		return false;
	if (run->master->member == NULL || member_may_launch(run))
		return uses_ready(run) && member_is_guarded(run);
	if (run->timer.pos == 0)
		member_claim_extra(run);
	return false;
}

/* A reload may have made another kind of job of it. */
static void
sort_head(struct launch *launch, struct line *line)
{
	struct run *run;

	while ((run = line->first) != NULL &&
	    &launch->lines[launch_line_of(run)] != line) {
		launch_dequeue(launch, run);
		launch_enqueue(launch, run);
	}
}

static struct run *
first_fit(const struct line *line)
{
	struct run *run = line->first;

	while (run != NULL && (run->unfit || !is_allowed(run)))
		run = run->later;
	return run;
}

/*
 * The next to go, and its launcher. NULL: nobody, or no launcher has room; it
 * goes on when one of them has started something.
 */
static struct run *
choose_run(struct launch *launch, unsigned *index_r)
{
	struct run *best = NULL, *run;

	for (size_t i = 0; i < LINE_COUNT; i++) {
		int index = choose_launcher(launch, (enum launch_line)i);

		sort_head(launch, &launch->lines[i]);
		run = first_fit(&launch->lines[i]);
		if (run == NULL || index == -1 ||
		    (best != NULL && !launch_goes_before(run, best)))
			continue;
		best = run;
		*index_r = (unsigned)index;
	}
	return best;
}

static bool
is_below_max(const struct master *m)
{
	return m->runs.count[RUN_LAUNCHING] + m->runs.count[RUN_RUNNING] <
	    m->launch.max_running;
}

/* A line that was full has become half empty. */
static bool
has_room_again(const struct launch *launch, const struct run *run)
{
	return launch_waiting_in(launch, run->line) ==
	    launch->waiting_max[run->line] / 2;
}

void
launch_pump(struct master *m)
{
	const struct timeval soon = {.tv_usec = REFUSED_WAIT_MS * 1000};
	struct run *run;
	unsigned index = 0;

	if (m->phase != MASTER_RUNNING || member_claims_first(m))
		return;
	while (
	    is_below_max(m) && (run = choose_run(&m->launch, &index)) != NULL) {
		if (!is_in_rate(m))
			return;
		if (send_launch(m, run, index) == -1) {
			evtimer_add(m->launch.retry, &soon);
			return;
		}
		if (has_room_again(&m->launch, run))
			master_room(m);
	}
}
