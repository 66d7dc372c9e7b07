/*
 * The cluster's protocol as a deterministic simulation: the very code of the
 * hosts, the very scripts of the servers.
 *
 *   model FOLDER SEEDS [FIRST [WITHOUT]]    so many seeds, from the first
 *   model FOLDER trace SEED [WITHOUT]       one, with all that happens
 *
 * With WITHOUT, a guard of the scripts is left out, and a seed must be found
 * that goes wrong. Status 0 when all is as it should be.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim.h"

/* Most clusters have one server; seven of ten seeds. */
static unsigned
servers_of(uint64_t seed)
{
	return seed % 10 < 7 ? 1 : seed % 50 < 49 ? 3 : 5;
}

static bool
one_seed(uint64_t seed, bool trace)
{
	static struct sim sim;
	bool good;

	sim.trace = trace;
	good = sim_run(&sim, seed, servers_of(seed));
	if (!good)
		printf("seed %llu (%u servers): %s\n", (unsigned long long)seed,
		    sim.nservers, sim.wrong);
	sim.trace = false;
	sim_free(&sim);
	return good;
}

int
main(int argc, char **argv)
{
	bool trace = argc > 2 && strcmp(argv[2], "trace") == 0;
	const char *without = argc > 4 ? argv[4] : NULL;
	uint64_t first = argc > 3 ? strtoull(argv[3], NULL, 10) : 1;
	uint64_t n = trace ? 1 : argc > 2 ? strtoull(argv[2], NULL, 10) : 0;
	uint64_t wrong = 0;

	if (n == 0) {
		fprintf(
		    stderr, "usage: model FOLDER SEEDS [FIRST [WITHOUT]]\n");
		return 2;
	}
	fake_load(argv[1], without);
	for (uint64_t seed = first; seed < first + n; seed++) {
		wrong += !one_seed(seed, trace);
		if (wrong > 0 && without != NULL)
			break;
	}
	fake_unload();
	printf("%llu of %llu seeds went wrong\n", (unsigned long long)wrong,
	    (unsigned long long)n);
	return (wrong > 0) == (without != NULL) ? 0 : 1;
}
