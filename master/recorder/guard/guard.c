#include "recorder/guard/guard.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "recorder/postgres/pg_array.h"
#include "recorder/postgres/pg_conn.h"
#include "run/runfile.h"

/* More than a master has waiting for room. */
#define WAITING_MAX 16384

/* In time, or not at all: a master that waited longer has decided. */
#define SESSION                                                                \
	"SELECT set_config('synchronous_commit', 'on', false) "                \
	"WHERE current_setting('synchronous_commit') = 'off'; "                \
	"SET default_transaction_isolation = 'read committed'; "               \
	"SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off; " \
	"SET statement_timeout = '10s'; "                                      \
	"SET idle_in_transaction_session_timeout = '10s'"

enum statement {
	STATEMENT_TAKE,
	STATEMENT_LOOK,
};

/*
 * Two statements, since the second one sees what others had put there before
 * the first could.
 */
static const char *const statements[] = {
    [STATEMENT_TAKE] =
	"INSERT INTO guards (job, slot, attempt, copy, run, host) "
	"SELECT job, slot, attempt, copy, run, $6::text FROM "
	"unnest($1::text[], $2::bigint[], $3::integer[], $4::text[], "
	"$5::text[]) AS x (job, slot, attempt, copy, run) "
	"ORDER BY job, slot, attempt, copy, run ON CONFLICT DO NOTHING",
    [STATEMENT_LOOK] =
	"SELECT x.n, g.run, g.host FROM "
	"unnest($1::text[], $2::bigint[], $3::integer[], $4::text[]) "
	"WITH ORDINALITY AS x (job, slot, attempt, copy, n) "
	"JOIN guards AS g USING (job, slot, attempt, copy)",
    NULL,
};

#define COLUMNS 5
static const char types[COLUMNS + 1] = "tlitt";

struct entry {
	char run[RUN_ID_SIZE];
	char holder[RUN_ID_SIZE]; /* "" not known */
	char host[256];           /* the holder's */
};

/* Questions of one command. */
struct asked {
	struct entry *entries;
	size_t n, cap;
	struct pg_array columns[COLUMNS];
};

struct guard {
	struct guard_config config;
	struct pg_conn *conn;
	struct asked waiting, sent;
	bool sending;
};

static void
asked_reset(struct asked *asked)
{
	asked->n = 0;
	for (size_t i = 0; i < COLUMNS; i++)
		pg_array_reset(&asked->columns[i], types[i]);
}

static void
asked_fini(struct asked *asked)
{
	free(asked->entries);
	for (size_t i = 0; i < COLUMNS; i++)
		pg_array_fini(&asked->columns[i]);
}

static void
answer(const struct guard *guard, const char *run, enum guard_verdict verdict,
    const char *text)
{
	const struct guard_answer a = {
	    .run = run, .verdict = verdict, .text = text};

	guard->config.answer_cb(guard->config.arg, &a);
}

static void
answer_entry(
    const struct guard *guard, const struct entry *e, const struct err *err)
{
	char text[RUN_ID_SIZE + 300];

	if (err != NULL) {
		answer(guard, e->run, GUARD_DOWN, err->text);
	} else if (e->holder[0] == '\0') {
		answer(guard, e->run, GUARD_DOWN, "the row was deleted");
	} else if (strcmp(e->holder, e->run) == 0) {
		answer(guard, e->run, GUARD_YES, "");
	} else {
		snprintf(text, sizeof(text), "run %s on host %s", e->holder,
		    e->host);
		answer(guard, e->run, GUARD_TAKEN, text);
	}
}

static void
answer_all(
    const struct guard *guard, struct asked *asked, const struct err *err)
{
	for (size_t i = 0; i < asked->n; i++)
		answer_entry(guard, &asked->entries[i], err);
	asked_reset(asked);
}

static void
holder_row(void *arg, const PGresult *res, int i)
{
	struct guard *guard = arg;
	size_t n = strtoul(PQgetvalue(res, i, 0), NULL, 10);
	struct entry *e;

	if (n == 0 || n > guard->sent.n)
		return;
	e = &guard->sent.entries[n - 1];
	snprintf(e->holder, sizeof(e->holder), "%s", PQgetvalue(res, i, 1));
	snprintf(e->host, sizeof(e->host), "%s", PQgetvalue(res, i, 2));
}

static void send_waiting(struct guard *guard);

/* Only now it is known that the rows will stay. */
static void
command_done(void *arg, const struct err *err)
{
	struct guard *guard = arg;

	answer_all(guard, &guard->sent, err);
	guard->sending = false;
	if (err != NULL && !pg_conn_is_ready(guard->conn))
		answer_all(guard, &guard->waiting, err);
	else
		send_waiting(guard);
}

/* What came while a command was on its way goes with the next one. */
static void
send_waiting(struct guard *guard)
{
	struct pg_param params[COLUMNS + 1];
	struct asked swap = guard->sent;

	if (guard->sending || guard->waiting.n == 0)
		return;
	guard->sent = guard->waiting;
	guard->waiting = swap;
	for (size_t i = 0; i < COLUMNS; i++)
		params[i] = pg_array_param(&guard->sent.columns[i]);
	params[COLUMNS] = (struct pg_param){guard->config.host, 0, false};
	guard->sending = true;
	pg_conn_execute(guard->conn, STATEMENT_TAKE, params, COLUMNS + 1);
	pg_conn_execute(guard->conn, STATEMENT_LOOK, params, COLUMNS - 1);
	pg_conn_send(guard->conn, holder_row, command_done, guard);
}

static void
add(struct asked *asked, const struct guard_ask *ask)
{
	struct entry *e;

	array_reserve(&asked->entries, &asked->cap, asked->n + 1, sizeof(*e));
	e = &asked->entries[asked->n++];
	memset(e, 0, sizeof(*e));
	snprintf(e->run, sizeof(e->run), "%s", ask->run);
	pg_array_add_text(&asked->columns[0], ask->job);
	pg_array_add_int(&asked->columns[1], ask->slot_ms);
	pg_array_add_int(&asked->columns[2], ask->attempt);
	pg_array_add_text(&asked->columns[3], ask->copy);
	pg_array_add_text(&asked->columns[4], ask->run);
}

void
guard_request(struct guard *guard, const struct guard_ask *ask)
{
	if (!pg_conn_is_ready(guard->conn)) {
		answer(guard, ask->run, GUARD_DOWN,
		    pg_conn_why(guard->conn)->text);
		return;
	}
	if (guard->waiting.n >= WAITING_MAX) {
		answer(guard, ask->run, GUARD_DOWN, "too many questions wait");
		return;
	}
	add(&guard->waiting, ask);
	send_waiting(guard);
}

/* The store's own connection tells the log. */
static void
ignore_ready(void *arg)
{
}

static void
ignore_lost(void *arg, const struct err *err)
{
}

static void
ignore_answer(void *arg, const struct guard_answer *a)
{
}

struct guard *
guard_new(const struct guard_config *config)
{
	struct guard *guard = xcalloc(1, sizeof(*guard));
	const struct pg_conn_config conn = {
	    .base = config->base,
	    .conninfo = config->conninfo,
	    .password_file = config->password_file,
	    .session = SESSION,
	    .statements = statements,
	    .ready_cb = ignore_ready,
	    .lost_cb = ignore_lost,
	    .arg = guard,
	};

	guard->config = *config;
	asked_reset(&guard->waiting);
	asked_reset(&guard->sent);
	guard->conn = pg_conn_new(&conn);
	return guard;
}

void
guard_free(struct guard *guard)
{
	if (guard == NULL)
		return;
	guard->config.answer_cb = ignore_answer;
	asked_reset(&guard->waiting);
	pg_conn_free(guard->conn);
	asked_fini(&guard->waiting);
	asked_fini(&guard->sent);
	free(guard);
}
