/* What the master asks at its start, in pieces by key; and pieces of output. */
#include "recorder/sqlite/store_sqlite.h"

#include <stdio.h>

#include "base/mem.h"

static const char jobs_sql[] =
    "SELECT job, coalesce(memo, ''), hwm, last_end, last_run, last_outcome, "
    "last_success, failures, joined FROM jobs WHERE job > ?1 ORDER BY job LIMIT ?2";

static const char retries_sql[] =
    "SELECT id, job, slot, attempt + 1, retry_ms, coalesce(chain, id), parent, "
    "(SELECT params FROM params WHERE run = id), "
    "(SELECT parents FROM params WHERE run = id) FROM runs "
    "INDEXED BY runs_retry WHERE retry_ms IS NOT NULL AND id > ?1 "
    "ORDER BY id LIMIT ?2";

static const char open_runs_sql[] =
    "SELECT id, job, host, slot, due, attempt, trigger, created, fence, "
    "chain, parent FROM runs INDEXED BY runs_by_outcome "
    "WHERE outcome IS NULL AND outcome IS NOT 'success' AND id > ?1 "
    "ORDER BY id LIMIT ?2";

static const char pauses_sql[] =
    "SELECT job, since, until, who, reason FROM pauses WHERE job > ?1 "
    "ORDER BY job LIMIT ?2";

static const char output_sql[] =
    "SELECT start, data FROM output WHERE run = ?1 AND start >= "
    "coalesce((SELECT max(start) FROM output WHERE run = ?1 AND start <= ?2), "
    "0) AND start + length(data) > ?2 ORDER BY start LIMIT 1";

static sqlite3_stmt *
bind_after(struct sqlite_store *s, enum sqlite_sql which, const char *text,
    const char *after, int limit)
{
	const struct sqlite_value values[] = {
	    value_text(after),
	    value_int(limit),
	};

	sqlite_forgive(s);
	return sqlite_bind(s, which, text, values, nitems(values));
}

void
sqlite_jobs(struct store *store, const char *after, int limit,
    store_job_cb *row, store_done *done, void *arg)
{
	struct sqlite_store *s = sqlite_store(store);
	sqlite3_stmt *st = bind_after(s, SQL_JOBS, jobs_sql, after, limit);
	struct record_job job;

	while (sqlite_step(s, st)) {
		job.job = sqlite_text(st, 0);
		job.memo = sqlite_text(st, 1);
		job.hwm_ms = sqlite3_column_int64(st, 2);
		job.last_end_ms = sqlite3_column_int64(st, 3);
		job.last_run = sqlite_text(st, 4);
		job.last_outcome = sqlite_outcome(st, 5);
		job.last_success_ms = sqlite3_column_int64(st, 6);
		job.failures = sqlite3_column_int64(st, 7);
		job.joined = (uint64_t)sqlite3_column_int64(st, 8);
		row(arg, &job);
	}
	done(arg, sqlite_failure(s));
}

void
sqlite_retries(struct store *store, const char *after, int limit,
    store_retry_cb *row, store_done *done, void *arg)
{
	struct sqlite_store *s = sqlite_store(store);
	sqlite3_stmt *st =
	    bind_after(s, SQL_RETRIES, retries_sql, after, limit);
	struct record_retry retry;

	while (sqlite_step(s, st)) {
		retry.run = sqlite_text(st, 0);
		retry.job = sqlite_text(st, 1);
		retry.slot_ms = sqlite3_column_int64(st, 2);
		retry.attempt = sqlite3_column_int(st, 3);
		retry.due_ms = sqlite3_column_int64(st, 4);
		retry.chain = sqlite_text(st, 5);
		retry.parent = sqlite_text(st, 6);
		retry.params = sqlite_text(st, 7);
		retry.parents = sqlite_text(st, 8);
		row(arg, &retry);
	}
	done(arg, sqlite_failure(s));
}

void
sqlite_open_runs(struct store *store, const char *after, int limit,
    store_begin_cb *row, store_done *done, void *arg)
{
	struct sqlite_store *s = sqlite_store(store);
	sqlite3_stmt *st =
	    bind_after(s, SQL_OPEN_RUNS, open_runs_sql, after, limit);

	while (sqlite_step(s, st)) {
		struct run_begin begin = {0};
		int trigger = trigger_parse(sqlite_text(st, 6));

		snprintf(begin.id, sizeof(begin.id), "%s", sqlite_text(st, 0));
		snprintf(
		    begin.job, sizeof(begin.job), "%s", sqlite_text(st, 1));
		snprintf(
		    begin.host, sizeof(begin.host), "%s", sqlite_text(st, 2));
		begin.slot_ms = sqlite3_column_int64(st, 3);
		begin.due_ms = sqlite3_column_int64(st, 4);
		begin.attempt = sqlite3_column_int(st, 5);
		begin.trigger =
		    trigger != -1 ? (enum trigger)trigger : TRIGGER_SCHEDULE;
		begin.created_ms = sqlite3_column_int64(st, 7);
		begin.fence = (uint64_t)sqlite3_column_int64(st, 8);
		snprintf(
		    begin.chain, sizeof(begin.chain), "%s", sqlite_text(st, 9));
		snprintf(begin.parent, sizeof(begin.parent), "%s",
		    sqlite_text(st, 10));
		row(arg, &begin);
	}
	done(arg, sqlite_failure(s));
}

void
sqlite_pauses(struct store *store, const char *after, int limit,
    store_pause_cb *row, store_done *done, void *arg)
{
	struct sqlite_store *s = sqlite_store(store);
	sqlite3_stmt *st = bind_after(s, SQL_PAUSES, pauses_sql, after, limit);
	struct record_pause pause = {.on = true};

	while (sqlite_step(s, st)) {
		pause.job = sqlite_text(st, 0);
		pause.since_ms = sqlite3_column_int64(st, 1);
		pause.until_ms = sqlite3_column_int64(st, 2);
		pause.who = sqlite_text(st, 3);
		pause.reason = sqlite_text(st, 4);
		row(arg, &pause);
	}
	done(arg, sqlite_failure(s));
}

void
sqlite_output(struct store *store, const char *run, uint64_t pos,
    store_piece_cb *piece, store_done *done, void *arg)
{
	struct sqlite_store *s = sqlite_store(store);
	int64_t at = pos > INT64_MAX ? INT64_MAX : (int64_t)pos;
	const struct sqlite_value values[] = {
	    value_text(run),
	    value_int(at),
	};
	sqlite3_stmt *st;

	sqlite_forgive(s);
	st = sqlite_bind(s, SQL_OUTPUT, output_sql, values, nitems(values));
	while (sqlite_step(s, st))
		piece(arg, (uint64_t)sqlite3_column_int64(st, 0),
		    sqlite3_column_blob(st, 1),
		    (size_t)sqlite3_column_bytes(st, 1));
	done(arg, sqlite_failure(s));
}
