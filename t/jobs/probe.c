/*
 * A job that writes down what really happened, for a checker that believes no
 * daemon: one line at its start, one at its end, each with one write at the
 * end of a file that all hosts share.
 *
 *   probe FILE MS [deaf]
 *
 *   begin RUN JOB SLOT ATTEMPT FENCE NODE TRIGGER PID MONOTONIC REALTIME LOCK
 *   term  RUN MONOTONIC    told to end by SIGTERM
 *   end   RUN MONOTONIC    it lasted MS
 *
 * Times are microseconds. LOCK is "held" when another run of the job had the
 * lock on FILE.JOB then: the kernel's own witness of an overlap. A deaf one
 * goes on after SIGTERM.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* The kernel's, whatever was preloaded. */
static int64_t
clock_us(clockid_t id)
{
	struct timespec ts;

	if (syscall(SYS_clock_gettime, id, &ts) == -1)
		err(1, "clock_gettime");
	return ts.tv_sec * INT64_C(1000000) + ts.tv_nsec / 1000;
}

static const char *
variable(const char *name)
{
	const char *value = getenv(name);

	if (value == NULL)
		errx(1, "no %s", name);
	return value;
}

__attribute__((format(printf, 2, 3))) static void
say(int fd, const char *format, ...)
{
	char line[1024];
	va_list ap;
	int n;

	va_start(ap, format);
	n = vsnprintf(line, sizeof(line), format, ap);
	va_end(ap);
	if (n < 0 || n >= (int)sizeof(line) || write(fd, line, (size_t)n) != n)
		err(1, "cannot write");
}

/* Until the end of the process. */
static bool
take_lock(const char *file, const char *job)
{
	struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	char path[4096];
	int fd;

	snprintf(path, sizeof(path), "%s.%s", file, job);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
	if (fd == -1)
		err(1, "%s", path);
	if (fcntl(fd, F_OFD_SETLK, &whole) == 0)
		return true;
	if (errno != EAGAIN && errno != EACCES)
		err(1, "%s: lock", path);
	return false;
}

/* True: SIGTERM came; false: the time is over. */
static bool
is_told(int64_t us)
{
	const struct timespec ts = {us / 1000000, us % 1000000 * 1000};
	sigset_t term;

	sigemptyset(&term);
	sigaddset(&term, SIGTERM);
	return us > 0 && sigtimedwait(&term, NULL, &ts) == SIGTERM;
}

/* As early as can be: a signal that is blocked waits. */
static void
block_term(void)
{
	sigset_t term;

	sigemptyset(&term);
	sigaddset(&term, SIGTERM);
	sigprocmask(SIG_BLOCK, &term, NULL);
}

int
main(int argc, char **argv)
{
	const char *run = variable("BELFRY_RUN_ID");
	const char *job = variable("BELFRY_JOB");
	bool is_deaf = argc > 3 && strcmp(argv[3], "deaf") == 0, is_alone;
	int64_t begin_us = clock_us(CLOCK_MONOTONIC), end_us;
	int fd;

	if (argc < 3)
		errx(2, "usage: probe FILE MS [deaf]");
	block_term();
	fd = open(argv[1], O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
	if (fd == -1)
		err(1, "%s", argv[1]);
	is_alone = take_lock(argv[1], job);
	say(fd, "begin %s %s %s %s %s %s %s %d %" PRId64 " %" PRId64 " %s\n",
	    run, job, variable("BELFRY_SLOT"), variable("BELFRY_ATTEMPT"),
	    variable("BELFRY_FENCE"), variable("BELFRY_NODE"),
	    variable("BELFRY_TRIGGER"), (int)getpid(), begin_us,
	    clock_us(CLOCK_REALTIME), is_alone ? "free" : "held");
	end_us = begin_us + strtoll(argv[2], NULL, 10) * 1000;
	while (is_told(end_us - clock_us(CLOCK_MONOTONIC))) {
		say(fd, "term %s %" PRId64 "\n", run,
		    clock_us(CLOCK_MONOTONIC));
		if (!is_deaf)
			return 143;
	}
	say(fd, "end %s %" PRId64 "\n", run, clock_us(CLOCK_MONOTONIC));
	return 0;
}
