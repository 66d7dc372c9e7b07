/* What a master asks at its start, in pieces by key; and pieces of output. */
#include "recorder/postgres/pg_read.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

struct state_list {
	store_job_cb *job;
	store_retry_cb *retry;
	store_begin_cb *begin;
	store_pause_cb *pause;
	store_piece_cb *piece;
	store_done *done;
	void *arg;
};

static struct state_list *
list_new(store_done *done, void *arg)
{
	struct state_list *list = xcalloc(1, sizeof(*list));

	list->done = done;
	list->arg = arg;
	return list;
}

static void
list_done(void *arg, const struct err *err)
{
	struct state_list *list = arg;

	list->done(list->arg, err);
	free(list);
}

/* Text ends with "> $"; order with the same column. */
static void
ask_after(struct store *store, struct state_list *list, const char *const *text,
    const char *after, int limit, pg_row_cb *row)
{
	struct pg_question q = {0};

	pg_ask_text(&q, text[0], after);
	pg_ask_int(&q, text[1], limit);
	pg_ask_send(pg_store(store), &q, row, list_done, list);
}

static void
job_row(void *arg, const PGresult *res, int i)
{
	struct state_list *list = arg;
	const struct record_job job = {
	    .job = pg_text(res, i, 0),
	    .memo = pg_text(res, i, 1),
	    .hwm_ms = pg_int(res, i, 2, 0),
	    .last_end_ms = pg_int(res, i, 3, 0),
	    .last_run = pg_text(res, i, 4),
	    .last_outcome = pg_outcome(res, i, 5),
	    .last_success_ms = pg_int(res, i, 6, 0),
	    .failures = pg_int(res, i, 7, 0),
	};

	list->job(list->arg, &job);
}

void
pg_jobs(struct store *store, const char *after, int limit, store_job_cb *row,
    store_done *done, void *arg)
{
	static const char *const text[] = {
	    "SELECT job, memo, hwm, last_end, last_run, last_outcome, "
	    "last_success, failures FROM jobs WHERE job > $",
	    " ORDER BY job LIMIT $"};
	struct state_list *list = list_new(done, arg);

	list->job = row;
	ask_after(store, list, text, after, limit, job_row);
}

static void
retry_row(void *arg, const PGresult *res, int i)
{
	struct state_list *list = arg;
	const struct record_retry retry = {
	    .run = pg_text(res, i, 0),
	    .job = pg_text(res, i, 1),
	    .slot_ms = pg_int(res, i, 2, 0),
	    .attempt = (int32_t)pg_int(res, i, 3, 0),
	    .due_ms = pg_int(res, i, 4, 0),
	    .chain = pg_text(res, i, 5),
	    .parent = pg_text(res, i, 6),
	    .params = pg_text(res, i, 7),
	    .parents = pg_text(res, i, 8),
	};

	list->retry(list->arg, &retry);
}

void
pg_retries(struct store *store, const char *after, int limit,
    store_retry_cb *row, store_done *done, void *arg)
{
	static const char *const text[] = {
	    "SELECT id, job, slot, attempt + 1, retry_ms, coalesce(chain, id), "
	    "parent, p.params, p.parents FROM runs "
	    "LEFT JOIN params AS p ON p.run = id "
	    "WHERE retry_ms IS NOT NULL AND id > $",
	    " ORDER BY id LIMIT $"};
	struct state_list *list = list_new(done, arg);

	list->retry = row;
	ask_after(store, list, text, after, limit, retry_row);
}

static void
begin_row(void *arg, const PGresult *res, int i)
{
	struct state_list *list = arg;
	struct run_begin begin = {
	    .slot_ms = pg_int(res, i, 3, 0),
	    .due_ms = pg_int(res, i, 4, 0),
	    .attempt = (int32_t)pg_int(res, i, 5, 0),
	    .trigger = pg_trigger(res, i, 6),
	    .created_ms = pg_int(res, i, 7, 0),
	    .fence = (uint64_t)pg_int(res, i, 8, 0),
	};

	snprintf(begin.id, sizeof(begin.id), "%s", pg_text(res, i, 0));
	snprintf(begin.job, sizeof(begin.job), "%s", pg_text(res, i, 1));
	snprintf(begin.host, sizeof(begin.host), "%s", pg_text(res, i, 2));
	snprintf(begin.chain, sizeof(begin.chain), "%s", pg_text(res, i, 9));
	snprintf(begin.parent, sizeof(begin.parent), "%s", pg_text(res, i, 10));
	list->begin(list->arg, &begin);
}

void
pg_open_runs(struct store *store, const char *after, int limit,
    store_begin_cb *row, store_done *done, void *arg)
{
	static const char *const text[] = {
	    "SELECT id, job, host, slot, due, attempt, trigger, created, "
	    "fence, chain, parent FROM runs WHERE outcome IS NULL AND "
	    "outcome IS DISTINCT FROM 'success' AND id > $",
	    " ORDER BY id LIMIT $"};
	struct state_list *list = list_new(done, arg);

	list->begin = row;
	ask_after(store, list, text, after, limit, begin_row);
}

static void
pause_row(void *arg, const PGresult *res, int i)
{
	struct state_list *list = arg;
	const struct record_pause pause = {
	    .on = true,
	    .job = pg_text(res, i, 0),
	    .since_ms = pg_int(res, i, 1, 0),
	    .until_ms = pg_int(res, i, 2, 0),
	    .who = pg_text(res, i, 3),
	    .reason = pg_text(res, i, 4),
	};

	list->pause(list->arg, &pause);
}

void
pg_pauses(struct store *store, const char *after, int limit,
    store_pause_cb *row, store_done *done, void *arg)
{
	static const char *const text[] = {
	    "SELECT job, since, until, who, reason FROM pauses WHERE job > $",
	    " ORDER BY job LIMIT $"};
	struct state_list *list = list_new(done, arg);

	list->pause = row;
	ask_after(store, list, text, after, limit, pause_row);
}

/* In binary: a bigint in network order, and the bytes as they are. */
static void
piece_row(void *arg, const PGresult *res, int i)
{
	struct state_list *list = arg;
	const unsigned char *p = (const unsigned char *)PQgetvalue(res, i, 0);
	uint64_t start = 0;

	for (int n = 0; n < 8; n++)
		start = start << 8 | p[n];
	list->piece(list->arg, start, PQgetvalue(res, i, 1),
	    (size_t)PQgetlength(res, i, 1));
}

void
pg_output(struct store *store, const char *run, uint64_t pos,
    store_piece_cb *piece, store_done *done, void *arg)
{
	struct state_list *list = list_new(done, arg);
	struct pg_conn *conn = pg_store(store)->reading;
	char at[24];
	const struct pg_param params[] = {{run, 0, false}, {at, 0, false}};

	list->piece = piece;
	snprintf(at, sizeof(at), "%" PRIu64,
	    pos > INT64_MAX ? (uint64_t)INT64_MAX : pos);
	pg_conn_query(conn,
	    "SELECT start, data FROM output WHERE run = $1 AND start >= "
	    "coalesce((SELECT max(o.start) FROM output AS o WHERE o.run = $1 "
	    "AND o.start <= $2::bigint), 0) "
	    "AND start + length(data) > $2::bigint ORDER BY start LIMIT 1",
	    params, 2, true);
	pg_conn_send(conn, piece_row, list_done, list);
}
