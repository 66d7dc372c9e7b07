/*
 * How many runs a second the recorder's batch path puts into the store: each
 * a RECORD_BEGIN and a RECORD_END as they come from the master, with 100
 * bytes of output from a run file or without. Against two raw loops of 100
 * rows a transaction on the same disk in the same round:
 *
 *   one table   perf/sqb.c: one row and one index a run, output inline
 *   our rows    the same final rows in the same tables as the recorder's
 *
 *   record [-n RUNS] [-r ROUNDS] [-d DIRECTORY]
 */
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "record_run.h"
#include "recorder/intake/batch.h"
#include "recorder/store.h"

#define RAW_BATCH 100
#define BATCH     2000 /* what a busy recorder finds after 50 ms */
enum measure {
	RAW_TABLE,
	RAW_ROWS,
	RECORDER,
	RECORDER_OUTPUT,
	MEASURES,
};

static struct {
	const char *dir;
	char path[256];
	int runs_fd;
	int n;
} bench = {.dir = "/tmp", .n = 50000};

static void
execute(sqlite3 *db, const char *text)
{
	if (sqlite3_exec(db, text, NULL, NULL, NULL) != SQLITE_OK)
		fatalx("%s: %s", text, sqlite3_errmsg(db));
}

static sqlite3_stmt *
prepare(sqlite3 *db, const char *text)
{
	sqlite3_stmt *st;

	if (sqlite3_prepare_v2(db, text, -1, &st, NULL) != SQLITE_OK)
		fatalx("%s: %s", text, sqlite3_errmsg(db));
	return st;
}

static void
step(sqlite3_stmt *st)
{
	if (sqlite3_step(st) != SQLITE_DONE)
		fatalx("%s", sqlite3_errmsg(sqlite3_db_handle(st)));
	sqlite3_reset(st);
}

static double
raw_table(void)
{
	sqlite3 *db;
	sqlite3_stmt *st;
	double start;

	sqlite3_open(bench.path, &db);
	execute(db,
	    "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;"
	    "CREATE TABLE h(id integer primary key, job_id int, node text, "
	    "due_at int, started_at int, finished_at int, exit_code int, "
	    "output text); CREATE INDEX hi ON h(job_id,due_at)");
	st = prepare(db,
	    "INSERT INTO h(job_id,node,due_at,started_at,finished_at,"
	    "exit_code,output) VALUES(?,?,?,?,?,?,?)");
	start = record_seconds();
	for (int i = 0; i < bench.n; i++) {
		if (i % RAW_BATCH == 0)
			execute(db, "BEGIN");
		sqlite3_bind_int64(st, 1, i % RECORD_JOBS);
		sqlite3_bind_text(st, 2, "node-1", 6, SQLITE_STATIC);
		sqlite3_bind_int64(st, 3, i);
		sqlite3_bind_int64(st, 4, i + 1);
		sqlite3_bind_int64(st, 5, i + 5);
		sqlite3_bind_int(st, 6, 0);
		sqlite3_bind_text(st, 7, RECORD_OUTPUT, -1, SQLITE_STATIC);
		step(st);
		if (i % RAW_BATCH == RAW_BATCH - 1)
			execute(db, "COMMIT");
	}
	start = record_seconds() - start;
	sqlite3_finalize(st);
	sqlite3_close(db);
	return (double)bench.n / start;
}

static void
bind_run(sqlite3_stmt *st, const struct record_end *end)
{
	const struct run_begin *b = &end->begin;
	const struct run_result *r = &end->result;

	sqlite3_bind_text(st, 1, b->id, -1, SQLITE_STATIC);
	sqlite3_bind_text(st, 2, b->job, -1, SQLITE_STATIC);
	sqlite3_bind_int64(st, 3, b->slot_ms);
	sqlite3_bind_int64(st, 4, b->due_ms);
	sqlite3_bind_int64(st, 5, r->started_us);
	sqlite3_bind_int64(st, 6, r->finished_us);
	sqlite3_bind_int64(st, 7, r->duration_us);
	sqlite3_bind_int64(st, 8, r->cpu_us);
	sqlite3_bind_int64(st, 9, r->max_rss_kb);
	sqlite3_bind_int64(st, 10, (int64_t)r->output_bytes);
	sqlite3_bind_int64(st, 11, b->created_ms);
}

static double
raw_rows(void)
{
	struct err err = {""};
	struct store *store = store_sqlite_open(bench.path, &err);
	sqlite3_stmt *run, *slot, *job;
	struct record_end end;
	sqlite3 *db;
	double start;

	if (store == NULL)
		fatalx("%s", err.text);
	store_sqlite.close(store);
	sqlite3_open(bench.path, &db);
	execute(db, "PRAGMA synchronous=NORMAL");
	run = prepare(db,
	    "INSERT INTO runs (id, job, slot, due, attempt, trigger, host, "
	    "outcome, exit_code, started, finished, duration_us, cpu_us, "
	    "max_rss_kb, fence, output_bytes, dropped_bytes, created) VALUES "
	    "(?1, ?2, ?3, ?4, 1, 'schedule', 'node-1', 'success', 0, ?5, ?6, "
	    "?7, ?8, ?9, 0, ?10, 0, ?11)");
	slot = prepare(db,
	    "INSERT INTO ledger (job, slot, until, count, outcome, run, "
	    "attempts, host) VALUES (?2, ?3, ?3, 1, 'success', ?1, 1, "
	    "'node-1')");
	job = prepare(db,
	    "INSERT INTO jobs (job, hwm, last_end, last_run, last_outcome, "
	    "last_success) VALUES (?2, ?3, ?3, ?1, 'success', ?3) "
	    "ON CONFLICT (job) DO UPDATE SET hwm = excluded.hwm, "
	    "last_end = excluded.last_end, last_run = excluded.last_run, "
	    "last_success = excluded.last_success");
	start = record_seconds();
	for (int i = 0; i < bench.n; i++) {
		if (i % RAW_BATCH == 0)
			execute(db, "BEGIN");
		end = record_run(i);
		bind_run(run, &end);
		step(run);
		bind_run(slot, &end);
		step(slot);
		bind_run(job, &end);
		step(job);
		if (i % RAW_BATCH == RAW_BATCH - 1)
			execute(db, "COMMIT");
	}
	start = record_seconds() - start;
	sqlite3_finalize(run);
	sqlite3_finalize(slot);
	sqlite3_finalize(job);
	sqlite3_close(db);
	return (double)bench.n / start;
}

static void
write_file(const struct run_begin *begin)
{
	struct runfile_output out;
	struct runfile file;
	struct err err = {""};

	if (runfile_create(bench.runs_fd, begin) == -1 ||
	    runfile_open(&file, bench.runs_fd, begin->id, &err) == -1)
		fatal("%s %s", begin->id, err.text);
	runfile_output_init(&out, &file);
	runfile_output_write(&out, RECORD_OUTPUT, sizeof(RECORD_OUTPUT) - 1);
	runfile_close(&file);
}

static void
flushed(void *arg, uint64_t seq, const struct err *err)
{
	record_check(err);
}

/* Returns the seconds that the recorder worked on runs first to last - 1. */
static double
record(struct batch *batch, int first, int last, bool files)
{
	static struct record_end ends[BATCH];
	double start;

	for (int i = first; i < last; i++) {
		ends[i - first] = record_run(i);
		ends[i - first].has_file = files;
		if (files)
			write_file(&ends[i - first].begin);
	}
	start = record_seconds();
	for (int i = first; i < last; i++)
		record_tell(batch, &ends[i - first]);
	batch_flush(batch);
	return record_seconds() - start;
}

static double
recorder(bool files)
{
	struct err err = {""};
	struct batch_config config = {
	    .store = store_sqlite_open(bench.path, &err),
	    .runs_fd = bench.runs_fd,
	    .ended_cb = record_ended,
	    .flushed_cb = flushed,
	};
	struct batch *batch;
	double spent = 0;
	int last;

	if (config.store == NULL)
		fatalx("%s", err.text);
	batch = batch_new(&config);
	for (int i = 0; i < bench.n; i = last) {
		last = i + BATCH < bench.n ? i + BATCH : bench.n;
		spent += record(batch, i, last, files);
	}
	batch_free(batch);
	store_sqlite.close(config.store);
	return (double)bench.n / spent;
}

static double
measure(int which)
{
	double rate;

	record_remove(bench.path);
	if (which == RAW_TABLE)
		rate = raw_table();
	else if (which == RAW_ROWS)
		rate = raw_rows();
	else
		rate = recorder(which == RECORDER_OUTPUT);
	record_remove(bench.path);
	return rate;
}

static const char *const names[] = {
    [RAW_TABLE] = "raw loop, one table",
    [RAW_ROWS] = "raw loop, our rows",
    [RECORDER] = "recorder",
    [RECORDER_OUTPUT] = "recorder, with output files",
};

static const struct record_measures measures = {names, MEASURES, measure};

int
main(int argc, char **argv)
{
	char runs[256], name[8];
	int rounds = 5, opt;

	while ((opt = getopt(argc, argv, "n:r:d:")) != -1)
		if (opt == 'n')
			bench.n = (int)strtol(optarg, NULL, 10);
		else if (opt == 'r')
			rounds = (int)strtol(optarg, NULL, 10);
		else if (opt == 'd')
			bench.dir = optarg;
		else
			return 2;
	if (bench.n < 1 || rounds < 1 || rounds > RECORD_ROUNDS_MAX)
		return 2;
	snprintf(bench.path, sizeof(bench.path), "%s/bench-record.%d.db",
	    bench.dir, (int)getpid());
	snprintf(
	    runs, sizeof(runs), "%s/bench-record.%d", bench.dir, (int)getpid());
	if (mkdir(runs, 0700) == -1)
		fatal("%s", runs);
	bench.runs_fd = open(runs, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	record_measure(&measures, rounds);
	for (int i = 0; i < RECORD_PLACES; i++) {
		snprintf(name, sizeof(name), "%03x", i);
		unlinkat(bench.runs_fd, name, 0);
	}
	return rmdir(runs);
}
