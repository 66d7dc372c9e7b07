/*
 * Starts the job's process: what stands between the worker and execve(2).
 *
 * The child runs in the worker's memory until it executes (the worker waits),
 * so no page is copied and a failure is simply a value. What it does there is
 * system calls and nothing else: no allocation, no log, no stdio.
 */
#ifndef BELFRY_WORKER_JOB_START_H
#define BELFRY_WORKER_JOB_START_H

#include <limits.h>
#include <sys/types.h>

#include "base/err.h"
#include "run/spec.h"

enum start_step {
	START_NONE,
	START_FORK,
	START_SESSION,
	START_CGROUP,
	START_LIMIT_CPU,
	START_LIMIT_MEMORY,
	START_LIMIT_FILES,
	START_LIMIT_PROCESSES,
	START_NICE,
	START_IONICE,
	START_GROUPS,
	START_GROUP,
	START_USER,
	START_REGAIN, /* root could be had back */
	START_NO_NEW_PRIVILEGES,
	START_TIE, /* to the worker's life */
	START_FILES,
	START_DIRECTORY,
	START_EXEC,
	START_COUNT,
};

struct job_start {
	/* Its used end lies beside the rest: a page less to touch. */
	char stack[65536] __attribute__((aligned(16)));
	const struct run_spec *spec; /* borrowed */
	const char **env;            /* borrowed, NULL-terminated */
	int input;                   /* borrowed, -1: leave fd 0 as it is */
	int output;                  /* borrowed */
	int errors;                  /* borrowed: standard error */
	int cgroup;                  /* borrowed cgroup.procs, -1: none */
	struct run_limits limits;    /* those that rlimits are to hold */
	pid_t worker;                /* filled by job_start() */
	/* The child's; step and error say what failed. */
	enum start_step step;
	int error;
	const char **shell_argv; /* room for argc + 2, for a shell script */
	char path[PATH_MAX];
};

/*
 * All that stands before execve(2), in the child: session, ids, files and so
 * on, and signals unblocked. 0, or -1 with start->step and errno. start->worker
 * is the pid of the worker.
 */
int job_start_enter(struct job_start *start);

/* In words, from step and error. -1. */
int job_start_error(const struct job_start *start, struct err *err);

/* Starts it. The pid, or -1 with err in words and nothing left to reap. */
pid_t job_start(struct job_start *start, struct err *err);

#endif
