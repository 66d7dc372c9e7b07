/*
 * Random expressions against a walk over every day, and over every second
 * around changes of the clocks in odd zones, where the C library says what
 * the clocks show. BELFRY_TEST_ROUNDS and BELFRY_TEST_SEED make it longer and
 * different.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/mem.h"
#include "base/timestamp.h"
#include "schedule/schedule.h"
#include "slow.h"

#define DAY         86400
#define LAST_DAY    84005 /* 2199-12-31 */
#define BEFORE      (26 * 3600)
#define AFTER       (28 * 3600)
#define WINDOW      (BEFORE + AFTER)
#define EXPRESSIONS 12
#define WIDE_GAP    (3 * 3600)

static const char *const zones[] = {"Australia/Lord_Howe", "Pacific/Apia",
    "America/Asuncion", "Asia/Beirut", "America/Sao_Paulo", "Europe/Dublin",
    "Africa/Casablanca", "Antarctica/Troll", "Asia/Kathmandu",
    "America/New_York", "Europe/London", "Asia/Gaza", "Africa/Cairo",
    "America/St_Johns", "Asia/Pyongyang", "America/Caracas", "Asia/Tehran",
    "Pacific/Kwajalein", "Pacific/Chatham", "Antarctica/Casey",
    "America/Santiago", "Europe/Moscow", "Africa/Monrovia", "America/Havana",
    "Pacific/Kiritimati", "America/Nuuk", "Asia/Amman", "Africa/Juba",
    "America/Scoresbysund", "Antarctica/Vostok", "Europe/Istanbul"};

static long
setting(const char *name, long otherwise)
{
	const char *text = getenv(name);

	return text != NULL ? strtol(text, NULL, 10) : otherwise;
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

static void
find_step_hint(void *arg, const char *text)
{
	if (strstr(text, "larger than its range") != NULL)
		*(bool *)arg = true;
}

/*
 * Parsing what is printed gives the same object; if there was a hint, one that
 * has lost it.
 */
static void
check_print(struct schedule_pool *pool, const struct schedule *s,
    const char *text, const struct schedule_options *options)
{
	char first[2048], second[2048];
	const struct schedule *again;
	bool hinted = false;

	assert_true(schedule_print(s, first, sizeof(first)) < sizeof(first));
	again = get(pool, first, options);
	schedule_print(again, second, sizeof(second));
	if (strcmp(first, second) != 0)
		fail_msg("%s: prints %s, then %s", text, first, second);
	schedule_hints(s, 0, find_step_hint, &hinted);
	if (again != s && !hinted)
		fail_msg("%s: %s is another schedule", text, first);
	schedule_release(pool, again);
}

static void
check_fire(const struct schedule *s, const char *text, const char *zone,
    int64_t t, int64_t want, bool forward)
{
	int64_t got = INT64_MIN;
	bool found;

	found = forward ? schedule_next(s, t, &got) : schedule_prev(s, t, &got);
	if (!found)
		got = INT64_MIN;
	if (got != want)
		fail_msg("%s in %s: %s(%lld) is %lld, not %lld", text, zone,
		    forward ? "next" : "prev", (long long)t, (long long)got,
		    (long long)want);
}

/* Dates alone, over all years, in UTC. */
static void
days_of_230_years(void **state)
{
	static int32_t days[LAST_DAY + 1];
	const struct schedule_options options = {.zone = "UTC"};
	struct schedule_pool *pool = schedule_pool_new(NULL);
	long rounds = setting("BELFRY_TEST_ROUNDS", 1) * 150 / SLOW_SHARE;
	struct slow_random r = {(uint64_t)setting("BELFRY_TEST_SEED", 1)};
	const struct schedule *s;
	struct slow_cron cron;
	char text[1024];

	for (long n = 0; n < rounds; n++) {
		size_t count = 0;

		slow_generate(&r, 1970 + (int)slow_rand(&r, 230),
		    1 + (int)slow_rand(&r, 12), 1 + (int)slow_rand(&r, 28),
		    true, &cron);
		for (int f = SLOW_SECOND; f <= SLOW_HOUR; f++)
			cron.fields[f] = (struct slow_field){.count = 1,
			    .items = {{.kind = SLOW_VALUE, .step = 1}}};
		slow_print(&cron, &r, text, sizeof(text));
		s = get(pool, text, &options);
		check_print(pool, s, text, &options);
		for (int32_t day = 0; day <= LAST_DAY; day++)
			if (slow_matches_day(&cron, day))
				days[count++] = day;
		for (size_t i = 0; i <= count; i++) {
			int64_t a = i == 0 ? -DAY : days[i - 1] * (int64_t)DAY;
			int64_t b = i == count ? (LAST_DAY + 5LL) * DAY :
						 days[i] * (int64_t)DAY;
			int64_t t = a + 1 + slow_rand(&r, DAY) % (b - a);

			check_fire(s, text, "UTC", a,
			    i == count ? INT64_MIN : b, true);
			check_fire(
			    s, text, "UTC", b, i == 0 ? INT64_MIN : a, false);
			check_fire(s, text, "UTC", t - 1,
			    i == count ? INT64_MIN : b, true);
			check_fire(
			    s, text, "UTC", t, i == 0 ? INT64_MIN : a, false);
		}
		schedule_release(pool, s);
	}
	assert_int_equal(schedule_pool_count(pool), 0);
	schedule_pool_free(pool);
}

static int64_t
offset_at(int64_t t)
{
	time_t clock = t;
	struct tm tm;

	localtime_r(&clock, &tm);
	return tm.tm_gmtoff;
}

/* The next instant after t, before end, at which the offset is another. */
static int64_t
next_change(int64_t t, int64_t end)
{
	int64_t low, high, old = offset_at(t);

	for (low = t; low < end; low += DAY) {
		if (offset_at(low + DAY) == old)
			continue;
		for (high = low + DAY; high - low > 1;)
			if (offset_at((low + high) / 2) == old)
				low = (low + high) / 2;
			else
				high = (low + high) / 2;
		return high;
	}
	return end;
}

struct window {
	const char *zone;
	int64_t begin;
	int64_t *shown; /* local second at begin + i */
	bool *seen_before;
};

/* shown[i] is compared with what each of the seconds before it showed. */
static void
window_fill(struct window *w, int64_t begin)
{
	int64_t highest = INT64_MIN;

	w->begin = begin;
	for (int i = 0; i < WINDOW; i++) {
		w->shown[i] = begin + i + offset_at(begin + i);
		w->seen_before[i] = w->shown[i] <= highest;
		if (w->shown[i] > highest)
			highest = w->shown[i];
	}
}

static bool
matches(const struct slow_cron *cron, int64_t local)
{
	static int64_t cached_day = -1;
	static const struct slow_cron *cached_cron;
	static bool cached;
	int64_t day = local / DAY;

	if (!slow_matches_time(cron, (int)(local % DAY)))
		return false;
	if (day != cached_day || cron != cached_cron) {
		cached_day = day;
		cached_cron = cron;
		cached = slow_matches_day(cron, day);
	}
	return cached;
}

static bool
fires(const struct window *w, int i, const struct slow_cron *cron,
    const struct schedule_options *options)
{
	bool wildcard = slow_is_wildcard(cron);
	int64_t gap = i == 0 ? 0 : w->shown[i] - w->shown[i - 1] - 1;
	bool run = options->gap == SCHEDULE_GAP_DEFAULT ?
	    !wildcard :
	    options->gap == SCHEDULE_GAP_RUN;

	if (matches(cron, w->shown[i]) &&
	    (!w->seen_before[i] || wildcard ||
		options->overlap == SCHEDULE_OVERLAP_BOTH))
		return true;
	for (int64_t k = 1; run && gap < WIDE_GAP && k <= gap; k++)
		if (matches(cron, w->shown[i] - k))
			return true;
	return false;
}

static void
check_window(struct schedule_pool *pool, const struct window *w,
    const struct slow_cron *cron, const char *text,
    const struct schedule_options *options, struct slow_random *r)
{
	const struct schedule *s = get(pool, text, options);
	int64_t last = INT64_MIN, got;

	check_print(pool, s, text, options);
	for (int i = 0; i < WINDOW; i++) {
		int64_t t = w->begin + i;

		if (!fires(w, i, cron, options))
			continue;
		if (last == INT64_MIN) {
			check_fire(s, text, w->zone, w->begin - 1, t, true);
		} else {
			int64_t between =
			    last + 1 + slow_rand(r, WINDOW) % (t - last);

			check_fire(s, text, w->zone, last, t, true);
			check_fire(s, text, w->zone, t, last, false);
			check_fire(s, text, w->zone, between, last, false);
			check_fire(s, text, w->zone, between - 1, t, true);
			between = t - 1 - slow_rand(r, 3600);
			if (between >= last)
				check_fire(s, text, w->zone, between, t, true);
		}
		last = t;
	}
	if (last == INT64_MIN)
		last = w->begin - 1;
	if (schedule_next(s, last, &got) && got < w->begin + WINDOW)
		fail_msg("%s in %s: %lld is one too many", text, w->zone,
		    (long long)got);
	schedule_release(pool, s);
}

static void
check_change(struct schedule_pool *pool, struct window *w, int64_t change,
    struct slow_random *r)
{
	struct schedule_options options = {.zone = w->zone};
	struct slow_cron cron[EXPRESSIONS];
	struct civil c;
	char text[1024];

	window_fill(w, change - BEFORE);
	civil_from_seconds(w->shown[BEFORE], &c);
	for (int i = 0; i < EXPRESSIONS; i++) {
		slow_generate(r, c.year, c.month, c.day, true, &cron[i]);
		slow_print(&cron[i], r, text, sizeof(text));
		options.gap = (enum schedule_gap)slow_rand(r, 3);
		options.overlap = (enum schedule_overlap)slow_rand(r, 3);
		check_window(pool, w, &cron[i], text, &options, r);
	}
}

/* Whole hours in the small hours of the day are what all zones have. */
static bool
is_odd(int64_t change)
{
	int64_t shift = offset_at(change) - offset_at(change - 1);
	int64_t hour = (change + offset_at(change - 1)) % DAY / 3600;

	return (shift != 3600 && shift != -3600) || hour == 0 || hour > 4;
}

static void
every_second_around_changes(void **state)
{
	struct schedule_pool *pool = schedule_pool_new(NULL);
	uint32_t rounds = (uint32_t)setting("BELFRY_TEST_ROUNDS", 1);
	struct slow_random r = {(uint64_t)setting("BELFRY_TEST_SEED", 1)};
	int64_t end = 80LL * 365 * DAY, t;
	struct window w;

	w.shown = xcalloc(WINDOW, sizeof(*w.shown));
	w.seen_before = xcalloc(WINDOW, sizeof(*w.seen_before));
	for (size_t i = 0; i < nitems(zones); i++) {
		w.zone = zones[i];
		setenv("TZ", zones[i], 1);
		tzset();
		for (t = 10 * DAY; (t = next_change(t, end)) < end;)
			if (slow_rand(&r, (is_odd(t) ? 15 : 75) * SLOW_SHARE) <
			    rounds)
				check_change(pool, &w, t, &r);
	}
	free(w.shown);
	free(w.seen_before);
	assert_int_equal(schedule_pool_count(pool), 0);
	schedule_pool_free(pool);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(days_of_230_years),
	    cmocka_unit_test(every_second_around_changes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
