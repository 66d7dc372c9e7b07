/*
 * Entry of the master: the only process that knows jobs. Runs unprivileged;
 * must not fork, and must not wait for anything.
 */
#include "scheduler/master.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/mem.h"
#include "scheduler/answer/answer.h"
#include "scheduler/clock/due.h"
#include "scheduler/crontab/watch.h"
#include "scheduler/jobs/rewind.h"
#include "scheduler/member/member.h"

/* Due jobs and retries handled before the loop looks at its channels. */
#define TICK_MAX 64

/* Is there room for one more claimed slot? */
static bool
is_open(const struct master *m)
{
	return m->phase == MASTER_RUNNING && member_is_ready(m) &&
	    !places_is_full(&m->places) && launch_is_open(&m->launch);
}

static void
pause_over(struct master *m, struct pause *pause)
{
	log_info("%s: the pause is over", pause->record.job);
	pause_end(m, pause);
}

/* It is staged, delayed, or waits: without a claim, or for a semaphore. */
static void
run_due(struct run *run)
{
	struct master *m = run->master;

	heap_remove(&m->heap, &run->timer);
	if (run->state == RUN_STAGED)
		member_turn(run);
	else if (run->state == RUN_DELAYED)
		run_set_state(run, RUN_WAITING);
	else if (run->state == RUN_WAITING && member_guard_due(run))
		return;
	else if (run->waits_for != NULL)
		uses_expired(run);
	else if (run->state == RUN_WAITING)
		member_claim_extra(run);
}

static void
tick(struct master *m)
{
	int64_t at, now_ms = clock_ms();
	struct timer *timer;
	int n = 0;

	while (is_open(m) && n++ < TICK_MAX &&
	    (timer = heap_min(&m->heap, &at)) != NULL && at <= now_ms) {
		if (timer->kind == TIMER_JOB)
			fire_job(m, (struct job *)timer, now_ms);
		else if (timer->kind == TIMER_RUN)
			run_due((struct run *)timer);
		else if (timer->kind == TIMER_RETRY)
			fire_retry(m, (struct retry *)timer);
		else if (timer->kind == TIMER_QUEUE)
			queue_due(m, (struct queue *)timer);
		else
			pause_over(m, (struct pause *)timer);
	}
	launch_pump(m);
	master_arm(m);
}

static void
tick_cb(evutil_socket_t fd, short what, void *arg)
{
	tick(arg);
}

static void
alarm_rang(int64_t step_ms, void *arg)
{
	struct master *m = arg;

	if (step_ms != 0) {
		log_warn("the wall clock was set by %+lld.%03d s",
		    (long long)step_ms / 1000, abs((int)(step_ms % 1000)));
		rewind_step(m, step_ms);
	}
	tick(m);
}

bool
master_is_behind(const struct master *m)
{
	int64_t at;

	return is_open(m) && heap_min(&m->heap, &at) != NULL &&
	    at <= clock_ms();
}

void
master_arm(struct master *m)
{
	/* No event_active(): that would come before all channels, each turn. */
	const struct timeval now = {0, 0};
	int64_t at;

	if (!is_open(m) || heap_min(&m->heap, &at) == NULL)
		at = INT64_MAX; /* or until something else happens */
	if (at <= clock_ms())
		event_add(m->tick_event, &now);
	else
		alarm_set(m->alarm, at);
}

void
master_tell_patience(struct master *m)
{
	int64_t grace, longest = 0;

	for (size_t i = 0; i < m->jobs.n; i++) {
		grace = m->jobs.all[i]->def->options->kill_grace_ms;
		if (grace > longest)
			longest = grace;
	}
	wire_writer_reset(&m->scratch);
	wire_put_i64(&m->scratch, m->config->shutdown_ms + longest);
	channel_send(m->role->guardian, MSG_DRAIN_PATIENCE, 0, &m->scratch, -1);
}

void
master_room(struct master *m)
{
	/* While there was none, the alarm was set to never. */
	if (is_open(m))
		master_arm(m);
}

/* How many run files are to be made ahead. */
static size_t
files_ahead(const struct master *m)
{
	if (m->member == NULL || m->jobs.n < PLACES_READY)
		return PLACES_READY;
	return m->jobs.n < PLACES_READY_MAX ? m->jobs.n : PLACES_READY_MAX;
}

/* A few at a time: what is due comes first. */
static void
prepare_cb(evutil_socket_t fd, short what, void *arg)
{
	const struct timeval soon = {.tv_usec = 1000};
	struct master *m = arg;

	if (places_prepare(&m->places, m->runs_dir, files_ahead(m)))
		evtimer_add(m->prepare_timer, &soon);
}

void
master_begin(struct master *m)
{
	m->phase = MASTER_RUNNING;
	event_add(m->workers_event, NULL);
	/* What the first launch would have to wait for. */
	prepare_cb(-1, 0, m);
	users_prepare(m);
	master_tell_patience(m);
	notify_begin(m);
	if (m->member != NULL)
		member_start(m); /* calls master_ready() when it is */
	else
		master_ready(m);
}

void
master_ready(struct master *m)
{
	char text[64];

	snprintf(text, sizeof(text), "jobs=%zu errors=%zu", m->jobs.n,
	    jobs_errors(&m->jobs));
	role_ready(m->role, text);
	if (m->drain_wanted) {
		drain_begin(m, false);
		return;
	}
	queue_start(m);
	tick(m);
}

uint32_t
master_restarts(const struct master *m)
{
	for (unsigned i = 0; i < m->nprocesses; i++)
		if (m->processes[i].role == ROLE_MASTER)
			return m->processes[i].restarts;
	return 0;
}

static void
master_listen(struct role *role, enum listen_kind kind, int fd)
{
	if (kind == LISTEN_WORKERS)
		workers_listen(role->state, fd);
	else
		fd_close(&fd);
}

static void
master_start(struct role *role)
{
	struct master *m = role->state;

	m->phase = MASTER_LOADING;
	recover_start(m);
}

static int
note_process(struct master *m, struct message *message, struct err *err)
{
	struct process_info info, *p = NULL;

	info.role = wire_get_u8(&message->body);
	info.index = wire_get_u8(&message->body);
	info.pid = wire_get_u32(&message->body);
	info.restarts = wire_get_u32(&message->body);
	if (!wire_end(&message->body) || info.role >= ROLE_COUNT)
		return err_set(err, "malformed");
	for (unsigned i = 0; i < m->nprocesses && p == NULL; i++)
		if (m->processes[i].role == info.role &&
		    m->processes[i].index == info.index)
			p = &m->processes[i];
	if (p == NULL && m->nprocesses < PROCESSES_MAX)
		p = &m->processes[m->nprocesses++];
	if (p != NULL)
		*p = info;
	return 0;
}

static int
note_upgrade(struct master *m, struct message *message, struct err *err)
{
	struct upgrade_info *u = &m->upgrade;

	u->attempt = wire_get_u32(&message->body);
	u->state = wire_get_u8(&message->body);
	snprintf(u->from, sizeof(u->from), "%s", wire_get_str(&message->body));
	snprintf(
	    u->error, sizeof(u->error), "%s", wire_get_str(&message->body));
	if (!wire_ok(&message->body))
		return err_set(err, "malformed");
	return 0;
}

static int
note_limits(struct master *m, struct message *message, struct err *err)
{
	struct limits_info *limits = &m->limits;

	free(limits->cgroup);
	limits->cgroup = xstrdup(wire_get_str(&message->body));
	limits->memory = wire_get_u8(&message->body);
	limits->processes = wire_get_u8(&message->body);
	limits->kill = wire_get_u8(&message->body);
	return wire_ok(&message->body) ? 0 : err_set(err, "malformed");
}

static int
master_message(struct role *role, struct message *message, struct err *err)
{
	struct master *m = role->state;
	bool now;

	switch (message->type) {
	case MSG_RELOAD:
		return reload_handle(m, message, err);
	case MSG_ROLE_SPAWNED:
		return note_process(m, message, err);
	case MSG_UPGRADE_STATE:
		return note_upgrade(m, message, err);
	case MSG_LIMITS_SET:
		return note_limits(m, message, err);
	case MSG_DRAIN:
		now = wire_get_u8(&message->body);
		drain_begin(m, now);
		return 0;
	default:
		return err_set(err, "not expected");
	}
}

static void
orphans_cb(evutil_socket_t fd, short what, void *arg)
{
	recover_orphans(arg);
}

static void
crontabs_changed(void *arg)
{
	struct master *m = arg;

	if (m->phase == MASTER_RUNNING)
		reload_crontabs(m);
	else if (m->phase < MASTER_RUNNING)
		crontab_watch_again(m->crontabs);
}

static int
master_init(struct role *role, struct err *err)
{
	struct master *m = xcalloc(1, sizeof(*m));

	role->state = m;
	m->role = role;
	m->config = role->config;
	m->started_ms = clock_ms();
	m->guardian_pid = (int)getppid();
	m->workers_fd = -1;
	role_lock(role, "master");
	m->runs_path = xasprintf("%s/runs", role->config->state_dir);
	if (fd_mkdir_p(m->runs_path, 0700) == -1)
		return err_errno(err, "cannot make %s", m->runs_path);
	m->runs_dir = open(m->runs_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (m->runs_dir == -1)
		return err_errno(err, "cannot open %s", m->runs_path);
	m->alarm = alarm_new(role->base, alarm_rang, m, err);
	if (m->alarm == NULL)
		return -1;
	m->tick_event = event_new(role->base, -1, 0, tick_cb, m);
	m->orphan_timer = evtimer_new(role->base, orphans_cb, m);
	m->prepare_timer = evtimer_new(role->base, prepare_cb, m);
	m->drain_timer = evtimer_new(role->base, drain_expired_cb, m);
	m->retell_event = event_new(role->base, -1, 0, retell_cb, m);
	if (m->tick_event == NULL || m->orphan_timer == NULL ||
	    m->prepare_timer == NULL || m->drain_timer == NULL ||
	    m->retell_event == NULL)
		return err_set(err, "out of memory");
	run_ids_init(&m->ids);
	jobs_init(&m->jobs);
	launch_init(m);
	notify_init(m);
	m->crontabs = crontab_watch_new(role->base, crontabs_changed, m);
	crontab_watch_set(m->crontabs, &m->config->crontabs);
	crontab_warn_of_cron(&m->config->crontabs);
	return member_init(m, err);
}

static void
master_orphaned(struct role *role)
{
	struct master *m = role->state;

	/* What was decided this turn; the recorder hears it to its end. */
	if (m->recorder != NULL)
		channel_flush(m->recorder);
	master_free(role->state);
}

const struct role_ops master_role = {
    .id = ROLE_MASTER,
    .init = master_init,
    .peer = master_peer,
    .listen = master_listen,
    .start = master_start,
    .message = master_message,
    .orphaned = master_orphaned,
};
