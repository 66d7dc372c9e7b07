/*
 * The physical limit for "N jobs due now": waits on a CLOCK_REALTIME timerfd
 * until an instant, then the plainest launch loop.
 *
 *   rawsched N AT STAMP LOG MODE PROCS
 *
 * AT: seconds since 1970. MODE: vfork (nothing but vfork and exec) or worker
 * (a worker process a run, joined by a socketpair, that starts the job and
 * captures its output: what belfry promises, without deciding or recording
 * anything). PROCS: launcher processes that share the N jobs.
 */
#include <fcntl.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>

struct order {
	char stamp[200];
	char log[200];
	char id[16];
};

static char *const environment[] = {NULL};

static void
die(const char *what)
{
	perror(what);
	exit(1);
}

static void
launch_vfork(struct order *o)
{
	char *argv[] = {o->stamp, o->log, o->id, NULL};
	pid_t pid = vfork();

	if (pid == 0) {
		execve(o->stamp, argv, environment);
		_exit(127);
	}
	if (pid == -1)
		die("vfork");
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
}

static void
work(int sock)
{
	posix_spawn_file_actions_t actions;
	struct order o;
	char *argv[] = {o.stamp, o.log, o.id, NULL};
	char buf[4096];
	int fds[2], status;
	pid_t pid;

	if (recv(sock, &o, sizeof(o), 0) <= 0 || pipe2(fds, O_CLOEXEC) == -1)
		_exit(1);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, fds[1], 1);
	posix_spawn_file_actions_adddup2(&actions, fds[1], 2);
	if (posix_spawn(&pid, o.stamp, &actions, NULL, argv, environment) != 0)
		_exit(1);
	close(fds[1]);
	while (read(fds[0], buf, sizeof(buf)) > 0)
		;
	waitpid(pid, &status, 0);
	send(sock, &status, sizeof(status), MSG_NOSIGNAL);
	_exit(0);
}

static void
launch_worker(struct order *o)
{
	int sv[2], status;
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sv) == -1)
		die("socketpair");
	pid = fork();
	if (pid == 0) {
		close(sv[0]);
		work(sv[1]);
	}
	if (pid == -1)
		die("fork");
	close(sv[1]);
	send(sv[0], o, sizeof(*o), 0);
	if (recv(sv[0], &status, sizeof(status), 0) != sizeof(status))
		die("worker died");
	close(sv[0]);
	waitpid(pid, NULL, 0);
}

int
main(int argc, char **argv)
{
	struct itimerspec at = {0};
	struct order o = {""};
	uint64_t times;
	int n, procs, me = 0, fd;

	if (argc != 7)
		return 2;
	n = (int)strtol(argv[1], NULL, 10);
	procs = (int)strtol(argv[6], NULL, 10);
	at.it_value.tv_sec = strtol(argv[2], NULL, 10);
	snprintf(o.stamp, sizeof(o.stamp), "%s", argv[3]);
	snprintf(o.log, sizeof(o.log), "%s", argv[4]);
	for (int i = 1; i < procs; i++) {
		if (fork() == 0) {
			me = i;
			break;
		}
	}
	fd = timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC);
	if (fd == -1 || timerfd_settime(fd, TFD_TIMER_ABSTIME, &at, NULL) == -1)
		die("timerfd");
	if (read(fd, &times, sizeof(times)) == -1)
		die("read");
	for (int i = me; i < n; i += procs) {
		snprintf(o.id, sizeof(o.id), "%d", i);
		if (strcmp(argv[5], "worker") == 0)
			launch_worker(&o);
		else
			launch_vfork(&o);
	}
	while (wait(NULL) > 0)
		;
	return 0;
}
