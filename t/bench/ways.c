#include "ways.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"

static double
now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* CPU nanoseconds so far, 0 when nobody counts them. */
static double
cpu_now(void)
{
	const char *path = getenv("CPU_USAGE");
	char text[64] = "";
	int fd = path != NULL ? open(path, O_RDONLY | O_CLOEXEC) : -1;

	if (fd == -1 || read(fd, text, sizeof(text) - 1) <= 0)
		text[0] = '\0';
	fd_close(&fd);
	return strtod(text, NULL);
}

static int
compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double
median(double *v, int n)
{
	qsort(v, (size_t)n, sizeof(*v), compare);
	return v[n / 2];
}

static double rates[WAYS_MAX][ROUNDS_MAX]; /* runs per second */
static double cpus[WAYS_MAX][ROUNDS_MAX];  /* microseconds a run */

static void
measure(const struct way *way, int runs, double *rate_r, double *cpu_r)
{
	double begin = now(), cpu = cpu_now();

	way->run(way->arg, runs);
	*rate_r = runs / (now() - begin);
	*cpu_r = (cpu_now() - cpu) / 1000 / runs;
}

static void
report(const struct way *way, int i, int rounds)
{
	double rate = median(rates[i], rounds), cpu = median(cpus[i], rounds);

	printf("%-24s %7.0f/s (%.0f to %.0f), belfry %.2f of it", way->name,
	    rate, rates[i][0], rates[i][rounds - 1],
	    median(rates[0], rounds) / rate);
	if (cpu > 0)
		printf("; CPU %.0f us a run, belfry %.2f of it", cpu,
		    median(cpus[0], rounds) / cpu);
	printf("\n");
}

void
ways_measure(const struct way *ways, int nways, int rounds, int runs)
{
	if (rounds > ROUNDS_MAX)
		rounds = ROUNDS_MAX;
	for (int round = 0; round < rounds; round++)
		for (int i = 0; i < nways; i++)
			measure(
			    &ways[i], runs, &rates[i][round], &cpus[i][round]);
	for (int i = 0; i < nways; i++)
		report(&ways[i], i, rounds);
}

int
ways_number(char **argv, int argc, int i, int normal)
{
	long n = i < argc ? strtol(argv[i], NULL, 10) : normal;

	return n > 0 && n < 1000000 ? (int)n : normal;
}
