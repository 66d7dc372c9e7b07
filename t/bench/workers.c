#include "workers.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/mem.h"

#define BATCH_MAX 32

static void
start_launcher(struct workers *b, struct bench_launcher *l)
{
	struct wire_writer w = WIRE_WRITER_INIT;
	int sv[2], peer[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sv) == -1 ||
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, peer) == -1)
		fatal("socketpair");
	l->pid = fork();
	if (l->pid == 0) {
		setpgid(0, 0);
		dup2(sv[1], 3);
		execl(b->program, "belfry-worker", "0", b->runs_dir, "/none",
		    "info", "stderr", "", (char *)NULL);
		fatal("%s", b->program);
	}
	fd_close(&sv[1]);
	l->guardian = sv[0];
	l->master = peer[0];
	wire_put_u8(&w, ROLE_MASTER);
	wire_put_u8(&w, 0);
	if (packet_send_one(l->guardian, MSG_PEER_SET, 0, &w, peer[1]) == -1)
		fatal("PEER_SET");
	fd_close(&peer[1]);
	wire_writer_fini(&w);
}

/* A place that no run has: one may be far behind all the others. */
static unsigned
take_place(struct workers *b)
{
	do {
		b->place = (b->place + 1) % PLACES;
	} while (b->busy[b->place]);
	b->busy[b->place] = true;
	return b->place;
}

static void
free_place(struct workers *b, const char *id)
{
	if (runfile_free(b->runs_fd, id) == -1)
		fatal("run file %s", id);
	b->busy[strtoul(runfile_name(id), NULL, 16)] = false;
}

/* Adds a run to its launcher's packet, with all that a master does for it. */
static void
begin_run(struct workers *b)
{
	struct bench_launcher *l = &b->launchers[b->begun % b->nlaunchers];
	struct run_begin begin = {
	    .job = "bench", .attempt = 1, .output_limit = 1 << 20};
	struct epoll_event event = {.events = EPOLLIN};
	int sv[2];

	snprintf(begin.id, sizeof(begin.id), "%013x%03x", (unsigned)b->begun,
	    take_place(b));
	b->begun++;
	b->spec.id = begin.id;
	if (runfile_create(b->runs_fd, &begin) == -1)
		fatal("run file");
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sv) == -1)
		fatal("socketpair");
	event.data.fd = sv[0];
	if (epoll_ctl(b->epoll, EPOLL_CTL_ADD, sv[0], &event) == -1)
		fatal("epoll_ctl");
	wire_writer_reset(&b->w);
	run_spec_encode(&b->spec, &b->w);
	packet_add(l->packet, MSG_RUN_LAUNCH, 0, b->w.p, b->w.len, sv[1]);
}

static void
send_packets(struct workers *b)
{
	for (int i = 0; i < b->nlaunchers; i++) {
		struct bench_launcher *l = &b->launchers[i];

		if (l->packet->len > 0) {
			if (packet_send(l->master, l->packet) == -1)
				fatal("RUN_LAUNCH");
			packet_free(l->packet);
			l->packet = packet_new();
		}
	}
}

/* A worker speaks: its result, as the end of what it says. */
static void
read_worker(struct workers *b, int fd)
{
	struct message m;
	struct run_result result;
	struct err err;
	char id[RUN_ID_SIZE];
	int rc;

	if (packet_receive(fd, &b->in) != 1)
		fatalx("a worker is gone");
	while ((rc = packet_next(&b->in, ROLE_WORKER, ROLE_MASTER, &m, &err)) ==
	    1) {
		if (m.type != MSG_RUN_DONE)
			continue;
		snprintf(id, sizeof(id), "%s", wire_get_str(&m.body));
		if (run_result_decode(&result, &m.body) == -1 ||
		    result.outcome != OUTCOME_SUCCESS)
			fatalx("a run failed: %s", result.reason);
		free_place(b, id);
		close(fd);
		b->done++;
	}
	if (rc == -1)
		fatalx("%s", err.text);
}

void
workers_run(struct workers *b, int runs)
{
	struct epoll_event events[64];
	int n;

	b->begun = b->done = 0;
	while (b->done < runs) {
		for (int i = 0; i < BATCH_MAX && b->begun < runs &&
		     b->begun - b->done < b->in_flight;
		     i++)
			begin_run(b);
		send_packets(b);
		n = epoll_wait(b->epoll, events, 64, -1);
		for (int i = 0; i < n; i++)
			read_worker(b, events[i].data.fd);
	}
}

void
workers_start(struct workers *b)
{
	static const char *env[] = {"PATH=/usr/bin:/bin", "HOME=/",
	    "SHELL=/bin/sh", "USER=root", "LOGNAME=root", "LANG=C.UTF-8",
	    "BELFRY_JOB=bench", "BELFRY_RUN_ID=0123456789abcdef",
	    "BELFRY_SLOT=2026-03-10T07:00:00Z", "BELFRY_ATTEMPT=1",
	    "BELFRY_NODE=here", "BELFRY_TRIGGER=schedule", NULL};
	struct run_spec *spec = &b->spec;

	spec->job = "bench";
	spec->shell = "/bin/sh";
	spec->env = env;
	spec->envc = nitems(env) - 1;
	spec->umask = -1;
	spec->kill_signal = SIGTERM;
	spec->kill_grace_ms = 10000;
	code_set_add(&spec->success, 0);
	b->runs_fd = open(b->runs_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	b->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (b->runs_fd == -1 || b->epoll == -1)
		fatal("%s", b->runs_dir);
	packet_in_init(&b->in);
	for (int i = 0; i < b->nlaunchers; i++) {
		b->launchers[i].packet = packet_new();
		start_launcher(b, &b->launchers[i]);
	}
}

void
workers_stop(struct workers *b)
{
	for (int i = 0; i < b->nlaunchers; i++) {
		fd_close(&b->launchers[i].guardian);
		waitpid(b->launchers[i].pid, NULL, 0);
	}
}
