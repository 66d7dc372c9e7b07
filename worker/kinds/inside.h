/*
 * A job that is a function instead of a program: it runs in a child that the
 * worker forks, so that a crash, a hang or a leak in a library costs its own
 * run and nothing else, and so that output, time-out, user and kill are as
 * with any job.
 */
#ifndef BELFRY_WORKER_INSIDE_H
#define BELFRY_WORKER_INSIDE_H

#include <sys/types.h>

#include "base/err.h"
#include "ipc/outcome.h"
#include "ipc/result.h"

struct worker;

#define INSIDE_DOING_MAX 64

/* Shared with the child, so nothing in it is to be trusted. */
struct inside_note {
	int step;    /* enum start_step that failed, 0 none */
	int error;   /* its errno */
	int outcome; /* enum outcome of a run that did not succeed */
	char reason[RUN_REASON_MAX];
	char doing[INSIDE_DOING_MAX];
};

struct inside {
	struct inside_note *note; /* mapped; NULL: it is no such job */
	/* After inside_finish(): what the child said; the texts are owned. */
	enum outcome told;
	char *reason;
	char *doing;
};

/*
 * The job: returns the exit code. Standard output and error are the run's,
 * nothing else is open, the environment is the run's own.
 */
typedef int inside_run(void *arg, struct inside_note *note);

/* In the child: what the run is about, as in "it was connecting". */
void inside_doing(struct inside_note *note, const char *doing);

/* In the child: why it is not a success. */
void inside_tell(struct inside_note *note, enum outcome outcome,
    const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* Starts it. The pid of the child, or -1 with err. */
pid_t
inside_start(struct worker *w, inside_run *run, void *arg, struct err *err);

/* Takes over what the child said, once it has ended. */
void inside_finish(struct worker *w);

#endif
