/* What a message says of one notification and of many, and its way there. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "notify/letter.h"

static struct notice_order order;

static void
add(const char *event, const char *job, const char *reason)
{
	struct facts *f = &order.items[order.nitems++];

	f->n = 0;
	facts_add(f, "event", event);
	facts_add(f, "job", job);
	facts_add(f, "host", "web1");
	facts_add(f, "outcome", "failure");
	facts_add(f, "reason", reason);
	facts_add(f, "exit_code", "3");
	facts_add(f, "time", "2026-03-10T07:00:00Z");
	facts_add(f, "output_tail", "so \"it\" ends");
	facts_add(f, "no such fact", "x");
	order.total = order.nitems;
}

static int
setup(void **state)
{
	memset(&order, 0, sizeof(order));
	order.receiver = "ops";
	order.type = "webhook";
	return 0;
}

static void
is_value(struct letter *letter, const char *name, const char *expected)
{
	bool raw;

	assert_string_equal(
	    letter_value(letter, name, strlen(name), &raw), expected);
}

static void
test_one(void **state)
{
	struct letter letter;

	add("failure", "backup", "exited with code 3");
	letter_init(&letter, &order);
	is_value(
	    &letter, "subject", "backup failed on web1: exited with code 3");
	is_value(&letter, "job", "backup");
	is_value(&letter, "run", "");
	is_value(&letter, "count", "1");
	is_value(&letter, "receiver", "ops");
	assert_non_null(strstr(strbuf_str(&letter.text), "so \"it\" ends"));
	assert_non_null(strstr(
	    strbuf_str(&letter.json), "\"exit_code\":3,\"signal\":null"));
	assert_non_null(strstr(strbuf_str(&letter.json), "so \\\"it\\\" ends"));
	letter_fini(&letter);
}

static void
test_of_the_daemon(void **state)
{
	struct letter letter;
	struct facts *f = &order.items[0];

	facts_add(f, "event", "node-down");
	facts_add(f, "host", "web1");
	facts_add(f, "reason", "node web2 is down");
	order.total = order.nitems = 1;
	letter_init(&letter, &order);
	is_value(&letter, "subject", "web1: node web2 is down");
	letter_fini(&letter);
}

static void
test_storm(void **state)
{
	struct letter letter;

	add("failure", "a", "one");
	add("failure", "b", "two");
	add("failure", "a", "three");
	order.total = 37;
	order.last_ms = 59000;
	letter_init(&letter, &order);
	is_value(&letter, "subject", "37 jobs failed in the last minute");
	is_value(&letter, "job", "a, b");
	is_value(&letter, "event", "failure");
	is_value(&letter, "exit_code", "3");
	is_value(&letter, "reason", "");
	assert_non_null(
	    strstr(strbuf_str(&letter.text), "b failed on web1: two"));
	assert_non_null(strstr(strbuf_str(&letter.text), "and 34 more"));
	assert_non_null(
	    strstr(strbuf_str(&letter.json), "\"notifications\":[{"));
	letter_fini(&letter);
	order.last_ms = 3 * 60000;
	letter_init(&letter, &order);
	is_value(&letter, "subject", "37 jobs failed in the last 4 minutes");
	letter_fini(&letter);
}

static void
test_wire(void **state)
{
	struct wire_writer w = WIRE_WRITER_INIT;
	struct notice_order *copy = malloc(sizeof(*copy));
	struct wire_reader r;

	add("failure", "a", "one");
	add("failure", "b", "two");
	order.settings[order.nsettings++] =
	    (struct order_setting){"url", "http://x/"};
	order.timeout_ms = 5;
	notice_order_encode(&order, &w);
	wire_reader_init(&r, w.p, w.len);
	assert_int_equal(notice_order_decode(copy, &r), 0);
	assert_string_equal(notice_order_get(copy, "url"), "http://x/");
	assert_null(notice_order_get(copy, "body"));
	assert_string_equal(facts_get(&copy->items[1], "reason"), "two");
	assert_int_equal(copy->total, 2);
	/* Any shorter one is malformed, whatever it begins with. */
	for (size_t n = 0; n < w.len; n++) {
		wire_reader_init(&r, w.p, n);
		assert_int_equal(notice_order_decode(copy, &r), -1);
	}
	wire_writer_fini(&w);
	free(copy);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(test_one, setup),
	    cmocka_unit_test_setup(test_of_the_daemon, setup),
	    cmocka_unit_test_setup(test_storm, setup),
	    cmocka_unit_test_setup(test_wire, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
