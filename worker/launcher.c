/*
 * The launcher, one of a few small fork servers. The guardian starts it, the
 * master sends it runs, each becomes a worker (worker.h). There are two
 * programs of it, which differ in the kinds of jobs they know (kind.h).
 *
 * belfry-worker is kept tiny, because a fork costs what the process has: one
 * thread, no library but libc, next to no heap. belfry-worker-lib has the
 * libraries loaded that other jobs than commands need, so that a run costs no
 * exec. Neither ever waits for anybody or parses what a user wrote.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fault.h"
#include "base/fd.h"
#include "base/log.h"
#include "foreground.h"
#include "ipc/packet.h"
#include "ipc/wire.h"
#include "kinds/kind.h"
#include "worker.h"

#define GUARDIAN_FD 3

/* A guardian or master that is gone may have left that many packets. */
#define LAST_PACKETS 4096

struct launcher {
	struct worker_setup setup;
	int guardian;           /* -1: gone, though its number stays taken */
	int master;             /* -1: gone, a new one will come */
	struct packet *refused; /* owned: waits until the master reads */
	struct packet_in guardian_in;
	struct packet_in master_in;
	struct worker worker; /* used after fork */
};

static struct launcher launcher;

/* Sends RUN_REFUSED of what could not be forked; later if it must be. */
static void
flush_refused(struct launcher *l)
{
	if (l->refused == NULL)
		return;
	if (l->master != -1 && packet_send(l->master, l->refused) == -1 &&
	    (errno == EAGAIN || errno == ENOBUFS))
		return;
	packet_free(l->refused);
	l->refused = NULL;
}

static void
refuse(struct launcher *l, struct message *message, int error)
{
	struct wire_writer w = WIRE_WRITER_INIT;
	const char *run = wire_get_str(&message->body);

	log_error("run %s: cannot fork a worker: %s", run, strerror(error));
	if (l->refused == NULL)
		l->refused = packet_new();
	if (strlen(run) < RUN_ID_SIZE) {
		wire_put_str(&w, run);
		wire_put_i32(&w, error);
		packet_add(
		    l->refused, MSG_RUN_REFUSED, message->id, w.p, w.len, -1);
	}
	wire_writer_fini(&w);
}

/*
 * Something else than a run: a process that answers on the descriptor that
 * came with it. Who asked finds his channel closed when there is no answer.
 */
static void
answer(struct launcher *l, struct message *message)
{
	int fd = message_take_fd(&l->master_in, message);
	pid_t pid = fork();

	if (pid == 0 && message->type == MSG_PLUGIN_DESCRIBE)
		kind_describe(message, fd);
	if (pid == 0 && message->type == MSG_NOTICE_SEND)
		kind_notice(message, fd);
	if (pid == 0)
		kind_find_user(message, fd);
	if (pid == -1)
		log_error("cannot fork to answer %s: %s",
		    message_name(message->type), strerror(errno));
	fd_close(&fd);
}

static void
launch(struct launcher *l, struct message *message)
{
	int fd = message_take_fd(&l->master_in, message);
	pid_t pid;

	fault_point(FAULT_LAUNCHER_HEARD);
	pid = _Fork(); /* fork() without what threads would need */
	if (pid == 0)
		worker_run(&l->worker, message, fd, &l->setup);
	fault_point(FAULT_LAUNCHER_FORKED);
	if (pid == -1)
		refuse(l, message, errno);
	fd_close(&fd);
}

/* Tells the guardian that the master sends rubbish, and hears it no more. */
static void
drop_master(struct launcher *l, const char *why)
{
	struct wire_writer w = WIRE_WRITER_INIT;

	fd_close(&l->master);
	packet_free(l->refused);
	l->refused = NULL;
	if (why == NULL)
		return;
	log_error("bad message from the master: %s", why);
	wire_put_u8(&w, ROLE_MASTER);
	wire_put_u8(&w, 0);
	wire_put_str(&w, why);
	if (l->guardian != -1 &&
	    packet_send_one(l->guardian, MSG_ROLE_BAD, 0, &w, -1) == -1)
		log_warn("cannot tell the guardian: %s", strerror(errno));
	wire_writer_fini(&w);
}

/* One packet of the master. False when there is none now. */
static bool
read_master(struct launcher *l)
{
	struct message message;
	struct err err;
	int rc;

	if (l->master == -1)
		return false;
	rc = packet_receive(l->master, &l->master_in);
	if (rc == -1 && errno == EAGAIN)
		return false;
	if (rc != 1) {
		drop_master(l, rc == -1 ? strerror(errno) : NULL);
		return false;
	}
	while ((rc = packet_next(&l->master_in, ROLE_MASTER, ROLE_LAUNCHER,
		    &message, &err)) == 1)
		if (message.type == MSG_RUN_LAUNCH)
			launch(l, &message);
		else
			answer(l, &message);
	packet_in_fini(&l->master_in);
	if (rc == -1)
		drop_master(l, err.text);
	flush_refused(l);
	return rc == 0;
}

/* What the master sent is not lost with it. */
static void
read_last(struct launcher *l)
{
	for (int i = 0; i < LAST_PACKETS && read_master(l); i++)
		;
}

static int
set_peer(struct launcher *l, struct message *message)
{
	enum role_id role = wire_get_u8(&message->body);
	int fd = message_take_fd(&l->guardian_in, message);

	if (role != ROLE_MASTER) {
		fd_close(&fd);
		return -1;
	}
	read_last(l);
	drop_master(l, NULL);
	l->master = fd;
	return fd_nonblock(fd);
}

static int
set_log(struct launcher *l, struct message *message)
{
	int fd = message_take_fd(&l->guardian_in, message);
	int rc = dup2(fd, STDERR_FILENO);

	fd_close(&fd);
	return rc;
}

static int
say_ready(struct launcher *l)
{
	struct wire_writer w = WIRE_WRITER_INIT;
	int rc;

	wire_put_str(&w, "");
	rc = packet_send_one(l->guardian, MSG_ROLE_READY, 0, &w, -1);
	wire_writer_fini(&w);
	return rc;
}

static int
handle_guardian(struct launcher *l, struct message *message)
{
	switch (message->type) {
	case MSG_PEER_SET:
		return set_peer(l, message);
	case MSG_LOG_SET:
		return set_log(l, message);
	case MSG_SETUP_DONE:
		return say_ready(l);
	default:
		return -1;
	}
}

/*
 * One packet of the guardian. One that makes no sense is its end, too: we go
 * the way that we always go, and are started again.
 */
static void
read_guardian(struct launcher *l)
{
	struct message message;
	struct err err;
	int rc = packet_receive(l->guardian, &l->guardian_in);

	if (rc != 1) {
		l->guardian = -1;
		return;
	}
	while ((rc = packet_next(&l->guardian_in, ROLE_GUARDIAN, ROLE_LAUNCHER,
		    &message, &err)) == 1)
		if (handle_guardian(l, &message) == -1) {
			err_set(&err, "%s makes no sense",
			    message_name(message.type));
			rc = -1;
			break;
		}
	if (rc == -1) {
		log_error("bad message from the guardian: %s", err.text);
		l->guardian = -1;
	}
}

/* While the master does not read what we refused, it gets no more of it. */
static void
loop(struct launcher *l)
{
	while (l->guardian != -1) {
		struct pollfd p[] = {
		    {.fd = l->guardian, .events = POLLIN},
		    {.fd = l->master,
			.events = l->refused != NULL ? POLLOUT : POLLIN},
		};
		if (poll(p, 2, -1) == -1)
			continue;
		if (p[1].revents != 0 && l->refused != NULL)
			flush_refused(l);
		else if (p[1].revents != 0)
			read_master(l);
		if (p[0].revents != 0)
			read_guardian(l);
	}
	read_last(l);
}

/* Gives fd the number, which is free or what it has already. */
static int
move_fd(int fd, int number)
{
	if (fd == number)
		return 0;
	if (dup3(fd, number, O_CLOEXEC) == -1)
		return -1;
	fd_close(&fd);
	return 0;
}

/*
 * Everything at its default, so that no job inherits an ignored signal, then
 * everything blocked: only our channel to the guardian ends us. Workers wait
 * by signalfd. Ended workers reap themselves; what became of a run is known
 * from its channel and its file.
 */
static void
set_signals(void)
{
	static const int faults[] = {
	    SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP, SIGSYS};
	struct sigaction sa = {.sa_handler = SIG_DFL};
	sigset_t set;
	int fd;

	for (int i = 1; i < NSIG; i++)
		sigaction(i, &sa, NULL);
	sa.sa_handler = SIG_IGN;
	sigaction(SIGCHLD, &sa, NULL);
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGTERM);
	fd = signalfd(-1, &set, SFD_CLOEXEC);
	if (fd == -1 || move_fd(fd, WORKER_SIGNAL_FD) == -1)
		fatal("cannot make a signalfd");
	sigfillset(&set);
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++)
		sigdelset(&set, faults[i]);
	sigprocmask(SIG_SETMASK, &set, NULL);
}

/* The guardian's side of the contract: descriptor 3 is its channel. */
static void
check_channel(void)
{
	int type = 0;
	socklen_t len = sizeof(type);

	if (getsockopt(GUARDIAN_FD, SOL_SOCKET, SO_TYPE, &type, &len) == -1 ||
	    type != SOCK_SEQPACKET) {
		fprintf(stderr,
		    "belfry-worker: belfryd starts this program; run jobs "
		    "with \"belfry run JOB\"\n");
		exit(2);
	}
	fd_cloexec(GUARDIAN_FD, 1);
}

/*
 * Low descriptors are fixed: 0 and 1 nothing, 2 the log, 3 to 5 what a worker
 * needs; whatever else was inherited goes.
 */
static void
set_files(const char *runs_dir)
{
	int fd = open(runs_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd == -1 || move_fd(fd, WORKER_RUNS_FD) == -1)
		fatal("cannot open %s", runs_dir);
	close_range(WORKER_RUNS_FD + 1, ~0U, 0);
	fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (fd == -1 || dup2(fd, STDIN_FILENO) == -1 ||
	    dup2(fd, STDOUT_FILENO) == -1)
		fatal("cannot use /dev/null");
	fd_close(&fd);
	if (chdir("/") == -1)
		fatal("cannot enter /");
}

int
main(int argc, char **argv)
{
	struct launcher *l = &launcher;
	int level, target;

	if (argc == 3 && strcmp(argv[1], WORKER_FOREGROUND) == 0)
		foreground_run(&l->worker, argv[2]);
	if (argc > 1 && strcmp(argv[1], WORKER_DESCRIBE) == 0)
		return kind_describe_main(argc, argv);
	check_channel();
	/* The guardian may be from before there were groups, or newer. */
	if (argc < 6 || (level = log_level_parse(argv[4])) == -1 ||
	    (target = log_target_parse(argv[5])) == -1) {
		fprintf(stderr,
		    "usage: belfry-worker INDEX RUNS-DIR WORKER-SOCKET "
		    "LOG-LEVEL stderr|syslog|both [CGROUP]\n");
		return 2;
	}
	/* It was executed by descriptor; ps would show a number. */
	prctl(PR_SET_NAME, "belfry-worker", 0, 0, 0);
	l->setup.socket = argv[3];
	l->setup.runs_dir = argv[2];
	l->guardian = GUARDIAN_FD;
	l->master = -1;
	set_files(argv[2]);
	set_signals();
	log_init("worker", (enum log_level)level, (enum log_target)target);
	cgroup_base_init(&l->setup.cgroups, argc > 6 ? argv[6] : "");
	if (strcmp(argv[1], "0") == 0) /* one of us is enough */
		cgroup_base_clean(&l->setup.cgroups, WORKER_RUNS_FD);
	kind_init();
	loop(l);
	return 0;
}
