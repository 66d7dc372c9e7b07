#include "kinds/inside.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/fault.h"
#include "base/fd.h"
#include "base/mem.h"
#include "worker.h"

void
inside_doing(struct inside_note *note, const char *doing)
{
	snprintf(note->doing, sizeof(note->doing), "%s", doing);
}

void
inside_tell(
    struct inside_note *note, enum outcome outcome, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(note->reason, sizeof(note->reason), fmt, ap);
	va_end(ap);
	note->outcome = (int)outcome;
}

/* The worker's pipe: a byte for each time that there is progress. */
#define WAKE_FD 3

/* Progress is told to the master that often at most. */
#define TELL_US 250000

#define PROGRESS_TRIES 100

void
inside_progress(struct inside_note *note, const struct progress *progress)
{
	uint32_t turns = __atomic_load_n(&note->turns, __ATOMIC_RELAXED) | 1;
	ssize_t n;

	__atomic_store_n(&note->turns, turns, __ATOMIC_SEQ_CST);
	note->progress = *progress;
	__atomic_store_n(&note->turns, turns + 1, __ATOMIC_SEQ_CST);
	/* When the pipe is full, the worker knows already. */
	n = write(WAKE_FD, "", 1);
	(void)n;
}

void
inside_value(struct inside_note *note, const char *name, const char *value)
{
	values_set(note->values, name, value);
}

/* False while the child writes it, or wrote rubbish there. */
static bool
read_progress(const struct inside_note *note, struct progress *progress_r)
{
	uint32_t turns;

	for (int i = 0; i < PROGRESS_TRIES; i++) {
		turns = __atomic_load_n(&note->turns, __ATOMIC_SEQ_CST);
		*progress_r = note->progress;
		if (turns % 2 == 0 &&
		    turns == __atomic_load_n(&note->turns, __ATOMIC_SEQ_CST))
			return true;
	}
	return false;
}

/* The child. What a library leaves at exit is not worth the wait. */
static _Noreturn void
be_job(struct worker *w, inside_run *run, void *arg, int wake)
{
	struct inside_note *note = w->inside.note;
	int code;

	if (job_start_enter(&w->start) == -1) {
		note->error = errno;
		note->step = (int)w->start.step;
		_exit(127);
	}
	if (dup3(wake, WAKE_FD, O_CLOEXEC) == -1)
		close(WAKE_FD); /* what was there is not the job's */
	/* The run file among them: its lock is the worker's alone. */
	close_range(WAKE_FD + 1, ~0U, 0);
	environ = (char **)(uintptr_t)w->start.env;
	signal(SIGPIPE, SIG_IGN);
	code = run(arg, note);
	fault_point(FAULT_JOB_WORK_DONE);
	note->returned = true;
	_exit(code);
}

/* A pipe whose ends are ours (*wake_r) and the child's. 0 or -1. */
static int
make_wake(struct inside *inside, int *wake_r)
{
	int fds[2];

	if (pipe2(fds, O_CLOEXEC | O_NONBLOCK) == -1)
		return -1;
	/* Its number must not be the one that the child gives it. */
	*wake_r = fcntl(fds[1], F_DUPFD_CLOEXEC, WAKE_FD + 1);
	fd_close(&fds[1]);
	inside->wake = fds[0];
	return *wake_r == -1 ? -1 : 0;
}

void
inside_init(struct inside *inside)
{
	inside->wake = -1;
}

pid_t
inside_start(struct worker *w, inside_run *run, void *arg, struct err *err)
{
	pid_t pid;
	int wake;

	w->inside.note = mmap(NULL, sizeof(struct inside_note),
	    PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (w->inside.note == MAP_FAILED) {
		w->inside.note = NULL;
		err_errno(err, "cannot map memory");
		return -1;
	}
	if (make_wake(&w->inside, &wake) == -1) {
		err_errno(err, "cannot make a pipe");
		return -1;
	}
	w->start.worker = getpid();
	pid = fork();
	if (pid == 0)
		be_job(w, run, arg, wake);
	fd_close(&wake);
	if (pid == -1)
		err_errno(err, "cannot start a process");
	return pid;
}

/* Whatever the child has written there becomes one line of text. */
static char *
copy_text(const char *from, size_t size)
{
	char *to = xmalloc(size);
	size_t i;

	for (i = 0; i + 1 < size && from[i] != '\0'; i++)
		to[i] = (unsigned char)from[i] < ' ' || from[i] == 0x7f ?
		    '?' :
		    from[i];
	to[i] = '\0';
	return to;
}

void
inside_tell_master(struct worker *w, int64_t now_us)
{
	struct progress progress;
	char *text;

	if (w->inside.tell_us == 0 || now_us < w->inside.tell_us)
		return;
	w->inside.tell_us = 0;
	w->inside.told_us = now_us;
	if (!read_progress(w->inside.note, &progress))
		return;
	text = copy_text(progress.text, sizeof(progress.text));
	report_progress(&w->report, progress.done, progress.total, text);
	free(text);
}

void
inside_heard(struct worker *w, int64_t now_us)
{
	char buf[4096];
	ssize_t n = read(w->inside.wake, buf, sizeof(buf));

	if (n == 0 || (n == -1 && errno != EAGAIN && errno != EINTR))
		fd_close(&w->inside.wake);
	if (n > 0 && w->inside.tell_us == 0)
		w->inside.tell_us = now_us - w->inside.told_us >= TELL_US ?
		    now_us :
		    w->inside.told_us + TELL_US;
}

/* It did not come to its work: the run was not launched after all. */
static void
refuse(struct worker *w, const struct inside *inside)
{
	struct inside_note *note = inside->note;

	if (note->step > START_NONE && note->step < START_COUNT) {
		w->start.step = (enum start_step)note->step;
		w->start.error = note->error;
		job_start_error(&w->start, &w->failure);
	} else {
		err_set(&w->failure, "%s", inside->reason);
	}
	w->result.started_us = 0;
}

void
inside_finish(struct worker *w)
{
	struct inside *inside = &w->inside;
	const struct inside_note *note = inside->note;
	char values[RUN_VALUES_MAX] = "";

	inside->reason = copy_text(note->reason, sizeof(note->reason));
	inside->doing = copy_text(note->doing, sizeof(note->doing));
	memcpy(values, note->values, sizeof(values) - 1);
	values_json(w->result.values, values);
	if (w->forced != OUTCOME_NONE)
		return;
	if (note->step != 0 || note->outcome == OUTCOME_LAUNCH_FAILED)
		refuse(w, inside);
	else if (note->outcome == OUTCOME_TIMEOUT)
		inside->told = OUTCOME_TIMEOUT;
	else if (note->outcome == OUTCOME_FAILURE)
		inside->told = OUTCOME_FAILURE;
}
