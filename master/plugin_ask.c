#include "plugin_ask.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"
#include "ipc/message.h"
#include "run/spec.h"

/* The program itself is patient for ten seconds. */
#define PATIENCE_MS 20000

static _Noreturn void
be_program(const struct plugin_entry *entry, int library, uid_t uid, gid_t gid,
    int output)
{
	static char program[] = "belfry-worker-lib", verb[] = WORKER_DESCRIBE;
	char user[16], group[16];
	char *argv[] = {program, verb, entry->name, entry->path,
	    uid != (uid_t)-1 ? user : NULL, group, NULL};

	snprintf(user, sizeof(user), "%u", (unsigned)uid);
	snprintf(group, sizeof(group), "%u", (unsigned)gid);
	if (dup2(output, STDOUT_FILENO) == -1)
		_exit(127);
	fexecve(library, argv, environ);
	_exit(127);
}

static int64_t
now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* How many bytes came until the end; -1: not in time, or too many. */
static ssize_t
read_all(int fd, char *buf, size_t size)
{
	int64_t until = now_ms() + PATIENCE_MS, left;
	size_t len = 0;
	ssize_t n;

	while (len < size && (left = until - now_ms()) > 0) {
		struct pollfd p = {.fd = fd, .events = POLLIN};

		if (poll(&p, 1, (int)left) != 1)
			continue;
		n = read(fd, buf + len, size - len);
		if (n == 0)
			return (ssize_t)len;
		if (n > 0)
			len += (size_t)n;
		else if (errno != EINTR)
			return -1;
	}
	return -1;
}

void
plugin_ask(struct plugin_entry *entry, int library, uid_t uid, gid_t gid)
{
	static char buf[MESSAGE_PAYLOAD_MAX + 1];
	ssize_t n = -1;
	int fds[2];
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC) == -1 || (pid = fork()) == -1) {
		plugin_entry_refuse(entry, "cannot start what describes it");
		return;
	}
	if (pid == 0)
		be_program(entry, library, uid, gid, fds[1]);
	fd_close(&fds[1]);
	n = read_all(fds[0], buf, sizeof(buf));
	fd_close(&fds[0]);
	if (n == -1)
		kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	if (n > 0)
		plugin_entry_take(entry, buf, (size_t)n);
	else
		plugin_entry_refuse(entry, "what describes it said nothing");
}
