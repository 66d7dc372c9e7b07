/*
 * Queues in PostgreSQL: what hosts submit and take of the same ones. Each
 * question is one transaction on the reading connection. Who takes holds a
 * lock of the queue, so that no more are taken than it has workers; what was
 * taken by a host that is silent for LEASE goes back.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "recorder/postgres/pg_read.h"

#define LEASE       "30000"
#define REPLY_LEASE "120000"

/* By the server's clock, which is the same for all. */
#define NOW "(extract(epoch FROM clock_timestamp()) * 1000)::bigint"

#define COLUMNS                                                                \
	"id, queue, command, \"user\", who, key, callback, slot, due, created"
#define S_COLUMNS                                                              \
	"s.id, s.queue, s.command, s.\"user\", s.who, s.key, s.callback, "     \
	"s.slot, s.due, s.created"

/* A server that is told not to wait for its disk does so for these. */
#define DURABLE "SELECT set_config('synchronous_commit', 'on', true)"

#define LOCK_SUBMIT "SELECT pg_advisory_xact_lock(1650814054, 1)"

#define VALUES_MAX 12

/* A statement's values, numbers among them. */
struct values {
	struct pg_param params[VALUES_MAX];
	char numbers[VALUES_MAX][24];
	int n;
};

static void
add_text(struct values *v, const char *text)
{
	if (text != NULL && !pg_is_utf8(text))
		text = "\xef\xbf\xbd";
	v->params[v->n++] = (struct pg_param){text, 0, false};
}

/* "" is SQL's NULL. */
static void
add_text_or_null(struct values *v, const char *text)
{
	add_text(v, text != NULL && *text != '\0' ? text : NULL);
}

static void
add_int(struct values *v, int64_t value)
{
	snprintf(v->numbers[v->n], sizeof(v->numbers[0]), "%" PRId64, value);
	add_text(v, v->numbers[v->n]);
}

static void
say(struct pg_store *s, const char *text, const struct values *v)
{
	pg_conn_query(s->reading, text, v != NULL ? v->params : NULL,
	    v != NULL ? v->n : 0, false);
}

/* Who waits for a question's end. */
struct asked {
	store_submitted_cb *submitted;
	store_submission_cb *submission;
	store_reply_cb *reply;
	store_queued_cb *queued;
	store_waiting_cb *waiting;
	store_done *done;
	store_take_done *take_done;
	void *arg;
	char *id; /* owned */
	int64_t due_ms, next_ms;
};

static struct asked *
asked_new(void *arg)
{
	struct asked *a = xcalloc(1, sizeof(*a));

	a->arg = arg;
	a->next_ms = INT64_MAX;
	return a;
}

static void
asked_done(void *arg, const struct err *err)
{
	struct asked *a = arg;

	if (a->take_done != NULL)
		a->take_done(a->arg, a->next_ms, err);
	else
		a->done(a->arg, err);
	free(a->id);
	free(a);
}

/* --- submitting --- */

#define SUBMITTED_COLUMNS 5

static const char forget_sql[] =
    "DELETE FROM submissions AS s WHERE state IN ('ended', 'cancelled') "
    "AND ended < $1::bigint AND NOT EXISTS "
    "(SELECT FROM runs WHERE runs.id = s.id)";

static const char submit_sql[] =
    "WITH k AS (SELECT id, due FROM submissions WHERE key = $6::text "
    "AND \"user\" = $4::text AND state <> 'cancelled'), "
    "n AS (SELECT count(*) AS n FROM submissions WHERE queue = $2::text "
    "AND state = 'waiting'), "
    "i AS (INSERT INTO submissions (" COLUMNS ", state) "
    "SELECT $1::text, $2::text, $3::text, $4::text, $5::text, $6::text, "
    "$7::text, (SELECT s FROM (SELECT generate_series($8::bigint, "
    "$8::bigint + 1000000) AS s) AS x WHERE NOT EXISTS (SELECT FROM "
    "submissions AS o WHERE o.queue = $2::text AND o.slot = s) LIMIT 1), "
    "$8::bigint, $9::bigint, 'waiting' WHERE NOT EXISTS (SELECT FROM k) "
    "AND (SELECT n FROM n) < $10::bigint RETURNING id) "
    "SELECT (SELECT id FROM k), (SELECT due FROM k), (SELECT n FROM n), "
    "EXISTS (SELECT FROM i), 0";

static void
submitted_row(void *arg, const PGresult *res, int i)
{
	struct asked *a = arg;
	struct store_submitted answer = {
	    .result = SUBMIT_FULL,
	    .id = a->id,
	    .due_ms = a->due_ms,
	};

	if (PQnfields(res) != SUBMITTED_COLUMNS)
		return;
	answer.waiting = pg_int(res, i, 2, 0);
	if (!PQgetisnull(res, i, 0)) {
		answer.result = SUBMIT_KNOWN;
		answer.id = pg_text(res, i, 0);
		answer.due_ms = pg_int(res, i, 1, 0);
	} else if (pg_bool(res, i, 3)) {
		answer.result = SUBMIT_STORED;
	}
	a->submitted(a->arg, &answer);
}

void
pg_submit(struct store *store, const struct submission *sub, int64_t limit,
    store_submitted_cb *cb, store_done *done, void *arg)
{
	struct pg_store *s = pg_store(store);
	struct asked *a = asked_new(arg);
	struct values v = {.n = 0}, old = {.n = 0};

	a->submitted = cb;
	a->done = done;
	a->id = xstrdup(sub->id);
	a->due_ms = sub->due_ms;
	add_text(&v, sub->id);
	add_text(&v, sub->queue);
	add_text(&v, sub->command);
	add_text(&v, sub->user);
	add_text(&v, sub->who);
	add_text_or_null(&v, sub->key);
	add_text_or_null(&v, sub->callback);
	add_int(&v, sub->due_ms);
	add_int(&v, sub->created_ms);
	add_int(&v, limit);
	add_int(&old, sub->created_ms - (int64_t)30 * 24 * 3600 * 1000);
	say(s, DURABLE, NULL);
	say(s, LOCK_SUBMIT, NULL);
	say(s, forget_sql, &old);
	say(s, submit_sql, &v);
	pg_conn_send(s->reading, submitted_row, asked_done, a);
}

/* --- taking --- */

static const char lock_queue_sql[] =
    "SELECT pg_advisory_xact_lock(1650814055, hashtext($1::text))";

static const char back_sql[] =
    "UPDATE submissions AS s SET state = 'waiting', host = NULL "
    "WHERE queue = $1::text AND state = 'taken' AND lease < " NOW
    " AND NOT EXISTS (SELECT FROM runs WHERE runs.id = s.id)";

static const char take_sql[] =
    "WITH f AS (SELECT id FROM submissions WHERE queue = $1::text "
    "AND state = 'waiting' AND due <= $2::bigint ORDER BY due, id "
    "LIMIT greatest(0, least($3::bigint, $4::bigint - (SELECT count(*) FROM "
    "submissions WHERE queue = $1::text AND state = 'taken' "
    "AND lease >= " NOW "))) FOR UPDATE SKIP LOCKED) "
    "UPDATE submissions AS s SET state = 'taken', host = $5::text, "
    "lease = " NOW " + " LEASE " FROM f WHERE s.id = f.id "
    "RETURNING " S_COLUMNS;

static const char next_sql[] =
    "SELECT min(due) FROM submissions WHERE queue = $1::text "
    "AND state = 'waiting'";

static void
get_submission(const PGresult *res, int i, struct submission *sub)
{
	sub->id = pg_text(res, i, 0);
	sub->queue = pg_text(res, i, 1);
	sub->command = pg_text(res, i, 2);
	sub->user = pg_text(res, i, 3);
	sub->who = pg_text(res, i, 4);
	sub->key = pg_text(res, i, 5);
	sub->callback = pg_text(res, i, 6);
	sub->slot_ms = pg_int(res, i, 7, 0);
	sub->due_ms = pg_int(res, i, 8, 0);
	sub->created_ms = pg_int(res, i, 9, 0);
}

static void
take_next(struct asked *a, const PGresult *res, int i)
{
	if (strcmp(PQfname(res, 0), "min") == 0)
		a->next_ms = pg_int(res, i, 0, INT64_MAX);
}

static void
taken_row(void *arg, const PGresult *res, int i)
{
	struct asked *a = arg;
	struct submission sub;

	if (PQnfields(res) == 1) {
		take_next(a, res, i);
		return;
	}
	get_submission(res, i, &sub);
	a->submission(a->arg, &sub);
}

void
pg_take(struct store *store, const struct store_take *take,
    store_submission_cb *row, store_take_done *done, void *arg)
{
	struct pg_store *s = pg_store(store);
	struct asked *a = asked_new(arg);
	struct values queue = {.n = 0}, v = {.n = 0};

	a->submission = row;
	a->take_done = done;
	add_text(&queue, take->queue);
	add_text(&v, take->queue);
	add_int(&v, take->now_ms);
	add_int(&v, take->most);
	add_int(&v, take->workers);
	add_text(&v, take->host);
	say(s, DURABLE, NULL);
	say(s, lock_queue_sql, &queue);
	say(s, back_sql, &queue);
	say(s, take_sql, &v);
	say(s, next_sql, &queue);
	pg_conn_send(s->reading, taken_row, asked_done, a);
}

static const char reply_back_sql[] =
    "UPDATE submissions SET callback_state = 'due', callback_host = NULL "
    "WHERE callback_state = 'taken' AND lease < " NOW;

static const char replies_sql[] =
    "WITH f AS (SELECT id FROM submissions WHERE callback_state = 'due' "
    "AND callback_due <= $1::bigint ORDER BY callback_due LIMIT $2::bigint "
    "FOR UPDATE SKIP LOCKED) "
    "UPDATE submissions AS s SET callback_state = 'taken', "
    "callback_host = $3::text, lease = " NOW " + " REPLY_LEASE
    " FROM f WHERE s.id = f.id "
    "RETURNING s.id, s.queue, s.\"user\", s.callback, s.slot, "
    "s.callback_tries";

static const char reply_next_sql[] =
    "SELECT min(callback_due) FROM submissions WHERE callback_state = 'due'";

static void
reply_row(void *arg, const PGresult *res, int i)
{
	struct asked *a = arg;
	struct submission_reply reply = {.body = ""};

	if (PQnfields(res) == 1) {
		take_next(a, res, i);
		return;
	}
	reply.id = pg_text(res, i, 0);
	reply.queue = pg_text(res, i, 1);
	reply.user = pg_text(res, i, 2);
	reply.url = pg_text(res, i, 3);
	reply.slot_ms = pg_int(res, i, 4, 0);
	reply.tries = (int32_t)pg_int(res, i, 5, 0);
	a->reply(a->arg, &reply);
}

void
pg_replies(struct store *store, const struct store_take *take,
    store_reply_cb *row, store_take_done *done, void *arg)
{
	struct pg_store *s = pg_store(store);
	struct asked *a = asked_new(arg);
	struct values v = {.n = 0};

	a->reply = row;
	a->take_done = done;
	add_int(&v, take->now_ms);
	add_int(&v, take->most);
	add_text(&v, take->host);
	say(s, DURABLE, NULL);
	say(s, reply_back_sql, NULL);
	say(s, replies_sql, &v);
	say(s, reply_next_sql, NULL);
	pg_conn_send(s->reading, reply_row, asked_done, a);
}

/* --- keeping --- */

static const char keep_sql[] =
    "UPDATE submissions SET lease = greatest(lease, " NOW " + " LEASE ") "
    "WHERE id = ANY($1::text[]) AND (host = $2::text "
    "OR callback_host = $2::text)";

static const char all_back_sql[] =
    "UPDATE submissions AS s SET state = 'waiting', host = NULL "
    "WHERE state = 'taken' AND host = $2::text AND NOT id = ANY($1::text[]) "
    "AND NOT EXISTS (SELECT FROM runs WHERE runs.id = s.id)";

static const char all_replies_back_sql[] =
    "UPDATE submissions SET callback_state = 'due', callback_host = NULL "
    "WHERE callback_state = 'taken' AND callback_host = $2::text "
    "AND NOT id = ANY($1::text[])";

/* Ids have no characters that an array would need to be quoted. */
static char *
make_array(const char *const *ids, size_t n)
{
	struct strbuf b = STRBUF_INIT;

	strbuf_addch(&b, '{');
	for (size_t i = 0; i < n; i++)
		if (store_is_run_id(ids[i]))
			strbuf_addf(&b, "%s%s", b.len > 1 ? "," : "", ids[i]);
	strbuf_addch(&b, '}');
	return strbuf_take(&b);
}

void
pg_keep(struct store *store, const char *host, const char *const *ids, size_t n,
    bool all, store_done *done, void *arg)
{
	struct pg_store *s = pg_store(store);
	struct asked *a = asked_new(arg);
	char *array = make_array(ids, n);
	struct values v = {.n = 0};

	a->done = done;
	add_text(&v, array);
	add_text(&v, host);
	say(s, keep_sql, &v);
	if (all) {
		say(s, all_back_sql, &v);
		say(s, all_replies_back_sql, &v);
	}
	pg_conn_send(s->reading, NULL, asked_done, a);
	free(array);
}

/* --- looking --- */

static const char list_sql[] =
    "SELECT " COLUMNS ", state, host, cancelled_by, callback_state, ended, "
    "callback_tries FROM submissions WHERE "
    "($1::text IS NULL OR id = $1::text) AND "
    "($2::text IS NULL OR queue = $2::text) AND "
    "($3::bigint = 1 OR state IN ('waiting', 'taken')) "
    "ORDER BY state = 'taken' DESC, state = 'waiting' DESC, "
    "CASE WHEN ended IS NULL THEN due ELSE -ended END, id LIMIT $4::bigint";

#define QUEUED_COLUMNS 16

/* It stays what it is until it is cancelled. */
static const char lock_sql[] =
    "SELECT id FROM submissions WHERE id = $1::text FOR UPDATE";

static const char cancel_sql[] =
    "UPDATE submissions SET state = 'cancelled', ended = $2::bigint, "
    "cancelled_by = $3::text WHERE id = $1::text AND state = 'waiting'";

static void
queued_row(void *arg, const PGresult *res, int i)
{
	struct asked *a = arg;
	struct store_queued queued;

	if (PQnfields(res) != QUEUED_COLUMNS)
		return;
	get_submission(res, i, &queued.submission);
	queued.state = pg_text(res, i, 10);
	queued.host = pg_text(res, i, 11);
	queued.cancelled_by = pg_text(res, i, 12);
	queued.callback_state = pg_text(res, i, 13);
	queued.ended_ms = pg_int(res, i, 14, 0);
	queued.callback_tries = pg_int(res, i, 15, 0);
	a->queued(a->arg, &queued);
}

static const char waiting_sql[] =
    "SELECT queue, count(*) FROM (SELECT queue FROM submissions "
    "WHERE state = 'waiting' LIMIT 100000) AS w GROUP BY queue";

static void
say_list(struct pg_store *s, const struct store_queued_filter *filter)
{
	struct values v = {.n = 0};

	add_text(&v, filter->id);
	add_text(&v, filter->queue);
	add_int(&v, filter->all || filter->id != NULL);
	add_int(&v, filter->limit);
	say(s, list_sql, &v);
}

static void
waiting_row(void *arg, const PGresult *res, int i)
{
	struct asked *a = arg;

	a->waiting(a->arg, pg_text(res, i, 0), pg_int(res, i, 1, 0));
}

void
pg_waiting(
    struct store *store, store_waiting_cb *row, store_done *done, void *arg)
{
	struct pg_store *s = pg_store(store);
	struct asked *a = asked_new(arg);

	a->waiting = row;
	a->done = done;
	say(s, waiting_sql, NULL);
	pg_conn_send(s->reading, waiting_row, asked_done, a);
}

void
pg_reply(struct store *store, const struct record_reply *reply)
{
	struct values v = {.n = 0};

	add_text(&v, reply->id);
	add_int(&v, reply->tries);
	add_int(&v, reply->delivered);
	add_int(&v, reply->due_ms);
	pg_conn_execute(
	    pg_store(store)->writing, STATEMENT_REPLY, v.params, v.n);
}

void
pg_queued(struct store *store, const struct store_queued_filter *filter,
    store_queued_cb *row, store_done *done, void *arg)
{
	struct pg_store *s = pg_store(store);
	struct asked *a = asked_new(arg);

	a->queued = row;
	a->done = done;
	say_list(s, filter);
	pg_conn_send(s->reading, queued_row, asked_done, a);
}

void
pg_cancel(struct store *store, const char *id, const char *who, int64_t now_ms,
    store_queued_cb *row, store_done *done, void *arg)
{
	const struct store_queued_filter this = {.id = id, .limit = 1};
	struct pg_store *s = pg_store(store);
	struct asked *a = asked_new(arg);
	struct values v = {.n = 0};
	struct values only = {.n = 0};

	a->queued = row;
	a->done = done;
	add_text(&only, id);
	add_text(&v, id);
	add_int(&v, now_ms);
	add_text(&v, who);
	say(s, DURABLE, NULL);
	say(s, lock_sql, &only);
	say_list(s, &this);
	say(s, cancel_sql, &v);
	pg_conn_send(s->reading, queued_row, asked_done, a);
}
