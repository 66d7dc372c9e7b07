/*
 * What the writing connection prepares. The rules of store.h, for many rows
 * at once: $1, $2 ... are columns, arrays of the same length. Within one
 * command pg_write.c sees to it that no run ends twice, no job's memo comes
 * twice, and that a slot is not said to have run and not to have run.
 *
 * Hosts that write the same jobs take them in order of their names, so that
 * they wait for each other and do not deadlock.
 */
#include "recorder/postgres/store_postgres.h"

#define RUN_COLUMNS "id, job, slot, due, attempt, trigger, host, fence, created"
#define RUN_ARRAYS                                                             \
	"$1::text[], $2::text[], $3::bigint[], $4::bigint[], $5::integer[], "  \
	"$6::text[], $7::text[], $8::bigint[], $9::bigint[]"

/* Has the attempt another run, in the table or among the rows of x? */
#define TWIN                                                                   \
	"row_number() OVER (PARTITION BY job, slot, attempt ORDER BY id) > 1 " \
	"OR EXISTS (SELECT FROM runs AS o WHERE o.job = x.job AND "            \
	"o.slot = x.slot AND o.attempt = x.attempt AND o.id <> x.id "          \
	"AND NOT o.twin)"

static const char jobs_sql[] =
    "INSERT INTO jobs (job, memo, hwm) SELECT * FROM "
    "unnest($1::text[], $2::text[], $3::bigint[]) AS x (job, memo, hwm) "
    "ORDER BY job ON CONFLICT (job) DO UPDATE SET memo = excluded.memo, "
    "hwm = CASE WHEN jobs.memo IS NULL OR jobs.memo = excluded.memo "
    "THEN greatest(jobs.hwm, excluded.hwm) ELSE excluded.hwm END";

/* Only what is new; of two changes before the next slot the later counts. */
static const char plans_sql[] =
    "INSERT INTO schedules (job, since, seen, memo, ends) "
    "SELECT job, hwm, $4::bigint, memo, "
    "(SELECT o.hwm FROM jobs AS o WHERE o.job = x.job) FROM "
    "unnest($1::text[], $2::text[], $3::bigint[]) AS x (job, memo, hwm) "
    "WHERE memo IS DISTINCT FROM "
    "(SELECT o.memo FROM jobs AS o WHERE o.job = x.job) ORDER BY job "
    "ON CONFLICT (job, since) DO UPDATE SET seen = excluded.seen, "
    "memo = excluded.memo";

static const char params_sql[] =
    "INSERT INTO params (run, params) SELECT * FROM "
    "unnest($1::text[], $2::text[]) ON CONFLICT (run) DO NOTHING";

static const char begins_sql[] =
    "WITH x AS (SELECT * FROM unnest(" RUN_ARRAYS ") AS t (" RUN_COLUMNS ")), "
    "n AS (INSERT INTO runs (" RUN_COLUMNS ", twin) "
    "SELECT " RUN_COLUMNS ", " TWIN " FROM x "
    "ON CONFLICT (id) DO NOTHING RETURNING id, job, slot, attempt, host) "
    "INSERT INTO ledger (job, slot, until, count, run, attempts, host) "
    "SELECT DISTINCT ON (job, slot) job, slot, slot, 1, id, attempt, host "
    "FROM n ORDER BY job, slot, attempt DESC, id "
    "ON CONFLICT (job, slot) DO UPDATE SET run = excluded.run, "
    "attempts = excluded.attempts, host = excluded.host, outcome = NULL, "
    "reason = NULL, detail = NULL "
    "WHERE excluded.attempts > ledger.attempts "
    "OR (excluded.attempts = ledger.attempts AND excluded.run < ledger.run)";

/*
 * x: what came; n: of these, the ends that were not known; k: those, in full;
 * l: their slots. Then the jobs, also for their hwm, which every end raises.
 * A success has a start, so last_success tells whether there was one.
 */
static const char ends_sql[] =
    "WITH x AS (SELECT * FROM unnest(" RUN_ARRAYS ", $10::text[], "
    "$11::text[], $12::integer[], $13::integer[], $14::bigint[], "
    "$15::bigint[], $16::bigint[], $17::bigint[], $18::bigint[], "
    "$19::bigint[], $20::bigint[], $21::bigint[]) WITH ORDINALITY AS t "
    "(" RUN_COLUMNS ", outcome, reason, exit_code, signal, started, finished, "
    "duration_us, cpu_us, max_rss_kb, output_bytes, dropped_bytes, retry_ms, "
    "ord)), "
    "n AS (INSERT INTO runs (" RUN_COLUMNS ", outcome, reason, exit_code, "
    "signal, started, finished, duration_us, cpu_us, max_rss_kb, "
    "output_bytes, dropped_bytes, retry_ms, twin) "
    "SELECT " RUN_COLUMNS ", outcome, reason, exit_code, signal, started, "
    "finished, duration_us, cpu_us, max_rss_kb, output_bytes, dropped_bytes, "
    "CASE WHEN retry_ms IS NULL OR "
    "max(attempt) OVER (PARTITION BY job, slot) > attempt OR "
    "EXISTS (SELECT FROM ledger AS l WHERE l.job = x.job AND "
    "l.slot = x.slot AND l.attempts > x.attempt) THEN NULL "
    "ELSE retry_ms END, " TWIN " FROM x "
    "ON CONFLICT (id) DO UPDATE SET outcome = excluded.outcome, "
    "reason = excluded.reason, exit_code = excluded.exit_code, "
    "signal = excluded.signal, started = excluded.started, "
    "finished = excluded.finished, duration_us = excluded.duration_us, "
    "cpu_us = excluded.cpu_us, max_rss_kb = excluded.max_rss_kb, "
    "output_bytes = excluded.output_bytes, "
    "dropped_bytes = excluded.dropped_bytes, retry_ms = excluded.retry_ms "
    "WHERE runs.outcome IS NULL RETURNING id), "
    "k AS (SELECT x.*, n.id IS NOT NULL AS fresh FROM x LEFT JOIN n "
    "USING (id)), "
    "l AS (INSERT INTO ledger (job, slot, until, count, run, attempts, host, "
    "outcome, detail) SELECT DISTINCT ON (job, slot) job, slot, slot, 1, id, "
    "attempt, host, outcome, reason FROM k WHERE fresh "
    "ORDER BY job, slot, attempt DESC, id "
    "ON CONFLICT (job, slot) DO UPDATE SET run = excluded.run, "
    "attempts = excluded.attempts, host = excluded.host, "
    "outcome = excluded.outcome, reason = NULL, detail = excluded.detail "
    "WHERE excluded.attempts > ledger.attempts "
    "OR (excluded.attempts = ledger.attempts AND excluded.run <= ledger.run)), "
    "m AS (SELECT *, coalesce(finished / 1000, started / 1000, created) "
    "AS ended, max(ord) FILTER (WHERE fresh AND outcome = 'success') "
    "OVER (PARTITION BY job) AS good FROM k) "
    "INSERT INTO jobs (job, hwm, last_end, last_run, last_outcome, "
    "last_success, failures) SELECT job, "
    "coalesce(max(slot) FILTER (WHERE trigger IN ('schedule', 'catch-up')), "
    "0), coalesce(max(ended) FILTER (WHERE fresh), 0), "
    "coalesce((array_agg(id ORDER BY ended DESC, ord DESC) "
    "FILTER (WHERE fresh))[1], ''), "
    "(array_agg(outcome ORDER BY ended DESC, ord DESC) "
    "FILTER (WHERE fresh))[1], "
    "coalesce(max(started / 1000) FILTER (WHERE fresh AND "
    "outcome = 'success'), 0), "
    "count(*) FILTER (WHERE fresh AND outcome <> 'success' AND "
    "ord > coalesce(good, 0)) FROM m GROUP BY job ORDER BY job "
    "ON CONFLICT (job) DO UPDATE SET "
    "hwm = greatest(jobs.hwm, excluded.hwm), "
    "last_end = greatest(jobs.last_end, excluded.last_end), "
    "last_run = CASE WHEN excluded.last_run <> '' AND "
    "excluded.last_end >= jobs.last_end "
    "THEN excluded.last_run ELSE jobs.last_run END, "
    "last_outcome = CASE WHEN excluded.last_run <> '' AND "
    "excluded.last_end >= jobs.last_end "
    "THEN excluded.last_outcome ELSE jobs.last_outcome END, "
    "last_success = greatest(jobs.last_success, excluded.last_success), "
    "failures = CASE WHEN excluded.last_success > 0 THEN excluded.failures "
    "ELSE jobs.failures + excluded.failures END";

static const char later_sql[] =
    "UPDATE runs AS r SET retry_ms = NULL FROM "
    "unnest($1::text[], $2::bigint[], $3::integer[]) AS x (job, slot, attempt) "
    "WHERE r.retry_ms IS NOT NULL AND r.job = x.job AND r.slot = x.slot "
    "AND r.attempt < x.attempt";

/* After a crash the same gap is found again, and may have grown. */
static const char slots_sql[] =
    "INSERT INTO ledger (job, slot, until, count, outcome, reason, detail, "
    "host, attempts) SELECT *, 0 FROM "
    "unnest($1::text[], $2::bigint[], $3::bigint[], $4::bigint[], "
    "$5::text[], $6::text[], $7::text[], $8::text[]) "
    "AS x (job, slot, until, count, outcome, reason, detail, host) "
    "ORDER BY job, slot "
    "ON CONFLICT (job, slot) DO UPDATE SET until = excluded.until, "
    "count = excluded.count, detail = excluded.detail "
    "WHERE ledger.outcome = excluded.outcome "
    "AND excluded.until > ledger.until";

static const char hwm_sql[] =
    "INSERT INTO jobs (job, hwm) SELECT job, max(hwm) FROM "
    "unnest($1::text[], $2::bigint[]) AS x (job, hwm) "
    "GROUP BY job ORDER BY job "
    "ON CONFLICT (job) DO UPDATE SET hwm = excluded.hwm "
    "WHERE excluded.hwm > jobs.hwm";

static const char pieces_sql[] =
    "INSERT INTO output (run, start, data) SELECT * FROM "
    "unnest($1::text[], $2::bigint[], $3::bytea[]) "
    "ON CONFLICT (run, start) DO NOTHING";

/* An end that was known, and says now that there is no retry. */
static const char no_retry_sql[] =
    "UPDATE runs AS r SET retry_ms = NULL FROM "
    "unnest($1::text[], $2::bigint[]) AS x (id, retry_ms) "
    "WHERE r.retry_ms IS NOT NULL AND r.id = x.id AND x.retry_ms IS NULL";

static const char pause_sql[] =
    "INSERT INTO pauses (job, since, until, who, reason) "
    "VALUES ($1::text, $2::bigint, $3::bigint, $4::text, $5::text) "
    "ON CONFLICT (job) DO UPDATE SET since = excluded.since, "
    "until = excluded.until, who = excluded.who, reason = excluded.reason";

static const char resume_sql[] = "DELETE FROM pauses WHERE job = $1::text";

const char *const pg_statements[STATEMENT_COUNT + 1] = {
    [ROWS_JOBS] = jobs_sql,
    [ROWS_PARAMS] = params_sql,
    [ROWS_BEGINS] = begins_sql,
    [ROWS_ENDS] = ends_sql,
    [ROWS_LATER] = later_sql,
    [ROWS_SLOTS] = slots_sql,
    [ROWS_HWM] = hwm_sql,
    [ROWS_PIECES] = pieces_sql,
    [STATEMENT_PLANS] = plans_sql,
    [STATEMENT_NO_RETRY] = no_retry_sql,
    [STATEMENT_PAUSE] = pause_sql,
    [STATEMENT_RESUME] = resume_sql,
};
