/*
 * How many runs a second go into PostgreSQL: each a RECORD_BEGIN and a
 * RECORD_END as they come from the master. Against raw loops over the same
 * server in the same round:
 *
 *   one table   perf: COPY of 1,000 rows a transaction, one index
 *   our rows    COPY of the same final rows into the same tables, and an
 *               upsert of the jobs' rows from a COPY
 *
 *   record-postgres [-n RUNS] [-r ROUNDS] CONNINFO
 */
#include <event2/event.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "record_run.h"
#include "recorder/intake/batch.h"
#include "recorder/postgres/store_postgres.h"
#include "recorder/spool/spool.h"

#define RAW_BATCH 1000
#define BATCH     2000 /* what a busy recorder finds after 50 ms */

enum measure {
	RAW_TABLE,
	RAW_ROWS,
	STORE,
	SPOOL,
	MEASURES,
};

static struct {
	const char *conninfo;
	PGconn *conn;
	struct event_base *base;
	char spool[64];
	int n;
	bool flushed;
} bench = {.n = 50000};

static void
execute(const char *text)
{
	PGresult *res = PQexec(bench.conn, text);
	ExecStatusType status = PQresultStatus(res);

	if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK &&
	    status != PGRES_COPY_IN)
		fatalx("%s: %s", text, PQerrorMessage(bench.conn));
	PQclear(res);
}

static void
copy(const char *text, const struct strbuf *rows)
{
	PGresult *res;

	execute(text);
	if (PQputCopyData(bench.conn, rows->s, (int)rows->len) != 1 ||
	    PQputCopyEnd(bench.conn, NULL) != 1)
		fatalx("%s", PQerrorMessage(bench.conn));
	while ((res = PQgetResult(bench.conn)) != NULL) {
		if (PQresultStatus(res) != PGRES_COMMAND_OK)
			fatalx("%s", PQerrorMessage(bench.conn));
		PQclear(res);
	}
}

static double
raw_table(void)
{
	struct strbuf rows = STRBUF_INIT;
	double start;

	execute("DROP TABLE IF EXISTS h; CREATE TABLE h (id bigserial "
		"PRIMARY KEY, job_id int, node text, due_at bigint, "
		"started_at bigint, finished_at bigint, exit_code int, "
		"output text)");
	start = record_seconds();
	for (int i = 0; i < bench.n; i++) {
		strbuf_addf(&rows, "%d\tnode-1\t%d\t%d\t%d\t0\t%.*s\n",
		    i % RECORD_JOBS, i, i + 1, i + 5,
		    (int)sizeof(RECORD_OUTPUT) - 2, RECORD_OUTPUT);
		if (i % RAW_BATCH != RAW_BATCH - 1 && i != bench.n - 1)
			continue;
		copy("COPY h (job_id, node, due_at, started_at, finished_at, "
		     "exit_code, output) FROM STDIN",
		    &rows);
		strbuf_reset(&rows);
	}
	start = record_seconds() - start;
	strbuf_fini(&rows);
	return (double)bench.n / start;
}

static void
add_rows(int i, struct strbuf *runs, struct strbuf *slots, struct strbuf *jobs)
{
	struct record_end end = record_run(i);
	const struct run_begin *b = &end.begin;
	const struct run_result *r = &end.result;

	strbuf_addf(runs,
	    "%s\t%s\t%lld\t%lld\t1\tschedule\tnode-1\tsuccess\t0\t%lld\t%lld\t"
	    "%lld\t%lld\t%lld\t0\t%lld\t0\t%lld\n",
	    b->id, b->job, (long long)b->slot_ms, (long long)b->due_ms,
	    (long long)r->started_us, (long long)r->finished_us,
	    (long long)r->duration_us, (long long)r->cpu_us,
	    (long long)r->max_rss_kb, (long long)r->output_bytes,
	    (long long)b->created_ms);
	strbuf_addf(slots, "%s\t%lld\t%lld\t1\tsuccess\t%s\t1\tnode-1\n",
	    b->job, (long long)b->slot_ms, (long long)b->slot_ms, b->id);
	strbuf_addf(jobs, "%s\t%lld\t%lld\t%s\tsuccess\t%lld\n", b->job,
	    (long long)b->slot_ms, (long long)(r->finished_us / 1000), b->id,
	    (long long)(r->started_us / 1000));
}

/* Into tables that a store has made. */
static double
raw_rows(void)
{
	struct strbuf runs = STRBUF_INIT, slots = STRBUF_INIT;
	struct strbuf jobs = STRBUF_INIT;
	double start;

	execute("CREATE TEMP TABLE j (job text, hwm bigint, last_end bigint, "
		"last_run text, last_outcome text, last_success bigint)");
	start = record_seconds();

	for (int i = 0; i < bench.n; i++) {
		add_rows(i, &runs, &slots, &jobs);
		if (i % BATCH != BATCH - 1 && i != bench.n - 1)
			continue;
		execute("BEGIN");
		copy("COPY belfry.runs (id, job, slot, due, attempt, trigger, "
		     "host, outcome, exit_code, started, finished, "
		     "duration_us, cpu_us, max_rss_kb, fence, output_bytes, "
		     "dropped_bytes, created) FROM STDIN",
		    &runs);
		copy("COPY belfry.ledger (job, slot, until, count, outcome, "
		     "run, attempts, host) FROM STDIN",
		    &slots);
		copy("COPY j FROM STDIN", &jobs);
		execute("INSERT INTO belfry.jobs (job, hwm, last_end, "
			"last_run, last_outcome, last_success) SELECT * FROM j "
			"ON CONFLICT (job) DO UPDATE SET hwm = excluded.hwm, "
			"last_end = excluded.last_end, "
			"last_run = excluded.last_run, "
			"last_success = excluded.last_success");
		execute("TRUNCATE j; COMMIT");
		strbuf_reset(&runs);
		strbuf_reset(&jobs);
		strbuf_reset(&slots);
	}
	strbuf_fini(&runs);
	strbuf_fini(&slots);
	strbuf_fini(&jobs);
	start = record_seconds() - start;
	execute("DROP TABLE j");
	return (double)bench.n / start;
}

static void
flushed(void *arg, uint64_t seq, const struct err *err)
{
	record_check(err);
	bench.flushed = true;
}

static long
recorded(void)
{
	PGresult *res = PQexec(bench.conn, "SELECT count(*) FROM belfry.runs");
	long n = PQresultStatus(res) == PGRES_TUPLES_OK ?
	    strtol(PQgetvalue(res, 0, 0), NULL, 10) :
	    -1;

	PQclear(res);
	return n;
}

static void
record(struct batch *batch, int first, int last)
{
	for (int i = first; i < last; i++) {
		struct record_end end = record_run(i);

		end.result.output_bytes = 0;
		record_tell(batch, &end);
	}
	bench.flushed = false;
	batch_flush(batch);
	while (!bench.flushed)
		event_base_loop(bench.base, EVLOOP_ONCE);
	event_base_loop(bench.base, EVLOOP_NONBLOCK);
}

/* Until the last run is there; what is behind shows in the rate. */
static double
measure_store(struct store *store)
{
	const struct batch_config config = {
	    .store = store,
	    .runs_fd = -1,
	    .ended_cb = record_ended,
	    .flushed_cb = flushed,
	};
	struct batch *batch = batch_new(&config);
	double start = record_seconds();

	for (int i = 0; i < bench.n; i += BATCH)
		record(batch, i, i + BATCH < bench.n ? i + BATCH : bench.n);
	while (recorded() < bench.n)
		event_base_loop(bench.base, EVLOOP_ONCE);
	start = record_seconds() - start;
	batch_free(batch);
	return (double)bench.n / start;
}

static struct store *
open_store(void)
{
	const struct pg_store_config config = {
	    .base = bench.base, .conninfo = bench.conninfo};
	struct store *store = pg_store_new(&config);

	while (!pg_conn_is_ready(pg_store(store)->writing))
		event_base_loop(bench.base, EVLOOP_ONCE);
	return store;
}

static double
measure(int which)
{
	const struct spool_config spool = {.base = bench.base,
	    .path = bench.spool,
	    .conninfo = bench.conninfo,
	    .host = "node-1",
	    .runs_fd = -1};
	struct err err = {""};
	struct store *store;
	double rate;

	execute("DROP SCHEMA IF EXISTS belfry CASCADE; CHECKPOINT");
	if (which == RAW_TABLE)
		return raw_table();
	store = which == SPOOL ? spool_open(&spool, &err) : open_store();
	if (store == NULL)
		fatalx("%s", err.text);
	rate = which == RAW_ROWS ? raw_rows() : measure_store(store);
	store->ops->close(store);
	record_remove(bench.spool);
	return rate;
}

static const char *const names[] = {
    [RAW_TABLE] = "COPY, one table",
    [RAW_ROWS] = "COPY, our rows",
    [STORE] = "store",
    [SPOOL] = "recorder: spool and store",
};

static const struct record_measures measures = {names, MEASURES, measure};

int
main(int argc, char **argv)
{
	int rounds = 3, opt;

	while ((opt = getopt(argc, argv, "n:r:")) != -1)
		if (opt == 'n')
			bench.n = (int)strtol(optarg, NULL, 10);
		else if (opt == 'r')
			rounds = (int)strtol(optarg, NULL, 10);
		else
			return 2;
	if (bench.n < 1 || rounds < 1 || rounds > RECORD_ROUNDS_MAX ||
	    optind != argc - 1)
		return 2;
	bench.conninfo = argv[optind];
	bench.conn = PQconnectdb(bench.conninfo);
	if (PQstatus(bench.conn) != CONNECTION_OK)
		fatalx("%s", PQerrorMessage(bench.conn));
	execute("SET client_min_messages = warning");
	bench.base = event_base_new();
	snprintf(bench.spool, sizeof(bench.spool), "/tmp/bench-spool.%d.db",
	    (int)getpid());
	record_measure(&measures, rounds);
	event_base_free(bench.base);
	PQfinish(bench.conn);
	return 0;
}
