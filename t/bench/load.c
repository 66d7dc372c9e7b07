/*
 * How long it takes until the definitions of N jobs of one file are there, and
 * how many bytes each takes, its own strings included. Against a raw loop that
 * reads the same file and finds its lines.
 *
 *   load [-n JOBS] [-r ROUNDS] [-d DIRECTORY]
 */
#include <fcntl.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/mem.h"
#include "config/job.h"

#define ROUNDS_MAX 99

static double
seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static size_t
heap(void)
{
	struct mallinfo2 m = mallinfo2();

	return m.uordblks + m.hblkhd;
}

/* Names, commands and descriptions differ; schedules repeat. 90 B a job. */
static size_t
write_jobs(const char *path, unsigned n)
{
	FILE *f = fopen(path, "we");
	size_t strings = 0;
	int own;

	if (f == NULL)
		fatal("%s", path);
	for (unsigned i = 0; i < n; i++) {
		fprintf(f, "[job tenant-%06u.report]\n", i);
		fprintf(f, "description = nightly report of tenant %06u\n", i);
		fprintf(f, "command = /usr/local/bin/report %06u\n", i);
		fprintf(f, "schedule = %u %u * * *\n", i % 60, i / 60 % 24);
		fprintf(f, "%s\n", i % 3 == 0 ? "timeout = 1h\n" : "");
		own = snprintf(NULL, 0, "tenant-%06u.report", i) + 1 +
		    snprintf(NULL, 0, "nightly report of tenant %06u", i) + 1 +
		    snprintf(NULL, 0, "/usr/local/bin/report %06u", i) + 1;
		strings += (size_t)own;
	}
	if (fclose(f) != 0)
		fatal("%s", path);
	return strings;
}

static double
raw_loop(const char *path)
{
	double start = seconds();
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t len, lines = 0;
	char *text = fd_read_all(fd, 1 << 30, &len), *p = text;

	if (text == NULL)
		fatal("%s", path);
	while ((p = memchr(p, '\n', (size_t)(text + len - p))) != NULL) {
		lines++;
		p++;
	}
	free(text);
	fd_close(&fd);
	if (lines == 0)
		fatalx("%s: no lines", path);
	return seconds() - start;
}

struct load {
	double ready, same; /* seconds */
	double bytes;       /* a job */
};

static struct load
load_set(const char *dir, unsigned n)
{
	struct schedule_pool *pool = schedule_pool_new(NULL);
	struct job_set_options options = {0};
	struct job_set *set, *again;
	struct load load;
	struct err err;
	size_t before = heap();
	double start = seconds();

	set = job_set_load(dir, pool, &options, NULL, &err);
	if (set == NULL)
		fatalx("%s", err.text);
	load.ready = seconds() - start;
	load.bytes = (double)(heap() - before) / n;
	if (job_set_count(set) != n)
		fatalx("%zu of %u jobs, %s", job_set_count(set), n,
		    job_set_problem_count(set) > 0 ?
			job_set_problem(set, 0)->text :
			"");
	start = seconds();
	again = job_set_load(dir, pool, &options, set, &err);
	load.same = seconds() - start;
	if (again == NULL || job_set_count(again) != n)
		fatalx("the second time failed");
	job_set_free(set);
	job_set_free(again);
	schedule_pool_free(pool);
	return load;
}

static int
by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static double
median(double *v, unsigned n)
{
	qsort(v, n, sizeof(*v), by_value);
	return v[n / 2];
}

static void
report(const char *dir, unsigned n, unsigned rounds)
{
	char *path = xasprintf("%s/jobs.ini", dir);
	double raw[ROUNDS_MAX], ready[ROUNDS_MAX], same[ROUNDS_MAX], own;
	struct load load = {0};

	own = (double)write_jobs(path, n) / n;
	for (unsigned i = 0; i < rounds; i++) {
		raw[i] = raw_loop(path);
		load = load_set(dir, n);
		ready[i] = load.ready;
		same[i] = load.same;
	}
	printf("jobs %u\n", n);
	printf("raw loop %.4f s\n", median(raw, rounds));
	printf("ready %.4f s, %.1f times the raw loop\n", median(ready, rounds),
	    median(ready, rounds) / median(raw, rounds));
	printf("reload, nothing changed %.4f s\n", median(same, rounds));
	printf("bytes a job %.1f, of them its own strings %.1f\n", load.bytes,
	    own);
	unlink(path);
	free(path);
}

int
main(int argc, char **argv)
{
	unsigned n = 100000, rounds = 5;
	char made[] = "/tmp/belfry-load-XXXXXX";
	const char *dir = NULL;
	int c;

	log_init("load", LOG_LEVEL_INFO, LOG_TARGET_STDERR);
	while ((c = getopt(argc, argv, "n:r:d:")) != -1) {
		if (c == 'n')
			n = (unsigned)strtoul(optarg, NULL, 10);
		else if (c == 'r')
			rounds = (unsigned)strtoul(optarg, NULL, 10);
		else if (c == 'd')
			dir = optarg;
		else
			return 2;
	}
	if (n == 0 || rounds == 0 || rounds > ROUNDS_MAX)
		return 2;
	if (dir == NULL && (dir = mkdtemp(made)) == NULL)
		fatal("mkdtemp");
	report(dir, n, rounds);
	if (dir == made)
		rmdir(made);
	return 0;
}
