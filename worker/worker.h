/*
 * The worker of one run: forked by a launcher, parent of the job. Owns the
 * run file's lock, the job's output, its time-out and its process tree, and
 * reports the result. It outlives launcher, master and guardian.
 */
#ifndef BELFRY_WORKER_WORKER_H
#define BELFRY_WORKER_WORKER_H

#include <stdbool.h>
#include <stdint.h>

#include "ipc/packet.h"
#include "run/runfile.h"
#include "run/spec.h"

#include "envfile.h"
#include "job_start.h"
#include "kinds/inside.h"
#include "report.h"
#include "run_cgroup.h"
#include "tree.h"

/* A worker's descriptors; the launcher keeps the last two at these numbers. */
#define WORKER_MASTER_FD 3
#define WORKER_RUNS_FD   4
#define WORKER_SIGNAL_FD 5 /* signalfd of SIGCHLD and SIGTERM */

enum worker_phase {
	WORKER_RUNS,  /* the job's main process lives */
	WORKER_ENDED, /* it ended; what holds its output gets a moment */
	WORKER_TERM,  /* the tree was asked to end */
	WORKER_KILL,  /* and is now killed, in rounds */
	WORKER_OVER,
};

/* What is big stands in front, so that what is used shares few pages. */
struct worker {
	struct packet_in in;
	char buffer[65536];
	struct job_start start;
	struct run_spec spec;
	struct runfile file;
	struct runfile_output output;
	struct report report;
	struct tree tree;
	struct run_cgroup cgroup;
	struct run_result result;
	struct err failure;   /* why it could not start */
	struct inside inside; /* of a job that is no program */
	bool foreground;      /* of "belfry exec": no run file, no master */
	enum worker_phase phase;
	enum outcome forced; /* why it was ended, OUTCOME_NONE by itself */
	int kill_why;
	int left;            /* processes the job left behind */
	int stubborn;        /* that SIGKILL did not end */
	int pipe;            /* owned: read end of the output, -1 at EOF */
	int timer;           /* owned: timerfd of CLOCK_BOOTTIME, or -1 */
	int64_t begin_us;    /* boot time */
	int64_t deadline_us; /* boot time of what the phase waits for; 0 none */
	int64_t armed_us;    /* what the timer is set to */
	int64_t round_us;    /* pause before the next round of kills */
	int64_t give_up_us;
	int64_t lease_us; /* boot time: the lease as it is known; 0 none */
};

/* What all workers of a launcher have in common. */
struct worker_setup {
	const char *socket;   /* where they find a new master */
	const char *runs_dir; /* where the run files are */
	struct cgroup_base cgroups;
};

/* After w->spec was decoded, in a worker that was never used. */
void worker_init(struct worker *worker);

/*
 * Runs what w->spec says to its end, when that is so far, and fills
 * w->result. To be called once.
 */
void worker_do(struct worker *worker, const struct cgroup_base *cgroups);

/*
 * Runs what the message asks for and ends the process. fd is the channel to
 * the master. To be called in a process just forked, signals blocked; worker
 * was never used.
 */
_Noreturn void worker_run(struct worker *worker, struct message *message,
    int fd, const struct worker_setup *setup);

#endif
