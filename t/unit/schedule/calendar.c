/*
 * Calendars and windows: examples, and random rules against a list of all
 * fires that is filtered and moved one by one.
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
#include "base/timestamp.h"
#include "schedule/rule.h"
#include "schedule/zone/zone.h"
#include "slow.h"

#define DAY 86400

static int64_t
day(int year, int month, int mday)
{
	return civil_to_days(year, month, mday);
}

static void
dates_and_ranges(void **state)
{
	struct calendar *c = calendar_new();
	struct err err = {""};

	assert_int_equal(calendar_add_dates(c,
			     " 2026-12-25,2026-12-28..2027-01-02 05-01, "
			     "12-31..01-01,02-29",
			     &err),
	    0);
	assert_true(calendar_has(c, day(2026, 12, 25)));
	assert_false(calendar_has(c, day(2026, 12, 26)));
	assert_true(calendar_has(c, day(2026, 12, 28)));
	assert_true(calendar_has(c, day(2027, 1, 2)));
	assert_false(calendar_has(c, day(2027, 1, 3)));
	assert_true(calendar_has(c, day(1970, 5, 1)));
	assert_true(calendar_has(c, day(2199, 5, 1)));
	assert_true(calendar_has(c, day(1970, 1, 1)));
	assert_true(calendar_has(c, day(2199, 12, 31)));
	assert_true(calendar_has(c, day(2024, 2, 29)));
	assert_false(calendar_has(c, day(2025, 3, 1)));
	assert_false(calendar_has(c, day(2025, 2, 28)));
	assert_false(calendar_has(c, -1));
	assert_false(calendar_has(c, INT64_MAX));
	assert_int_equal(
	    calendar_find(c, day(2026, 5, 2), 1, true), day(2026, 12, 25));
	assert_int_equal(
	    calendar_find(c, day(2027, 1, 2), -1, false), day(2026, 12, 27));
	calendar_free(c);
}

static void
weekdays(void **state)
{
	struct calendar *c = calendar_new();
	struct err err = {""};

	assert_int_equal(calendar_add_weekdays(c, "SAT sun", &err), 0);
	assert_true(calendar_has(c, day(2026, 11, 21)));
	assert_true(calendar_has(c, day(2026, 11, 22)));
	assert_false(calendar_has(c, day(2026, 11, 23)));
	assert_int_equal(calendar_add_weekdays(c, "FRI#L,MON#2", &err), 0);
	assert_true(calendar_has(c, day(2026, 11, 27)));
	assert_false(calendar_has(c, day(2026, 11, 20)));
	assert_true(calendar_has(c, day(2026, 11, 9)));
	assert_int_equal(calendar_add_weekdays(c, "MON H", &err), -1);
	assert_string_equal(
	    err.text, "column 5: expected a day of week; write SUN-SAT");
	calendar_free(c);
}

static void
errors_name_the_column(void **state)
{
	static const char *const bad[] = {"2026-12-25,x", "2026-12-25,13-01",
	    "2026-12-25,2025-02-29", "2026-12-25,1-1", "2026-12-25,2026-12-2x",
	    "2026-12-25,2026-12-255", "2026-12-25,02-30"};
	struct calendar *c = calendar_new();
	struct err err;

	for (size_t i = 0; i < nitems(bad); i++) {
		assert_int_equal(calendar_add_dates(c, bad[i], &err), -1);
		assert_string_equal(err.text,
		    "column 12: expected a date; write 2026-12-25, 12-25 or a "
		    "range 2026-12-24..2027-01-01");
	}
	assert_int_equal(calendar_add_dates(c, "2026-12-25..12-26", &err), -1);
	assert_int_equal(
	    calendar_add_dates(c, "2026-12-25..2026-12-24", &err), -1);
	assert_string_equal(
	    err.text, "column 13: the range ends before it begins");
	calendar_free(c);
}

static void
files(void **state)
{
	char path[] = "/tmp/belfry-calendar-XXXXXX", want[128];
	struct calendar *c = calendar_new();
	int fd = mkstemp(path);
	struct err err = {""};
	const char text[] = "# holidays\n2026-12-25 # Christmas\r\n\n"
			    "01-01, 2026-05-01\n";

	assert_true(fd != -1);
	assert_int_equal(write(fd, text, sizeof(text) - 1), sizeof(text) - 1);
	assert_int_equal(calendar_add_file(c, path, &err), 0);
	assert_true(calendar_has(c, day(2026, 12, 25)));
	assert_true(calendar_has(c, day(2030, 1, 1)));
	assert_true(calendar_has(c, day(2026, 5, 1)));
	assert_int_equal(write(fd, "\n oops", 6), 6);
	assert_int_equal(calendar_add_file(c, path, &err), -1);
	snprintf(want, sizeof(want), "%s:6: column 2: expected a date", path);
	assert_memory_equal(err.text, want, strlen(want));
	close(fd);
	unlink(path);
	assert_int_equal(calendar_add_file(c, path, &err), -1);
	calendar_free(c);
}

static int
compare(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

struct world {
	const struct zone *zone;
	const struct calendar *calendar;
	int64_t begin, end;
	int64_t *fires;
	size_t count, cap;
};

static int64_t
shown(const struct world *w, int64_t t)
{
	return t + zone_offset_at(w->zone, t);
}

/* What becomes of one fire; false when nothing. */
static bool
apply(const struct world *w, enum calendar_mode mode, int64_t *fire)
{
	int64_t local = shown(w, *fire), d = local / DAY;
	bool has = calendar_has(w->calendar, d);
	int step = mode == CALENDAR_NEXT ? 1 : -1;

	if (mode == CALENDAR_INCLUDE)
		return has;
	if (!has)
		return true;
	if (mode == CALENDAR_EXCLUDE)
		return false;
	while (calendar_has(w->calendar, d))
		d += step;
	local = d * DAY + local % DAY;
	/* The first second that shows it, or the one after the gap. */
	for (int64_t t = local - 16 * 3600;; t += 900) {
		if (shown(w, t) < local)
			continue;
		while (shown(w, t - 1) >= local)
			t--;
		*fire = t;
		return shown(w, t) - shown(w, t - 1) < 3 * 3600;
	}
}

static void
list_fires(struct world *w, const struct schedule *s, enum calendar_mode mode)
{
	int64_t t = w->begin - 40 * DAY, fire;
	size_t kept = 0;

	w->count = 0;
	while (schedule_next(s, t, &t) && t < w->end + 40 * DAY) {
		fire = t;
		if (!apply(w, mode, &fire))
			continue;
		array_reserve(
		    &w->fires, &w->cap, w->count + 1, sizeof(*w->fires));
		w->fires[w->count++] = fire;
	}
	if (w->count > 0)
		qsort(w->fires, w->count, sizeof(*w->fires), compare);
	for (size_t i = 0; i < w->count; i++)
		if (w->fires[i] >= w->begin && w->fires[i] < w->end &&
		    (kept == 0 || w->fires[kept - 1] != w->fires[i]))
			w->fires[kept++] = w->fires[i];
	w->count = kept;
}

static void
check_rule(const struct world *w, const struct rule *rule, const char *text)
{
	char a[TIMESTAMP_TEXT_MAX], b[TIMESTAMP_TEXT_MAX];
	int64_t t = rule->start - 1, got;

	for (size_t i = 0; i <= w->count; i++) {
		int64_t want = i < w->count ? w->fires[i] : INT64_MAX;

		if (!rule_next(rule, t, &got))
			got = INT64_MAX;
		if (got != want)
			fail_msg("%s, mode %d in %s: next %s is not %s", text,
			    (int)rule->mode, schedule_zone_name(rule->schedule),
			    timestamp_format_ms(a, got / 1000 * 1000000),
			    timestamp_format_ms(b, want / 1000 * 1000000));
		t = got;
	}
	t = rule->end;
	for (size_t i = w->count; i-- > 0; t = got)
		if (!rule_prev(rule, t, &got) || got != w->fires[i])
			fail_msg("%s, mode %d in %s: prev(%lld) is not %lld",
			    text, (int)rule->mode,
			    schedule_zone_name(rule->schedule), (long long)t,
			    (long long)w->fires[i]);
	assert_false(rule_prev(rule, t, &got));
}

static struct calendar *
random_calendar(struct slow_random *r, int64_t begin, int64_t end)
{
	struct calendar *c = calendar_new();
	char text[64];
	struct civil a, b;
	struct err err = {""};

	if (slow_rand(r, 2) == 0)
		calendar_add_weekdays(c, "SAT,SUN", &err);
	for (int64_t d = begin / DAY - 60; d < end / DAY + 60;
	     d += 1 + slow_rand(r, 25)) {
		civil_from_days(d, &a);
		d += slow_rand(r, 6);
		civil_from_days(d, &b);
		snprintf(text, sizeof(text), "%04d-%02d-%02d..%04d-%02d-%02d",
		    a.year, a.month, a.day, b.year, b.month, b.day);
		if (calendar_add_dates(c, text, &err) == -1)
			fail_msg("%s: %s", text, err.text);
	}
	return c;
}

static void
random_rules(void **state)
{
	static const char *const zones[] = {"UTC", "America/New_York",
	    "America/Sao_Paulo", "Australia/Lord_Howe", "Pacific/Apia",
	    "America/Asuncion", "America/St_Johns"};
	static const char *const texts[] = {"0 9 * * *", "30 2 * * *",
	    "0 0 * * MON", "0 */6 * * *", "59 23 L * *", "*/20 1-2 * * *",
	    "0 0,1,2,3 * * *", "*/7 0,23 * * *"};
	struct schedule_pool *pool = schedule_pool_new(NULL);
	struct slow_random r = {7};
	struct world w = {.fires = NULL};
	struct err err = {""};

	for (int round = 0; round < 800 / SLOW_SHARE; round++) {
		const struct schedule_options options = {
		    .zone = zones[slow_rand(&r, nitems(zones))]};
		const char *text = texts[slow_rand(&r, nitems(texts))];
		struct rule rule = {.mode = slow_rand(&r, 4)};
		struct calendar *c;

		/* See rule.h. */
		if (strstr(options.zone, "St_Johns") != NULL)
			rule.mode = slow_rand(&r, 2);
		rule.schedule = schedule_get(pool, text, &options, &err);
		assert_non_null(rule.schedule);
		w.zone = schedule_zone(rule.schedule);
		w.begin = day(2006, 1, 1) * DAY + slow_rand(&r, 13 * 365 * DAY);
		w.end = w.begin + 200 * DAY;
		c = random_calendar(&r, w.begin, w.end);
		rule.calendar = w.calendar = c;
		rule.start = w.begin;
		rule.end = w.end;
		list_fires(&w, rule.schedule, rule.mode);
		check_rule(&w, &rule, text);
		calendar_free(c);
		schedule_release(pool, rule.schedule);
	}
	free(w.fires);
	schedule_pool_free(pool);
}

/* St. John's, 29 October 2006, 00:01: it is the 28th again. */
static void
dates_may_go_back(void **state)
{
	const struct schedule_options options = {.zone = "America/St_Johns"};
	struct schedule_pool *pool = schedule_pool_new(NULL);
	struct calendar *c = calendar_new();
	struct rule rule = {.start = INT64_MIN, .end = INT64_MAX};
	struct err err = {""};
	int64_t change = 1162089060, t;

	rule.schedule = schedule_get(pool, "* * * * *", &options, &err);
	rule.calendar = c;
	assert_int_equal(
	    schedule_zone_offset(rule.schedule, change - 1), -9000);
	assert_int_equal(schedule_zone_offset(rule.schedule, change), -12600);
	assert_int_equal(calendar_add_dates(c, "2006-10-29", &err), 0);
	assert_true(rule_next(&rule, change - 120, &t));
	assert_int_equal(t, change);
	assert_true(rule_prev(&rule, change, &t));
	assert_int_equal(t, change - 120);
	assert_true(rule_next(&rule, change + 58 * 60, &t));
	assert_int_equal(t, change + 59 * 60 + 86400);
	assert_true(rule_prev(&rule, t, &t));
	assert_int_equal(t, change + 58 * 60);
	/* And when it is the only day. */
	rule.mode = CALENDAR_INCLUDE;
	assert_true(rule_next(&rule, 0, &t));
	assert_int_equal(t, change - 60);
	assert_true(rule_next(&rule, t, &t));
	assert_int_equal(t, change + 59 * 60);
	assert_true(rule_prev(&rule, t, &t));
	assert_int_equal(t, change - 60);
	assert_false(rule_prev(&rule, t, &t));
	schedule_release(pool, rule.schedule);
	calendar_free(c);
	schedule_pool_free(pool);
}

static void
windows_and_intervals(void **state)
{
	struct schedule_pool *pool = schedule_pool_new(NULL);
	struct calendar *c = calendar_new();
	struct rule rule = {.start = 1000, .end = 400000};
	struct err err = {""};
	int64_t t;

	rule.schedule = schedule_get(pool, "TZ=UTC @every 90s", NULL, &err);
	assert_true(rule_next(&rule, 10, &t));
	assert_int_equal(t, 1000);
	assert_true(rule_next(&rule, 11, &t));
	assert_int_equal(t, 1001);
	assert_false(rule_next(&rule, 399910, &t));
	assert_true(rule_prev(&rule, 500009, &t));
	assert_int_equal(t, 399929);
	assert_int_equal(
	    calendar_add_dates(c, "1970-01-01..1970-01-02", &err), 0);
	rule.calendar = c;
	assert_true(rule_next(&rule, 10, &t));
	assert_int_equal(t, 10 + 1920 * 90);
	assert_true(t >= 2 * DAY && t < 2 * DAY + 90);
	rule.mode = CALENDAR_INCLUDE;
	assert_false(rule_next(&rule, 2 * DAY, &t));
	assert_true(rule_prev(&rule, 3 * DAY, &t));
	assert_int_equal(t, 2 * DAY - 90);
	schedule_release(pool, rule.schedule);
	calendar_free(c);
	schedule_pool_free(pool);
}

static void
nothing_is_open(void **state)
{
	const struct schedule_options options = {.zone = "America/Havana"};
	struct schedule_pool *pool = schedule_pool_new(NULL);
	struct calendar *c = calendar_new();
	struct rule rule = {.start = INT64_MIN, .end = INT64_MAX};
	struct err err = {""};
	int64_t t;

	rule.schedule = schedule_get(pool, "* * * * *", &options, &err);
	rule.calendar = c;
	rule.mode = CALENDAR_INCLUDE;
	assert_false(rule_next(&rule, INT64_MIN, &t));
	assert_false(rule_prev(&rule, INT64_MAX, &t));
	assert_int_equal(calendar_add_weekdays(c, "SUN-SAT", &err), 0);
	for (int mode = CALENDAR_EXCLUDE; mode <= CALENDAR_PREVIOUS; mode++) {
		rule.mode = (enum calendar_mode)mode;
		assert_int_equal(
		    rule_next(&rule, INT64_MIN, &t), mode == CALENDAR_INCLUDE);
		assert_int_equal(
		    rule_prev(&rule, INT64_MAX, &t), mode == CALENDAR_INCLUDE);
	}
	schedule_release(pool, rule.schedule);
	calendar_free(c);
	schedule_pool_free(pool);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(dates_and_ranges),
	    cmocka_unit_test(weekdays),
	    cmocka_unit_test(errors_name_the_column),
	    cmocka_unit_test(files),
	    cmocka_unit_test(random_rules),
	    cmocka_unit_test(dates_may_go_back),
	    cmocka_unit_test(windows_and_intervals),
	    cmocka_unit_test(nothing_is_open),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
