/*
 * Drives a real belfry-worker as guardian and master would: for tests.
 *
 *   drive BELFRY-WORKER RUNS-DIR SOCKET
 *
 * Reads lines from standard input, prints one JSON object a line for what
 * happens. A run is described by lines "KEY VALUE" (drive_spec.c), then:
 *
 *   create         makes its run file
 *   launch [N]     sends RUN_LAUNCH for it, N times (1) in one packet
 *   reset          forgets the description
 *   kill ID WHY    RUN_KILL
 *   output ID FILE copies the output that is kept
 *   state ID       prints the run file
 *   set-lease N MS   writes the lease: epoch N, its deadline in MS from now
 *   master-dies    closes the channels of launcher and workers
 *   master-starts  gives the launcher a new one, listens on SOCKET
 *   rubbish TYPE   sends the launcher a message of that type without content
 *   garble ID      sends the run's worker something that is no message
 *   kill-launcher  SIGKILL
 *   guardian-dies  closes the launcher's descriptor 3
 *   log FILE       LOG_SET
 * At end of input it stops the launcher, ends what is left, and tells.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/mem.h"
#include "drive_say.h"
#include "drive_spec.h"
#include "ipc/packet.h"
#include "run/lease.h"
#include "run/runfile.h"

#define RUNS_MAX 512

struct run {
	char id[RUN_ID_SIZE];
	int fd;
};

struct drive {
	const char *worker;
	const char *runs_dir;
	const char *socket;
	const char *cgroup; /* NULL: as a guardian that knows of none */
	pid_t launcher;     /* 0: it ended */
	int guardian;       /* our end as the guardian */
	int master;         /* our end as the master, -1 while that is dead */
	int listener;       /* of SOCKET, -1 none */
	int runs_fd;
	struct run runs[RUNS_MAX];
	size_t nruns;
	struct drive_spec spec;
	struct packet_in in;
};

static struct drive drive;

/* A new pair, its second end sent to the launcher as its master. */
static void
master_starts(struct drive *d)
{
	struct wire_writer w = WIRE_WRITER_INIT;
	struct err err;
	int sv[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sv) == -1)
		fatal("socketpair");
	d->master = sv[0];
	wire_put_u8(&w, ROLE_MASTER);
	wire_put_u8(&w, 0);
	if (d->guardian != -1 &&
	    packet_send_one(d->guardian, MSG_PEER_SET, 0, &w, sv[1]) == -1)
		fatal("PEER_SET");
	fd_close(&sv[1]);
	wire_writer_fini(&w);
	if (d->listener == -1)
		d->listener =
		    fd_listen_unix(d->socket, SOCK_SEQPACKET, 0600, &err);
	if (d->listener == -1)
		fatalx("%s", err.text);
}

/* The launcher as the guardian would start it. */
static void
start_launcher(struct drive *d)
{
	int sv[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sv) == -1)
		fatal("socketpair");
	d->launcher = fork();
	if (d->launcher == -1)
		fatal("fork");
	if (d->launcher == 0) {
		setpgid(0, 0);
		if (sv[1] == 3 ? fd_cloexec(3, 0) == -1 : dup2(sv[1], 3) == -1)
			fatal("dup2");
		execl(d->worker, "belfry-worker", "0", d->runs_dir, d->socket,
		    "info", "stderr", d->cgroup, (char *)NULL);
		fatal("%s", d->worker);
	}
	fd_close(&sv[1]);
	d->guardian = sv[0];
	master_starts(d);
	if (packet_send_one(d->guardian, MSG_SETUP_DONE, 0, NULL, -1) == -1)
		fatal("SETUP_DONE");
	say("launcher", NULL);
	printf(", \"pid\": %d", (int)d->launcher);
	say_end();
}

static struct run *
find_run(struct drive *d, const char *id)
{
	for (size_t i = d->nruns; i-- > 0;)
		if (strcmp(d->runs[i].id, id) == 0)
			return &d->runs[i];
	return NULL;
}

static void
add_run(struct drive *d, const char *id, int fd)
{
	struct run *run;

	if (d->nruns == RUNS_MAX)
		fatalx("too many runs");
	run = &d->runs[d->nruns++];
	snprintf(run->id, sizeof(run->id), "%s", id);
	run->fd = fd;
}

static void
create(struct drive *d)
{
	struct run_begin begin = {.attempt = 1};

	snprintf(begin.id, sizeof(begin.id), "%s", d->spec.spec.id);
	snprintf(begin.job, sizeof(begin.job), "%s", d->spec.spec.job);
	begin.output_limit = d->spec.output_limit;
	if (runfile_create(d->runs_fd, &begin) == -1)
		fatal("run file %s", begin.id);
}

/* One packet: the launcher has them all before it forks the first. */
static void
launch(struct drive *d, int n)
{
	struct packet *packet = packet_new();
	struct wire_writer w = WIRE_WRITER_INIT;
	int sv[2];

	run_spec_encode(&d->spec.spec, &w);
	while (n-- > 0) {
		if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sv) ==
		    -1)
			fatal("socketpair");
		add_run(d, d->spec.spec.id, sv[0]);
		if (w.len > MESSAGE_PAYLOAD_MAX ||
		    !packet_has_room(packet, w.len, sv[1]))
			fatalx("the packet is full");
		packet_add(packet, MSG_RUN_LAUNCH, 0, w.p, w.len, sv[1]);
	}
	if (packet_send(d->master, packet) == -1)
		fatal("RUN_LAUNCH");
	packet_free(packet);
	wire_writer_fini(&w);
}

static void
kill_run(struct drive *d, const char *id, int why)
{
	struct run *run = find_run(d, id);
	struct wire_writer w = WIRE_WRITER_INIT;

	wire_put_u8(&w, (uint8_t)why);
	if (run == NULL || run->fd == -1 ||
	    packet_send_one(run->fd, MSG_RUN_KILL, 0, &w, -1) == -1)
		fatal("RUN_KILL %s", id);
	wire_writer_fini(&w);
}

static void
write_lease(struct drive *d, const char *epoch, const char *ms)
{
	struct lease lease = {.epoch = strtoull(epoch, NULL, 10)};
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	lease.deadline_us = (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000 +
	    strtoll(ms, NULL, 10) * 1000;
	if (lease_write(d->runs_fd, &lease) == -1)
		fatal("the lease");
	say("lease", NULL);
	say_end();
}

static void
garble(struct drive *d, const char *id)
{
	struct run *run = find_run(d, id);

	if (run == NULL || send(run->fd, "rubbish", 7, MSG_NOSIGNAL) == -1)
		fatal("garble %s", id);
}

static void
rubbish(struct drive *d, int type)
{
	if (packet_send_one(d->master, (uint16_t)type, 0, NULL, -1) == -1)
		fatal("rubbish");
}

static void
master_dies(struct drive *d)
{
	fd_close(&d->master);
	for (size_t i = 0; i < d->nruns; i++)
		fd_close(&d->runs[i].fd);
	d->nruns = 0;
}

static void
set_log(struct drive *d, const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

	if (fd == -1 ||
	    packet_send_one(d->guardian, MSG_LOG_SET, 0, NULL, fd) == -1)
		fatal("%s", path);
	fd_close(&fd);
}

/* "command one two"; parts that are not there are "". */
static void
command(struct drive *d, char *line)
{
	char *one = strchr(line, ' '), *two;

	line[strcspn(line, "\n")] = '\0';
	if (one == NULL)
		one = line + strlen(line);
	else
		*one++ = '\0';
	if (drive_spec_set(&d->spec, line, one) == 0)
		return;
	two = strchr(one, ' ');
	if (two == NULL)
		two = one + strlen(one);
	else
		*two++ = '\0';
	if (strcmp(line, "reset") == 0)
		drive_spec_reset(&d->spec);
	else if (strcmp(line, "create") == 0)
		create(d);
	else if (strcmp(line, "launch") == 0)
		launch(d, *one != '\0' ? (int)strtol(one, NULL, 10) : 1);
	else if (strcmp(line, "kill") == 0)
		kill_run(d, one, (int)strtol(two, NULL, 10));
	else if (strcmp(line, "garble") == 0)
		garble(d, one);
	else if (strcmp(line, "rubbish") == 0)
		rubbish(d, (int)strtol(one, NULL, 10));
	else if (strcmp(line, "set-lease") == 0)
		write_lease(d, one, two);
	else if (strcmp(line, "output") == 0)
		drive_copy_output(d->runs_fd, one, two);
	else if (strcmp(line, "state") == 0)
		drive_tell_state(d->runs_fd, one);
	else if (strcmp(line, "master-dies") == 0)
		master_dies(d);
	else if (strcmp(line, "master-starts") == 0)
		master_starts(d);
	else if (strcmp(line, "kill-launcher") == 0)
		kill(d->launcher, SIGKILL);
	else if (strcmp(line, "guardian-dies") == 0)
		fd_close(&d->guardian);
	else if (strcmp(line, "log") == 0)
		set_log(d, one);
	else
		fatalx("unknown command %s", line);
}

static void
read_worker(struct drive *d, struct run *run)
{
	struct message m;
	struct err err;
	int rc;

	if (packet_receive(run->fd, &d->in) != 1) {
		fd_close(&run->fd);
		say("eof", run->id);
		say_end();
		return;
	}
	while ((rc = packet_next(&d->in, ROLE_WORKER, ROLE_MASTER, &m, &err)) ==
	    1) {
		drive_tell_worker(&m);
		wire_reader_init(&m.body, m.body.p, m.body.len);
		snprintf(run->id, sizeof(run->id), "%s", wire_get_str(&m.body));
	}
	if (rc == -1)
		fatalx("worker: %s", err.text);
}

static void
read_launcher(struct drive *d, int *fd, enum role_id to)
{
	struct message m;
	struct err err;
	int rc;

	if (packet_receive(*fd, &d->in) != 1) {
		fd_close(fd);
		say("launcher-gone", NULL);
		say_string("from", role_name(to));
		say_end();
		return;
	}
	while ((rc = packet_next(&d->in, ROLE_LAUNCHER, to, &m, &err)) == 1)
		drive_tell_launcher(&m);
	if (rc == -1)
		fatalx("launcher: %s", err.text);
}

/* The launcher, and workers that outlived it. */
static void
reap(struct drive *d)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		say(pid == d->launcher ? "launcher-ended" : "reaped", NULL);
		printf(", \"pid\": %d, \"status\": %d", (int)pid, status);
		say_end();
		if (pid == d->launcher)
			d->launcher = 0;
	}
}

static void
turn(struct drive *d, int timeout_ms)
{
	struct pollfd p[RUNS_MAX + 3];
	size_t n = d->nruns;
	int fd;

	for (size_t i = 0; i < n; i++)
		p[i] = (struct pollfd){d->runs[i].fd, POLLIN, 0};
	p[n] = (struct pollfd){d->guardian, POLLIN, 0};
	p[n + 1] = (struct pollfd){d->master, POLLIN, 0};
	p[n + 2] = (struct pollfd){d->listener, POLLIN, 0};
	poll(p, n + 3, timeout_ms);
	for (size_t i = 0; i < n; i++)
		if (p[i].revents != 0)
			read_worker(d, &d->runs[i]);
	if (p[n].revents != 0)
		read_launcher(d, &d->guardian, ROLE_GUARDIAN);
	if (p[n + 1].revents != 0)
		read_launcher(d, &d->master, ROLE_MASTER);
	if (p[n + 2].revents != 0 && d->master != -1) {
		fd = accept4(d->listener, NULL, NULL, SOCK_CLOEXEC);
		if (fd != -1)
			add_run(d, "", fd);
	}
	reap(d);
}

/* Children of ours that still live: there must be none. */
static void
tell_left(struct drive *d)
{
	char path[64], text[4096] = "", *p, *end;
	long pid;
	int fd;

	snprintf(
	    path, sizeof(path), "/proc/self/task/%d/children", (int)getpid());
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd == -1 || read(fd, text, sizeof(text) - 1) == -1)
		fatal("%s", path);
	fd_close(&fd);
	say("left", NULL);
	say_string("pids", text);
	say_end();
	for (p = text; (pid = strtol(p, &end, 10)) > 1; p = end)
		kill((pid_t)pid, SIGKILL);
}

/*
 * Ends the launcher, and everything that then is left, which is told. Workers
 * get a moment: they end after they have spoken.
 */
static void
finish(struct drive *d)
{
	int status;

	fd_close(&d->guardian);
	for (int i = 0; i < 100 && waitpid(-1, &status, WNOHANG) != -1; i++)
		usleep(20000);
	tell_left(d);
	while (wait(&status) != -1 || errno == EINTR)
		tell_left(d);
}

/*
 * Standard input is read a line at a time, one after what happened is told,
 * so that poll() and stdio do not hide lines from each other.
 */
static bool
read_line(char *line, size_t size)
{
	size_t n = 0;
	ssize_t got;

	while (n + 1 < size && (got = read(0, line + n, 1)) == 1)
		if (line[n++] == '\n')
			break;
	line[n] = '\0';
	return n > 0;
}

int
main(int argc, char **argv)
{
	static char line[131072];
	struct drive *d = &drive;
	struct pollfd in = {.fd = 0, .events = POLLIN};

	if (argc != 4 && argc != 5)
		fatalx("usage: drive BELFRY-WORKER RUNS-DIR SOCKET [CGROUP]");
	log_init("drive", LOG_LEVEL_INFO, LOG_TARGET_STDERR);
	d->worker = argv[1];
	d->runs_dir = argv[2];
	d->socket = argv[3];
	d->cgroup = argc > 4 ? argv[4] : NULL;
	d->listener = -1;
	d->runs_fd = open(d->runs_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (d->runs_fd == -1)
		fatal("%s", d->runs_dir);
	prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	packet_in_init(&d->in);
	drive_spec_reset(&d->spec);
	start_launcher(d);
	for (;;) {
		if (poll(&in, 1, 0) == 1) {
			if (!read_line(line, sizeof(line)))
				break;
			command(d, line);
		} else {
			turn(d, 2);
		}
	}
	finish(d);
	return 0;
}
