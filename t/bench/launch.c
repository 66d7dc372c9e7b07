/*
 * Launches per second of belfry-worker against raw loops.
 *
 *   bench-launch BELFRY-WORKER JOB DIR [ROUNDS [RUNS [IN-FLIGHT]]]
 */
#include <stdio.h>

#include "base/log.h"
#include "raw.h"
#include "ways.h"
#include "workers.h"

#define LAUNCHERS 2

static void
run_belfry(void *arg, int runs)
{
	workers_run(arg, runs);
}

static void
run_raw_worker(void *arg, int runs)
{
	raw_run(RAW_WORKER, arg, runs, LAUNCHERS);
}

static void
run_raw_vfork(void *arg, int runs)
{
	raw_run(RAW_VFORK, arg, runs, LAUNCHERS);
}

int
main(int argc, char **argv)
{
	static struct workers workers;
	int rounds = ways_number(argv, argc, 4, 5);
	int runs = ways_number(argv, argc, 5, 5000);
	const struct way ways[] = {
	    {"belfry", run_belfry, &workers},
	    {"raw, a worker a run", run_raw_worker, argv[2]},
	    {"raw, no worker", run_raw_vfork, argv[2]},
	};
	const char *words[] = {argv[2], NULL};

	log_init("bench", LOG_LEVEL_INFO, LOG_TARGET_STDERR);
	if (argc < 4)
		fatalx("usage: bench-launch BELFRY-WORKER JOB DIR "
		       "[ROUNDS [RUNS [IN-FLIGHT]]]");
	workers.program = argv[1];
	workers.runs_dir = argv[3];
	workers.nlaunchers = LAUNCHERS;
	workers.in_flight = ways_number(argv, argc, 6, 16);
	if (workers.in_flight > PLACES / 2)
		workers.in_flight = PLACES / 2;
	workers.spec.argv = words;
	workers.spec.argc = 1;
	workers_start(&workers);
	printf("launches per second, %d launchers, output captured, "
	       "%d rounds of %d, %d in flight\n",
	    LAUNCHERS, rounds, runs, workers.in_flight);
	ways_measure(ways, 3, rounds, runs);
	workers_stop(&workers);
	return 0;
}
