/*
 * A job that is a function instead of a program: it runs in a child that the
 * worker forks, so that a crash, a hang or a leak in a library costs its own
 * run and nothing else, and so that output, time-out, user and kill are as
 * with any job.
 */
#ifndef BELFRY_WORKER_INSIDE_H
#define BELFRY_WORKER_INSIDE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"
#include "ipc/values.h"
#include "run/outcome.h"
#include "run/progress.h"
#include "run/result.h"

struct worker;

#define INSIDE_DOING_MAX 64

/* Shared with the child, so nothing in it is to be trusted. */
struct inside_note {
	int step;    /* enum start_step that failed, 0 none */
	int error;   /* its errno */
	int outcome; /* enum outcome of a run that did not succeed */
	char reason[RUN_REASON_MAX];
	char doing[INSIDE_DOING_MAX];
	bool returned;  /* the function came to its end */
	uint32_t turns; /* of progress: odd while it is being written */
	struct progress progress;
	char values[RUN_VALUES_MAX]; /* values.h: lines */
};

struct inside {
	struct inside_note *note; /* mapped; NULL: it is no such job */
	int wake;        /* owned: readable when there is progress, or -1 */
	int64_t told_us; /* boot time: progress was told to the master */
	int64_t tell_us; /* and is to be told again then; 0: it need not */
	/* After inside_finish(): what the child said; the texts are owned. */
	enum outcome told;
	char *reason;
	char *doing;
	bool cut_short; /* the process ended before its function did */
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

/* In the child: how far it has come. */
void inside_progress(struct inside_note *note, const struct progress *progress);

/* In the child: a value that is left with the run; see ipc/values.h. */
void
inside_value(struct inside_note *note, const char *name, const char *value);

/* No such job so far. */
void inside_init(struct inside *inside);

/* There is progress: it is told now, or when the last one is old enough. */
void inside_heard(struct worker *w, int64_t now_us);
void inside_tell_master(struct worker *w, int64_t now_us);

/* Starts it. The pid of the child, or -1 with err. */
pid_t
inside_start(struct worker *w, inside_run *run, void *arg, struct err *err);

/* Takes over what the child said, once it has ended. */
void inside_finish(struct worker *w);

#endif
