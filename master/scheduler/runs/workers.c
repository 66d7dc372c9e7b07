/*
 * The workers' channels, and workers that come back to a master that was
 * started again. A worker is trusted with its own run and nothing else.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fault.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/mem.h"
#include "scheduler/master.h"

/* How often a launch is tried before the run counts as failed. */
#define LAUNCHES_MAX 5
/* Accepted in one turn. */
#define ACCEPT_MAX   64

void
workers_forget(struct run *run)
{
	if (run->event != NULL)
		event_free(run->event);
	run->event = NULL;
	fd_close(&run->fd);
}

bool
workers_kill(struct run *run, enum kill_why why)
{
	struct wire_writer w = WIRE_WRITER_INIT;
	int rc;

	if (run->fd == -1)
		return false;
	wire_put_u8(&w, (uint8_t)why);
	rc = packet_send_one(run->fd, MSG_RUN_KILL, 0, &w, -1);
	wire_writer_fini(&w);
	return rc == 0;
}

static int
handle_started(struct run *run, struct message *message)
{
	const char *id = wire_get_str(&message->body);
	int64_t started_us = wire_get_i64(&message->body);
	uint32_t pid = wire_get_u32(&message->body);

	if (!wire_ok(&message->body) || strcmp(id, run->begin.id) != 0)
		return -1;
	fault_point(FAULT_MASTER_STARTED_HEARD);
	run->started_us = started_us;
	run->pid = pid;
	if (run->state == RUN_LAUNCHING) {
		metrics_launched(run->master, run);
		run_set_state(run, RUN_RUNNING);
		notify_started(run);
		launch_pump(run->master);
	}
	return 0;
}

static int
handle_progress(struct run *run, struct message *message)
{
	const char *id = wire_get_str(&message->body);
	int64_t done = wire_get_i64(&message->body);
	int64_t total = wire_get_i64(&message->body);
	const char *text = wire_get_str(&message->body);

	if (!wire_ok(&message->body) || strcmp(id, run->begin.id) != 0)
		return -1;
	if (run->progress == NULL)
		run->progress = xcalloc(1, sizeof(*run->progress));
	run->progress->done = done;
	run->progress->total = total;
	snprintf(run->progress->text, sizeof(run->progress->text), "%s", text);
	return 0;
}

/* Frees the run when 1 is returned. */
static int
handle_done(struct run *run, struct message *message)
{
	const char *id = wire_get_str(&message->body);
	struct run_result result;

	if (strcmp(id, run->begin.id) != 0 ||
	    run_result_decode(&result, &message->body) == -1 ||
	    result.outcome == OUTCOME_NONE)
		return -1;
	fault_point(FAULT_MASTER_DONE_HEARD);
	run->started_us = result.started_us;
	run_end(run, &result, true);
	return 1;
}

/* 0 go on, 1 the run is gone, -1 it sent rubbish. */
static int
handle_packet(struct run *run, struct packet_in *in)
{
	struct message message;
	struct err err;
	int rc;

	while ((rc = packet_next(
		    in, ROLE_WORKER, ROLE_MASTER, &message, &err)) == 1) {
		switch (message.type) {
		case MSG_RUN_STARTED:
			rc = handle_started(run, &message);
			break;
		case MSG_RUN_PROGRESS:
			rc = handle_progress(run, &message);
			break;
		case MSG_RUN_DONE:
			rc = handle_done(run, &message);
			break;
		default:
			rc = -1;
		}
		if (rc != 0)
			return rc;
	}
	return rc;
}

static void
read_cb(evutil_socket_t fd, short what, void *arg)
{
	struct run *run = arg;
	struct master *m = run->master;
	struct packet_in *in = m->role->loop->in;
	int rc;

	rc = packet_receive(run->fd, in);
	if (rc == -1 && errno == EAGAIN)
		return;
	if (rc == 1)
		rc = handle_packet(run, in) == -1 ? -1 : 1;
	if (rc == 1)
		return;
	if (rc == -1)
		log_error("job %s: run=%s: its worker sent rubbish",
		    run->begin.job, run->begin.id);
	workers_forget(run);
	workers_lost(m, run);
}

void
workers_watch(struct master *m, struct run *run, int fd)
{
	workers_forget(run);
	fcntl(fd, F_SETFL, O_NONBLOCK);
	run->fd = fd;
	run->event =
	    event_new(m->role->base, fd, EV_READ | EV_PERSIST, read_cb, run);
	if (run->event == NULL || event_add(run->event, NULL) == -1)
		fatalx("cannot watch a worker");
}

static void
set_orphan(struct master *m, struct run *run)
{
	const struct timeval soon = {.tv_usec = 500000};

	run->orphan = true;
	m->runs.orphans++;
	if (!evtimer_pending(m->orphan_timer, NULL))
		evtimer_add(m->orphan_timer, &soon);
}

/* Nothing was started: a launcher died with the request, or its worker. */
static void
launch_again(struct master *m, struct run *run)
{
	if (run->launches >= LAUNCHES_MAX) {
		run_end_with(run, OUTCOME_LAUNCH_FAILED, true,
		    "its worker died %u times before it could start",
		    run->launches);
		return;
	}
	run_wait_again(run);
	launch_pump(m);
}

void
workers_lost(struct master *m, struct run *run)
{
	struct runfile file;
	struct err err = {""};

	if (run->orphan)
		m->runs.orphans--;
	run->orphan = false;
	if (runfile_open(&file, m->runs_dir, run->begin.id, &err) == -1) {
		run_end_with(run, OUTCOME_LOST, false,
		    "its worker is gone and its run file cannot be read: %s",
		    err.text);
		return;
	}
	run->started_us = file.started_us;
	run->mark = file.mark;
	if (file.pid != 0)
		run->pid = (uint32_t)file.pid;
	if (runfile_lock(&file) == -1)
		set_orphan(m, run);
	else if (runfile_reload(&file, &err) == -1)
		run_end_with(run, OUTCOME_LOST, true, "%s", err.text);
	else if (file.state == RUNFILE_DONE)
		run_end(run, &file.result, true);
	else if (file.state == RUNFILE_STARTED)
		run_end_with(run, OUTCOME_LOST, true,
		    "its worker was killed; the job was ended with it");
	else
		launch_again(m, run);
	runfile_close(&file);
}

void
recover_orphans(struct master *m)
{
	const struct timeval soon = {.tv_usec = 500000};
	struct run *run, *next;

	for (size_t i = 0; i < RUNS_TABLE; i++)
		for (run = m->runs.table[i]; run != NULL; run = next) {
			next = run->same;
			if (run->orphan)
				workers_lost(m, run);
		}
	if (m->runs.orphans > 0)
		evtimer_add(m->orphan_timer, &soon);
}

/* A worker that found its master gone says who it is. */
static int
greet(struct master *m, int fd, struct packet_in *in)
{
	struct message message;
	struct err err;
	struct run *run;
	const char *id;

	if (packet_next(in, ROLE_WORKER, ROLE_MASTER, &message, &err) != 1 ||
	    message.type != MSG_RUN_HELLO)
		return -1;
	id = wire_get_str(&message.body);
	run = runs_find(&m->runs, id);
	if (!wire_ok(&message.body) || run == NULL || !run->orphan)
		return -1;
	run->started_us = wire_get_i64(&message.body);
	run->pid = wire_get_u32(&message.body);
	run->orphan = false;
	m->runs.orphans--;
	log_info("job %s: run=%s: its worker is back", run->begin.job,
	    run->begin.id);
	workers_watch(m, run, fd);
	if (run->kill_why != 0)
		workers_kill(run, run->kill_why);
	return 0;
}

/* One connection that has not said hello yet. */
struct newcomer {
	struct master *m;
	int fd;
	struct event *event;
};

static void
newcomer_cb(evutil_socket_t fd, short what, void *arg)
{
	struct newcomer *newcomer = arg;
	struct packet_in *in = newcomer->m->role->loop->in;

	event_free(newcomer->event);
	if ((what & EV_TIMEOUT) || packet_receive(fd, in) != 1 ||
	    greet(newcomer->m, newcomer->fd, in) == -1)
		fd_close(&newcomer->fd);
	free(newcomer);
}

static bool
is_ours(struct master *m, int fd)
{
	struct ucred cred;
	socklen_t len = sizeof(cred);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) == -1)
		return false;
	return cred.uid == 0 || cred.uid == m->role->daemon_uid;
}

static void
accept_cb(evutil_socket_t listener, short what, void *arg)
{
	const struct timeval patience = {.tv_sec = 5};
	struct newcomer *newcomer;
	struct master *m = arg;
	int fd;

	for (int i = 0; i < ACCEPT_MAX; i++) {
		fd =
		    accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
		if (fd == -1)
			return;
		if (!is_ours(m, fd)) {
			fd_close(&fd);
			continue;
		}
		newcomer = xcalloc(1, sizeof(*newcomer));
		newcomer->m = m;
		newcomer->fd = fd;
		newcomer->event = event_new(
		    m->role->base, fd, EV_READ, newcomer_cb, newcomer);
		if (newcomer->event == NULL)
			fatalx("out of memory");
		event_add(newcomer->event, &patience);
	}
}

void
workers_listen(struct master *m, int fd)
{
	if (m->workers_event != NULL)
		event_free(m->workers_event);
	fd_close(&m->workers_fd);
	m->workers_fd = fd;
	fd_nonblock(fd);
	m->workers_event =
	    event_new(m->role->base, fd, EV_READ | EV_PERSIST, accept_cb, m);
	/* Answered when the runs are known: see recover.c. */
	if (m->workers_event != NULL && m->phase >= MASTER_RUNNING)
		event_add(m->workers_event, NULL);
}
