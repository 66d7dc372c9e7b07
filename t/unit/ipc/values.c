/* Values of a run: lines while it runs, JSON when it is over. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "ipc/values.h"

static void
test_set(void **state)
{
	char lines[RUN_VALUES_MAX] = "", json[RUN_VALUES_MAX];

	values_json(json, lines);
	assert_string_equal(json, "");
	assert_true(values_set(lines, "a", "1"));
	assert_true(values_set(lines, "ab", "x=y \"q\" \\"));
	assert_true(values_set(lines, "a", "two\nlines"));
	assert_string_equal(lines, "ab=x=y \"q\" \\\na=two lines\n");
	values_json(json, lines);
	assert_string_equal(
	    json, "{\"ab\":\"x=y \\\"q\\\" \\\\\",\"a\":\"two lines\"}");
}

/* What does not fit changes nothing, as text or as JSON. */
static void
test_room(void **state)
{
	char lines[RUN_VALUES_MAX] = "", before[RUN_VALUES_MAX];
	char json[RUN_VALUES_MAX], value[RUN_VALUES_MAX];

	assert_true(values_set(lines, "first", "1"));
	memcpy(before, lines, sizeof(lines));
	for (size_t n = 0; n < RUN_VALUES_MAX; n++) {
		memset(value, '"', n);
		value[n] = '\0';
		memcpy(lines, before, sizeof(lines));
		if (!values_set(lines, "quotes", value)) {
			assert_string_equal(lines, before);
			assert_true(n > 500);
			return;
		}
		values_json(json, lines);
		assert_int_equal(json[strlen(json) - 1], '}');
		assert_int_equal(
		    strlen(json), strlen("{'first':'1','quotes':''}") + 2 * n);
	}
	fail();
}

static const struct {
	const char *lines, *json;
} odd[] = {
    {"a=1\nno line\n=x\nb=2", "{\"a\":\"1\",\"\":\"x\",\"b\":\"2\"}"},
    {"a=\x01\x7f\xff\n", "{\"a\":\"???\"}"},
    {"a=\xc3\xa9\xe2\x82\xac\xf0\x9f\x94\x94\n",
	"{\"a\":\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x94\x94\"}"},
    {"a=\xc0\x80\xed\xa0\x80\xc3\n", "{\"a\":\"??????\"}"},
};

static void
test_odd(void **state)
{
	char json[RUN_VALUES_MAX];

	for (size_t i = 0; i < nitems(odd); i++) {
		values_json(json, odd[i].lines);
		assert_string_equal(json, odd[i].json);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_set),
	    cmocka_unit_test(test_room),
	    cmocka_unit_test(test_odd),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
