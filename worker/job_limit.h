/*
 * The limits of a job's process that hold by setrlimit(2), and its way into a
 * control group. job_limit_apply() is called between clone and execve, in the
 * worker's memory: system calls and nothing else.
 */
#ifndef BELFRY_WORKER_JOB_LIMIT_H
#define BELFRY_WORKER_JOB_LIMIT_H

#include "job_start.h"

/* 0, or -1 with errno and the step that failed in start. */
int job_limit_apply(struct job_start *start);

/* Says which limit could not be set, start->error tells why. Returns -1. */
int job_limit_error(const struct job_start *start, struct err *err);

/*
 * CPU seconds after which limit-cpu kills, having sent XCPU from the limit on:
 * later by kill-grace, at least by a second.
 */
int64_t job_limit_cpu_hard_s(const struct run_spec *spec);

#endif
