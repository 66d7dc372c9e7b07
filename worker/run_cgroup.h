/*
 * The control group (cgroup v2) of one run. Only runs with a limit-memory or
 * limit-processes have one: making, entering and removing it was measured at
 * 100 us, half of a launch or more. It holds those of the two limits whose controller is
 * enabled, and it is killed at once, however fast its processes fork.
 *
 *   BASE/run-ID    made by the worker before the job starts, removed when all
 *                  of it has ended; BASE is the guardian's business
 *
 * The worker itself stays outside: it must outlive the job to report.
 */
#ifndef BELFRY_WORKER_RUN_CGROUP_H
#define BELFRY_WORKER_RUN_CGROUP_H

#include <stdbool.h>

#include "base/err.h"
#include "run/spec.h"

/* Where the groups of runs are made. */
struct cgroup_base {
	const char *path; /* borrowed; "" there is none */
	bool memory;      /* its groups have the controller */
	bool pids;
};

struct run_cgroup {
	int base; /* owned directories, -1: there is none */
	int dir;
	int procs; /* owned cgroup.procs, to be entered by */
	int kill;  /* owned cgroup.kill, -1 before Linux 5.14 */
	char name[RUN_ID_SIZE + 4];
};

/* Finds out what the base can do. path "": nothing. */
void cgroup_base_init(struct cgroup_base *base, const char *path);

/*
 * Removes the groups of runs whose worker is gone, with what lives in them.
 * runs_fd is the directory of run files.
 */
void cgroup_base_clean(const struct cgroup_base *base, int runs_fd);

/* No group. To be called before anything else. */
void run_cgroup_init(struct run_cgroup *group);

/*
 * Makes the group of a run if its limits ask for one, and takes out of
 * limits what the group holds. 0, or -1 with err.
 */
int run_cgroup_make(struct run_cgroup *group, const struct cgroup_base *base,
    const char *run, struct run_limits *limits, struct err *err);

/* The kernel killed in it because of its memory; refused it a process. */
bool run_cgroup_exceeded_memory(const struct run_cgroup *group);
bool run_cgroup_refused_forks(const struct run_cgroup *group);

/* Removes it. What still lives in it is left for cgroup_base_clean(). */
void run_cgroup_remove(struct run_cgroup *group);

#endif
