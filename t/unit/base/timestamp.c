/* Civil dates and RFC 3339. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>
#include <time.h>

#include "base/mem.h"
#include "base/timestamp.h"

static void
days_agree_with_the_c_library(void **state)
{
	struct civil c;
	struct tm tm;
	time_t t;

	for (int64_t day = -800000; day < 900000; day += 3) {
		t = day * 86400 + 86399;
		gmtime_r(&t, &tm);
		civil_from_seconds(t, &c);
		assert_int_equal(c.year, tm.tm_year + 1900);
		assert_int_equal(c.month, tm.tm_mon + 1);
		assert_int_equal(c.day, tm.tm_mday);
		assert_int_equal(c.hour, 23);
		assert_int_equal(c.minute, 59);
		assert_int_equal(c.second, 59);
		assert_int_equal(civil_to_days(c.year, c.month, c.day), day);
		assert_int_equal(civil_to_seconds(&c), t);
	}
}

static void
reads_rfc3339(void **state)
{
	static const struct {
		const char *text;
		int64_t ms;
	} table[] = {
	    {"1970-01-01T00:00:00Z", 0},
	    {"2026-03-10T07:00:00Z", 1773126000000},
	    {"2026-03-10T15:00:00+08:00", 1773126000000},
	    {"2026-03-10 07:00:00z", 1773126000000},
	    {"2026-03-10t03:00:00.1239-04:00", 1773126000123},
	    {"2026-03-10T07:00Z", 1773126000000},
	    {"2026-03-10T07:00:00-00:00", 1773126000000},
	    {"1969-12-31T23:59:59.5Z", -500},
	    {"2016-12-31T23:59:60Z", 1483228800000},
	    {"1900-01-01T00:00:00+00:19:32", -2208989972000},
	    {"2024-02-29T00:00:00Z", 1709164800000},
	    {"9999-12-31T23:59:59Z", 253402300799000},
	};
	struct err err = {""};
	int64_t ms;

	for (size_t i = 0; i < nitems(table); i++) {
		if (timestamp_parse_ms(table[i].text, &ms, &err) != 0)
			fail_msg("%s: %s", table[i].text, err.text);
		if (ms != table[i].ms)
			fail_msg("%s: %lld", table[i].text, (long long)ms);
	}
}

static void
errors_say_what_is_right(void **state)
{
	static const struct {
		const char *text, *error;
	} table[] = {
	    {"", "expected a date; write YYYY-MM-DD"},
	    {"2026", "expected a date; write YYYY-MM-DD"},
	    {"2026-03", "expected a date; write YYYY-MM-DD"},
	    {"2026-3-10T00:00:00Z", "expected a date; write YYYY-MM-DD"},
	    {"2026-13-10T00:00:00Z", "month 13; a month is 01-12"},
	    {"2026-02-29T00:00:00Z", "day 29; 2026-02 has days 01-28"},
	    {"2026-12-00T00:00:00Z", "day 00; 2026-12 has days 01-31"},
	    {"2026-03-10",
		"expected T or a blank and a time of day "
		"behind the date"},
	    {"2026-03-10T", "expected a time of day; write HH:MM:SS"},
	    {"2026-03-10T24:00:00Z", "hour 24; an hour is 00-23"},
	    {"2026-03-10T23:60:00Z", "minute 60; a minute is 00-59"},
	    {"2026-03-10T23:00:60Z", "second 60; a second is 00-59"},
	    {"2026-03-10T07:00:00",
		"the zone is missing; "
		"write Z or an offset like +02:00 at the end"},
	    {"2026-03-10T07:00:00.Z", "expected digits behind the point"},
	    {"2026-03-10T07:00:00+8", "bad offset; write Z or one like +02:00"},
	    {"2026-03-10T07:00:00Zx", "unexpected text behind the time"},
	};
	struct err err;
	int64_t ms;

	for (size_t i = 0; i < nitems(table); i++) {
		if (timestamp_parse_ms(table[i].text, &ms, &err) != -1)
			fail_msg("%s: accepted", table[i].text);
		assert_string_equal(err.text, table[i].error);
	}
}

static void
formats(void **state)
{
	char buf[TIMESTAMP_TEXT_MAX];

	assert_string_equal(
	    timestamp_format_ms(buf, 1773126000000), "2026-03-10T07:00:00Z");
	assert_string_equal(timestamp_format_ms(buf, 1773126000123),
	    "2026-03-10T07:00:00.123Z");
	assert_string_equal(
	    timestamp_format_ms(buf, -1), "1969-12-31T23:59:59.999Z");
	assert_string_equal(
	    timestamp_format_offset(buf, 1773126000, -14400, false),
	    "2026-03-10T03:00:00-04:00");
	assert_string_equal(
	    timestamp_format_offset(buf, 1773126000, 20700, false),
	    "2026-03-10T12:45:00+05:45");
	assert_string_equal(timestamp_format_offset(buf, 0, 0, false),
	    "1970-01-01T00:00:00+00:00");
	assert_string_equal(
	    timestamp_format_offset(buf, 0, 0, true), "1970-01-01T00:00:00Z");
	assert_string_equal(
	    timestamp_format_offset(buf, -2208989972, 1172, false),
	    "1900-01-01T00:00:00+00:19:32");
}

static void
civil_has_no_zone(void **state)
{
	struct err err;
	struct civil c;

	assert_int_equal(civil_parse("2026-03-10 07:05", &c, &err), 0);
	assert_int_equal(civil_to_seconds(&c), 1773126300);
	assert_int_equal(civil_parse("2026-03-10T07:05:09", &c, &err), 0);
	assert_int_equal(civil_to_seconds(&c), 1773126309);
	assert_int_equal(civil_parse("2026-03-10 07:05Z", &c, &err), -1);
	assert_int_equal(civil_parse("2026-03-10", &c, &err), -1);
	assert_int_equal(civil_parse("2026-02-30 07:05", &c, &err), -1);
	assert_int_equal(civil_parse("2016-12-31 23:59:60", &c, &err), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(days_agree_with_the_c_library),
	    cmocka_unit_test(reads_rfc3339),
	    cmocka_unit_test(errors_say_what_is_right),
	    cmocka_unit_test(formats),
	    cmocka_unit_test(civil_has_no_zone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
