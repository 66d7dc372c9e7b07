#include "kinds/inside.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

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

/* The child. What a library leaves at exit is not worth the wait. */
static _Noreturn void
be_job(struct worker *w, inside_run *run, void *arg)
{
	struct inside_note *note = w->inside.note;

	if (job_start_enter(&w->start) == -1) {
		note->error = errno;
		note->step = (int)w->start.step;
		_exit(127);
	}
	/* The run file among them: its lock is the worker's alone. */
	close_range(STDERR_FILENO + 1, ~0U, 0);
	environ = (char **)(uintptr_t)w->start.env;
	signal(SIGPIPE, SIG_IGN);
	_exit(run(arg, note));
}

pid_t
inside_start(struct worker *w, inside_run *run, void *arg, struct err *err)
{
	pid_t pid;

	w->inside.note = mmap(NULL, sizeof(struct inside_note),
	    PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (w->inside.note == MAP_FAILED) {
		w->inside.note = NULL;
		err_errno(err, "cannot map memory");
		return -1;
	}
	w->start.worker = getpid();
	pid = fork();
	if (pid == 0)
		be_job(w, run, arg);
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

	inside->reason = copy_text(note->reason, sizeof(note->reason));
	inside->doing = copy_text(note->doing, sizeof(note->doing));
	if (w->forced != OUTCOME_NONE)
		return;
	if (note->step != 0 || note->outcome == OUTCOME_LAUNCH_FAILED)
		refuse(w, inside);
	else if (note->outcome == OUTCOME_TIMEOUT)
		inside->told = OUTCOME_TIMEOUT;
	else if (note->outcome == OUTCOME_FAILURE)
		inside->told = OUTCOME_FAILURE;
}
