/*
 * The process tree of a run: everything that descends from the worker, which
 * is a subreaper, so that nothing a job starts can leave the tree. Finding
 * and signalling goes through /proc, in rounds. Killing begins with the run's
 * control group, if it has one, and goes on with the rounds: a job of root's
 * may have moved.
 *
 * Runs in the worker, which has no children but the job's.
 */
#ifndef BELFRY_WORKER_TREE_H
#define BELFRY_WORKER_TREE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct tree {
	pid_t main;          /* the job's first process */
	bool ended;          /* it was reaped, with this status */
	int status;          /* as wait(2) has it */
	bool empty;          /* nothing is left */
	int64_t cpu_us;      /* user and system time of all that was reaped */
	int64_t main_cpu_us; /* of the first process alone, and its children */
	int64_t max_rss_kb;  /* of the largest */
	int kill_fd;         /* borrowed: cgroup.kill of the run, or -1 */
};

/* Makes this process the subreaper. 0, or -1 with errno. */
int tree_adopt(void);

/* A tree of one process, a child of this one. kill_fd: see above. */
void tree_init(struct tree *tree, pid_t main, int kill_fd);

/*
 * Reaps what has ended so far; sets ended and empty. Never waits. True when
 * there may be more at once.
 */
bool tree_reap(struct tree *tree);

/* Nothing is left, as of the last tree_reap(). */
bool tree_is_empty(const struct tree *tree);

/* How many processes are there that are not dead. */
int tree_count(const struct tree *tree);

/*
 * Asks all to end: sends the signal to every process that can be found now,
 * and lets the stopped ones go on to see it. What is forked meanwhile may be
 * missed.
 */
void tree_signal(const struct tree *tree, int signal);

/*
 * One round of killing: freezes what can be found, then kills it. To be
 * repeated until tree_reap() finds the tree empty.
 */
void tree_kill(const struct tree *tree);

#endif
