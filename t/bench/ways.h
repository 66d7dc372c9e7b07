/*
 * Several ways to do the same, measured in turn in each round, so that what
 * counts, the ratio of medians, holds on a noisy machine.
 *
 * CPU_USAGE in the environment names a file with the nanoseconds that all of
 * us used (cpuacct.usage of our control group): the cost of a run, which says
 * more than its rate where others use the machine too.
 */
#ifndef BELFRY_T_BENCH_WAYS_H
#define BELFRY_T_BENCH_WAYS_H

struct way {
	const char *name;
	void (*run)(void *arg, int runs);
	void *arg;
};

#define WAYS_MAX   4
#define ROUNDS_MAX 99

/* Prints a line each; the first is the one that is compared. */
void ways_measure(const struct way *ways, int nways, int rounds, int runs);

/* argv[i] as a number, or normal. */
int ways_number(char **argv, int argc, int i, int normal);

#endif
