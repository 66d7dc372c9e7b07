/* A message as a command: facts in its environment, text on standard input. */
#include "notice.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/mem.h"

#define SAID_MAX 300

static int64_t
now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* A file in memory never blocks whoever writes it. -1 with err. */
static int
make_input(const char *text, struct err *err)
{
	int fd = memfd_create("input", MFD_CLOEXEC);

	if (fd == -1 || fd_pwrite_all(fd, text, strlen(text), 0) == -1) {
		err_errno(err, "cannot hand over the message");
		fd_close(&fd);
	}
	return fd;
}

static _Noreturn void
be_program(
    const char *const *argv, const char *const *env, int input, int output)
{
	setpgid(0, 0);
	alarm(0);
	signal(SIGPIPE, SIG_DFL);
	if (dup2(input, STDIN_FILENO) == -1 ||
	    dup2(output, STDOUT_FILENO) == -1 ||
	    dup2(output, STDERR_FILENO) == -1)
		_exit(126);
	close_range(STDERR_FILENO + 1, ~0U, 0);
	execve(argv[0], (char *const *)(uintptr_t)argv,
	    (char *const *)(uintptr_t)env);
	dprintf(STDERR_FILENO, "%s: %s", argv[0], strerror(errno));
	_exit(127);
}

/* The first of what it says; false: it did not end in time. */
static bool
read_said(int fd, int64_t until, char said[SAID_MAX])
{
	size_t len = 0;
	int64_t left;
	char rest[512];
	ssize_t n;

	said[0] = '\0';
	while ((left = until - now_ms()) > 0 && !notice_is_abandoned()) {
		struct pollfd p[] = {
		    {.fd = fd, .events = POLLIN},
		    {.fd = NOTICE_ANSWER_FD},
		};

		if (poll(p, 2, (int)left) < 1 || p[0].revents == 0)
			continue;
		n = read(fd, rest, sizeof(rest));
		if (n == -1 && errno == EINTR)
			continue;
		if (n <= 0)
			return true;
		for (ssize_t i = 0; i < n && len + 1 < SAID_MAX; i++)
			said[len++] =
			    (unsigned char)rest[i] < ' ' ? ' ' : rest[i];
		said[len] = '\0';
	}
	return false;
}

static int
judge(int status, bool in_time, const char *said, struct err *err)
{
	const char *colon = *said != '\0' ? ": " : "";

	if (!in_time)
		return err_set(err, "it did not end in time%s%s", colon, said);
	if (WIFSIGNALED(status))
		return err_set(
		    err, "signal %d%s%s", WTERMSIG(status), colon, said);
	if (WEXITSTATUS(status) != 0)
		return err_set(
		    err, "exit code %d%s%s", WEXITSTATUS(status), colon, said);
	return 0;
}

int
notice_execute(const struct outgoing *out, const char *const *argv,
    const char *const *env, const char *input, struct err *err)
{
	int64_t until = now_ms() + out->order.timeout_ms;
	int fd = make_input(input, err), fds[2], status = 0;
	char said[SAID_MAX];
	bool in_time;
	pid_t pid;

	if (fd == -1)
		return -1;
	lseek(fd, 0, SEEK_SET);
	if (pipe2(fds, O_CLOEXEC) == -1 || (pid = fork()) == -1) {
		fd_close(&fd);
		return err_errno(err, "cannot start %s", argv[0]);
	}
	if (pid == 0)
		be_program(argv, env, fd, fds[1]);
	setpgid(pid, pid);
	fd_close(&fd);
	fd_close(&fds[1]);
	in_time = read_said(fds[0], until, said);
	fd_close(&fds[0]);
	if (!in_time)
		kill(-pid, SIGKILL);
	while (waitpid(pid, &status, 0) == -1 && errno == EINTR)
		;
	return judge(status, in_time, said, err);
}

/* BELFRY_NOTIFY_JOB=...: the name in capitals. */
static char *
make_variable(struct outgoing *out, const char *name)
{
	bool raw;
	const char *value =
	    letter_value(&out->letter, name, strlen(name), &raw);
	char *text = xasprintf("BELFRY_NOTIFY_%s=%s", name, value);

	for (char *p = text; *p != '='; p++)
		if (*p >= 'a' && *p <= 'z')
			*p = (char)(*p - 'a' + 'A');
	return text;
}

int
notice_command(struct outgoing *out, struct err *err)
{
	static const char *const more[] = {
	    "subject", "count", "receiver", "secret", NULL};
	const char *argv[] = {
	    "/bin/sh", "-c", notice_setting(out, "command", ""), NULL};
	const char *env[FACTS_MAX + 8] = {"PATH=/usr/local/bin:/usr/bin:/bin"};
	char *body = notice_expand(
	    out, notice_setting(out, "body", "{text}"), NOTICE_RAW);
	size_t n = 1;
	int rc;

	for (const char *const *p = fact_names; *p != NULL; p++)
		env[n++] = make_variable(out, *p);
	for (const char *const *p = more; *p != NULL; p++)
		env[n++] = make_variable(out, *p);
	rc = notice_execute(out, argv, env, body, err);
	while (n-- > 1)
		free((char *)(uintptr_t)env[n]);
	free(body);
	return rc;
}
