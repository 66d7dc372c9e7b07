/*
 * What the SQLite store writes. The rules of store.h are in the WHERE parts
 * of the upserts.
 */
#include "recorder/sqlite/store_sqlite.h"

#include "base/mem.h"

static const char begin_sql[] = "BEGIN IMMEDIATE";
static const char commit_sql[] = "COMMIT";
static const char rollback_sql[] = "ROLLBACK";

static const char job_sql[] =
    "INSERT INTO jobs (job, memo, hwm) VALUES (?1, ?2, ?3) "
    "ON CONFLICT (job) DO UPDATE SET memo = excluded.memo, "
    "hwm = CASE WHEN jobs.memo IS NULL OR jobs.memo = excluded.memo "
    "THEN max(jobs.hwm, excluded.hwm) ELSE excluded.hwm END";

static const char hwm_sql[] =
    "INSERT INTO jobs (job, hwm) VALUES (?1, ?2) "
    "ON CONFLICT (job) DO UPDATE SET hwm = excluded.hwm "
    "WHERE excluded.hwm > jobs.hwm";

static const char job_end_sql[] =
    "INSERT INTO jobs (job, hwm, last_end, last_run, last_outcome, "
    "last_success, failures) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) "
    "ON CONFLICT (job) DO UPDATE SET hwm = max(jobs.hwm, excluded.hwm), "
    "last_end = max(jobs.last_end, excluded.last_end), "
    "last_run = CASE WHEN excluded.last_end >= jobs.last_end "
    "THEN excluded.last_run ELSE jobs.last_run END, "
    "last_outcome = CASE WHEN excluded.last_end >= jobs.last_end "
    "THEN excluded.last_outcome ELSE jobs.last_outcome END, "
    "last_success = max(jobs.last_success, excluded.last_success), "
    "failures = CASE WHEN excluded.failures = 0 THEN 0 "
    "ELSE jobs.failures + 1 END";

static const char run_begin_sql[] =
    "INSERT INTO runs (id, job, slot, due, attempt, trigger, host, fence, "
    "created, chain, parent) "
    "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11) "
    "ON CONFLICT (id) DO NOTHING";

static const char run_end_sql[] =
    "INSERT INTO runs (id, job, slot, due, attempt, trigger, host, fence, "
    "created, outcome, reason, exit_code, signal, started, finished, "
    "duration_us, cpu_us, max_rss_kb, output_bytes, dropped_bytes, retry_ms, "
    "chain, parent, results) "
    "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, "
    "?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24) "
    "ON CONFLICT (id) DO UPDATE SET outcome = excluded.outcome, "
    "reason = excluded.reason, exit_code = excluded.exit_code, "
    "signal = excluded.signal, started = excluded.started, "
    "finished = excluded.finished, duration_us = excluded.duration_us, "
    "cpu_us = excluded.cpu_us, max_rss_kb = excluded.max_rss_kb, "
    "output_bytes = excluded.output_bytes, "
    "dropped_bytes = excluded.dropped_bytes, retry_ms = excluded.retry_ms, "
    "results = excluded.results "
    "WHERE runs.outcome IS NULL";

static const char run_no_retry_sql[] =
    "UPDATE runs SET retry_ms = NULL WHERE id = ?1 AND retry_ms IS NOT NULL";

static const char slot_no_retry_sql[] =
    "UPDATE runs SET retry_ms = NULL WHERE retry_ms IS NOT NULL "
    "AND job = ?1 AND slot = ?2 AND attempt < ?3";

/*
 * Two runs may claim one attempt of one slot: by hand, in the same
 * millisecond. The ledger shows the older one, in whatever order they come.
 */
static const char slot_begin_sql[] =
    "INSERT INTO ledger (job, slot, until, count, run, attempts, host) "
    "VALUES (?1, ?2, ?2, 1, ?3, ?4, ?5) "
    "ON CONFLICT (job, slot) DO UPDATE SET run = excluded.run, "
    "attempts = excluded.attempts, host = excluded.host, outcome = NULL, "
    "reason = NULL, detail = NULL "
    "WHERE excluded.attempts > ledger.attempts "
    "OR (excluded.attempts = ledger.attempts AND excluded.run < ledger.run)";

static const char slot_end_sql[] =
    "INSERT INTO ledger (job, slot, until, count, run, attempts, host, "
    "outcome, detail) VALUES (?1, ?2, ?2, 1, ?3, ?4, ?5, ?6, ?7) "
    "ON CONFLICT (job, slot) DO UPDATE SET run = excluded.run, "
    "attempts = excluded.attempts, host = excluded.host, "
    "outcome = excluded.outcome, reason = NULL, detail = excluded.detail "
    "WHERE excluded.attempts > ledger.attempts "
    "OR (excluded.attempts = ledger.attempts AND excluded.run <= ledger.run)";

static const char slot_attempts_sql[] =
    "SELECT attempts FROM ledger WHERE job = ?1 AND slot = ?2";

/* After a crash the same gap is found again, and may have grown. */
static const char slot_sql[] =
    "INSERT INTO ledger (job, slot, until, count, outcome, reason, detail, "
    "attempts, host) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 0, ?8) "
    "ON CONFLICT (job, slot) DO UPDATE SET until = excluded.until, "
    "count = excluded.count, detail = excluded.detail "
    "WHERE ledger.outcome = excluded.outcome "
    "AND excluded.until > ledger.until";

/* Another host has proved that it was not so. */
static const char take_back_sql[] =
    "DELETE FROM ledger WHERE job = ?1 AND slot BETWEEN ?2 AND ?3 "
    "AND run IS NULL AND reason IN ('redis-down', 'in-doubt')";

static const char rewind_job_sql[] =
    "UPDATE jobs SET hwm = min(hwm, ?2), last_end = min(last_end, ?2) "
    "WHERE job = ?1";

static const char rewind_rows_sql[] =
    "DELETE FROM ledger WHERE job = ?1 AND slot > ?2 AND run IS NULL";

/* How many slots are left nobody counts. */
static const char rewind_range_sql[] =
    "UPDATE ledger SET until = ?2, count = slot = ?2 "
    "WHERE job = ?1 AND slot <= ?2 AND until > ?2 AND run IS NULL";

static const char piece_sql[] =
    "INSERT INTO output (run, start, data) VALUES (?1, ?2, ?3) "
    "ON CONFLICT (run, start) DO NOTHING";

static const char pause_sql[] =
    "INSERT INTO pauses (job, since, until, who, reason) "
    "VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (job) DO UPDATE SET "
    "since = excluded.since, until = excluded.until, who = excluded.who, "
    "reason = excluded.reason";

static const char params_sql[] =
    "INSERT INTO params (run, params, parents) VALUES (?1, ?2, ?3) "
    "ON CONFLICT (run) DO NOTHING";

static const char resume_sql[] = "DELETE FROM pauses WHERE job = ?1";

void
sqlite_begin(struct store *store)
{
	struct sqlite_store *s = sqlite_store(store);

	sqlite_forgive(s);
	sqlite_revive(s);
	s->nhours = 0;
	sqlite_run(s, SQL_BEGIN, begin_sql, NULL, 0);
}

void
sqlite_commit(struct store *store, store_done *done, void *arg)
{
	struct sqlite_store *s = sqlite_store(store);
	struct err err;

	sqlite_hours_flush(s);
	sqlite_run(s, SQL_COMMIT, commit_sql, NULL, 0);
	if (!s->failed) {
		done(arg, NULL);
		return;
	}
	err = s->err;
	/* Some errors have rolled back already. */
	if (s->db != NULL && !sqlite3_get_autocommit(s->db)) {
		sqlite_forgive(s);
		sqlite_run(s, SQL_ROLLBACK, rollback_sql, NULL, 0);
	}
	done(arg, &err);
}

void
sqlite_job(struct store *store, const struct record_job *job)
{
	const struct sqlite_value values[] = {
	    value_text(job->job),
	    value_text(job->memo),
	    value_int(job->hwm_ms),
	};

	sqlite_plan(sqlite_store(store), job);
	sqlite_run(
	    sqlite_store(store), SQL_JOB, job_sql, values, nitems(values));
}

static void
rewind_clock(struct sqlite_store *s, const struct sqlite_value *job_and_slot)
{
	sqlite_run(s, SQL_REWIND_JOB, rewind_job_sql, job_and_slot, 2);
	sqlite_run(s, SQL_REWIND_ROWS, rewind_rows_sql, job_and_slot, 2);
	sqlite_run(s, SQL_REWIND_RANGE, rewind_range_sql, job_and_slot, 2);
}

void
sqlite_slot(struct store *store, const struct record_slot *slot)
{
	struct sqlite_store *s = sqlite_store(store);
	const struct sqlite_value values[] = {
	    value_text(slot->job),
	    value_int(slot->slot_ms),
	    value_int(slot->until_ms),
	    value_int(slot->count),
	    value_outcome(slot->outcome),
	    value_text_or_null(slot->reason),
	    value_text_or_null(slot->detail),
	    value_text_or_null(slot->host),
	};
	const struct sqlite_value hwm[] = {
	    value_text(slot->job),
	    value_int(slot->until_ms),
	};

	if (record_slot_rewinds(slot)) {
		rewind_clock(s, values);
		return;
	}
	if (slot->outcome == OUTCOME_NONE) {
		sqlite_run(s, SQL_TAKE_BACK, take_back_sql, values, 3);
		return;
	}
	sqlite_run(s, SQL_SLOT, slot_sql, values, nitems(values));
	/* Ends of parents decide no slot of the schedule. */
	if (slot->joined == 0)
		sqlite_run(s, SQL_HWM, hwm_sql, hwm, nitems(hwm));
	else
		sqlite_use_ends(s, slot->job, slot->joined);
}

/* Does a run of this kind decide a slot of the schedule? */
static bool
raises_hwm(const struct run_begin *begin)
{
	return begin->trigger == TRIGGER_SCHEDULE ||
	    begin->trigger == TRIGGER_CATCH_UP;
}

/* Also for what is known: a memo that is sent again may have reset it. */
static void
raise_hwm(struct sqlite_store *s, const struct run_begin *begin)
{
	const struct sqlite_value values[] = {
	    value_text(begin->job),
	    value_int(begin->slot_ms),
	};

	if (raises_hwm(begin))
		sqlite_run(s, SQL_HWM, hwm_sql, values, nitems(values));
}

static void
clear_retries(struct sqlite_store *s, const struct run_begin *begin)
{
	const struct sqlite_value values[] = {
	    value_text(begin->job),
	    value_int(begin->slot_ms),
	    value_int(begin->attempt),
	};

	if (begin->attempt > 1)
		sqlite_run(s, SQL_SLOT_NO_RETRY, slot_no_retry_sql, values,
		    nitems(values));
}

void
sqlite_run_begin(struct store *store, const struct run_begin *begin)
{
	struct sqlite_store *s = sqlite_store(store);
	const struct sqlite_value run[] = {
	    value_text(begin->id),
	    value_text(begin->job),
	    value_int(begin->slot_ms),
	    value_int(begin->due_ms),
	    value_int(begin->attempt),
	    value_text(trigger_name(begin->trigger)),
	    value_text(begin->host),
	    value_int((int64_t)begin->fence),
	    value_int(begin->created_ms),
	    value_text_or_null(begin->chain),
	    value_text_or_null(begin->parent),
	};
	const struct sqlite_value slot[] = {
	    value_text(begin->job),
	    value_int(begin->slot_ms),
	    value_text(begin->id),
	    value_int(begin->attempt),
	    value_text(begin->host),
	};

	raise_hwm(s, begin);
	sqlite_use_ends(s, begin->job, begin->joined);
	if (sqlite_run(s, SQL_RUN_BEGIN, run_begin_sql, run, nitems(run)) == 0)
		return; /* known */
	sqlite_run(s, SQL_SLOT_BEGIN, slot_begin_sql, slot, nitems(slot));
	clear_retries(s, begin);
}

/* When the run is to be tried again; 0 too when a later attempt is there. */
static int64_t
retry_time(struct sqlite_store *s, const struct record_end *end)
{
	const struct sqlite_value values[] = {
	    value_text(end->begin.job),
	    value_int(end->begin.slot_ms),
	};
	sqlite3_stmt *st;
	bool later = false;

	if (end->retry_ms == 0 || s->failed)
		return 0;
	st = sqlite_bind(
	    s, SQL_SLOT_ATTEMPTS, slot_attempts_sql, values, nitems(values));
	while (sqlite_step(s, st))
		later = sqlite3_column_int64(st, 0) > end->begin.attempt;
	return later ? 0 : end->retry_ms;
}

/* False: its end was known. */
static bool
end_run(struct sqlite_store *s, const struct record_end *end)
{
	const struct run_begin *begin = &end->begin;
	const struct run_result *result = &end->result;
	bool started = result->started_us != 0;
	const struct sqlite_value values[] = {
	    value_text(begin->id),
	    value_text(begin->job),
	    value_int(begin->slot_ms),
	    value_int(begin->due_ms),
	    value_int(begin->attempt),
	    value_text(trigger_name(begin->trigger)),
	    value_text(begin->host),
	    value_int((int64_t)begin->fence),
	    value_int(begin->created_ms),
	    value_outcome(result->outcome),
	    value_text_or_null(result->reason),
	    value_int_or_null(result->exit_code, -1),
	    value_int_or_null(result->signal, 0),
	    value_int_or_null(result->started_us, 0),
	    value_int_or_null(result->finished_us, 0),
	    value_int_or_null(started ? result->duration_us : -1, -1),
	    value_int_or_null(started ? result->cpu_us : -1, -1),
	    value_int_or_null(started ? result->max_rss_kb : -1, -1),
	    value_int((int64_t)result->output_bytes),
	    value_int((int64_t)result->dropped_bytes),
	    value_int_or_null(retry_time(s, end), 0),
	    value_text_or_null(begin->chain),
	    value_text_or_null(begin->parent),
	    value_text_or_null(result->values),
	};

	return sqlite_run(s, SQL_RUN_END, run_end_sql, values, nitems(values)) >
	    0;
}

static void
end_slot(struct sqlite_store *s, const struct record_end *end)
{
	const struct sqlite_value values[] = {
	    value_text(end->begin.job),
	    value_int(end->begin.slot_ms),
	    value_text(end->begin.id),
	    value_int(end->begin.attempt),
	    value_text(end->begin.host),
	    value_outcome(end->result.outcome),
	    value_text_or_null(end->result.reason),
	};

	sqlite_run(s, SQL_SLOT_END, slot_end_sql, values, nitems(values));
}

/* When a run that may never have started was over. */
static int64_t
end_time_ms(const struct record_end *end)
{
	if (end->result.finished_us != 0)
		return end->result.finished_us / 1000;
	if (end->result.started_us != 0)
		return end->result.started_us / 1000;
	return end->begin.created_ms;
}

static void
end_job(struct sqlite_store *s, const struct record_end *end)
{
	const struct run_begin *begin = &end->begin;
	bool good = end->result.outcome == OUTCOME_SUCCESS;
	const struct sqlite_value values[] = {
	    value_text(begin->job),
	    value_int(raises_hwm(begin) ? begin->slot_ms : 0),
	    value_int(end_time_ms(end)),
	    value_text(begin->id),
	    value_outcome(end->result.outcome),
	    value_int(good ? end->result.started_us / 1000 : 0),
	    value_int(good ? 0 : 1),
	};

	sqlite_run(s, SQL_JOB_END, job_end_sql, values, nitems(values));
}

void
sqlite_run_end(struct store *store, const struct record_end *end)
{
	struct sqlite_store *s = sqlite_store(store);
	const struct sqlite_value id = value_text(end->begin.id);

	sqlite_use_ends(s, end->begin.job, end->begin.joined);
	if (end_run(s, end)) {
		end_slot(s, end);
		clear_retries(s, &end->begin);
		end_job(s, end);
		if (submission_is_id(end->begin.id))
			sqlite_submission_end(
			    s, end->begin.id, end_time_ms(end));
		sqlite_hours_count(s, end);
		return;
	}
	raise_hwm(s, &end->begin);
	if (end->retry_ms == 0)
		sqlite_run(s, SQL_RUN_NO_RETRY, run_no_retry_sql, &id, 1);
}

void
sqlite_piece(struct store *store, const char *run, uint64_t start,
    const void *data, size_t n)
{
	const struct sqlite_value values[] = {
	    value_text(run),
	    value_int((int64_t)start),
	    {VALUE_BLOB, (int64_t)n, data},
	};

	sqlite_run(
	    sqlite_store(store), SQL_PIECE, piece_sql, values, nitems(values));
}

void
sqlite_params(struct store *store, const char *run, const char *params,
    const char *parents)
{
	const struct sqlite_value values[] = {
	    value_text(run),
	    value_text(params),
	    value_text_or_null(parents),
	};

	sqlite_run(sqlite_store(store), SQL_PARAMS, params_sql, values,
	    nitems(values));
}

void
sqlite_pause(struct store *store, const struct record_pause *pause)
{
	const struct sqlite_value values[] = {
	    value_text(pause->job),
	    value_int(pause->since_ms),
	    value_int(pause->until_ms),
	    value_text(pause->who),
	    value_text(pause->reason),
	};

	if (pause->on)
		sqlite_run(sqlite_store(store), SQL_PAUSE, pause_sql, values,
		    nitems(values));
	else
		sqlite_run(
		    sqlite_store(store), SQL_RESUME, resume_sql, values, 1);
}
