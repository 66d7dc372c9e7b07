/* Variables in values: what they become, and what is wrong. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "base/mem.h"
#include "kind/template.h"

static const char *const env[] = {"A=1", "AB=two words",
    "EMPTY=", "ODD=\"\\/\n\x01%\xc3\xa9", "HOLE=${A}", "_9=nine", NULL};

static const struct {
	const char *text;
	enum template_escape usual;
	const char *result;
} good[] = {
    {"", TEMPLATE_RAW, ""},
    {"plain $ and $A and $$ and {A}", TEMPLATE_RAW,
	"plain $ and $A and $$ and {A}"},
    {"${A}", TEMPLATE_RAW, "1"},
    {"x${A}y${AB}z", TEMPLATE_RAW, "x1ytwo wordsz"},
    {"${_9}", TEMPLATE_RAW, "nine"},
    {"a b${AB}", TEMPLATE_URL, "a btwo%20words"},
    {"${AB:url}", TEMPLATE_RAW, "two%20words"},
    {"${AB:raw}", TEMPLATE_URL, "two words"},
    {"${ODD:json}", TEMPLATE_RAW, "\\\"\\\\/\\n\\u0001%\xc3\xa9"},
    {"${ODD}", TEMPLATE_URL, "%22%5C%2F%0A%01%25%C3%A9"},
    {"${EMPTY}", TEMPLATE_RAW, ""},
    {"${EMPTY:-x y}", TEMPLATE_RAW, "x y"},
    {"${NONE:-}", TEMPLATE_RAW, ""},
    {"${NONE:url:-x y}", TEMPLATE_RAW, "x%20y"},
    {"${A:-other}", TEMPLATE_RAW, "1"},
    {"$${A} $$${A}", TEMPLATE_RAW, "${A} $${A}"},
    {"${HOLE}", TEMPLATE_RAW, "${A}"},
};

static const struct {
	const char *text, *error;
} bad[] = {
    {"${", "column 1: write ${NAME}"},
    {"ab${}", "column 3: write ${NAME}"},
    {"${A", "column 1: write ${NAME}"},
    {"${1}", "column 1: write ${NAME}"},
    {"${A B}", "column 1: write ${NAME}"},
    {"${A:html}", "column 1: write ${NAME}"},
    {"${A:jsonx}", "column 1: write ${NAME}"},
    {"${A-x}", "column 1: write ${NAME}"},
    {"${A:-x", "column 1: write ${NAME}"},
};

static void
is_expanded(void **state)
{
	struct strbuf b = STRBUF_INIT;
	struct err err;

	for (size_t i = 0; i < nitems(good); i++) {
		strbuf_reset(&b);
		assert_int_equal(template_check(good[i].text, &err), 0);
		assert_int_equal(
		    template_expand(&b, good[i].text, env, good[i].usual, &err),
		    0);
		assert_string_equal(strbuf_str(&b), good[i].result);
	}
	strbuf_fini(&b);
}

static void
errors_name_the_column(void **state)
{
	struct err err;

	for (size_t i = 0; i < nitems(bad); i++) {
		assert_int_equal(template_check(bad[i].text, &err), -1);
		assert_memory_equal(
		    err.text, bad[i].error, strlen(bad[i].error));
	}
}

static void
a_missing_variable_is_an_error(void **state)
{
	struct strbuf b = STRBUF_INIT;
	struct err err;

	assert_int_equal(
	    template_expand(&b, "x${NONE}", env, TEMPLATE_RAW, &err), -1);
	assert_string_equal(err.text,
	    "the variable NONE is not set; set it, or write ${NONE:-TEXT} "
	    "for a text instead");
	strbuf_fini(&b);
}

static void
only_a_variable_is_shown(void **state)
{
	static const char *const shown[] = {"${A}", "Bearer ${A}", "${A:url}"};
	static const char *const hidden[] = {"secret", "${A}x", "x${A}",
	    "Bearer x ${A}", "${A} ${B}", "${A:-secret}", "", "$${A}"};

	for (size_t i = 0; i < nitems(shown); i++)
		assert_true(template_is_variable(shown[i]));
	for (size_t i = 0; i < nitems(hidden); i++)
		assert_false(template_is_variable(hidden[i]));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(is_expanded),
	    cmocka_unit_test(errors_name_the_column),
	    cmocka_unit_test(a_missing_variable_is_an_error),
	    cmocka_unit_test(only_a_variable_is_shown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
