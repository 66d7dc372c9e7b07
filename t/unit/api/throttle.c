/* Who fails too often has to wait, others have not. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>

#include "api/who/throttle.h"

static struct address
address(const char *text)
{
	struct address a;
	struct err err;

	assert_int_equal(address_parse(text, &a, &err), 0);
	return a;
}

static void
test_one(void **state)
{
	struct throttle *t = throttle_new();
	const struct address a = address("192.0.2.1:1"),
			     same = address("192.0.2.1:2"),
			     other = address("192.0.2.2:1");

	for (int i = 0; i < THROTTLE_BURST; i++) {
		assert_true(throttle_allows(t, &a, 1000));
		throttle_count(t, &a, 1000);
	}
	assert_false(throttle_allows(t, &a, 1000));
	assert_false(throttle_allows(t, &same, 1000));
	assert_true(throttle_allows(t, &other, 1000));
	/* One more every so often. */
	assert_false(throttle_allows(t, &a, 1000 + THROTTLE_EVERY_MS - 1));
	assert_true(throttle_allows(t, &a, 1000 + THROTTLE_EVERY_MS));
	throttle_count(t, &a, 1000 + THROTTLE_EVERY_MS);
	assert_false(throttle_allows(t, &a, 1000 + THROTTLE_EVERY_MS));
	throttle_free(t);
}

static void
test_all(void **state)
{
	struct throttle *t = throttle_new();
	struct address a;
	char text[32];

	for (int i = 0; i < THROTTLE_ALL_BURST; i++) {
		snprintf(text, sizeof(text), "10.0.%d.1:1", i);
		a = address(text);
		assert_true(throttle_allows(t, &a, 5));
		throttle_count(t, &a, 5);
	}
	a = address("[fd00::1]:1");
	assert_false(throttle_allows(t, &a, 5));
	assert_true(throttle_allows(t, &a, 5 + THROTTLE_ALL_EVERY_MS));
	throttle_free(t);
}

/* However many addresses there are: the one that failed last is known. */
static void
test_many(void **state)
{
	struct throttle *t = throttle_new();
	struct address a;
	char text[32];
	int64_t now = 0;

	for (int i = 0; i < 5000; i++) {
		now += 1000;
		snprintf(
		    text, sizeof(text), "10.1.%d.%d:1", i / 250, i % 250 + 1);
		a = address(text);
		assert_true(throttle_allows(t, &a, now));
		throttle_count(t, &a, now);
	}
	for (int i = 1; i < THROTTLE_BURST; i++)
		throttle_count(t, &a, now);
	assert_false(throttle_allows(t, &a, now));
	throttle_free(t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_one),
	    cmocka_unit_test(test_all),
	    cmocka_unit_test(test_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
