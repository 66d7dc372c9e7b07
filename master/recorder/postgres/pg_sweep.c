/*
 * Retention: what is too old, or too many, goes, a page of rows at a time,
 * each in a transaction of its own and under a lock, since the hosts that
 * share the store all do it. A round goes over runs and ledger from their
 * oldest on, then over the jobs.
 *
 * Never goes: a run that is not over, or waits for its retry; the last run and
 * the last success of a job; the ledger's row of a run that stays.
 */
#include "recorder/postgres/pg_read.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"

/* "sweep" in ASCII. */
#define LOCK "495924372848"

#define PAGE      200
#define PAGE_JOBS 50

enum sweep_phase {
	SWEEP_RUNS,
	SWEEP_SLOTS,
	SWEEP_JOBS,
	SWEEP_OVER,
};

/* Columns of the answer. */
enum {
	ANSWER_ROWS, /* of the page */
	ANSWER_JOB,  /* its last key: run id or job ... */
	ANSWER_SLOT, /* ... and slot */
	ANSWER_STOP, /* nothing behind it is older */
	ANSWER_NEXT, /* when something of it will be too old */
	ANSWER_COLUMNS,
};

/* $1 key, $2 young, $3 now, $4 age, $5 age of failures, $6 the lesser. */
#define AGED                                                                   \
	"aged AS (SELECT *, CASE WHEN outcome IN ('success', 'skipped') "      \
	"THEN $4::bigint ELSE $5::bigint END AS keep FROM page "               \
	"WHERE born <= $2::bigint), "
#define OLD "NOT stays AND keep > 0 AND ended + keep <= $3::bigint"
#define NEXT                                                                   \
	"least((SELECT min(ended + keep) FROM aged WHERE keep > 0 AND "        \
	"ended + keep > $3::bigint), (SELECT min(ended + $6::bigint) "         \
	"FROM page WHERE born > $2::bigint))"

/* Of a run all goes at once. */
#define DELETE_OLD                                                             \
	"o AS (DELETE FROM output WHERE run IN (SELECT id FROM old)), "        \
	"p AS (DELETE FROM params WHERE run IN (SELECT id FROM old)), "        \
	"d AS (DELETE FROM runs WHERE id IN (SELECT id FROM old)) "

static const char runs_sql[] =
    "WITH page AS (SELECT id, job, coalesce(outcome, 'running') AS outcome, "
    "created AS born, greatest(coalesce(finished, 0) / 1000, created) AS "
    "ended, coalesce(started, 0) / 1000 AS began, "
    "outcome IS NULL OR retry_ms IS NOT NULL AS stays "
    "FROM runs WHERE id > $1::text ORDER BY id LIMIT 200), " AGED
    "old AS (SELECT id FROM aged LEFT JOIN jobs USING (job) WHERE " OLD
    " AND NOT coalesce(last_run = id OR "
    "(outcome = 'success' AND last_success = began), false)), " DELETE_OLD
    "SELECT count(*), max(id), 0, bool_or(born > $2::bigint), " NEXT
    " FROM page";

/* $7: the slot of the key. */
static const char slots_sql[] =
    "WITH page AS (SELECT job, slot, coalesce(outcome, 'running') AS outcome, "
    "slot AS born, until AS ended, outcome IS NULL OR "
    "EXISTS (SELECT FROM runs WHERE id = run) AS stays "
    "FROM ledger WHERE (slot, job) > ($7::bigint, $1::text) "
    "ORDER BY slot, job LIMIT 200), " AGED
    "g AS (DELETE FROM guards WHERE ctid = ANY (ARRAY(SELECT ctid FROM guards "
    "WHERE slot <= $2::bigint LIMIT 1000))), "
    "d AS (DELETE FROM ledger AS l USING aged AS a WHERE " OLD
    " AND l.job = a.job AND l.slot = a.slot), "
    "z AS (SELECT job, slot FROM page ORDER BY slot DESC, job DESC LIMIT 1) "
    "SELECT count(*), (SELECT job FROM z), (SELECT slot FROM z), "
    "bool_or(born > $2::bigint), " NEXT " FROM page";

/*
 * $1 key, $2 runs that stay but one, $3 only what had a run since. The page
 * is done when it has no run that is too many: until then it is taken again.
 */
static const char jobs_sql[] =
    "WITH page AS (SELECT job, last_run, last_success, last_end FROM jobs "
    "WHERE job > $1::text ORDER BY job LIMIT 50), "
    "nth AS (SELECT page.*, n.id, n.slot FROM page CROSS JOIN LATERAL "
    "(SELECT id, slot FROM runs AS r WHERE r.job = page.job "
    "ORDER BY r.id DESC LIMIT 1 OFFSET $2::bigint) AS n "
    "WHERE last_end >= $3::bigint), "
    "old AS (SELECT x.id FROM nth CROSS JOIN LATERAL "
    "(SELECT r.id FROM runs AS r WHERE r.job = nth.job AND r.id < nth.id "
    "AND outcome IS NOT NULL AND retry_ms IS NULL AND r.id <> last_run "
    "AND NOT (outcome = 'success' AND "
    "coalesce(started, 0) / 1000 = last_success) ORDER BY r.id LIMIT 200) "
    "AS x), "
    "u AS (UPDATE jobs AS j SET swept = greatest(j.swept, nth.slot) "
    "FROM nth WHERE j.job = nth.job), "
    "s AS (DELETE FROM ledger AS l USING nth WHERE l.job = nth.job "
    "AND l.slot < nth.slot AND l.outcome IS NOT NULL AND NOT EXISTS "
    "(SELECT FROM runs AS r WHERE r.id = l.run AND "
    "r.id NOT IN (SELECT id FROM old))), " DELETE_OLD
    "SELECT count(*), CASE WHEN EXISTS (SELECT FROM old) THEN $1::text "
    "ELSE max(job) END, 0, "
    "count(*) < 50 AND NOT EXISTS (SELECT FROM old), NULL FROM page";

static const char notices_sql[] =
    "DELETE FROM notifications WHERE id IN (SELECT id FROM notifications "
    "WHERE created < $1::bigint AND state <> 'waiting' ORDER BY created "
    "LIMIT 200)";

/* The shorter of two ages, of which 0 is none. */
static int64_t
least_age(const struct store_keep *keep)
{
	int64_t a = keep->age_ms, b = keep->failure_age_ms;

	return a == 0 || (b != 0 && b < a) ? b : a;
}

static void
enter_phase(struct pg_sweep *w, int phase)
{
	w->phase = phase;
	w->key[0] = '\0';
	w->slot_ms = INT64_MIN;
	if (phase < SWEEP_JOBS && least_age(w->keep) == 0)
		enter_phase(w, SWEEP_JOBS);
	else if (phase == SWEEP_JOBS && w->keep->runs == 0)
		enter_phase(w, SWEEP_OVER);
}

static void
begin_round(struct pg_sweep *w)
{
	w->in_round = true;
	w->now_ms = w->keep->now_ms;
	w->next_ms = INT64_MAX;
	enter_phase(w, SWEEP_RUNS);
}

static void
page_row(void *arg, const PGresult *res, int i)
{
	struct pg_sweep *w = &((struct pg_store *)arg)->sweep;
	int64_t next;

	if (PQnfields(res) != ANSWER_COLUMNS)
		return; /* the lock's */
	w->rows = (int)pg_int(res, i, ANSWER_ROWS, 0);
	w->stop = pg_bool(res, i, ANSWER_STOP);
	snprintf(w->found, sizeof(w->found), "%s", pg_text(res, i, ANSWER_JOB));
	w->found_slot_ms = pg_int(res, i, ANSWER_SLOT, INT64_MIN);
	next = pg_int(res, i, ANSWER_NEXT, INT64_MAX);
	if (next < w->next_ms)
		w->next_ms = next;
}

static void
page_done(void *arg, const struct err *err)
{
	struct pg_sweep *w = &((struct pg_store *)arg)->sweep;
	bool last = w->stop || (w->phase < SWEEP_JOBS && w->rows < PAGE);

	if (err == NULL && last) {
		if (w->phase == SWEEP_JOBS)
			w->trimmed_ms = w->now_ms;
		enter_phase(w, w->phase + 1);
	} else if (err == NULL) {
		memcpy(w->key, w->found, sizeof(w->key));
		w->slot_ms = w->found_slot_ms;
	}
	if (w->phase == SWEEP_OVER)
		w->in_round = false;
	w->done(w->arg, w->in_round, w->next_ms, err);
}

static struct pg_param
number(char *text, size_t size, int64_t v)
{
	snprintf(text, size, "%lld", (long long)v);
	return (struct pg_param){text, 0, false};
}

static void
send_aged(struct pg_store *s, struct pg_sweep *w, int64_t least)
{
	const int64_t numbers[] = {w->now_ms - least, w->now_ms,
	    w->keep->age_ms, w->keep->failure_age_ms, least, w->slot_ms};
	struct pg_param params[7] = {{w->key, 0, false}};
	bool slots = w->phase == SWEEP_SLOTS;
	char texts[6][24];

	for (size_t i = 0; i < nitems(numbers); i++)
		params[i + 1] = number(texts[i], sizeof(texts[i]), numbers[i]);
	pg_conn_query(s->reading,
	    "UPDATE swept SET slot = greatest(slot, $1::bigint)", &params[1], 1,
	    false);
	pg_conn_query(s->reading, notices_sql, &params[1], 1, false);
	pg_conn_query(s->reading, slots ? slots_sql : runs_sql, params,
	    slots ? 7 : 6, false);
}

static void
send_jobs(struct pg_store *s, struct pg_sweep *w)
{
	char runs[24], since[24];
	const struct pg_param params[] = {
	    {w->key, 0, false},
	    number(runs, sizeof(runs), w->keep->runs - 1),
	    number(since, sizeof(since), w->trimmed_ms),
	};

	pg_conn_query(s->reading, jobs_sql, params, 3, false);
}

void
pg_sweep(struct store *store, const struct store_keep *keep,
    store_sweep_done *done, void *arg)
{
	struct pg_store *s = pg_store(store);
	struct pg_sweep *w = &s->sweep;

	w->keep = keep;
	w->done = done;
	w->arg = arg;
	w->rows = 0;
	w->stop = false;
	if (!w->in_round)
		begin_round(w);
	pg_conn_query(s->reading, "SELECT pg_advisory_xact_lock(" LOCK ")",
	    NULL, 0, false);
	if (w->phase == SWEEP_JOBS)
		send_jobs(s, w);
	else if (w->phase != SWEEP_OVER)
		send_aged(s, w, least_age(keep));
	pg_conn_send(s->reading, page_row, page_done, s);
}
