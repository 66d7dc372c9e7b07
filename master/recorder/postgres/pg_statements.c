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

#define RUN_COLUMNS                                                            \
	"id, job, slot, due, attempt, trigger, host, fence, created, chain, "  \
	"parent, copy"
#define RUN_ARRAYS                                                             \
	"$1::text[], $2::text[], $3::bigint[], $4::bigint[], $5::integer[], "  \
	"$6::text[], $7::text[], $8::bigint[], $9::bigint[], $10::text[], "    \
	"$11::text[], $12::text[]"

/* Has the attempt another run, in the table or among the rows of x? */
#define TWIN                                                                   \
	"row_number() OVER (PARTITION BY job, slot, attempt, copy "            \
	"ORDER BY id) > 1 "                                                    \
	"OR EXISTS (SELECT FROM runs AS o WHERE o.job = x.job AND "            \
	"o.slot = x.slot AND o.attempt = x.attempt AND o.copy = x.copy "       \
	"AND o.id <> x.id AND NOT o.twin)"

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
    "INSERT INTO params (run, params, parents) SELECT * FROM "
    "unnest($1::text[], $2::text[], $3::text[]) ON CONFLICT (run) DO NOTHING";

/* Those of x that are not there: a plain insert costs a third less than one
 * ON CONFLICT. */
#define NEW_RUN "NOT EXISTS (SELECT FROM runs AS o WHERE o.id = x.id)"

/*
 * Of d, a row for each slot. A row of another host that comes in between
 * fails the command, which is then sent again.
 */
#define NEW_SLOT                                                               \
	"NOT EXISTS (SELECT FROM ledger AS o WHERE o.job = d.job AND "         \
	"o.slot = d.slot)"

static const char begins_sql[] =
    "WITH x AS (SELECT * FROM unnest(" RUN_ARRAYS ") AS t (" RUN_COLUMNS ")), "
    "n AS (INSERT INTO runs (" RUN_COLUMNS ", twin) "
    "SELECT " RUN_COLUMNS ", " TWIN " FROM x WHERE " NEW_RUN
    " RETURNING id, job, slot, attempt, host), "
    "d AS (SELECT DISTINCT ON (job, slot) * FROM n "
    "ORDER BY job, slot, attempt DESC, id), "
    "u AS (UPDATE ledger AS o SET run = d.id, attempts = d.attempt, "
    "host = d.host, outcome = NULL, reason = NULL, detail = NULL FROM d "
    "WHERE o.job = d.job AND o.slot = d.slot AND (d.attempt > o.attempts "
    "OR (d.attempt = o.attempts AND d.id < o.run))) "
    "INSERT INTO ledger (job, slot, until, count, run, attempts, host) "
    "SELECT job, slot, slot, 1, id, attempt, host FROM d WHERE " NEW_SLOT;

#define HOUR_US     "3600000000"
#define BEGAN_IN_IT "FILTER (WHERE hour = began / " HOUR_US ")"

/* Of each end that is news, b, the hours that its run lasted, g. */
#define HOURS_OF_ENDS                                                          \
	"b AS (SELECT host, outcome, coalesce(started, created * 1000) "       \
	"AS began, finished FROM k WHERE fresh), "                             \
	"g AS (SELECT *, generate_series(began / " HOUR_US                     \
	", least(greatest(finished, began) / " HOUR_US ", began / " HOUR_US    \
	" + 199)) AS hour FROM b), "                                           \
	"h AS (INSERT INTO hours AS o (hour, host, runs, failures, busy_us) "  \
	"SELECT hour, host, count(*) " BEGAN_IN_IT ", "                        \
	"count(nullif(outcome, 'success')) " BEGAN_IN_IT ", "                  \
	"sum(least(greatest(finished, began), (hour + 1) * " HOUR_US ") - "    \
	"greatest(began, hour * " HOUR_US ")) "                                \
	"FROM g GROUP BY hour, host ORDER BY hour, host "                      \
	"ON CONFLICT (hour, host) DO UPDATE SET runs = o.runs + "              \
	"excluded.runs, failures = o.failures + excluded.failures, "           \
	"busy_us = o.busy_us + excluded.busy_us), "

/*
 * x: what came; c: of these, the ends of runs that began before; i: of runs
 * that were not known; k: all, and whether the end was news; d: the slots of
 * such. Then the jobs, also for their hwm, which every end raises. A success
 * has a start, so last_success tells whether there was one.
 */
static const char ends_sql[] =
    "WITH x AS (SELECT *, CASE WHEN retry_ms IS NULL OR "
    "max(attempt) OVER (PARTITION BY job, slot) > attempt OR "
    "EXISTS (SELECT FROM ledger AS l WHERE l.job = t.job AND "
    "l.slot = t.slot AND l.attempts > t.attempt) THEN NULL "
    "ELSE retry_ms END AS retry FROM unnest(" RUN_ARRAYS ", $13::text[], "
    "$14::text[], $15::integer[], $16::integer[], $17::bigint[], "
    "$18::bigint[], $19::bigint[], $20::bigint[], $21::bigint[], "
    "$22::bigint[], $23::bigint[], $24::bigint[], $25::text[]) "
    "WITH ORDINALITY AS t "
    "(" RUN_COLUMNS ", outcome, reason, exit_code, signal, started, finished, "
    "duration_us, cpu_us, max_rss_kb, output_bytes, dropped_bytes, retry_ms, "
    "results, ord)), "
    "c AS (UPDATE runs AS r SET outcome = x.outcome, reason = x.reason, "
    "exit_code = x.exit_code, signal = x.signal, started = x.started, "
    "finished = x.finished, duration_us = x.duration_us, "
    "cpu_us = x.cpu_us, max_rss_kb = x.max_rss_kb, "
    "output_bytes = x.output_bytes, dropped_bytes = x.dropped_bytes, "
    "retry_ms = x.retry, results = x.results FROM x WHERE r.id = x.id AND r.outcome IS NULL "
    "RETURNING r.id), "
    "i AS (INSERT INTO runs (" RUN_COLUMNS ", outcome, reason, exit_code, "
    "signal, started, finished, duration_us, cpu_us, max_rss_kb, "
    "output_bytes, dropped_bytes, retry_ms, results, twin) "
    "SELECT " RUN_COLUMNS ", outcome, reason, exit_code, signal, started, "
    "finished, duration_us, cpu_us, max_rss_kb, output_bytes, dropped_bytes, "
    "retry, results, " TWIN " FROM x WHERE " NEW_RUN " RETURNING id), "
    "k AS (SELECT *, id IN (SELECT id FROM c) OR id IN (SELECT id FROM i) "
    "AS fresh FROM x), "
    "d AS (SELECT DISTINCT ON (job, slot) * FROM k WHERE fresh "
    "ORDER BY job, slot, attempt DESC, id), "
    "u AS (UPDATE ledger AS o SET run = d.id, attempts = d.attempt, "
    "host = d.host, outcome = d.outcome, reason = NULL, detail = d.reason "
    "FROM d WHERE o.job = d.job AND o.slot = d.slot AND "
    "(d.attempt > o.attempts OR (d.attempt = o.attempts AND "
    "d.id <= o.run))), "
    "l AS (INSERT INTO ledger (job, slot, until, count, run, attempts, host, "
    "outcome, detail) SELECT job, slot, slot, 1, id, attempt, host, outcome, "
    "reason FROM d WHERE " NEW_SLOT "), " HOURS_OF_ENDS
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

static const char audit_sql[] =
    "INSERT INTO audit (id, at, host, who, origin, action, object, was, "
    "became) VALUES ($1::text, $2::bigint, $3::text, $4::text, $5::text, "
    "$6::text, $7::text, $8::text, $9::text) ON CONFLICT (id) DO NOTHING";

static const char audit_forget_sql[] = "DELETE FROM audit WHERE id < $1::text";

/* Told again after a crash, one that is sent must not wait once more. */
static const char notice_sql[] =
    "INSERT INTO notifications (id, receiver, event, job, run, host, created, "
    "state, tries, next, done, error, facts) VALUES ($1::text, $2::text, "
    "$3::text, nullif($4::text, ''), nullif($5::text, ''), $6::text, "
    "$7::bigint, $8::text, $9::integer, $10::bigint, nullif($11::bigint, 0), "
    "nullif($12::text, ''), $13::text) "
    "ON CONFLICT (id) DO UPDATE SET state = excluded.state, "
    "tries = excluded.tries, next = excluded.next, done = excluded.done, "
    "error = excluded.error WHERE notifications.state = 'waiting' "
    "AND excluded.tries >= notifications.tries";
/* As the three of store_sqlite_write.c. */
static const char rewind_sql[] =
    "WITH j AS (UPDATE jobs SET hwm = least(hwm, $2::bigint), "
    "last_end = least(last_end, $2::bigint) WHERE job = $1::text), "
    "d AS (DELETE FROM ledger WHERE job = $1::text AND slot > $2::bigint "
    "AND run IS NULL) "
    "UPDATE ledger SET until = $2::bigint, "
    "count = CASE WHEN slot = $2::bigint THEN 1 ELSE 0 END "
    "WHERE job = $1::text AND slot <= $2::bigint AND until > $2::bigint "
    "AND run IS NULL";

/* Of runs that were submitted, which few are. */
static const char queue_end_sql[] =
    "UPDATE submissions AS s SET state = 'ended', "
    "ended = coalesce(x.finished / 1000, x.created), "
    "callback_state = CASE WHEN s.callback IS NOT NULL THEN 'due' END, "
    "callback_due = coalesce(x.finished / 1000, x.created) FROM "
    "unnest($1::text[], $2::bigint[], $3::bigint[]) "
    "AS x (id, finished, created) "
    "WHERE s.id = x.id AND s.state <> 'ended'";

static const char reply_sql[] =
    "UPDATE submissions SET callback_state = CASE WHEN $3::bigint = 1 "
    "THEN 'delivered' WHEN $4::bigint = 0 THEN 'failed' ELSE 'due' END, "
    "callback_tries = $2::integer, callback_due = $4::bigint, "
    "callback_host = NULL WHERE id = $1::text AND callback_tries < $2::integer";

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
    [STATEMENT_AUDIT] = audit_sql,
    [STATEMENT_AUDIT_FORGET] = audit_forget_sql,
    [STATEMENT_NOTICE] = notice_sql,
    [STATEMENT_REWIND] = rewind_sql,
    [STATEMENT_QUEUE_END] = queue_end_sql,
    [STATEMENT_REPLY] = reply_sql,
};
