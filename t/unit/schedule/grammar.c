/* What is accepted, what it means, and what is said about the rest. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "base/mem.h"
#include "base/strbuf.h"
#include "base/timestamp.h"
#include "schedule/schedule.h"

static int
setup(void **state)
{
	*state = schedule_pool_new(NULL);
	return 0;
}

static int
teardown(void **state)
{
	struct schedule_pool *pool = *state;

	assert_int_equal(schedule_pool_count(pool), 0);
	schedule_pool_free(pool);
	return 0;
}

/* The text on the left means what the one on the right does. */
static const struct {
	const char *text, *normal;
	bool hinted; /* which the normal form is not */
} equal[] = {
    {"* * * * *", "* * * * *"},
    {" \t*  *\t* * * ", "* * * * *"},
    {"*/1 */1 */1 */1 */1", "* * * * *"},
    {"0 * * * * *", "* * * * *"},
    {"* * * * * *", "* * * * * *"},
    {"* * * ? * ?", "* * * * * *"},
    {"0 0 1 1 *", "0 0 1 1 *"},
    {"00 007 01 1 *", "0 7 1 1 *"},
    {"*/15 2 * * *", "*/15 2 * * *"},
    {"0-59/15 2 * * *", "0-45/15 2 * * *"},
    {"5/20 2 * * *", "5-45/20 2 * * *"},
    {"0 9-17 * * MON-FRI", "0 9-17 * * 1-5"},
    {"0 9-17 * * mon-Fri", "0 9-17 * * 1-5"},
    {"0 9 * jan,DEC *", "0 9 * 1,12 *"},
    {"0 9 * * 5-7", "0 9 * * 0,5,6"},
    {"0 9 * * FRI-SUN", "0 9 * * 0,5,6"},
    {"0 9 * * SAT-SUN", "0 9 * * 0,6"},
    {"0 9 * * 5-0", "0 9 * * 0,5,6"},
    {"0 9 * * 0-7", "0 9 * * *"},
    {"0 9 * * 7", "0 9 * * 0"},
    {"0 9 * * SUN-SUN", "0 9 * * 0"},
    {"0 9 * * 7/2", "0 9 * * 0,2,4,6"},
    {"0 9 * * 5/1", "0 9 * * 5,6"},
    {"0 9 * * */2", "0 9 * * 0,2,4,6"},
    {"0 9 13 * */2", "0 9 13 * */2"},
    {"0 9 */2 * 1", "0 9 */2 * 1"},
    {"0 9 */2,4 * 1", "0 9 */2,4 * 1"},
    {"0 9 13 * 5", "0 9 13 * 5"},
    {"0 9 1-31 * 5", "0 9 1-31 * 5"},
    {"0 9 L * *", "0 9 L * *"},
    {"0 9 l-3,lw,L-3w,15w,L-0 * *", "0 9 L,LW,L-3,L-3W,15W * *"},
    {"0 9 * * MON#2,FRI#L,5l,fril,7#1", "0 9 * * 0#1,1#2,5L"},
    {"0 0 0 1 1 * 2027", "0 0 0 1 1 * 2027"},
    {"0 0 0 1 1 * 2027/100", "0 0 0 1 1 * 2027,2127"},
    {"0 0 0 1 1 * */100", "0 0 0 1 1 * */100"},
    {"0 0 0 1 1 * 1970-2199", "0 0 1 1 *"},
    {"*/90 * * * *", "0 * * * *", true},
    {"10/50 2 * * *", "10 2 * * *", true},
    {"*/60 5 * * *", "H(0-0)/1 5 * * *", true},
    {"H(7-7)/1,9 5 * * *", "H(7-7)/1,9 5 * * *"},
    {"5~5 2~2 * * *", "5 2 * * *"},
    {"0 9 * * 7~0", "0 9 * * 0"},
    {"0 9 * * H(6-0)/1", "0 9 * * 0,6"},
    {"@yearly", "0 0 1 1 *"},
    {"@annually", "0 0 1 1 *"},
    {"@monthly", "0 0 1 * *"},
    {"@weekly", "0 0 * * 0"},
    {"@daily ", "0 0 * * *"},
    {"@midnight", "0 0 * * *"},
    {"@hourly", "0 * * * *"},
    {"@minutely", "* * * * *"},
    {"@reboot", "@reboot"},
    {"@manual", "@manual"},
    {"@every 1h30m10s", "@every 1h30m10s"},
    {"@every\t1.5h", "@every 1h30m"},
    {"@every +5m", "@every 5m"},
    {"@every 1d", "@every 1d"},
    {"@every 1500ms", "@every 1s"},
    {"@every 10ms", "@every 1s", true},
    {"@after 2w ", "@after 2w"},
    {"@at 2026-12-31T23:59:00Z", "@at 2026-12-31T23:59:00Z"},
    {"@at 2026-12-31 23:59", "@at 2026-12-31T22:59:00Z"},
    {"@at 2026-12-31 23:59:30,2026-06-01T12:00:00+02:00,2026-06-01 12:00",
	"@at 2026-06-01T10:00:00Z,2026-12-31T22:59:30Z"},
    {"CRON_TZ=Asia/Tokyo 0 9 * * *", "0 9 * * *"},
    {"TZ=UTC\t@every 5m", "@every 5m"},
};

static void
texts_have_a_normal_form(void **state)
{
	const struct schedule_options options = {.zone = "Europe/Berlin"};
	struct schedule_options same = options;
	const struct schedule *s, *again;
	struct err err = {""};
	char text[512];
	size_t len;

	for (size_t i = 0; i < nitems(equal); i++) {
		s = schedule_get(*state, equal[i].text, &options, &err);
		if (s == NULL)
			fail_msg("%s: %s", equal[i].text, err.text);
		len = schedule_print(s, text, sizeof(text));
		assert_int_equal(len, strlen(text));
		assert_string_equal(text, equal[i].normal);
		same.zone = schedule_zone_name(s);
		again = schedule_get(*state, text, &same, &err);
		assert_non_null(again);
		schedule_print(again, text, sizeof(text));
		if (!equal[i].hinted)
			assert_ptr_equal(again, s);
		assert_string_equal(text, equal[i].normal);
		schedule_release(*state, s);
		schedule_release(*state, again);
	}
}

static const struct {
	const char *text, *error;
} bad[] = {
    {"\xc3\xa4 * * *",
	"column 8: 4 fields; write 5, 6 or 7: [second] "
	"minute hour day month weekday [year]"},
    {"",
	"column 1: the schedule is empty; write minute hour day month "
	"weekday, such as 30 2 * * *"},
    {"  ",
	"column 3: the schedule is empty; write minute hour day month "
	"weekday, such as 30 2 * * *"},
    {"* * * *",
	"column 8: 4 fields; write 5, 6 or 7: [second] minute "
	"hour day month weekday [year]"},
    {"*",
	"column 2: 1 field; write 5, 6 or 7: [second] minute hour day "
	"month weekday [year]"},
    {"0 * * * * * 2026 x",
	"column 18: 8 fields; write 5, 6 or 7: "
	"[second] minute hour day month weekday "
	"[year]"},
    {"60 * * * *", "column 1: minute 60 is out of range; write 0-59"},
    {"0 24 * * *", "column 3: hour 24 is out of range; write 0-23"},
    {"0 0 0 * *",
	"column 5: day of month 0 is out of range; write "
	"1-31, L, LW or 15W"},
    {"0 0 32 * *",
	"column 5: day of month 32 is out of range; write "
	"1-31, L, LW or 15W"},
    {"0 0 * 13 *",
	"column 7: month 13 is out of range; write 1-12 or "
	"JAN-DEC"},
    {"0 0 * 0 *", "column 7: month 0 is out of range; write 1-12 or JAN-DEC"},
    {"0 0 * * 8",
	"column 9: day of week 8 is out of range; write 0-7 "
	"or SUN-SAT"},
    {"60 0 0 * * *", "column 1: second 60 is out of range; write 0-59"},
    {"0 0 0 * * * 1969",
	"column 13: year 1969 is out of range; write 1970-2199"},
    {"0 0 0 * * * 2200",
	"column 13: year 2200 is out of range; write 1970-2199"},
    {"00000 * * * *", "column 1: a number has at most 4 digits"},
    {"*/0 * * * *", "column 3: a step of 0 never moves; write 1 or more"},
    {"*/ * * * *",
	"column 3: expected a step behind the /; write a "
	"number from 1 on"},
    {"*/x * * * *",
	"column 3: expected a step behind the /; write a "
	"number from 1 on"},
    {"1, * * * *", "column 3: an item of the minute is missing; write 0-59"},
    {",1 * * * *", "column 1: an item of the minute is missing; write 0-59"},
    {"1,,2 * * * *", "column 3: an item of the minute is missing; write 0-59"},
    {"1- * * * *", "column 3: an item of the minute is missing; write 0-59"},
    {"-1 * * * *", "column 1: numbers have no sign; the minute is 0-59"},
    {"+1 * * * *", "column 1: numbers have no sign; the minute is 0-59"},
    {"1--2 * * * *", "column 3: numbers have no sign; the minute is 0-59"},
    {"*5 * * * *",
	"column 2: unexpected text in the minute; items are "
	"separated by commas"},
    {"*-5 * * * *",
	"column 2: unexpected text in the minute; items are "
	"separated by commas"},
    {"1-5-7 * * * *",
	"column 4: unexpected text in the minute; items "
	"are separated by commas"},
    {"1/2/3 * * * *",
	"column 4: unexpected text in the minute; items "
	"are separated by commas"},
    {"1;2 * * * *",
	"column 2: unexpected text in the minute; items are "
	"separated by commas"},
    {"0.5 * * * *",
	"column 2: unexpected text in the minute; items are "
	"separated by commas"},
    {"0 22-4 * * *", "column 3: a range ascends; write 22-23,0-4"},
    {"0 23-1 * * *", "column 3: a range ascends; write 23,0-1"},
    {"0 22-4/3 * * *", "column 3: a range ascends; write 22,1,4"},
    {"0 0 * * FRI-MON", "column 9: a range ascends; write FRI-SAT,SUN-MON"},
    {"0 0 * * 5-1", "column 9: a range ascends; write 5-6,0-1"},
    {"0 0 * * 7-1", "column 9: a range ascends; write 0-1"},
    {"0 0 * * 1,6-2/2", "column 11: a range ascends; write 6,1"},
    {"0 0 * NOV-FEB *", "column 7: a range ascends; write NOV-DEC,JAN-FEB"},
    {"0 0 28-2 * *", "column 5: a range ascends; write 28-31,1-2"},
    {"0 0 0 * * * 2030-2027", "column 13: a range ascends; write 2027-2030"},
    {"9~5 * * * *", "column 1: a range ascends; write 5~9"},
    {"0 % * * *", "column 3: expected an hour; write 0-23"},
    {"5~9/2 * * * *", "column 4: a~b has no step; write H(5-9)/n"},
    {"? * * * *", "column 1: ? is for the two day fields; write *"},
    {"0 0 * ? *", "column 7: ? is for the two day fields; write *"},
    {"0 0 1,? * *",
	"column 7: ? must be the whole field; write * or "
	"leave the other items out"},
    {"0 0 ?/2 * *",
	"column 5: ? must be the whole field; write * or "
	"leave the other items out"},
    {"0 0 * * L",
	"column 9: L alone is no day of week; write 6 for "
	"Saturday or 5L for the last Friday"},
    {"0 0 * * MON#6",
	"column 13: a month has up to five of a weekday; "
	"write #1 to #5 or #L"},
    {"0 0 * * MON#12",
	"column 13: a month has up to five of a weekday; "
	"write #1 to #5 or #L"},
    {"0 0 * * MONDAY", "column 9: names have three letters; write MON"},
    {"0 0 * * JAN",
	"column 9: unknown name; the day of week is 0-7 or SUN-SAT"},
    {"0 0 * MON *", "column 7: unknown name; the month is 1-12 or JAN-DEC"},
    {"0 MON * * *", "column 3: the hour has no names; write 0-23"},
    {"0 0 L-31 * *", "column 7: L-31 is in no month; write L-0 to L-30"},
    {"0 0 L- * *",
	"column 7: expected a number of days; write L-0 to "
	"L-30"},
    {"0 0 1-15W * *",
	"column 9: unexpected text in the day of month; "
	"items are separated by commas"},
    {"0 0 W * *",
	"column 5: the day of month has no names; write 1-31, "
	"L, LW or 15W"},
    {"0 0 L/2 * *",
	"column 6: unexpected text in the day of month; "
	"items are separated by commas"},
    {"H/61 * * * *",
	"column 3: the step of H is larger than its range; "
	"write 1-60"},
    {"H(0-29)/31 * * * *",
	"column 9: the step of H is larger than its "
	"range; write 1-30"},
    {"H(9-5) * * * *", "column 3: a range ascends; write H(5-9)"},
    {"H(5) * * * *", "column 4: expected a range; write H(5-59)"},
    {"H() * * * *", "column 3: expected a number; write H(0-59)"},
    {"H(0-5 * * * *", "column 6: expected ) behind the range of H"},
    {"H(0-60) * * * *", "column 5: minute 60 is out of range; write 0-59"},
    {"0 0 0 * * * H",
	"column 13: H of the year needs a range; write "
	"H(2026-2030)"},
    {"@Daily", "column 1: names are lower case; write @daily"},
    {"@dayly",
	"column 1: unknown name; write @yearly @annually @monthly "
	"@weekly @daily @midnight @hourly @minutely @every @after "
	"@at @reboot or @manual"},
    {"@daily 5", "column 8: unexpected text behind the schedule; remove it"},
    {"@reboot x", "column 9: unexpected text behind the schedule; remove it"},
    {"@every", "column 7: an argument is missing; write @every 1h30m"},
    {"@every  ", "column 9: an argument is missing; write @every 1h30m"},
    {"@every 5",
	"column 9: the unit is missing; write ns, us, ms, s, m, "
	"h, d or w"},
    {"@every 0s", "column 8: an interval of nothing; write 1s or more"},
    {"@every 0", "column 8: an interval of nothing; write 1s or more"},
    {"@every -5m", "column 8: a duration cannot be negative"},
    {"@every 1h 5m", "column 10: a duration has no blanks; write 1h30m"},
    {"@after 300y",
	"column 11: unknown unit; write ns, us, ms, s, m, h, d or w"},
    {"@at", "column 4: a time is missing; write @at 2026-12-31 23:59"},
    {"@at 2026-13-01 00:00", "column 5: month 13; a month is 01-12"},
    {"@at 2026-01-01 00:00,",
	"column 22: expected a date; write "
	"YYYY-MM-DD"},
    {"@at 2026-01-01 00:00, 2027-01-01 00:00",
	"column 22: expected a date; write YYYY-MM-DD"},
    {"@at tomorrow", "column 5: expected a date; write YYYY-MM-DD"},
    {"CRON_TZ=Asia/Tokio * * * * *",
	"column 9: unknown time zone \"Asia/Tokio\"; write a name of "
	"tzdata such as Europe/Berlin or UTC"},
    {" TZ=../UTC * * * * *",
	"column 5: unknown time zone \"../UTC\"; write a name of tzdata "
	"such as Europe/Berlin or UTC"},
    {"TZ= * * * * *",
	"column 4: expected a time zone; write a name of "
	"tzdata such as Europe/Berlin"},
    {"TZ=UTC",
	"column 7: the schedule is empty; write minute hour day "
	"month weekday, such as 30 2 * * *"},
    {"0 0 * * \xc3\xa4,8",
	"column 9: expected a day of week; write 0-7 "
	"or SUN-SAT"},
    {"0 0 * \xc3\xa4 x",
	"column 7: expected a month; write 1-12 or "
	"JAN-DEC"},
    {"0 3 * * * root /bin/true",
	"column 11: unknown name; the day of "
	"week is 0-7 or SUN-SAT"},
};

static void
errors_name_the_column(void **state)
{
	const struct schedule_options options = {.zone = "Europe/Berlin"};
	const struct schedule *s;
	struct err err;

	for (size_t i = 0; i < nitems(bad); i++) {
		err.text[0] = '\0';
		s = schedule_get(*state, bad[i].text, &options, &err);
		if (s != NULL)
			fail_msg("%s: accepted", bad[i].text);
		if (strcmp(err.text, bad[i].error) != 0)
			fail_msg("%s:\n got %s\nwant %s", bad[i].text, err.text,
			    bad[i].error);
	}
}

static void
unknown_zone_of_an_option(void **state)
{
	const struct schedule_options options = {.zone = "Mars/Olympus"};
	struct err err;

	assert_null(schedule_get(*state, "* * * * *", &options, &err));
	assert_string_equal(err.text,
	    "unknown time zone \"Mars/Olympus\"; "
	    "write a name of tzdata such as Europe/Berlin or UTC");
}

static const struct {
	const char *text, *normal;
} quartz[] = {
    {"0 0 9 ? * MON-FRI", "0 9 * * 1-5"},
    {"0 0 9 ? * 2-6", "0 9 * * 1-5"},
    {"0 0 9 ? * 1", "0 9 * * 0"},
    {"0 0 9 ? * 6L", "0 9 * * 5L"},
    {"0 0 9 ? * 6#3", "0 9 * * 5#3"},
    {"0 0 9 ? * L", "0 9 * * 6"},
    {"0 0 9 ? * FRI-MON", "0 9 * * 0,1,5,6"},
    {"0 0 9 ? * *", "0 9 * * *"},
    {"0 0 22-4 ? * *", "0 0-4,22,23 * * *"},
    {"0 0 22-4/2 * * ?", "0 0,2,4,22 * * *"},
    {"0 0 9 LW NOV-FEB ?", "0 9 LW 1,2,11,12 *"},
    {"0 0/5 14 * * ?", "0-55/5 14 * * *"},
    {"0 15 10 ? * 6L 2027-2029", "0 15 10 * * 5L 2027-2029"},
    {"@daily", "0 0 * * *"},
};

static const struct {
	const char *text, *error;
} quartz_bad[] = {
    {"0 9 ? * MON",
	"column 12: 5 fields; the quartz dialect has 6 or 7: "
	"second minute hour day month weekday [year]"},
    {"0 0 9 * * *",
	"column 11: none of the day fields are ?; the quartz "
	"dialect wants exactly one, such as 0 0 9 ? * MON"},
    {"0 0 9 ? * ?",
	"column 11: both day fields are ?; the quartz "
	"dialect wants exactly one, such as 0 0 9 ? * MON"},
    {"0 0 9 ? * 0",
	"column 11: day of week 0 is out of range; write "
	"1-7 or SUN-SAT"},
    {"0 0 9 ? * 1 2030-2027", "column 13: a range ascends; write 2027-2030"},
};

static void
quartz_counts_from_sunday(void **state)
{
	const struct schedule_options options = {
	    .zone = "UTC", .dialect = SCHEDULE_DIALECT_QUARTZ};
	const struct schedule *s;
	struct err err = {""};
	char text[256];

	for (size_t i = 0; i < nitems(quartz); i++) {
		s = schedule_get(*state, quartz[i].text, &options, &err);
		if (s == NULL)
			fail_msg("%s: %s", quartz[i].text, err.text);
		schedule_print(s, text, sizeof(text));
		assert_string_equal(text, quartz[i].normal);
		schedule_release(*state, s);
	}
	for (size_t i = 0; i < nitems(quartz_bad); i++) {
		s = schedule_get(*state, quartz_bad[i].text, &options, &err);
		if (s != NULL)
			fail_msg("%s: accepted", quartz_bad[i].text);
		assert_string_equal(err.text, quartz_bad[i].error);
	}
}

static void
equal_schedules_are_one(void **state)
{
	const struct schedule_options utc = {.zone = "UTC", .job = "a"};
	const struct schedule_options both = {
	    .zone = "UTC", .day_match = SCHEDULE_DAY_BOTH};
	const struct schedule_options skip = {
	    .zone = "UTC", .gap = SCHEDULE_GAP_SKIP};
	const struct schedule *a, *b, *c, *d, *e;
	struct err err;

	a = schedule_get(*state, "0 9 * * MON-FRI", &utc, &err);
	b = schedule_get(*state, "0  9 * * 1,2,3,4,5", &both, &err);
	c = schedule_get(*state, "CRON_TZ=Asia/Tokyo 0 9 * * 1-5", &utc, &err);
	d = schedule_get(*state, "0 9 * * 1-5", &skip, &err);
	assert_ptr_equal(a, b);
	assert_ptr_not_equal(a, c);
	assert_ptr_not_equal(a, d);
	assert_string_equal(schedule_zone_name(c), "Asia/Tokyo");
	e = schedule_get(*state, "0 9 13 * 5", &utc, &err);
	schedule_release(*state, b);
	b = schedule_get(*state, "0 9 13 * 5", &both, &err);
	assert_ptr_not_equal(b, e);
	assert_int_equal(schedule_pool_count(*state), 5);
	schedule_release(*state, a);
	schedule_release(*state, b);
	schedule_release(*state, c);
	schedule_release(*state, d);
	schedule_release(*state, e);
	schedule_release(*state, NULL);
}

static void
print_is_cut_to_size(void **state)
{
	const struct schedule *s;
	char text[8] = "xxxxxxx";
	struct err err;

	s = schedule_get(*state, "TZ=UTC 0 9 * * 1-5", NULL, &err);
	assert_non_null(s);
	assert_int_equal(schedule_print(s, NULL, 0), 11);
	assert_int_equal(schedule_print(s, text, 5), 11);
	assert_string_equal(text, "0 9 ");
	schedule_release(*state, s);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(texts_have_a_normal_form),
	    TEST(errors_name_the_column),
	    TEST(unknown_zone_of_an_option),
	    TEST(quartz_counts_from_sunday),
	    TEST(equal_schedules_are_one),
	    TEST(print_is_cut_to_size),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
