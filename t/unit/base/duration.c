/* Durations and sizes, both ways. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "base/duration.h"
#include "base/mem.h"

#define S 1000000000LL

static const struct {
	const char *text;
	int64_t ns;
} good[] = {
    {"0", 0},
    {"+0", 0},
    {"0s", 0},
    {"500ms", 500000000},
    {"10s", 10 * S},
    {"5m", 300 * S},
    {"1h30m", 5400 * S},
    {"1h30m10s", 5410 * S},
    {"1.5h", 5400 * S},
    {".5h", 1800 * S},
    {"1.h", 3600 * S},
    {"+5m", 300 * S},
    {"1d", 86400 * S},
    {"2w", 14 * 86400 * S},
    {"1w1d1h1m1s1ms1us1ns", 694861 * S + 1001001},
    {"0.000000001s", 1},
    {"0.0000000019s", 1},
    {"0.1ns", 0},
    {"7us", 7000},
    {"7\xc2\xb5s", 7000},
    {"7\xce\xbcs", 7000},
    {"0.33333333333333333333333h", 1199999999999},
    {"9223372036854775807ns", INT64_MAX},
    {"00000000000000000000001s", S},
};

static const struct {
	const char *text, *error;
} bad[] = {
    {"", "column 1: a duration is missing; write one like 1h30m"},
    {"5",
	"column 2: the unit is missing; "
	"write ns, us, ms, s, m, h, d or w"},
    {"1h30",
	"column 5: the unit is missing; "
	"write ns, us, ms, s, m, h, d or w"},
    {"-5m", "column 1: a duration cannot be negative"},
    {"5y", "column 2: unknown unit; write ns, us, ms, s, m, h, d or w"},
    {"1 h", "column 2: no blanks in a duration; write 1h30m"},
    {"1h 5m", "column 3: a duration has no blanks; write 1h30m"},
    {".s", "column 1: expected a number; write a duration like 1h30m"},
    {"x", "column 1: expected a number; write a duration like 1h30m"},
    {"1hx", "column 2: unknown unit \"hx\"; did you mean h?"},
    {"5min", "column 2: unknown unit \"min\"; did you mean m?"},
    {"1h5Minutes", "column 4: unknown unit \"Minutes\"; did you mean m?"},
    {"90secs", "column 3: unknown unit \"secs\"; did you mean s?"},
    {"5millis", "column 2: unknown unit \"millis\"; did you mean ms?"},
    {"3D", "column 2: unknown unit \"D\"; did you mean d?"},
    {"2months", "column 2: unknown unit; write ns, us, ms, s, m, h, d or w"},
    {"9223372036854775808ns",
	"column 1: too long; a duration is at most 292 years"},
    {"1h99999999999999999999999s",
	"column 3: too long; a duration is at most 292 years"},
    {"15251w", "column 1: too long; a duration is at most 292 years"},
};

static void
reads_what_go_reads(void **state)
{
	struct err err;
	int64_t ns;

	for (size_t i = 0; i < nitems(good); i++) {
		ns = -1;
		err.text[0] = '\0';
		if (duration_parse(good[i].text, &ns, &err) != 0)
			fail_msg("%s: %s", good[i].text, err.text);
		if (ns != good[i].ns)
			fail_msg("%s: %lld", good[i].text, (long long)ns);
	}
}

static void
errors_name_the_column(void **state)
{
	struct err err;
	int64_t ns;

	for (size_t i = 0; i < nitems(bad); i++) {
		if (duration_parse(bad[i].text, &ns, &err) != -1)
			fail_msg("%s: accepted", bad[i].text);
		assert_string_equal(err.text, bad[i].error);
	}
	assert_int_equal(duration_parse_column("5y", 8, &ns, &err), -1);
	assert_memory_equal(err.text, "column 9:", 9);
}

static void
milliseconds_do_not_vanish(void **state)
{
	struct err err;
	int64_t ms;

	assert_int_equal(duration_parse_ms("1ns", &ms, &err), 0);
	assert_int_equal(ms, 1);
	assert_int_equal(duration_parse_ms("0", &ms, &err), 0);
	assert_int_equal(ms, 0);
	assert_int_equal(duration_parse_ms("1500us", &ms, &err), 0);
	assert_int_equal(ms, 1);
}

static void
format_is_read_back(void **state)
{
	static const struct {
		int64_t ms;
		const char *text;
	} table[] = {
	    {0, "0s"},
	    {500, "500ms"},
	    {1500, "1s500ms"},
	    {5400000, "1h30m"},
	    {86400000, "1d"},
	    {172800000, "2d"},
	    {604800000, "1w"},
	    {691200000, "8d"},
	    {1209600000, "2w"},
	    {90061001, "1d1h1m1s1ms"},
	    {INT64_MAX / 1000000, "106751d23h47m16s854ms"},
	};
	char buf[DURATION_TEXT_MAX];
	struct err err;
	int64_t ms;

	for (size_t i = 0; i < nitems(table); i++) {
		assert_string_equal(
		    duration_format_ms(buf, table[i].ms), table[i].text);
		assert_int_equal(duration_parse_ms(buf, &ms, &err), 0);
		assert_int_equal(ms, table[i].ms);
	}
	assert_string_equal(duration_format_ms(buf, -1500), "-1s500ms");
	assert_string_equal(
	    duration_format_ms(buf, INT64_MIN), "-106751991167d7h12m55s808ms");
}

static void
sizes(void **state)
{
	char text[SIZE_TEXT_MAX];
	struct err err;
	uint64_t n;

	assert_int_equal(size_parse("64K", &n, &err), 0);
	assert_int_equal(n, 65536);
	assert_int_equal(size_parse("10mb", &n, &err), 0);
	assert_int_equal(n, 10 << 20);
	assert_int_equal(size_parse("1G", &n, &err), 0);
	assert_int_equal(n, 1 << 30);
	assert_int_equal(size_parse("12", &n, &err), 0);
	assert_int_equal(n, 12);
	assert_int_equal(size_parse("12b", &n, &err), 0);
	assert_int_equal(n, 12);
	assert_int_equal(size_parse("15E", &n, &err), 0);
	assert_int_equal(size_parse("16E", &n, &err), -1);
	assert_int_equal(size_parse("18446744073709551616", &n, &err), -1);
	assert_int_equal(size_parse("", &n, &err), -1);
	assert_int_equal(size_parse("-1", &n, &err), -1);
	assert_int_equal(size_parse("K", &n, &err), -1);
	assert_int_equal(size_parse("1KK", &n, &err), -1);
	assert_string_equal(err.text,
	    "column 2: unknown unit; "
	    "write K, M, G, T or nothing for bytes");
	assert_string_equal(size_format(text, 0), "0");
	assert_string_equal(size_format(text, 1000), "1000");
	assert_string_equal(size_format(text, 65536), "64K");
	assert_string_equal(size_format(text, 3U << 20), "3M");
	assert_string_equal(size_format(text, (uint64_t)1 << 50), "1048576G");
	assert_string_equal(
	    size_format(text, UINT64_MAX), "18446744073709551615");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(reads_what_go_reads),
	    cmocka_unit_test(errors_name_the_column),
	    cmocka_unit_test(milliseconds_do_not_vanish),
	    cmocka_unit_test(format_is_read_back),
	    cmocka_unit_test(sizes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
