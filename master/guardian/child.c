#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"
#include "role.h"

#define BACKOFF_MAX_MS 60000
#define LIVED_MS       10000

int64_t
boottime_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_BOOTTIME, &ts);
	return ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

const char *
child_name(const struct child *child, char *buf, size_t size)
{
	if (child->role == ROLE_LAUNCHER && child->index == LAUNCHER_LIBRARY)
		snprintf(buf, size, "library launcher");
	else if (child->role == ROLE_LAUNCHER)
		snprintf(buf, size, "launcher %u", child->index);
	else
		snprintf(buf, size, "%s", role_name(child->role));
	return buf;
}

/*
 * Puts a at ROLE_GUARDIAN_FD and b (if any) at ROLE_CONFIG_FD, also when
 * they stand on each other's place.
 */
static int
place_fds(int a, int b)
{
	if (b == ROLE_GUARDIAN_FD && (b = fcntl(b, F_DUPFD, 10)) == -1)
		return -1;
	if (a == ROLE_GUARDIAN_FD ? fd_cloexec(a, 0) == -1 :
				    dup2(a, ROLE_GUARDIAN_FD) == -1)
		return -1;
	if (b == -1)
		return 0;
	if (b == ROLE_CONFIG_FD)
		return fd_cloexec(b, 0);
	return dup2(b, ROLE_CONFIG_FD) == -1 ? -1 : 0;
}

void
child_reset(void)
{
	sigset_t none;

	/* The terminal's Ctrl-C is for the guardian alone. */
	setpgid(0, 0);
	for (int sig = 1; sig < NSIG; sig++)
		signal(sig, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static void
become(const struct child_exec *exec, int sock)
{
	child_reset();
	if (place_fds(sock, exec->config_fd) == 0)
		execv(exec->path, exec->argv);
	dprintf(STDERR_FILENO, "belfryd: cannot execute %s: errno %d\n",
	    exec->argv[0], errno);
	_exit(127);
}

int
child_spawn(struct child *child, const struct child_exec *exec, struct err *err)
{
	int sv[2];
	pid_t pid;

	/* One that cannot be started has not lived: it is tried less often. */
	child->started_ms = boottime_ms();
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sv) == -1)
		return err_errno(err, "socketpair");
	pid = fork();
	if (pid == 0)
		become(exec, sv[1]);
	fd_close(&sv[1]);
	if (pid == -1) {
		fd_close(&sv[0]);
		return err_errno(err, "fork");
	}
	child->pid = pid;
	child->ready = false;
	return sv[0];
}

int64_t
child_backoff_ms(struct child *child, int64_t now_ms)
{
	int64_t wait = 100;

	if (now_ms - child->started_ms >= LIVED_MS)
		child->failures = 0;
	if (child->failures++ == 0)
		return 0;
	for (unsigned i = 2; i < child->failures && wait < BACKOFF_MAX_MS; i++)
		wait *= 2;
	return wait < BACKOFF_MAX_MS ? wait : BACKOFF_MAX_MS;
}
