#include "foreground.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "ipc/message.h"
#include "kinds/kind.h"
#include "worker.h"

#define EXIT_USAGE 2

static int
read_spec(struct worker *w, const char *number)
{
	int fd = (int)strtol(number, NULL, 10);
	struct wire_reader r;
	char *text;
	size_t len;

	if (fd < 3 ||
	    (text = fd_read_all(fd, MESSAGE_PAYLOAD_MAX, &len)) == NULL)
		return -1;
	wire_reader_init(&r, text, len);
	return run_spec_decode(&w->spec, &r); /* the strings are in text */
}

/* As in the launcher: all at its default, and what ends a run by signalfd. */
static int
set_signals(void)
{
	struct sigaction sa = {.sa_handler = SIG_DFL};
	sigset_t set;
	int fd;

	for (int i = 1; i < NSIG; i++)
		sigaction(i, &sa, NULL);
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGQUIT);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_SETMASK, &set, NULL);
	fd = signalfd(-1, &set, SFD_CLOEXEC);
	if (fd == -1 || dup3(fd, WORKER_SIGNAL_FD, O_CLOEXEC) == -1)
		return -1;
	fd_close(&fd);
	return 0;
}

/* A job has standard output and error of ours, and nothing else. */
static int
set_files(void)
{
	int fd;

	close_range(3, ~0U, 0);
	fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (fd == -1 || dup2(fd, STDIN_FILENO) == -1 || chdir("/") == -1)
		return -1;
	fd_close(&fd);
	return set_signals() == -1 ||
		close_range(WORKER_SIGNAL_FD + 1, ~0U, 0) == -1 ?
	    -1 :
	    0;
}

static void
tell(const struct worker *w)
{
	const struct run_result *r = &w->result;

	if (r->outcome != OUTCOME_SUCCESS || r->reason[0] != '\0')
		fprintf(stderr, "belfry: job %s: %s%s%s\n", w->spec.job,
		    outcome_name(r->outcome), r->reason[0] != '\0' ? ", " : "",
		    r->reason);
}

_Noreturn void
foreground_run(struct worker *w, const char *fd)
{
	struct cgroup_base none;

	log_init("belfry", LOG_LEVEL_WARN, LOG_TARGET_STDERR);
	if (read_spec(w, fd) == -1 || set_files() == -1) {
		fprintf(stderr,
		    "belfry-worker: \"belfry exec\" starts this program\n");
		_exit(EXIT_USAGE);
	}
	worker_init(w);
	w->foreground = true;
	report_init(&w->report, -1, "", w->spec.id);
	w->report.told_started = true;
	w->report.retry_us = INT64_MAX; /* nobody is to be found */
	cgroup_base_init(&none, "");
	kind_init();
	worker_do(w, &none);
	tell(w);
	_exit(run_result_exit_status(&w->result));
}
