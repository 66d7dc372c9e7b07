/*
 * Launches per second of belfry-worker, driven as the master does with a
 * bounded number in flight, against raw loops. All ways run in each round, so
 * that what counts, the ratio of medians, holds on a noisy machine.
 *
 *   bench-launch BELFRY-WORKER JOB DIR [ROUNDS [RUNS [IN-FLIGHT]]]
 *
 * CPU_USAGE in the environment names a file with the nanoseconds that all of
 * us used (cpuacct.usage of our control group): the cost of a run, which says
 * more than its rate where others use the machine too.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/mem.h"
#include "ipc/packet.h"
#include "ipc/runfile.h"
#include "raw.h"

#define LAUNCHERS  2
#define ROUNDS_MAX 99
#define BATCH_MAX  32
#define WAYS       3
#define PLACES     1024 /* of run files; more than are in flight */

struct launcher {
	pid_t pid;
	int guardian;
	int master;
	struct packet *packet; /* being filled */
};

struct bench {
	const char *worker;
	const char *job;
	const char *runs_dir;
	int rounds;
	int runs;
	int in_flight;
	int runs_fd;
	int epoll;
	struct launcher launchers[LAUNCHERS];
	struct wire_writer w;
	struct packet_in in;
	int begun;
	int done;
	bool busy[PLACES];
	unsigned place; /* where to look for the next free one */
};

static double
now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static void
start_launcher(struct bench *b, struct launcher *l)
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
		execl(b->worker, "belfry-worker", "0", b->runs_dir, "/none",
		    "info", "stderr", (char *)NULL);
		fatal("%s", b->worker);
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
take_place(struct bench *b)
{
	do {
		b->place = (b->place + 1) % PLACES;
	} while (b->busy[b->place]);
	b->busy[b->place] = true;
	return b->place;
}

static void
free_place(struct bench *b, const char *id)
{
	if (runfile_free(b->runs_fd, id) == -1)
		fatal("run file %s", id);
	b->busy[strtoul(runfile_name(id), NULL, 16)] = false;
}

/* Adds a run to its launcher's packet, with all that a master does for it. */
static void
begin_run(struct bench *b)
{
	const char *argv[] = {b->job, NULL};
	const char *env[] = {"PATH=/usr/bin:/bin", "HOME=/", "SHELL=/bin/sh",
	    "USER=root", "LOGNAME=root", "LANG=C.UTF-8", "BELFRY_JOB=bench",
	    "BELFRY_RUN_ID=0123456789abcdef",
	    "BELFRY_SLOT=2026-03-10T07:00:00Z", "BELFRY_ATTEMPT=1",
	    "BELFRY_NODE=here", "BELFRY_TRIGGER=schedule", NULL};
	struct launcher *l = &b->launchers[b->begun % LAUNCHERS];
	struct run_begin begin = {
	    .job = "bench", .attempt = 1, .output_limit = 1 << 20};
	struct run_spec spec = {.id = begin.id,
	    .job = begin.job,
	    .argv = argv,
	    .argc = 1,
	    .shell = "/bin/sh",
	    .env = env,
	    .envc = nitems(env) - 1,
	    .umask = -1,
	    .kill_signal = SIGTERM,
	    .kill_grace_ms = 10000};
	struct epoll_event event = {.events = EPOLLIN};
	int sv[2];

	snprintf(begin.id, sizeof(begin.id), "%013x%03x", (unsigned)b->begun,
	    take_place(b));
	b->begun++;
	code_set_add(&spec.success, 0);
	if (runfile_create(b->runs_fd, &begin) == -1)
		fatal("run file");
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sv) == -1)
		fatal("socketpair");
	event.data.fd = sv[0];
	if (epoll_ctl(b->epoll, EPOLL_CTL_ADD, sv[0], &event) == -1)
		fatal("epoll_ctl");
	wire_writer_reset(&b->w);
	run_spec_encode(&spec, &b->w);
	packet_add(l->packet, MSG_RUN_LAUNCH, 0, b->w.p, b->w.len, sv[1]);
}

static void
send_packets(struct bench *b)
{
	for (int i = 0; i < LAUNCHERS; i++) {
		struct launcher *l = &b->launchers[i];

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
read_worker(struct bench *b, int fd)
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

static void
belfry_run(struct bench *b)
{
	struct epoll_event events[64];
	int n;

	b->begun = b->done = 0;
	while (b->done < b->runs) {
		for (int i = 0; i < BATCH_MAX && b->begun < b->runs &&
		     b->begun - b->done < b->in_flight;
		     i++)
			begin_run(b);
		send_packets(b);
		n = epoll_wait(b->epoll, events, 64, -1);
		for (int i = 0; i < n; i++)
			read_worker(b, events[i].data.fd);
	}
}

/* CPU nanoseconds so far, 0 when nobody counts them. */
static double
cpu_now(void)
{
	const char *path = getenv("CPU_USAGE");
	char text[64] = "";
	int fd = path != NULL ? open(path, O_RDONLY | O_CLOEXEC) : -1;

	if (fd == -1 || read(fd, text, sizeof(text) - 1) <= 0)
		text[0] = '\0';
	fd_close(&fd);
	return strtod(text, NULL);
}

static int
compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double
median(double *v, int n)
{
	qsort(v, (size_t)n, sizeof(*v), compare);
	return v[n / 2];
}

struct sample {
	double rate; /* runs per second */
	double cpu;  /* microseconds a run */
};

static struct sample
measure(struct bench *b, size_t way)
{
	double begin = now(), cpu = cpu_now();
	struct sample s;

	if (way == 0)
		belfry_run(b);
	else
		raw_run(way == 1 ? RAW_WORKER : RAW_VFORK, b->job, b->runs,
		    LAUNCHERS);
	s.rate = b->runs / (now() - begin);
	s.cpu = (cpu_now() - cpu) / 1000 / b->runs;
	return s;
}

static int
number(char **argv, int argc, int i, int normal)
{
	long n = i < argc ? strtol(argv[i], NULL, 10) : normal;

	return n > 0 && n < 1000000 ? (int)n : normal;
}

static void
setup(struct bench *b, int argc, char **argv)
{
	if (argc < 4)
		fatalx("usage: bench-launch BELFRY-WORKER JOB DIR "
		       "[ROUNDS [RUNS [IN-FLIGHT]]]");
	b->worker = argv[1];
	b->job = argv[2];
	b->runs_dir = argv[3];
	b->rounds = number(argv, argc, 4, 5);
	if (b->rounds > ROUNDS_MAX)
		b->rounds = ROUNDS_MAX;
	b->runs = number(argv, argc, 5, 5000);
	b->in_flight = number(argv, argc, 6, 16);
	if (b->in_flight > PLACES / 2)
		b->in_flight = PLACES / 2;
	b->runs_fd = open(b->runs_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	b->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (b->runs_fd == -1 || b->epoll == -1)
		fatal("%s", b->runs_dir);
	packet_in_init(&b->in);
	for (int i = 0; i < LAUNCHERS; i++) {
		b->launchers[i].packet = packet_new();
		start_launcher(b, &b->launchers[i]);
	}
}

static void
report(struct bench *b, double rates[WAYS][ROUNDS_MAX],
    double cpus[WAYS][ROUNDS_MAX])
{
	static const char *const names[WAYS] = {
	    "belfry", "raw, a worker a run", "raw, no worker"};
	double rate, cpu;

	printf("launches per second, %d launchers, output captured, "
	       "%d rounds of %d, %d in flight\n",
	    LAUNCHERS, b->rounds, b->runs, b->in_flight);
	for (int i = 0; i < WAYS; i++) {
		rate = median(rates[i], b->rounds);
		cpu = median(cpus[i], b->rounds);
		printf("%-20s %7.0f/s (%.0f to %.0f), belfry %.2f of it",
		    names[i], rate, rates[i][0], rates[i][b->rounds - 1],
		    median(rates[0], b->rounds) / rate);
		if (cpu > 0)
			printf("; CPU %.0f us a run, belfry %.2f of it", cpu,
			    median(cpus[0], b->rounds) / cpu);
		printf("\n");
	}
}

int
main(int argc, char **argv)
{
	static double rates[WAYS][ROUNDS_MAX], cpus[WAYS][ROUNDS_MAX];
	static struct bench bench;
	struct bench *b = &bench;
	struct sample s;

	log_init("bench", LOG_LEVEL_INFO, LOG_TARGET_STDERR);
	setup(b, argc, argv);
	for (int round = 0; round < b->rounds; round++)
		for (size_t way = 0; way < WAYS; way++) {
			s = measure(b, way);
			rates[way][round] = s.rate;
			cpus[way][round] = s.cpu;
		}
	report(b, rates, cpus);
	for (int i = 0; i < LAUNCHERS; i++) {
		fd_close(&b->launchers[i].guardian);
		waitpid(b->launchers[i].pid, NULL, 0);
	}
	return 0;
}
