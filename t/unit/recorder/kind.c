#include "kind.h"

#include <stdarg.h>
#include <setjmp.h>
#include <cmocka.h>

#include <libpq-fe.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "recorder/postgres/store_postgres.h"

#define WAIT_SECONDS 20

const char *
kind_conninfo(void)
{
	return getenv("BELFRY_TEST_CONNINFO");
}

/* SQLite's functions that the tests use, by their PostgreSQL names. */
static char *
translate(const char *text)
{
	static const char functions[] =
	    "CREATE OR REPLACE FUNCTION belfry.printf(f text, n bigint) "
	    "RETURNS text LANGUAGE sql AS $$ SELECT regexp_replace(f, "
	    "'%0\\dd', lpad(n::text, substr(f, 4, 1)::integer, '0')) $$; ";
	struct strbuf b = STRBUF_INIT;
	const char *at;

	if (strstr(text, "printf(") != NULL)
		strbuf_adds(&b, functions);
	while ((at = strstr(text, "char(")) != NULL) {
		strbuf_add(&b, text, (size_t)(at - text));
		strbuf_adds(&b, "chr(");
		text = at + 5;
	}
	strbuf_adds(&b, text);
	return strbuf_take(&b);
}

/* One connection for all that a program asks beside the store. */
static PGconn *
beside(void)
{
	static PGconn *conn;

	if (conn == NULL) {
		conn = PQconnectdb(kind_conninfo());
		PQclear(PQexec(conn,
		    "SET client_min_messages = warning; "
		    "SET search_path = belfry"));
	}
	return conn;
}

static bool
postgres_sql(const char *text, struct strbuf *b)
{
	char *translated = translate(text);
	PGconn *conn = beside();
	PGresult *res;
	bool good;

	res = PQexec(conn, translated);
	free(translated);
	good = PQresultStatus(res) == PGRES_COMMAND_OK ||
	    PQresultStatus(res) == PGRES_EMPTY_QUERY ||
	    PQresultStatus(res) == PGRES_TUPLES_OK;
	if (!good)
		print_message("%s", PQerrorMessage(conn));
	for (int i = 0; b != NULL && i < PQntuples(res); i++)
		strbuf_addf(b, "%s\n", PQgetvalue(res, i, 0));
	PQclear(res);
	return good;
}

static int
add_row(void *arg, int n, char **values, char **names)
{
	if (arg != NULL)
		strbuf_addf(arg, "%s\n", values[0]);
	return 0;
}

static bool
sqlite_sql(const char *path, const char *text, struct strbuf *b)
{
	char *message = NULL;
	sqlite3 *db;
	bool good;

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	sqlite3_busy_timeout(db, WAIT_SECONDS * 1000);
	good = sqlite3_exec(db, text, add_row, b, &message) == SQLITE_OK;
	if (!good)
		print_message("%s\n", message);
	sqlite3_free(message);
	sqlite3_close(db);
	return good;
}

bool
kind_sql(const char *path, const char *text, struct strbuf *b)
{
	return kind_conninfo() != NULL ? postgres_sql(text, b) :
					 sqlite_sql(path, text, b);
}

long
kind_file_number(const char *path, const char *text)
{
	struct strbuf b = STRBUF_INIT;
	long n;

	assert_true(sqlite_sql(path, text, &b));
	n = strtol(strbuf_str(&b), NULL, 10);
	strbuf_fini(&b);
	return n;
}

long
kind_number(const char *path, const char *text)
{
	struct strbuf b = STRBUF_INIT;
	long n;

	assert_true(kind_sql(path, text, &b));
	n = strtol(strbuf_str(&b), NULL, 10);
	strbuf_fini(&b);
	return n;
}

void
kind_clean(void)
{
	if (kind_conninfo() != NULL)
		assert_true(
		    postgres_sql("DROP SCHEMA IF EXISTS belfry CASCADE", NULL));
}

static struct store *
open_postgres(struct event_base *base)
{
	const struct pg_store_config config = {
	    .base = base,
	    .conninfo = kind_conninfo(),
	};
	struct store *store;
	time_t end = time(NULL) + WAIT_SECONDS;

	kind_clean();
	store = pg_store_new(&config);
	while (!pg_conn_is_ready(pg_store(store)->writing) ||
	    !pg_conn_is_ready(pg_store(store)->reading)) {
		event_base_loop(base, EVLOOP_ONCE);
		if (time(NULL) > end)
			fail_msg(
			    "%s", pg_conn_why(pg_store(store)->writing)->text);
	}
	return store;
}

void
kind_wait(struct event_base *base, bool *done)
{
	time_t end = time(NULL) + WAIT_SECONDS;

	while (!*done) {
		event_base_loop(base, EVLOOP_ONCE);
		if (time(NULL) > end)
			fail_msg("the store does not answer");
	}
	*done = false;
}

static void
committed(void *arg, const struct err *err)
{
	bool *done = arg;

	if (err != NULL)
		fail_msg("%s", err->text);
	*done = true;
}

void
kind_commit(struct event_base *base, struct store *store)
{
	bool done = false;

	store->ops->commit(store, committed, &done);
	kind_wait(base, &done);
}

struct store *
kind_open(struct event_base *base, const char *path)
{
	struct err err = {""};
	struct store *store = kind_conninfo() != NULL ?
	    open_postgres(base) :
	    store_sqlite_open(path, &err);

	if (store == NULL)
		fail_msg("%s", err.text);
	return store;
}

void
kind_begin(struct kind *kind)
{
	snprintf(kind->dir, sizeof(kind->dir), "/tmp/t-store.XXXXXX");
	assert_non_null(mkdtemp(kind->dir));
	snprintf(kind->path, sizeof(kind->path), "%s/db", kind->dir);
	kind->base = event_base_new();
	kind->store = kind_open(kind->base, kind->path);
}

void
kind_end(struct kind *kind)
{
	kind->store->ops->close(kind->store);
	event_base_free(kind->base);
	unlink(kind->path);
	assert_int_equal(rmdir(kind->dir), 0);
}
