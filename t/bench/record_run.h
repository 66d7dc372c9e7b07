/* What the benchmarks of the store have in common: their runs, and rounds. */
#ifndef BELFRY_T_BENCH_RECORD_RUN_H
#define BELFRY_T_BENCH_RECORD_RUN_H

#include "run/record.h"

#define RECORD_JOBS   5000
#define RECORD_PLACES 4096 /* run files */
#define RECORD_OUTPUT                                                          \
	"Lorem ipsum dolor sit amet, consectetur adipiscing elit, sed do "     \
	"eiusmod tempor incididunt ut labore\n"

/* Run number i, a success with that output; its file is not made. */
struct record_end record_run(int i);

struct batch;

/* Tells the batch that the run begins and ends, as the master does. */
void record_tell(struct batch *batch, const struct record_end *end);

/* Callbacks of a batch: nothing is done when a run ended, an error is fatal. */
void record_ended(void *arg, const char *run);
void record_check(const struct err *err);

/* A clock, in seconds. */
double record_seconds(void);

/* Removes a file of SQLite and what stands beside it. */
void record_remove(const char *path);

#define RECORD_MEASURES_MAX 8
#define RECORD_ROUNDS_MAX   21

/* What is measured; the first two are the raw loops, one table and our rows. */
struct record_measures {
	const char *const *names;
	int n;
	double (*measure)(int which); /* runs a second */
};

/* Measures each once a round and prints the medians. */
void record_measure(const struct record_measures *measures, int rounds);

#endif
