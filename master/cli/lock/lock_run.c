#include "cli/lock/lock_run.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/mem.h"

struct lock_run {
	struct mutex *mutex;
	pid_t pid;
	int signals; /* signalfd */
	int lost;    /* readable when the mutex is lost; -1 */
	sigset_t before;
	int64_t kill_ms; /* 0: not to be killed */
	bool was_lost;
	bool ended;
	int status; /* of waitpid() */
};

static void
execute(const struct lock_run *run, char **argv)
{
	char fence[24];

	snprintf(fence, sizeof(fence), "%llu",
	    (unsigned long long)mutex_fence(run->mutex));
	setenv("BELFRY_FENCE", fence, 1);
	signal(SIGPIPE, SIG_DFL);
	sigprocmask(SIG_SETMASK, &run->before, NULL);
	execvp(argv[0], argv);
	fprintf(stderr, "belfry: cannot execute %s: %s\n", argv[0],
	    strerror(errno));
	_exit(errno == ENOENT ? 127 : 126);
}

static int
block_signals(struct lock_run *run)
{
	static const int passed[] = {SIGCHLD, SIGINT, SIGTERM, SIGHUP, SIGQUIT};
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < nitems(passed); i++)
		sigaddset(&set, passed[i]);
	sigprocmask(SIG_BLOCK, &set, &run->before);
	run->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return run->signals;
}

static void
lose(struct lock_run *run)
{
	run->lost = -1;
	run->was_lost = true;
	run->kill_ms = mutex_now_ms() + LOCK_GRACE_MS;
	fprintf(stderr, "belfry: the mutex is lost: ending the command\n");
	kill(run->pid, SIGTERM);
}

/* What the terminal sends reaches the command without us. */
static void
take_signals(struct lock_run *run)
{
	struct signalfd_siginfo info;

	while (read(run->signals, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo == SIGCHLD)
			run->ended = waitpid(run->pid, &run->status, WNOHANG) ==
			    run->pid;
		else if (info.ssi_code != SI_KERNEL)
			kill(run->pid, (int)info.ssi_signo);
		if (run->ended)
			return;
	}
}

static int
patience_ms(const struct lock_run *run)
{
	int64_t left;

	if (run->kill_ms == 0)
		return -1;
	left = run->kill_ms - mutex_now_ms();
	return left > 0 ? (int)left : 0;
}

static void
supervise(struct lock_run *run)
{
	struct pollfd fds[2];

	while (!run->ended) {
		fds[0] = (struct pollfd){run->signals, POLLIN, 0};
		fds[1] = (struct pollfd){run->lost, POLLIN, 0};
		if (poll(fds, 2, patience_ms(run)) == -1 && errno != EINTR)
			break;
		if (fds[1].revents != 0)
			lose(run);
		if (run->kill_ms != 0 && mutex_now_ms() >= run->kill_ms) {
			kill(run->pid, SIGKILL);
			run->kill_ms = 0;
		}
		take_signals(run);
	}
}

static int
refuse(struct lock_run *run, const char *what)
{
	fprintf(stderr, "belfry: %s: %s\n", what, strerror(errno));
	fd_close(&run->signals);
	return 126;
}

int
lock_run(struct mutex *mutex, char **argv, bool *lost_r)
{
	struct lock_run run = {.mutex = mutex};
	struct err err;

	*lost_r = false;
	if (block_signals(&run) == -1)
		return refuse(&run, "cannot take signals");
	run.lost = mutex_watch(mutex, &err);
	if (run.lost == -1)
		return refuse(&run, err.text);
	run.pid = fork();
	if (run.pid == -1)
		return refuse(&run, "cannot start a process");
	if (run.pid == 0)
		execute(&run, argv);
	supervise(&run);
	*lost_r = run.was_lost;
	fd_close(&run.signals);
	sigprocmask(SIG_SETMASK, &run.before, NULL);
	return WIFSIGNALED(run.status) ? 128 + WTERMSIG(run.status) :
					 WEXITSTATUS(run.status);
}
