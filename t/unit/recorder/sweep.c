/* Retention: what goes, what stays, and in how small pieces. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/strbuf.h"
#include <sqlite3.h>

#include "kind.h"
#include "recorder/store.h"

#define DAY INT64_C(86400000)
#define NOW (1000 * DAY)

static struct {
	struct kind k;
	bool done;
	int64_t next_ms;
	bool more;
	int slices;
	double slowest_ms;
} fx;

static int
setup(void **state)
{
	memset(&fx, 0, sizeof(fx));
	kind_begin(&fx.k);
	return 0;
}

static int
teardown(void **state)
{
	kind_end(&fx.k);
	return 0;
}

static struct record_end
make_run(const char *id, const char *job, int64_t ms, enum outcome outcome)
{
	struct record_end end = {
	    .begin = {.attempt = 1, .slot_ms = ms, .created_ms = ms},
	    .result = {.outcome = outcome,
		.started_us = ms * 1000,
		.finished_us = ms * 1000},
	};

	snprintf(end.begin.id, sizeof(end.begin.id), "%s", id);
	snprintf(end.begin.job, sizeof(end.begin.job), "%s", job);
	snprintf(end.begin.host, sizeof(end.begin.host), "h");
	return end;
}

static void
put_end(const struct record_end *end)
{
	fx.k.store->ops->begin(fx.k.store);
	if (end->result.outcome == OUTCOME_NONE)
		fx.k.store->ops->run_begin(fx.k.store, &end->begin);
	else
		fx.k.store->ops->run_end(fx.k.store, end);
	kind_commit(fx.k.base, fx.k.store);
}

static void
put_run(const char *id, const char *job, int days_ago, enum outcome outcome)
{
	struct record_end end =
	    make_run(id, job, NOW - days_ago * DAY, outcome);

	put_end(&end);
}

static void
put_slot(const char *job, int days_ago, enum outcome outcome)
{
	struct record_slot slot = {
	    .job = job,
	    .slot_ms = NOW - days_ago * DAY,
	    .until_ms = NOW - days_ago * DAY,
	    .count = 1,
	    .outcome = outcome,
	    .reason = "x",
	};

	fx.k.store->ops->begin(fx.k.store);
	fx.k.store->ops->slot(fx.k.store, &slot);
	kind_commit(fx.k.base, fx.k.store);
}

static void
swept(void *arg, bool more, int64_t next_ms, const struct err *err)
{
	if (err != NULL)
		fail_msg("%s", err->text);
	fx.done = true;
	fx.more = more;
	fx.next_ms = next_ms;
}

static double
now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

/* A whole round. */
static void
sweep(int64_t days, int64_t failure_days, int64_t runs, int64_t slice_us)
{
	const struct store_keep keep = {
	    .age_ms = days * DAY,
	    .failure_age_ms = failure_days * DAY,
	    .runs = runs,
	    .now_ms = NOW,
	    .slice_us = slice_us,
	};
	double begin;

	fx.slices = 0;
	do {
		begin = now_ms();
		fx.k.store->ops->sweep(fx.k.store, &keep, swept, NULL);
		kind_wait(fx.k.base, &fx.done);
		begin = now_ms() - begin;
		if (begin > fx.slowest_ms)
			fx.slowest_ms = begin;
		fx.slices++;
	} while (fx.more && fx.slices < 1000000);
	assert_false(fx.more);
}

/* The first column of all rows, with blanks between. */
static void
expect(const char *sql, const char *want)
{
	struct strbuf got = STRBUF_INIT;

	assert_true(kind_sql(fx.k.path, sql, &got));
	for (size_t i = 0; i < got.len; i++)
		if (got.s[i] == '\n')
			got.s[i] = i + 1 < got.len ? ' ' : '\0';
	if (strcmp(strbuf_str(&got), want) != 0)
		fail_msg("%s: %s, not %s", sql, strbuf_str(&got), want);
	strbuf_fini(&got);
}

#define RUNS "SELECT id FROM runs ORDER BY id"
#define SLOTS                                                                  \
	"SELECT job || CAST(1000 - slot / 86400000 AS TEXT) FROM ledger ORDER BY 1"

static void
test_age(void **state)
{
	struct record_end retry =
	    make_run("05", "r", NOW - 95 * DAY, OUTCOME_FAILURE);

	put_run("01", "a", 100, OUTCOME_FAILURE);
	put_run("02", "a", 99, OUTCOME_SUCCESS);
	put_run("03", "run", 98, OUTCOME_NONE);
	put_run("04", "last", 97, OUTCOME_SUCCESS);
	retry.retry_ms = NOW;
	put_end(&retry);
	put_run("06", "a", 50, OUTCOME_FAILURE);
	put_run("07", "good", 45, OUTCOME_SUCCESS);
	put_run("08", "good", 44, OUTCOME_SUCCESS);
	put_run("09", "a", 31, OUTCOME_SUCCESS);
	put_run("10", "a", 29, OUTCOME_SUCCESS);
	put_run("11", "good", 5, OUTCOME_FAILURE);
	put_run("12", "r", 4, OUTCOME_FAILURE);
	put_slot("s", 100, OUTCOME_MISSED);
	put_slot("s", 60, OUTCOME_MISSED);
	put_slot("s", 60, OUTCOME_SKIPPED);
	put_slot("t", 60, OUTCOME_SKIPPED);
	put_slot("t", 20, OUTCOME_SKIPPED);
	sweep(30, 90, 0, 1000000);
	expect(RUNS, "03 04 05 06 08 10 11 12");
	expect(SLOTS, "a29 a50 good44 good5 last97 r4 r95 run98 s60 t20");
	expect("SELECT slot FROM swept", "83808000000"); /* 970 days */
	assert_int_equal(fx.next_ms, NOW + DAY);         /* run 10 */
	sweep(30, 90, 0, 0); /* step by step: the same */
	expect(RUNS, "03 04 05 06 08 10 11 12");
	assert_int_equal(fx.next_ms, NOW + DAY);
	sweep(0, 90, 0, 0);
	expect(RUNS, "03 04 05 06 08 10 11 12");
	sweep(0, 0, 0, 0);
	assert_int_equal(fx.next_ms, INT64_MAX);
}

/* Failures may also go sooner. */
static void
test_failures_sooner(void **state)
{
	put_run("01", "a", 20, OUTCOME_SUCCESS);
	put_run("02", "a", 19, OUTCOME_FAILURE);
	put_run("03", "a", 18, OUTCOME_SUCCESS);
	put_run("04", "a", 2, OUTCOME_FAILURE);
	sweep(30, 10, 0, 0);
	expect(RUNS, "01 03 04");
	assert_int_equal(fx.next_ms, NOW + 8 * DAY);
}

/* Long, and over a moment ago: it is not old. */
static void
test_age_from_the_end(void **state)
{
	struct record_end end =
	    make_run("01", "a", NOW - 50 * DAY, OUTCOME_SUCCESS);

	end.result.finished_us = (NOW - DAY) * 1000;
	put_end(&end);
	put_run("02", "a", 40, OUTCOME_SUCCESS);
	put_run("03", "a", 1, OUTCOME_SUCCESS);
	sweep(30, 90, 0, 0);
	expect(RUNS, "01 03");
}

static void
test_count(void **state)
{
	char id[8];

	for (int i = 0; i < 200; i++) {
		snprintf(id, sizeof(id), "%03d", i);
		put_run(id, i % 2 ? "odd" : "even", 900 - i,
		    i == 50 ? OUTCOME_SUCCESS : OUTCOME_FAILURE);
	}
	put_run("x1", "few", 3, OUTCOME_FAILURE);
	put_slot("odd", 900 - 50, OUTCOME_SKIPPED);
	put_slot("odd", 900 - 198, OUTCOME_SKIPPED);
	sweep(0, 0, 3, 0);
	expect(RUNS, "050 194 195 196 197 198 199 x1");
	expect(SLOTS,
	    "even702 even704 even706 even850 few3 odd701 odd702 odd703 "
	    "odd705");
	expect("SELECT swept / 86400000 FROM jobs ORDER BY job", "294 0 295");
	/* Only what ran since is looked at again. */
	put_run("x2", "few", 2, OUTCOME_FAILURE);
	put_run("x3", "few", -2, OUTCOME_FAILURE);
	put_run("x4", "few", -2, OUTCOME_FAILURE);
	sweep(0, 0, 3, 0);
	expect(RUNS, "050 194 195 196 197 198 199 x2 x3 x4");
}

/* Much output: in small pieces; the file is small again afterwards. */
static void
test_shrinks(void **state)
{
	static const char data[65536] = "x";
	struct stat before, after;
	char id[8];

	if (kind_conninfo() != NULL)
		skip(); /* the server's own affair */
	for (int i = 0; i < 60; i++) {
		snprintf(id, sizeof(id), "%03d", i);
		put_run(id, "a", 900 - i, OUTCOME_SUCCESS);
		fx.k.store->ops->begin(fx.k.store);
		for (int n = 0; n < 10; n++)
			fx.k.store->ops->piece(fx.k.store, id,
			    (uint64_t)n * 65536, data, sizeof(data));
		kind_commit(fx.k.base, fx.k.store);
	}
	fx.k.store->ops->close(fx.k.store);
	assert_int_equal(stat(fx.k.path, &before), 0);
	fx.k.store = kind_open(fx.k.base, fx.k.path);
	assert_true(before.st_size > 600 * 65536);
	sweep(30, 90, 0, 5000);
	print_message(
	    "%d slices, the slowest %.1f ms\n", fx.slices, fx.slowest_ms);
	assert_in_range(fx.slices, 4, 100000);
	expect(RUNS, "059");
	expect("SELECT count(DISTINCT run) FROM output", "1");
	fx.k.store->ops->close(fx.k.store);
	assert_int_equal(stat(fx.k.path, &after), 0);
	fx.k.store = kind_open(fx.k.base, fx.k.path);
	assert_true(after.st_size < before.st_size / 10);
}

static void
failed(void *arg, bool more, int64_t next_ms, const struct err *err)
{
	assert_non_null(err);
	fx.more = more;
}

/* A locked store: nothing happens, and the same is done later. */
static void
test_locked(void **state)
{
	const struct store_keep keep = {30 * DAY, 90 * DAY, 0, NOW, 1000000};
	sqlite3 *db;

	if (kind_conninfo() != NULL)
		skip();
	put_run("01", "a", 100, OUTCOME_SUCCESS);
	put_run("02", "a", 1, OUTCOME_SUCCESS);
	assert_int_equal(sqlite3_open(fx.k.path, &db), SQLITE_OK);
	assert_int_equal(
	    sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
	fx.k.store->ops->sweep(fx.k.store, &keep, failed, NULL);
	assert_true(fx.more);
	sqlite3_close(db);
	expect(RUNS, "01 02");
	sweep(30, 90, 0, 1000000);
	expect(RUNS, "02");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_age),
	    TEST(test_failures_sooner),
	    TEST(test_age_from_the_end),
	    TEST(test_count),
	    TEST(test_shrinks),
	    TEST(test_locked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
