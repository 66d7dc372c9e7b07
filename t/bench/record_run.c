#include "record_run.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "ipc/message.h"
#include "ipc/packet.h"
#include "recorder/intake/batch.h"

struct record_end
record_run(int i)
{
	struct record_end end = {
	    .begin =
		{
		    .host = "node-1",
		    .slot_ms = 1767225600000 + i / RECORD_JOBS * 1000,
		    .due_ms = 1767225600000 + i / RECORD_JOBS * 1000,
		    .attempt = 1,
		    .created_ms = 1767225600000 + i,
		    .output_limit = 1 << 20,
		},
	    .result =
		{
		    .outcome = OUTCOME_SUCCESS,
		    .started_us = 1767225600000000 + i,
		    .finished_us = 1767225600500000 + i,
		    .duration_us = 500000,
		    .cpu_us = 1200,
		    .max_rss_kb = 2048,
		    .output_bytes = sizeof(RECORD_OUTPUT) - 1,
		},
	};

	/* The last three characters are the place of its run file. */
	snprintf(end.begin.id, sizeof(end.begin.id), "01k3%09d%03x",
	    i / RECORD_PLACES, i % RECORD_PLACES);
	snprintf(end.begin.job, sizeof(end.begin.job), "tenant-%04d.report",
	    i % RECORD_JOBS);
	return end;
}

static void
add(struct batch *batch, uint16_t type, struct wire_writer *w)
{
	struct message message = {.type = type, .id = 1};
	struct err err = {""};

	wire_reader_init(&message.body, w->p, w->len);
	if (batch_add(batch, &message, &err) == -1)
		fatalx("%s", err.text);
	wire_writer_fini(w);
}

void
record_tell(struct batch *batch, const struct record_end *end)
{
	struct wire_writer w = WIRE_WRITER_INIT;

	run_begin_encode(&end->begin, &w);
	add(batch, MSG_RECORD_BEGIN, &w);
	record_end_encode(end, &w);
	add(batch, MSG_RECORD_END, &w);
}

void
record_ended(void *arg, const char *run)
{
}

void
record_check(const struct err *err)
{
	if (err != NULL)
		fatalx("%s", err->text);
}

double
record_seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

void
record_remove(const char *path)
{
	static const char *const suffixes[] = {"", "-wal", "-shm"};
	char *name;

	for (size_t i = 0; i < nitems(suffixes); i++) {
		name = xasprintf("%s%s", path, suffixes[i]);
		unlink(name);
		free(name);
	}
}

static int
compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

void
record_measure(const struct record_measures *measures, int rounds)
{
	static double rate[RECORD_MEASURES_MAX][RECORD_ROUNDS_MAX];
	double median[RECORD_MEASURES_MAX];

	/* Interleaved: whatever else the machine does falls on all. */
	for (int r = 0; r < rounds; r++)
		for (int m = 0; m < measures->n; m++)
			rate[m][r] = measures->measure(m);
	for (int m = 0; m < measures->n; m++) {
		qsort(rate[m], (size_t)rounds, sizeof(double), compare);
		median[m] = rate[m][rounds / 2];
	}
	for (int m = 0; m < measures->n; m++)
		printf("%-28s %8.0f runs/s  %.2f of one table  %.2f of our "
		       "rows\n",
		    measures->names[m], median[m], median[m] / median[0],
		    median[m] / median[1]);
}
