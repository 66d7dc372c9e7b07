/*
 * Notifications in the store: how they stand, in whatever order their records
 * come; lists page by page; which wait; which retention takes.
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

#define DAY INT64_C(86400000)

static struct {
	struct kind k;
	bool done, more;
	struct strbuf got;
	struct store_cursor next;
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
	strbuf_fini(&fx.got);
	return 0;
}

/* Number n, of one of three jobs and two receivers. */
static void
put(int n, enum notice_state state, int tries, const char *error)
{
	static const char *const jobs[] = {"", "a", "b"};
	char id[NOTICE_ID_SIZE];
	const struct record_notice notice = {
	    .id = id,
	    .receiver = n % 2 == 0 ? "mail" : "slack",
	    .event = "failure",
	    .job = jobs[n % 3],
	    .run = "",
	    .host = "h",
	    .created_ms = 1000 + n / 4, /* some at the same time */
	    .state = state,
	    .tries = tries,
	    .next_ms = tries * 10,
	    .done_ms = state == NOTICE_WAITING ? 0 : 77,
	    .error = error,
	    .facts = "{\"job\":\"\303\244\"}",
	};

	snprintf(id, sizeof(id), "%016x", (unsigned)n);
	fx.k.store->ops->begin(fx.k.store);
	fx.k.store->ops->notice(fx.k.store, &notice);
	kind_commit(fx.k.base, fx.k.store);
}

static void
row(void *arg, const struct record_notice *n)
{
	strbuf_addf(&fx.got, "%d:%s:%d:%s ", (int)strtol(n->id, NULL, 16),
	    notice_state_name(n->state), (int)n->tries, n->error);
	assert_string_equal(n->facts, "{\"job\":\"\303\244\"}");
	assert_string_equal(n->host, "h");
}

static void
list_done(void *arg, const struct store_cursor *next, const struct err *err)
{
	assert_null(err);
	fx.more = next != NULL;
	if (next != NULL)
		fx.next = *next;
	fx.done = true;
}

/* All pages of a list; how many there were. */
static int
list(struct store_notice_filter filter)
{
	int pages = 0;

	strbuf_reset(&fx.got);
	fx.next = (struct store_cursor){0};
	do {
		filter.before = fx.next;
		fx.k.store->ops->notices(
		    fx.k.store, &filter, row, list_done, NULL);
		kind_wait(fx.k.base, &fx.done);
		pages++;
	} while (fx.more);
	return pages;
}

static void
test_states(void **state)
{
	const struct store_notice_filter all = {.limit = 10};

	put(1, NOTICE_WAITING, 0, "");
	put(1, NOTICE_WAITING, 1, "refused");
	list(all);
	assert_string_equal(strbuf_str(&fx.got), "1:waiting:1:refused ");
	/* Told again after a crash: what was known since stays. */
	put(1, NOTICE_WAITING, 0, "");
	list(all);
	assert_string_equal(strbuf_str(&fx.got), "1:waiting:1:refused ");
	put(1, NOTICE_DELIVERED, 2, "");
	put(1, NOTICE_WAITING, 0, "");
	put(1, NOTICE_FAILED, 3, "late");
	list(all);
	assert_string_equal(strbuf_str(&fx.got), "1:sent:2: ");
}

static void
test_lists(void **state)
{
	struct store_notice_filter filter = {.limit = 2};

	for (int n = 1; n <= 9; n++)
		put(n, n % 4 == 0 ? NOTICE_DELIVERED : NOTICE_WAITING, 1, "");
	assert_int_equal(list(filter), 5);
	assert_string_equal(strbuf_str(&fx.got),
	    "9:waiting:1: 8:sent:1: 7:waiting:1: 6:waiting:1: 5:waiting:1: "
	    "4:sent:1: 3:waiting:1: 2:waiting:1: 1:waiting:1: ");
	filter.job = "b";
	list(filter);
	assert_string_equal(
	    strbuf_str(&fx.got), "8:sent:1: 5:waiting:1: 2:waiting:1: ");
	filter.receiver = "mail";
	filter.states = 1U << NOTICE_DELIVERED | 1U << NOTICE_FAILED;
	list(filter);
	assert_string_equal(strbuf_str(&fx.got), "8:sent:1: ");
}

static void
waiting_done(void *arg, const struct err *err)
{
	assert_null(err);
	fx.done = true;
}

/* Of one host: a server's are asked of nobody. */
static void
test_waiting(void **state)
{
	if (kind_conninfo() != NULL)
		skip();
	put(1, NOTICE_WAITING, 0, "");
	put(2, NOTICE_DELIVERED, 1, "");
	put(3, NOTICE_FAILED, 1, "x");
	put(4, NOTICE_WAITING, 2, "y");
	fx.k.store->ops->waiting_notices(
	    fx.k.store, "", 10, row, waiting_done, NULL);
	assert_string_equal(strbuf_str(&fx.got), "1:waiting:0: 4:waiting:2:y ");
	strbuf_reset(&fx.got);
	fx.k.store->ops->waiting_notices(
	    fx.k.store, "0000000000000001", 10, row, waiting_done, NULL);
	assert_string_equal(strbuf_str(&fx.got), "4:waiting:2:y ");
}

static void
sweep_done(void *arg, bool more, int64_t next_ms, const struct err *err)
{
	assert_null(err);
	fx.more = more;
	fx.done = true;
}

static void
test_retention(void **state)
{
	const struct store_keep keep = {
	    .age_ms = DAY,
	    .failure_age_ms = DAY,
	    .now_ms = 2 * DAY,
	    .slice_us = 1000000,
	};

	put(1, NOTICE_WAITING, 0, "");
	put(2, NOTICE_DELIVERED, 1, "");
	put(3, NOTICE_FAILED, 1, "x");
	do {
		fx.k.store->ops->sweep(fx.k.store, &keep, sweep_done, NULL);
		kind_wait(fx.k.base, &fx.done);
	} while (fx.more);
	list((struct store_notice_filter){.limit = 10});
	assert_string_equal(strbuf_str(&fx.got), "1:waiting:0: ");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_states, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_lists, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_waiting, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_retention, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
