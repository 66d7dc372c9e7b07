/*
 * Lists of runs and of the ledger, page by page, against a plain walk over
 * all rows: every filter, every limit gives the same rows, each once, newest
 * first.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/strbuf.h"
#include "kind.h"
#include "recorder/store.h"

#define ROWS 400
#define MANY 45000 /* more than a page may read */

static struct {
	struct kind k;
	bool done;
	/* The list under test: keys, comma behind each; pages it took. */
	struct strbuf got;
	struct store_cursor next;
	bool more;
	int rows;
} fx;

static const char *const jobs[] = {"a", "b", "b.c", "zz"};
/* What every run has left that ended. */
#define VALUES "{\"rows\":\"7\"}"

static const char *const reasons[] = {"overlap", "late", "paused"};

/* Spread over all kinds, some rare. */
static const char *
job_of(int n)
{
	return n % 97 == 0 ? jobs[3] : jobs[n * 7 % 3];
}

static enum outcome
outcome_of(int n)
{
	if (n % 50 == 7)
		return OUTCOME_NONE;
	if (n % 13 == 0)
		return (enum outcome)(OUTCOME_FAILURE + n / 13 % 5);
	return OUTCOME_SUCCESS;
}

static int64_t
time_of(int n)
{
	return 1000000 + n * 1000LL;
}

static struct run_begin
make_run(int n)
{
	struct run_begin begin = {
	    .host = "h",
	    .slot_ms = time_of(n),
	    .attempt = 1,
	    .created_ms = time_of(n),
	};

	snprintf(begin.id, sizeof(begin.id), "01%06d", n);
	snprintf(begin.job, sizeof(begin.job), "%s", job_of(n));
	return begin;
}

static void
add_run(int n)
{
	struct record_end end = {
	    .begin = make_run(n),
	    .result =
		{
		    .outcome = outcome_of(n),
		    .started_us = 1,
		    .values = VALUES,
		},
	};

	fx.k.store->ops->run_begin(fx.k.store, &end.begin);
	if (end.result.outcome != OUTCOME_NONE)
		fx.k.store->ops->run_end(fx.k.store, &end);
}

/* Of the runs' slots every third did not run, and has no run. */
static bool
is_unrun(int n)
{
	return n % 3 == 1;
}

static enum outcome
slot_outcome_of(int n)
{
	if (is_unrun(n))
		return n % 2 == 0 ? OUTCOME_SKIPPED : OUTCOME_MISSED;
	return outcome_of(n);
}

static const char *
reason_of(int n)
{
	return is_unrun(n) ? reasons[n % 5 % 3] : "";
}

static void
add_slot(int n)
{
	struct record_slot slot = {
	    .job = job_of(n),
	    .slot_ms = time_of(n),
	    .until_ms = time_of(n),
	    .count = 1,
	    .outcome = slot_outcome_of(n),
	    .reason = reason_of(n),
	    .detail = "",
	    .host = "h",
	};

	if (is_unrun(n))
		fx.k.store->ops->slot(fx.k.store, &slot);
	else
		add_run(n);
}

static void
check_done(void *arg, const struct err *err)
{
	if (err != NULL)
		fail_msg("%s", err->text);
	fx.done = true;
}

static void
fill(void (*add)(int n), int rows)
{
	fx.k.store->ops->begin(fx.k.store);
	for (int n = 1; n <= rows; n++)
		add(n);
	kind_commit(fx.k.base, fx.k.store);
}

static void
got_run(void *arg, const struct store_run *run)
{
	strbuf_addf(&fx.got, "%s,", run->begin.id);
	assert_string_equal(run->result.values,
	    run->result.outcome != OUTCOME_NONE ? VALUES : "");
	fx.rows++;
}

static void
got_slot(void *arg, const struct store_slot *row)
{
	strbuf_addf(&fx.got, "%ld/%s,", (long)row->slot.slot_ms, row->slot.job);
	fx.rows++;
}

static void
list_done(void *arg, const struct store_cursor *next, const struct err *err)
{
	if (err != NULL)
		fail_msg("%s", err->text);
	fx.done = true;
	fx.more = next != NULL;
	if (fx.more)
		fx.next = *next;
}

/* All pages; the number of them. */
static int
walk_pages(struct store_filter filter, bool ledger)
{
	int pages = 0;

	strbuf_reset(&fx.got);
	do {
		fx.rows = 0;
		if (ledger)
			fx.k.store->ops->slots(
			    fx.k.store, &filter, got_slot, list_done, NULL);
		else
			fx.k.store->ops->runs(
			    fx.k.store, &filter, got_run, list_done, NULL);
		kind_wait(fx.k.base, &fx.done);
		assert_true(fx.rows <= filter.limit);
		filter.before = fx.next;
		assert_true(++pages < 2 * ROWS);
	} while (fx.more);
	return pages;
}

static bool
matches(const struct store_filter *f, int n, bool ledger)
{
	enum outcome outcome = ledger ? slot_outcome_of(n) : outcome_of(n);

	if (f->job != NULL && strcmp(f->job, job_of(n)) != 0)
		return false;
	if (f->outcomes != 0 && (f->outcomes >> outcome & 1) == 0)
		return false;
	if (time_of(n) < f->since_ms)
		return false;
	if (!ledger)
		return true;
	return time_of(n) <= f->until_ms &&
	    (f->reason == NULL || strcmp(f->reason, reason_of(n)) == 0);
}

static int
expect(const struct store_filter *f, bool ledger, struct strbuf *b)
{
	int rows = 0;

	for (int n = ROWS; n >= 1; n--) {
		if (!matches(f, n, ledger))
			continue;
		if (ledger)
			strbuf_addf(b, "%ld/%s,", (long)time_of(n), job_of(n));
		else
			strbuf_addf(b, "01%06d,", n);
		rows++;
	}
	return rows;
}

static void
check_list(const struct store_filter *f, bool ledger)
{
	struct strbuf b = STRBUF_INIT;
	int rows = expect(f, ledger, &b);
	int pages = walk_pages(*f, ledger);

	if (strcmp(strbuf_str(&b), strbuf_str(&fx.got)) != 0)
		fail_msg("job=%s outcomes=%x reason=%s since=%ld limit=%d\n"
			 "%s\nexpected\n%s",
		    f->job != NULL ? f->job : "*", (unsigned)f->outcomes,
		    f->reason != NULL ? f->reason : "*", (long)f->since_ms,
		    f->limit, strbuf_str(&fx.got), strbuf_str(&b));
	/* No page is shorter than it must be, none is empty. */
	assert_int_equal(
	    pages, rows == 0 ? 1 : (rows + f->limit - 1) / f->limit);
	strbuf_fini(&b);
}

static const uint32_t outcome_sets[] = {
    0,
    1U << OUTCOME_NONE,
    1U << OUTCOME_SUCCESS,
    1U << OUTCOME_FAILURE,
    1U << OUTCOME_LAUNCH_FAILED,
    1U << OUTCOME_TIMEOUT | 1U << OUTCOME_KILLED | 1U << OUTCOME_LOST,
    1U << OUTCOME_SUCCESS | 1U << OUTCOME_FAILURE,
    1U << OUTCOME_NONE | 1U << OUTCOME_LOST,
    1U << OUTCOME_SKIPPED,
    1U << OUTCOME_SKIPPED | 1U << OUTCOME_MISSED | 1U << OUTCOME_FAILURE,
};

static const char *const job_sets[] = {NULL, "a", "b", "b.c", "zz", "none"};
static const int limits[] = {1, 7, 100, ROWS, 1000};

static void
check_filters(bool ledger)
{
	struct store_filter f = {.until_ms = INT64_MAX};
	const int64_t since[] = {
	    INT64_MIN, time_of(200), time_of(200) + 1, time_of(ROWS) + 1};

	for (size_t j = 0; j < nitems(job_sets); j++)
		for (size_t o = 0; o < nitems(outcome_sets); o++)
			for (size_t s = 0; s < nitems(since); s++)
				for (size_t l = 0; l < nitems(limits); l++) {
					f.job = job_sets[j];
					f.outcomes = outcome_sets[o];
					f.since_ms = since[s];
					f.limit = limits[l];
					check_list(&f, ledger);
				}
}

static void
test_runs(void **state)
{
	fill(add_run, ROWS);
	check_filters(false);
}

static void
test_ledger(void **state)
{
	fill(add_slot, ROWS);
	check_filters(true);
}

static void
test_ledger_until_and_reason(void **state)
{
	struct store_filter f = {.since_ms = time_of(17), .limit = 13};
	const int64_t until[] = {0, time_of(17), time_of(300), INT64_MAX};

	fill(add_slot, ROWS);
	for (size_t j = 0; j < nitems(job_sets); j++)
		for (size_t u = 0; u < nitems(until); u++)
			for (size_t r = 0; r < nitems(reasons); r++) {
				f.job = job_sets[j];
				f.until_ms = until[u];
				f.reason = reasons[r];
				/* A filter that the store walks through. */
				walk_pages(f, true);
				struct strbuf b = STRBUF_INIT;
				expect(&f, true, &b);
				assert_string_equal(
				    strbuf_str(&fx.got), strbuf_str(&b));
				strbuf_fini(&b);
			}
}

/* Many jobs at one slot: the cursor is between two of them. */
static void
test_one_slot(void **state)
{
	struct store_filter f = {
	    .since_ms = INT64_MIN, .until_ms = INT64_MAX, .limit = 3};
	struct record_slot slot = {.slot_ms = 5,
	    .until_ms = 5,
	    .count = 1,
	    .outcome = OUTCOME_MISSED,
	    .reason = "late",
	    .detail = "",
	    .host = ""};
	char name[8];

	fx.k.store->ops->begin(fx.k.store);
	for (int i = 0; i < 10; i++) {
		snprintf(name, sizeof(name), "j%d", i);
		slot.job = name;
		fx.k.store->ops->slot(fx.k.store, &slot);
	}
	kind_commit(fx.k.base, fx.k.store);
	for (int arms = 0; arms < 2; arms++) {
		f.outcomes = arms ? 1U << OUTCOME_MISSED : 0;
		assert_int_equal(walk_pages(f, true), 4);
		assert_string_equal(strbuf_str(&fx.got),
		    "5/j9,5/j8,5/j7,5/j6,5/j5,5/j4,5/j3,5/j2,5/j1,5/j0,");
	}
}

/* "Why did the slot at this time not run" finds the row it lies in. */
static void
test_range(void **state)
{
	struct store_filter f = {.job = "j", .limit = 10};
	struct record_slot slot = {
	    "j", 100, 500, 5, OUTCOME_MISSED, "late", "", "h"};
	static const struct {
		int64_t since, until;
		const char *got;
	} cases[] = {
	    {300, 300, "100/j,"},
	    {500, 500, "100/j,"},
	    {100, 100, "100/j,"},
	    {501, 501, ""},
	    {99, 99, ""},
	    {99, 100, "100/j,"},
	    {300, 900, "800/j,100/j,"},
	    {600, 900, "800/j,"},
	};

	fx.k.store->ops->begin(fx.k.store);
	fx.k.store->ops->slot(fx.k.store, &slot);
	slot.slot_ms = slot.until_ms = 800;
	fx.k.store->ops->slot(fx.k.store, &slot);
	kind_commit(fx.k.base, fx.k.store);
	for (size_t i = 0; i < nitems(cases); i++) {
		f.since_ms = cases[i].since;
		f.until_ms = cases[i].until;
		walk_pages(f, true);
		assert_string_equal(strbuf_str(&fx.got), cases[i].got);
	}
}

static void
add_failure(int n)
{
	struct record_end end = {
	    .begin = make_run(n),
	    .result =
		{
		    .outcome = n == 1 ? OUTCOME_LOST : OUTCOME_FAILURE,
		    .values = VALUES,
		},
	};

	fx.k.store->ops->run_end(fx.k.store, &end);
}

/* A filter that matches next to nothing is answered in bounded pages. */
static void
test_bounded(void **state)
{
	struct store_filter f = {
	    .since_ms = INT64_MIN, .until_ms = INT64_MAX, .limit = 10};
	/* A server may look for longer: it holds nobody up. */
	int pages = kind_conninfo() != NULL ? 1 : 3;

	fill(add_failure, MANY);
	f.outcomes = 1U << OUTCOME_SUCCESS | 1U << OUTCOME_LOST;
	assert_int_equal(walk_pages(f, false), pages);
	assert_string_equal(strbuf_str(&fx.got), "01000001,");
	assert_int_equal(walk_pages(f, true), pages);
	assert_string_equal(strbuf_str(&fx.got), "1001000/b,");
	/* With an index it is found at once. */
	f.outcomes = 1U << OUTCOME_LOST;
	assert_int_equal(walk_pages(f, false), 1);
	assert_string_equal(strbuf_str(&fx.got), "01000001,");
	assert_int_equal(walk_pages(f, true), 1);
}

static void
check_find(const char *text, const char *ids)
{
	strbuf_reset(&fx.got);
	fx.k.store->ops->find(fx.k.store, text, got_run, check_done, NULL);
	kind_wait(fx.k.base, &fx.done);
	if (strcmp(strbuf_str(&fx.got), ids) != 0)
		fail_msg("%s: %s, not %s", text, strbuf_str(&fx.got), ids);
}

static void
test_find(void **state)
{
	fill(add_run, ROWS);
	check_find("01000123", "01000123,");
	check_find("b", "01000400,");
	check_find("zz", "01000388,");
	check_find("010003", "01000300,01000301,");
	check_find("0100040", "01000400,");
	check_find("010", "");
	check_find("0100050", "");
	check_find("", "");
	check_find("%", "");
	check_find("0100____", "");
	check_find("01000123' OR '1'='1", "");
	check_find("01000123/..", "");
	check_find("\xff\xfe\xfd\xfc", "");
}

static int
setup(void **state)
{
	kind_begin(&fx.k);
	return 0;
}

static int
teardown(void **state)
{
	kind_end(&fx.k);
	strbuf_fini(&fx.got);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_runs, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_ledger, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		test_ledger_until_and_reason, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_one_slot, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_range, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_bounded, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_find, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
