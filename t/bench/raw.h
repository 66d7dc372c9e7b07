/* What launching costs at least: loops without a scheduler around them. */
#ifndef BELFRY_T_BENCH_RAW_H
#define BELFRY_T_BENCH_RAW_H

enum raw_way {
	/*
	 * "Worker A": fork a worker, give it the job over a socketpair; it
	 * spawns the job, reads its output to the end, sends the result back.
	 */
	RAW_WORKER,
	/* vfork the job itself and read its output: no worker. */
	RAW_VFORK,
};

/* n launches of job, one at a time in each of so many processes. */
void raw_run(enum raw_way way, const char *job, int n, int processes);

#endif
