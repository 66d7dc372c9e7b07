/*
 * The PostgreSQL store by itself: commands on their way together, what fails
 * among them, a connection that is lost; and what the server would refuse.
 * BELFRY_TEST_CONNINFO says where a server is.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "kind.h"
#include "recorder/postgres/store_postgres.h"

static struct {
	struct event_base *base;
	struct store *store;
	struct strbuf heard; /* rows, and "." or "!" for each end */
	size_t ends;
} fx;

static struct pg_conn *
writing(void)
{
	return pg_store(fx.store)->writing;
}

static void
row(void *arg, const PGresult *result, int i)
{
	strbuf_adds(&fx.heard, PQgetvalue(result, i, 0));
}

static void
done(void *arg, const struct err *err)
{
	strbuf_addch(&fx.heard, err == NULL ? '.' : '!');
	fx.ends++;
}

static void
ask(const char *text)
{
	pg_conn_query(writing(), text, NULL, 0, false);
	pg_conn_send(writing(), row, done, NULL);
}

static void
expect(size_t ends, const char *heard)
{
	while (fx.ends < ends)
		event_base_loop(fx.base, EVLOOP_ONCE);
	assert_string_equal(strbuf_str(&fx.heard), heard);
}

/* Each is answered once, in order, and a bad one fails alone. */
static void
test_in_flight(void **state)
{
	ask("SELECT 'a'");
	ask("SELECT 'b'");
	ask("SELECT nonsense");
	ask("SELECT 'c'");
	pg_conn_query(writing(), "SELECT 'd'", NULL, 0, false);
	pg_conn_query(writing(), "SELECT 'e'", NULL, 0, false);
	pg_conn_send(writing(), row, done, NULL);
	assert_int_equal(fx.ends, 0);
	expect(5, "a.b.!c.de.");
}

/* What was before the error in a command is not there either. */
static void
test_all_or_nothing(void **state)
{
	pg_conn_query(writing(),
	    "INSERT INTO pauses VALUES ('x', 1, 2, '', '')", NULL, 0, false);
	pg_conn_query(writing(), "SELECT 1 / 0", NULL, 0, false);
	pg_conn_send(writing(), row, done, NULL);
	expect(1, "!");
	assert_int_equal(kind_number(NULL, "SELECT count(*) FROM pauses"), 0);
}

/* All that is on its way ends, and it comes back by itself. */
static void
test_lost(void **state)
{
	ask("SELECT 'a'");
	ask("SELECT pg_terminate_backend(pg_backend_pid())");
	ask("SELECT 'b'");
	expect(3, "a.!!");
	ask("SELECT 'c'");
	expect(4, "a.!!!");
	while (!pg_conn_is_ready(writing()))
		event_base_loop(fx.base, EVLOOP_ONCE);
	ask("SELECT 'd'");
	expect(5, "a.!!!d.");
}

static void
record(const char *id, enum outcome outcome, const char *reason)
{
	struct record_end end = {
	    .begin = {.slot_ms = 5, .attempt = 1, .created_ms = 5},
	    .result = {.outcome = outcome, .started_us = 1},
	};

	snprintf(end.begin.id, sizeof(end.begin.id), "%s", id);
	snprintf(end.begin.job, sizeof(end.begin.job), "j");
	snprintf(end.begin.host, sizeof(end.begin.host), "h");
	snprintf(end.result.reason, sizeof(end.result.reason), "%s", reason);
	if (outcome == OUTCOME_NONE)
		fx.store->ops->run_begin(fx.store, &end.begin);
	else
		fx.store->ops->run_end(fx.store, &end);
}

static void
expect_runs(const char *want)
{
	struct strbuf b = STRBUF_INIT;

	assert_true(kind_sql(NULL,
	    "SELECT id || CASE WHEN twin THEN ' twin' ELSE '' END "
	    "FROM runs ORDER BY id",
	    &b));
	assert_string_equal(strbuf_str(&b), want);
	strbuf_fini(&b);
}

/* One attempt of a slot twice: the second is kept, and marked. */
static void
test_twins(void **state)
{
	fx.store->ops->begin(fx.store);
	record("r2", OUTCOME_NONE, "");
	record("r3", OUTCOME_NONE, "");
	kind_commit(fx.base, fx.store);
	fx.store->ops->begin(fx.store);
	record("r2", OUTCOME_SUCCESS, "");
	record("r1", OUTCOME_SUCCESS, "");
	kind_commit(fx.base, fx.store);
	expect_runs("r1 twin\nr2\nr3 twin\n");
	assert_false(kind_sql(
	    NULL, "UPDATE runs SET twin = false WHERE id = 'r1'", NULL));
}

/* Bytes that are no UTF-8 do not hold up what comes behind them. */
static void
test_any_bytes(void **state)
{
	fx.store->ops->begin(fx.store);
	record("r1", OUTCOME_FAILURE,
	    "a\xff"
	    "b\xc3\xa4\xed\xa0\x80\xe2\x82\xac\xf0\x9f\x94\x94\xc3");
	kind_commit(fx.base, fx.store);
	assert_int_equal(
	    kind_number(NULL,
		"SELECT count(*) FROM runs WHERE reason = U&'a\\FFFDb\\00e4"
		"\\FFFD\\FFFD\\FFFD\\20ac\\+01f514\\FFFD'"),
	    1);
}

static int
setup(void **state)
{
	memset(&fx, 0, sizeof(fx));
	fx.base = event_base_new();
	fx.store = kind_open(fx.base, NULL);
	return 0;
}

static int
teardown(void **state)
{
	fx.store->ops->close(fx.store);
	event_base_free(fx.base);
	strbuf_fini(&fx.heard);
	return 0;
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_in_flight),
	    TEST(test_all_or_nothing),
	    TEST(test_lost),
	    TEST(test_twins),
	    TEST(test_any_bytes),
	};

	if (kind_conninfo() == NULL) {
		fputs("BELFRY_TEST_CONNINFO says where a server is\n", stderr);
		return 2;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
