/* SCHEDULE.md's worked examples, and the edges of time. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/timestamp.h"
#include "schedule/hash.h"
#include "schedule/schedule.h"
#include "schedule/zone/zone.h"

#define NEW_YORK "America/New_York"

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

static const struct schedule *
get(struct schedule_pool *pool, const char *text,
    const struct schedule_options *options)
{
	const struct schedule *s;
	struct err err = {""};

	s = schedule_get(pool, text, options, &err);
	if (s == NULL)
		fail_msg("%s: %s", text, err.text);
	return s;
}

static int64_t
seconds(const char *text)
{
	struct err err = {""};
	int64_t ms;

	if (timestamp_parse_ms(text, &ms, &err) == -1)
		fail_msg("%s: %s", text, err.text);
	return ms / 1000;
}

struct example {
	struct schedule_options options;
	const char *text;
	const char *from;
	const char *fires[6]; /* the first ones after from */
};

static const struct example examples[] = {
    /* The gap of 10 March 2024, 02:00. */
    {{.zone = NEW_YORK}, "30 2 * * *", "2024-03-09T12:00:00-05:00",
	{"2024-03-10T03:00:00-04:00", "2024-03-11T02:30:00-04:00"}},
    {{.zone = NEW_YORK}, "0,30 2 * * *", "2024-03-09T12:00:00-05:00",
	{"2024-03-10T03:00:00-04:00", "2024-03-11T02:00:00-04:00"}},
    {{.zone = NEW_YORK}, "*/15 2 * * *", "2024-03-09T12:00:00-05:00",
	{"2024-03-11T02:00:00-04:00", "2024-03-11T02:15:00-04:00"}},
    {{.zone = NEW_YORK}, "0 2,3 * * *", "2024-03-09T12:00:00-05:00",
	{"2024-03-10T03:00:00-04:00", "2024-03-11T02:00:00-04:00"}},
    {{.zone = NEW_YORK}, "0 */2 * * *", "2024-03-10T00:00:00-05:00",
	{"2024-03-10T04:00:00-04:00", "2024-03-10T06:00:00-04:00"}},
    {{.zone = NEW_YORK}, "15 30 2 * * *", "2024-03-09T12:00:00-05:00",
	{"2024-03-10T03:00:00-04:00", "2024-03-11T02:30:15-04:00"}},
    {{.zone = NEW_YORK, .gap = SCHEDULE_GAP_SKIP}, "30 2 * * *",
	"2024-03-09T12:00:00-05:00", {"2024-03-11T02:30:00-04:00"}},
    {{.zone = NEW_YORK, .gap = SCHEDULE_GAP_RUN}, "*/15 2 * * *",
	"2024-03-09T12:00:00-05:00",
	{"2024-03-10T03:00:00-04:00", "2024-03-11T02:00:00-04:00"}},
    /* The overlap of 3 November 2024, 01:00. */
    {{.zone = NEW_YORK}, "30 1 * * *", "2024-11-02T12:00:00-04:00",
	{"2024-11-03T01:30:00-04:00", "2024-11-04T01:30:00-05:00"}},
    {{.zone = NEW_YORK}, "30 1 * * *", "2024-11-03T01:30:00-04:00",
	{"2024-11-04T01:30:00-05:00"}},
    {{.zone = NEW_YORK}, "*/30 1 * * *", "2024-11-02T12:00:00-04:00",
	{"2024-11-03T01:00:00-04:00", "2024-11-03T01:30:00-04:00",
	    "2024-11-03T01:00:00-05:00", "2024-11-03T01:30:00-05:00",
	    "2024-11-04T01:00:00-05:00"}},
    {{.zone = NEW_YORK, .overlap = SCHEDULE_OVERLAP_BOTH}, "30 1 * * *",
	"2024-11-02T12:00:00-04:00",
	{"2024-11-03T01:30:00-04:00", "2024-11-03T01:30:00-05:00",
	    "2024-11-04T01:30:00-05:00"}},
    {{.zone = NEW_YORK, .overlap = SCHEDULE_OVERLAP_FIRST}, "*/30 1 * * *",
	"2024-11-03T01:30:00-04:00", {"2024-11-03T01:00:00-05:00"}},
    {{.zone = NEW_YORK}, "@hourly", "2024-11-03T00:30:00-04:00",
	{"2024-11-03T01:00:00-04:00", "2024-11-03T01:00:00-05:00",
	    "2024-11-03T02:00:00-05:00"}},
    {{.zone = NEW_YORK}, "H/30 1 * * *", "2024-11-02T12:00:00-04:00",
	{"2024-11-03T01:14:00-04:00", "2024-11-03T01:44:00-04:00",
	    "2024-11-03T01:14:00-05:00", "2024-11-03T01:44:00-05:00"}},
    {{.zone = NEW_YORK}, "0 2 * * *", "2024-11-03T01:30:00-05:00",
	{"2024-11-03T02:00:00-05:00"}},
    /* Midnight that is not there. */
    {{.zone = "America/Sao_Paulo"}, "@daily", "2018-11-03T12:00:00-03:00",
	{"2018-11-04T01:00:00-02:00", "2018-11-05T00:00:00-02:00"}},
    {{.zone = "Australia/Lord_Howe"}, "15 2 * * *", "2024-10-05T12:00:00+10:30",
	{"2024-10-06T02:30:00+11:00", "2024-10-07T02:15:00+11:00"}},
    /* A day that is not there. */
    {{.zone = "Pacific/Apia"}, "0 12 * * *", "2011-12-29T11:00:00-10:00",
	{"2011-12-29T12:00:00-10:00", "2011-12-31T12:00:00+14:00"}},
    {{.zone = "Pacific/Apia", .gap = SCHEDULE_GAP_RUN}, "0 12 30 * *",
	"2011-12-29T11:00:00-10:00", {"2012-01-30T12:00:00+14:00"}},
    /* The date is tested before the shift. */
    {{.zone = NEW_YORK}, "30 2 10 3 *", "2024-01-01T00:00:00Z",
	{"2024-03-10T03:00:00-04:00", "2025-03-10T02:30:00-04:00"}},
    {{.zone = "UTC"}, "0 0 0 29 2 */7", "2024-01-01T00:00:00Z",
	{"2032-02-29T00:00:00Z", "2060-02-29T00:00:00Z", "2088-02-29T00:00:00Z",
	    "2128-02-29T00:00:00Z"}},
    {{.zone = "UTC"}, "0 0 1W,15W,L-1W,LW 6 *", "2024-05-31T00:00:00Z",
	{"2024-06-03T00:00:00Z", "2024-06-14T00:00:00Z", "2024-06-28T00:00:00Z",
	    "2025-06-02T00:00:00Z"}},
    {{.zone = "UTC"}, "0 0 * * MON#5,FRI#L", "2024-02-01T00:00:00Z",
	{"2024-02-23T00:00:00Z", "2024-03-29T00:00:00Z", "2024-04-26T00:00:00Z",
	    "2024-04-29T00:00:00Z"}},
    {{.zone = "UTC"}, "0 0 13 * 5", "2024-09-01T00:00:00Z",
	{"2024-09-06T00:00:00Z", "2024-09-13T00:00:00Z",
	    "2024-09-20T00:00:00Z"}},
    {{.zone = "UTC", .day_match = SCHEDULE_DAY_BOTH}, "0 0 13 * 5",
	"2024-09-01T00:00:00Z",
	{"2024-09-13T00:00:00Z", "2024-12-13T00:00:00Z"}},
    {{.zone = "Asia/Kathmandu"}, "CRON_TZ=Asia/Tokyo 0 9 * * *",
	"2024-09-01T00:00:00Z", {"2024-09-02T09:00:00+09:00"}},
    {{.zone = "Europe/Berlin"}, "@at 2024-03-31 02:30,2024-10-27 02:30",
	"2024-01-01T00:00:00Z",
	{"2024-03-31T03:00:00+02:00", "2024-10-27T02:30:00+02:00"}},
    {{.zone = "UTC"}, "@every 90s", "2024-01-01T00:00:07Z",
	{"2024-01-01T00:01:37Z", "2024-01-01T00:03:07Z"}},
};

static void
worked_examples(void **state)
{
	for (size_t i = 0; i < nitems(examples); i++) {
		const struct example *e = &examples[i];
		const struct schedule *s = get(*state, e->text, &e->options);
		int64_t t = seconds(e->from), next, back;
		char got[TIMESTAMP_TEXT_MAX];

		for (size_t n = 0; n < 6 && e->fires[n] != NULL; n++) {
			if (!schedule_next(s, t, &next))
				fail_msg("%s: nothing", e->text);
			if (next != seconds(e->fires[n]))
				fail_msg("%s: %s, not %s", e->text,
				    timestamp_format_offset(got, next,
					schedule_zone_offset(s, next), false),
				    e->fires[n]);
			assert_true(schedule_prev(s, next + 1, &back));
			if (schedule_kind(s) == SCHEDULE_CRON)
				assert_int_equal(back, next);
			if (n > 0) {
				assert_true(schedule_prev(s, next, &back));
				assert_int_equal(back, t);
			}
			t = next;
		}
		schedule_release(*state, s);
	}
}

static void
never_is_never(void **state)
{
	static const char *const texts[] = {
	    "0 0 30 2 *",
	    "0 0 31 2,4,6,9,11 *",
	    "* * 31 11 *",
	    "0 0 0 30 2 * 2000-2100",
	    "@reboot",
	    "@manual",
	    "@after 5m",
	    "0 0 L-30 2,4 *",
	    "0 0 30W 2 *",
	};
	const struct schedule_options options = {.zone = NEW_YORK};
	int64_t t;

	for (size_t i = 0; i < nitems(texts); i++) {
		const struct schedule *s = get(*state, texts[i], &options);

		assert_false(schedule_next(s, 0, &t));
		assert_false(schedule_next(s, INT64_MIN, &t));
		assert_false(schedule_prev(s, INT64_MAX, &t));
		schedule_release(*state, s);
	}
}

/* In the gap of every year, and wildcard: it could search for ever. */
static void
never_by_the_clocks(void **state)
{
	const struct schedule_options options = {.zone = NEW_YORK};
	const struct schedule *s = get(*state, "*/15 2 * 3 SUN#2", &options);
	int64_t t;

	assert_true(schedule_next(s, 0, &t));
	assert_true(t < seconds("2007-03-01T00:00:00Z"));
	assert_false(schedule_next(s, seconds("2007-03-01T00:00:00Z"), &t));
	schedule_release(*state, s);
}

static void
time_has_ends(void **state)
{
	const struct schedule_options options = {.zone = "UTC"};
	const struct schedule_options west = {.zone = "Etc/GMT+12"};
	const struct schedule_options east = {.zone = "Etc/GMT-14"};
	const struct schedule *s = get(*state, "* * * * * *", &options);
	int64_t t;

	assert_true(schedule_next(s, INT64_MIN, &t));
	assert_int_equal(t, 0);
	assert_true(schedule_prev(s, INT64_MAX, &t));
	assert_int_equal(t, 7258118399);
	assert_false(schedule_next(s, 7258118399, &t));
	assert_false(schedule_next(s, INT64_MAX, &t));
	assert_false(schedule_prev(s, 0, &t));
	assert_false(schedule_prev(s, INT64_MIN, &t));
	schedule_release(*state, s);
	s = get(*state, "* * * * * *", &west);
	assert_true(schedule_next(s, INT64_MIN, &t));
	assert_int_equal(t, 12 * 3600);
	assert_true(schedule_prev(s, INT64_MAX, &t));
	assert_int_equal(t, 7258118399 + 12 * 3600);
	schedule_release(*state, s);
	s = get(*state, "* * * * * *", &east);
	assert_true(schedule_next(s, INT64_MIN, &t));
	assert_int_equal(t, -14 * 3600);
	assert_false(schedule_prev(s, -14 * 3600, &t));
	schedule_release(*state, s);
	s = get(*state, "@every 1h", &options);
	assert_false(schedule_next(s, INT64_MAX, &t));
	assert_false(schedule_prev(s, INT64_MIN, &t));
	assert_int_equal(schedule_interval(s), 3600);
	schedule_release(*state, s);
}

static void
gaps_are_told(void **state)
{
	const struct schedule_options options = {.zone = NEW_YORK};
	const struct schedule *s = get(*state, "*/15 2 * * *", &options);
	int64_t gap = seconds("2024-03-10T03:00:00-04:00"), slot = 0;

	assert_true(schedule_gap_dropped(s, gap - 86400, gap + 1, &slot));
	assert_int_equal(slot, gap);
	assert_false(schedule_gap_dropped(s, gap - 86400, gap, &slot));
	assert_true(schedule_gap_dropped(s, gap, INT64_MAX, &slot));
	assert_int_equal(slot, seconds("2025-03-09T03:00:00-04:00"));
	schedule_release(*state, s);
	s = get(*state, "*/15 3 * * *", &options);
	assert_false(schedule_gap_dropped(s, 0, INT64_MAX, &slot));
	schedule_release(*state, s);
}

/* Published: these numbers never change. */
static void
hash_is_for_ever(void **state)
{
	static const struct {
		const char *job;
		unsigned int field, index, width, value;
	} table[] = {
	    {"", 1, 0, 60, 44},
	    {"backup", 1, 0, 60, 6},
	    {"backup", 1, 1, 60, 50},
	    {"backup", 2, 0, 24, 13},
	    {"pukcab", 2, 0, 24, 23},
	    {"clean-audit", 3, 0, 28, 2},
	};
	const struct schedule_options options = {
	    .zone = "UTC", .job = "backup"};
	const struct schedule *s = get(*state, "H H H H H", &options);
	char text[64];

	for (size_t i = 0; i < nitems(table); i++)
		assert_int_equal(hash_field(table[i].job, table[i].field,
				     table[i].index, table[i].width),
		    table[i].value);
	schedule_print(s, text, sizeof(text));
	assert_string_equal(text, "6 13 19 12 1");
	schedule_release(*state, s);
	assert_int_equal(hash_jitter("backup", 1773126000, 30000), 11464);
	assert_int_equal(hash_jitter("backup", 1773126000, 0), 0);
}

/* No value of an hour is much more popular than another. */
static void
hash_spreads(void **state)
{
	int count[60] = {0};
	char job[16];

	for (int i = 0; i < 60000; i++) {
		snprintf(job, sizeof(job), "job-%d", i);
		count[hash_field(job, 1, 0, 60)]++;
	}
	for (int i = 0; i < 60; i++)
		assert_in_range(count[i], 850, 1150);
}

static void
hash_stays_in_range(void **state)
{
	struct schedule_options options = {.zone = "UTC"};
	char job[16], text[64];
	int minute, day;

	for (int i = 0; i < 500; i++) {
		const struct schedule *s;

		snprintf(job, sizeof(job), "%d", i);
		options.job = job;
		s = get(*state, "H(10-20) 0 H * *", &options);
		schedule_print(s, text, sizeof(text));
		assert_int_equal(sscanf(text, "%d 0 %d", &minute, &day), 2);
		assert_in_range(minute, 10, 20);
		assert_in_range(day, 1, 28);
		schedule_release(*state, s);
		s = get(*state, "H(0-29)/10 * * * *", &options);
		schedule_print(s, text, sizeof(text));
		assert_int_equal(sscanf(text, "%d-%d/10", &minute, &day), 2);
		assert_in_range(minute, 0, 9);
		assert_int_equal(day, minute + 20);
		schedule_release(*state, s);
	}
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(worked_examples),
	    TEST(never_is_never),
	    TEST(never_by_the_clocks),
	    TEST(time_has_ends),
	    TEST(gaps_are_told),
	    TEST(hash_is_for_ever),
	    TEST(hash_spreads),
	    TEST(hash_stays_in_range),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
