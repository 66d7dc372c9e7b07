/*
 * How long it takes until the definitions of N jobs are there, how many bytes
 * each takes, its own strings included, and how long a reload takes. Against a
 * raw loop that reads the same files and finds their lines.
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
#define FILE_JOBS  200000 /* a file has at most 64 MB */

struct bench {
	const char *dir;
	unsigned n, nfiles;
	char path[400];
};

static const char *
file_path(struct bench *bench, unsigned i)
{
	snprintf(
	    bench->path, sizeof(bench->path), "%s/%03u.ini", bench->dir, i);
	return bench->path;
}

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

static void
write_job(FILE *f, unsigned i)
{
	fprintf(f, "[job tenant-%06u.report]\n", i);
	fprintf(f, "description = nightly report of tenant %06u\n", i);
	fprintf(f, "command = /usr/local/bin/report %06u\n", i);
	fprintf(f, "schedule = %u %u * * *\n", i % 60, i / 60 % 24);
	fprintf(f, "%s\n", i % 3 == 0 ? "timeout = 1h\n" : "");
}

static size_t
own_strings(unsigned i)
{
	return (size_t)snprintf(NULL, 0,
	    "tenant-%06u.report nightly report of tenant %06u "
	    "/usr/local/bin/report %06u ",
	    i, i, i);
}

/*
 * Names, commands and descriptions differ, schedules repeat. The last job has
 * a file of its own. The bytes of their strings.
 */
static size_t
write_jobs(struct bench *bench)
{
	size_t strings = 0;
	FILE *f = NULL;

	bench->nfiles = 0;
	for (unsigned i = 0; i < bench->n; i++) {
		if (f == NULL || i % FILE_JOBS == 0 || i == bench->n - 1) {
			if (f != NULL && fclose(f) != 0)
				fatal("%s", bench->dir);
			f = fopen(file_path(bench, bench->nfiles++), "we");
			if (f == NULL)
				fatal("%s", bench->path);
		}
		write_job(f, i);
		strings += own_strings(i);
	}
	if (f == NULL || fclose(f) != 0)
		fatal("%s", bench->dir);
	return strings;
}

static size_t
raw_file(const char *path)
{
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
	return lines;
}

static double
raw_loop(struct bench *bench)
{
	double start = seconds();
	size_t lines = 0;

	for (unsigned i = 0; i < bench->nfiles; i++)
		lines += raw_file(file_path(bench, i));
	if (lines < bench->n)
		fatalx("%s: no lines", bench->dir);
	return seconds() - start;
}

struct load {
	double ready, same, one; /* seconds */
	double bytes;            /* a job */
};

static double
load_again(
    struct bench *bench, struct schedule_pool *pool, struct job_set **set)
{
	struct job_set_options options = {0};
	struct job_set *again;
	double start = seconds();
	struct err err;

	again = job_set_load(bench->dir, pool, &options, *set, &err);
	if (again == NULL || job_set_count(again) != bench->n)
		fatalx("the second time failed");
	start = seconds() - start;
	job_set_free(*set);
	*set = again;
	return start;
}

static void
touch_last(struct bench *bench)
{
	FILE *f = fopen(file_path(bench, bench->nfiles - 1), "we");

	if (f == NULL)
		fatal("%s", bench->path);
	write_job(f, bench->n - 1);
	if (fclose(f) != 0)
		fatal("%s", bench->path);
}

static struct load
load_set(struct bench *bench)
{
	struct schedule_pool *pool = schedule_pool_new(NULL);
	struct job_set_options options = {0};
	struct job_set *set;
	struct load load;
	struct err err;
	size_t before = heap();
	double start = seconds();

	set = job_set_load(bench->dir, pool, &options, NULL, &err);
	if (set == NULL)
		fatalx("%s", err.text);
	load.ready = seconds() - start;
	load.bytes = (double)(heap() - before) / bench->n;
	if (job_set_count(set) != bench->n)
		fatalx("%zu of %u jobs, %s", job_set_count(set), bench->n,
		    job_set_problem_count(set) > 0 ?
			job_set_problem(set, 0)->text :
			"");
	load.same = load_again(bench, pool, &set);
	touch_last(bench);
	load.one = load_again(bench, pool, &set);
	job_set_free(set);
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
report(struct bench *bench, unsigned rounds)
{
	double raw[ROUNDS_MAX], ready[ROUNDS_MAX], same[ROUNDS_MAX];
	double one[ROUNDS_MAX], own = (double)write_jobs(bench) / bench->n;
	struct load load = {0};

	for (unsigned i = 0; i < rounds; i++) {
		raw[i] = raw_loop(bench);
		load = load_set(bench);
		ready[i] = load.ready;
		same[i] = load.same;
		one[i] = load.one;
	}
	printf("jobs %u in %u files\n", bench->n, bench->nfiles);
	printf("raw loop %.4f s\n", median(raw, rounds));
	printf("ready %.4f s, %.1f times the raw loop\n", median(ready, rounds),
	    median(ready, rounds) / median(raw, rounds));
	printf("reload, nothing changed %.4f s\n", median(same, rounds));
	printf(
	    "reload, a file of one job changed %.4f s\n", median(one, rounds));
	printf("bytes a job %.1f, of them its own strings %.1f\n", load.bytes,
	    own);
	for (unsigned i = 0; i < bench->nfiles; i++)
		unlink(file_path(bench, i));
}

int
main(int argc, char **argv)
{
	struct bench bench = {.n = 100000};
	unsigned rounds = 5;
	char made[] = "/tmp/belfry-load-XXXXXX";
	int c;

	log_init("load", LOG_LEVEL_INFO, LOG_TARGET_STDERR);
	while ((c = getopt(argc, argv, "n:r:d:")) != -1) {
		if (c == 'n')
			bench.n = (unsigned)strtoul(optarg, NULL, 10);
		else if (c == 'r')
			rounds = (unsigned)strtoul(optarg, NULL, 10);
		else if (c == 'd')
			bench.dir = optarg;
		else
			return 2;
	}
	if (bench.n == 0 || rounds == 0 || rounds > ROUNDS_MAX)
		return 2;
	if (bench.dir == NULL && (bench.dir = mkdtemp(made)) == NULL)
		fatal("mkdtemp");
	report(&bench, rounds);
	if (bench.dir == made)
		rmdir(made);
	return 0;
}
