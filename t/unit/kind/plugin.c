/* Parameters of plugins: what they may be, and descriptions of others. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "kind/plugin.h"

static const struct plugin_param any = {.type = PLUGIN_INTEGER};
static const struct plugin_param days = {.type = PLUGIN_INTEGER,
    .min = 1,
    .max = 90};
static const struct plugin_param least = {.type = PLUGIN_INTEGER,
    .min = 1,
    .max = INT64_MAX};
static const struct plugin_param share = {.type = PLUGIN_NUMBER,
    .min = 0,
    .max = 1};
static const struct plugin_param text = {.type = PLUGIN_TEXT,
    .min = 1,
    .max = 3};
static const struct plugin_param flag = {.type = PLUGIN_FLAG};
static const struct plugin_param age = {.type = PLUGIN_DURATION,
    .min = 1000,
    .max = 60000};
static const struct plugin_param size = {.type = PLUGIN_SIZE,
    .min = 0,
    .max = 1024};
static const struct plugin_param word = {.type = PLUGIN_WORD,
    .words = "one three"};

static const struct {
	const struct plugin_param *param;
	const char *value;
	int64_t integer;
	const char *error; /* NULL: it is right */
} values[] = {
    {&any, "-17", -17, NULL},
    {&any, "", 0, "write a number"},
    {&any, "9223372036854775808", 0, "write a number"},
    {&days, "1", 1, NULL},
    {&days, "90", 90, NULL},
    {&days, "0", 0, "write a number from 1 to 90"},
    {&days, "-1", 0, "write a number from 1 to 90"},
    {&days, "1x", 0, "write a number from 1 to 90"},
    {&least, "0", 0, "write a number of at least 1"},
    {&share, "0.25", 0, NULL},
    {&share, "1.5", 0, "write a number from 0 to 1, such as 1.5"},
    {&share, "nan", 0, "write a number from 0 to 1, such as 1.5"},
    {&text, "abc", 0, NULL},
    {&text, "", 0, "a text of 1 to 3 bytes is needed"},
    {&text, "abcd", 0, "a text of 1 to 3 bytes is needed"},
    {&flag, "yes", 1, NULL},
    {&flag, "no", 0, NULL},
    {&flag, "on", 0, "write yes or no"},
    {&age, "1m", 60000, NULL},
    {&age, "2m", 0, "write a duration from 1s to 1m"},
    {&size, "1K", 1024, NULL},
    {&size, "2K", 0, "write a size from 0 to 1K"},
    {&word, "three", 0, NULL},
    {&word, "thr", 0, "write one of: one three"},
    {&word, "", 0, "write one of: one three"},
};

static void
test_values(void **state)
{
	struct plugin_value value;
	struct err err;

	for (size_t i = 0; i < nitems(values); i++) {
		int rc = plugin_value_parse(
		    values[i].param, values[i].value, &value, &err);

		if (values[i].error != NULL) {
			assert_int_equal(rc, -1);
			assert_string_equal(err.text, values[i].error);
			continue;
		}
		assert_int_equal(rc, 0);
		assert_int_equal(value.integer, values[i].integer);
		assert_string_equal(value.text, values[i].value);
	}
}

static struct plugin_info
sample(void)
{
	struct plugin_info info = {
	    .name = "clean",
	    .help = "cleans",
	    .schedule = "@every 1d",
	    .flags = PLUGIN_NEEDS_DATABASE,
	    .nparams = 2,
	};

	info.params[0] = (struct plugin_param){.name = "days",
	    .type = PLUGIN_INTEGER,
	    .min = 1,
	    .max = 90,
	    .fallback = "30",
	    .help = "how many",
	    .words = ""};
	info.params[1] = (struct plugin_param){
	    .name = "table", .type = PLUGIN_TEXT, .help = "which", .words = ""};
	return info;
}

static void
test_round_trip(void **state)
{
	struct plugin_info info = sample(), out;
	struct wire_writer w = WIRE_WRITER_INIT;
	struct wire_reader r;
	struct err err;
	uint8_t *copy;

	plugin_info_encode(&info, &w);
	wire_reader_init(&r, w.p, w.len);
	assert_int_equal(plugin_info_decode(&out, &r, &err), 0);
	assert_string_equal(out.name, "clean");
	assert_string_equal(out.schedule, "@every 1d");
	assert_int_equal(out.flags, PLUGIN_NEEDS_DATABASE);
	assert_int_equal(out.nparams, 2);
	assert_string_equal(plugin_param_find(&out, "days")->fallback, "30");
	assert_null(plugin_param_find(&out, "table")->fallback);
	assert_null(plugin_param_find(&out, "tables"));
	for (size_t n = 0; n < w.len; n++) {
		copy = xmalloc(n + 1);
		memcpy(copy, w.p, n);
		wire_reader_init(&r, copy, n);
		assert_int_equal(plugin_info_decode(&out, &r, &err), -1);
		free(copy);
	}
	wire_writer_fini(&w);
}

static void
refuses(const struct plugin_info *info, const char *text_wanted)
{
	struct err err = {""};

	assert_int_equal(plugin_info_check(info, &err), -1);
	assert_string_equal(err.text, text_wanted);
}

static void
test_check(void **state)
{
	struct plugin_info info = sample();

	info.name = "../clean";
	refuses(
	    &info, "a plugin's name has letters, digits, _ and -, at most 64");
	info = sample();
	info.params[1].name = "days";
	refuses(&info, "there are two parameters days");
	info.params[1].name = "Days";
	refuses(&info,
	    "parameter 2: a name has small letters, digits and -, at most 64");
	info = sample();
	info.params[0].type = 0;
	refuses(&info, "parameter days: there is no type 0");
	info.params[0].type = 200;
	refuses(&info, "parameter days: there is no type 200");
	info = sample();
	info.params[0].fallback = "0";
	refuses(&info,
	    "parameter days: its fallback is wrong: "
	    "write a number from 1 to 90");
	info = sample();
	info.params[0].min = 91;
	refuses(&info, "parameter days: min is above max");
	info = sample();
	info.help = "two\nlines";
	refuses(&info, "help and schedule are one line of at most 1024 bytes");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_values),
	    cmocka_unit_test(test_round_trip),
	    cmocka_unit_test(test_check),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
