/*
 * Launchers, driven as the master does with a bounded number of runs in
 * flight: for benchmarks.
 */
#ifndef BELFRY_T_BENCH_WORKERS_H
#define BELFRY_T_BENCH_WORKERS_H

#include <stdbool.h>
#include <sys/types.h>

#include "ipc/packet.h"
#include "run/runfile.h"
#include "run/spec.h"

#define WORKERS_LAUNCHERS_MAX 8
#define PLACES                1024 /* of run files; more than are in flight */

struct bench_launcher {
	pid_t pid;
	int guardian;
	int master;
	struct packet *packet; /* being filled */
};

struct workers {
	/* Filled in by the caller; of spec what the job is. */
	const char *program;
	const char *runs_dir;
	int nlaunchers;
	int in_flight; /* at most PLACES / 2 */
	struct run_spec spec;
	/* The rest is workers.c's. */
	int runs_fd;
	int epoll;
	struct bench_launcher launchers[WORKERS_LAUNCHERS_MAX];
	struct wire_writer w;
	struct packet_in in;
	int begun;
	int done;
	bool busy[PLACES];
	unsigned place; /* where to look for the next free one */
};

void workers_start(struct workers *workers);

/* So many runs, until the last has ended; fatal when one is no success. */
void workers_run(struct workers *workers, int runs);
void workers_stop(struct workers *workers);

#endif
