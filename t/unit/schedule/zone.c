/* TZif files as they should not be, and footers as RFC 9636 allows them. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/strbuf.h"
#include "base/timestamp.h"
#include "schedule/schedule.h"
#include "schedule/zone/posix_tz.h"
#include "schedule/zone/zone.h"
#include "slow.h"

#define JANUARY_2025 1735689600
#define JULY_2025    1751328000

static void
add_be(struct strbuf *b, uint64_t value, int bytes)
{
	while (bytes-- > 0)
		strbuf_addch(b, bytes < 8 ? (char)(value >> 8 * bytes) : '\0');
}

static void
add_header(struct strbuf *b, char version, uint32_t times, uint32_t types)
{
	strbuf_adds(b, "TZif");
	strbuf_addch(b, version);
	add_be(b, 0, 15);
	add_be(b, 0, 4); /* isutcnt, isstdcnt, leapcnt */
	add_be(b, 0, 4);
	add_be(b, 0, 4);
	add_be(b, times, 4);
	add_be(b, types, 4);
	add_be(b, 4, 4);
}

/* One type at offset and no transition: the footer says all. */
static void
make_zone(struct strbuf *b, int32_t offset, const char *footer)
{
	for (int block = 0; block < 2; block++) {
		add_header(b, '2', 0, 1);
		add_be(b, (uint32_t)offset, 4);
		add_be(b, 0, 2);
		add_be(b, 0x41414100, 4);
	}
	strbuf_addf(b, "\n%s\n", footer);
}

static const struct {
	const char *footer;
	int32_t january, july;
} footers[] = {
    {"", 3600, 3600},
    {"EST5", -18000, -18000},
    {"EST5EDT,M3.2.0,M11.1.0", -18000, -14400},
    {"<-03>3<-02>,M3.5.0/-2,M10.5.0/-1", -10800, -7200},
    {"AEST-10AEDT,M10.1.0,M4.1.0/3", 39600, 36000},
    {"IST-1GMT0,M10.5.0,M3.5.0/1", 0, 3600},
    {"EET-2EEST,M3.4.4/50,M10.4.4/50", 7200, 10800},
    {"XXX3EDT4,0/0,J365/23", -14400, -14400},
    {"<+0545>-5:45", 20700, 20700},
    {"AAA0BBB-1:30:15,J60/167,J300/-167", 0, 5415},
    {"AAA0BBB,59,300", 0, 3600},
};

static void
footers_are_rules(void **state)
{
	for (size_t i = 0; i < nitems(footers); i++) {
		struct strbuf b = STRBUF_INIT;
		struct err err = {""};
		struct zone *zone;

		make_zone(&b, 3600, footers[i].footer);
		zone = zone_parse("test", b.s, b.len, &err);
		if (zone == NULL)
			fail_msg("%s: %s", footers[i].footer, err.text);
		for (int64_t cycle = 0; cycle < 3; cycle++) {
			int64_t t = cycle * 146097 * 86400;

			assert_int_equal(zone_offset_at(zone, t + JANUARY_2025),
			    footers[i].january);
			assert_int_equal(zone_offset_at(zone, t + JULY_2025),
			    footers[i].july);
		}
		zone_free(zone);
		strbuf_fini(&b);
	}
}

/* Days as posix_tz counts them, at 00:00 of a zone without offset. */
static void
dates_of_rules(void **state)
{
	static const struct {
		const char *rule;
		int32_t year;
		int month, day;
	} table[] = {
	    {"AAA0BBB,J59/0,J1/0", 2023, 2, 28},
	    {"AAA0BBB,J59/0,J1/0", 2024, 2, 28},
	    {"AAA0BBB,J60/0,J1/0", 2023, 3, 1},
	    {"AAA0BBB,J60/0,J1/0", 2024, 3, 1},
	    {"AAA0BBB,59/0,J1/0", 2023, 3, 1},
	    {"AAA0BBB,59/0,J1/0", 2024, 2, 29},
	    {"AAA0BBB,0/0,J1/0", 2024, 1, 1},
	    {"AAA0BBB,J365/0,J1/0", 2024, 12, 31},
	    {"AAA0BBB,M5.5.5/0,J1/0", 2024, 5, 31},
	    {"AAA0BBB,M5.5.6/0,J1/0", 2024, 5, 25},
	    {"AAA0BBB,M2.5.4/0,J1/0", 2024, 2, 29},
	    {"AAA0BBB,M6.5.6/0,J1/0", 2024, 6, 29},
	    {"AAA0BBB,M6.4.6/0,J1/0", 2024, 6, 22},
	    {"AAA0BBB,M9.5.0/0,J1/0", 2024, 9, 29},
	    {"AAA0BBB,M9.5.2/0,J1/0", 2024, 9, 24},
	    {"AAA0BBB,M12.5.3/0,J1/0", 2024, 12, 25},
	};

	for (size_t i = 0; i < nitems(table); i++) {
		struct posix_tz tz;

		assert_int_equal(
		    posix_tz_parse(table[i].rule, strlen(table[i].rule), &tz),
		    0);
		assert_int_equal(posix_tz_start(&tz, table[i].year),
		    civil_to_days(table[i].year, table[i].month, table[i].day) *
			86400);
	}
}

/* Its end and its start meet: no change is left of them. */
static void
summer_all_year_has_no_changes(void **state)
{
	struct strbuf b = STRBUF_INIT;
	struct err err = {""};
	struct zone *zone;

	make_zone(&b, -14400, "XXX3EDT4,0/0,J365/23");
	zone = zone_parse("test", b.s, b.len, &err);
	assert_non_null(zone);
	assert_in_range(zone->count, 1, 3);
	zone_free(zone);
	strbuf_fini(&b);
}

static void
version_one_has_no_footer(void **state)
{
	struct strbuf b = STRBUF_INIT;
	struct err err = {""};
	struct zone *zone;

	add_header(&b, '\0', 1, 1);
	add_be(&b, 1000000, 4);
	add_be(&b, 0, 1);
	add_be(&b, 7200, 4);
	add_be(&b, 0, 2);
	add_be(&b, 0x41414100, 4);
	zone = zone_parse("test", b.s, b.len, &err);
	assert_non_null(zone);
	assert_int_equal(zone_offset_at(zone, JULY_2025), 7200);
	zone_free(zone);
	assert_null(zone_parse("test", b.s, b.len - 1, &err));
	assert_string_equal(err.text, "the time zone file is cut short");
	strbuf_fini(&b);
}

static void
bad_footers_are_errors(void **state)
{
	static const char *const bad[] = {"E5", "EST", "EST5EDT",
	    "EST5EDT,M3.2.0", "EST5EDT,M13.2.0,M11.1.0",
	    "EST5EDT,M3.6.0,M11.1.0", "EST5EDT,M3.2.7,M11.1.0",
	    "EST5EDT,J0,J300", "EST5EDT,366,1", "EST25", "<EST5",
	    "EST5EDT,M3.2.0,M11.1.0,", "EST5EDT,M3.2.0/168,M11.1.0", "EST5:60",
	    ":EST5"};

	for (size_t i = 0; i < nitems(bad); i++) {
		struct strbuf b = STRBUF_INIT;
		struct err err = {""};

		make_zone(&b, 3600, bad[i]);
		if (zone_parse("test", b.s, b.len, &err) != NULL)
			fail_msg("%s: accepted", bad[i]);
		assert_string_equal(
		    err.text, "the rule in the footer is not understood");
		strbuf_fini(&b);
	}
}

/* Each beginning of a good file is an error, and no read leaves it. */
static void
cut_files_are_errors(void **state)
{
	struct strbuf b = STRBUF_INIT;
	struct err err;
	char *copy;

	make_zone(&b, 3600, "EST5EDT,M3.2.0,M11.1.0");
	for (size_t n = 0; n < b.len; n++) {
		copy = xmalloc(n);
		memcpy(copy, b.s, n);
		assert_null(zone_parse("test", copy, n, &err));
		free(copy);
	}
	strbuf_fini(&b);
}

/* Any byte may be anything: an error or a zone, but no crash. */
static void
damaged_files_do_not_crash(void **state)
{
	struct slow_random r = {3};
	struct err err;
	char data[4096];
	size_t n;
	FILE *f = fopen("/usr/share/zoneinfo/America/New_York", "rb");

	if (f == NULL)
		skip();
	n = fread(data, 1, sizeof(data), f);
	fclose(f);
	for (int i = 0; i < 20000; i++) {
		char copy[sizeof(data)];
		struct zone *zone;

		memcpy(copy, data, n);
		for (uint32_t k = 0; k <= slow_rand(&r, 4); k++) {
			uint32_t at = slow_rand(&r, 2) ? 44 : (uint32_t)n;

			copy[slow_rand(&r, at)] = (char)slow_rand(&r, 256);
		}
		zone = zone_parse("test", copy, n, &err);
		if (zone != NULL)
			zone_from_local(
			    zone, zone_offset_at(zone, 0), NULL, NULL);
		zone_free(zone);
	}
}

static void
local_times(void **state)
{
	struct strbuf b = STRBUF_INIT;
	struct err err;
	struct zone *zone;
	int64_t again, gap_begin = 1741485600, fold_begin = 1762045200;
	int32_t gap;

	make_zone(&b, -18000, "EST5EDT,M3.2.0,M11.1.0");
	zone = zone_parse("test", b.s, b.len, &err);
	/* 2025-03-09 02:00 and 02:59:59 do not exist. */
	assert_int_equal(zone_from_local(zone, gap_begin - 1, &gap, &again),
	    gap_begin - 1 + 18000);
	assert_int_equal(gap, 0);
	assert_int_equal(
	    zone_from_local(zone, gap_begin, &gap, &again), gap_begin + 18000);
	assert_int_equal(gap, 3600);
	assert_int_equal(zone_from_local(zone, gap_begin + 3599, &gap, NULL),
	    gap_begin + 18000);
	assert_int_equal(gap, 3600);
	assert_int_equal(zone_from_local(zone, gap_begin + 3600, &gap, NULL),
	    gap_begin + 18000);
	assert_int_equal(gap, 0);
	/* 2025-11-02 01:00 comes twice. */
	assert_int_equal(zone_from_local(zone, fold_begin, &gap, &again),
	    fold_begin + 14400);
	assert_int_equal(gap, 0);
	assert_int_equal(again, fold_begin + 18000);
	zone_free(zone);
	strbuf_fini(&b);
}

static void
names_do_not_leave_the_directory(void **state)
{
	static const char *const bad[] = {"", "/etc/localtime", "../UTC",
	    "Europe/../UTC", "Europe", "zone.tab", "Europe/Berlin/",
	    "Nowhere/Here", "europe berlin"};
	struct err err;

	for (size_t i = 0; i < nitems(bad); i++) {
		assert_null(zone_load("/usr/share/zoneinfo", bad[i], &err));
		assert_non_null(strstr(err.text, "unknown time zone"));
	}
	assert_null(zone_load("/nowhere", "Europe/Berlin", &err));
}

static void
write_zone(const char *path, const char *footer)
{
	struct strbuf b = STRBUF_INIT;
	char fresh[256];
	FILE *f;

	snprintf(fresh, sizeof(fresh), "%s.new", path);
	f = fopen(fresh, "wb");
	assert_non_null(f);
	make_zone(&b, 0, footer);
	assert_int_equal(fwrite(b.s, 1, b.len, f), b.len);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(rename(fresh, path), 0);
	strbuf_fini(&b);
}

static void
changed_files_are_read_again(void **state)
{
	const struct schedule_options options = {.zone = "Here"};
	char dir[] = "/tmp/belfry-zones-XXXXXX", path[64];
	struct schedule_pool *pool;
	const struct schedule *s, *last;
	struct err err = {""};
	int64_t t;

	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/Here", dir);
	pool = schedule_pool_new(dir);
	assert_null(schedule_get(pool, "0 9 * * *", &options, &err));
	write_zone(path, "AAA5BBB,M3.2.0,M11.1.0");
	s = schedule_get(pool, "0 9 * * *", &options, &err);
	assert_non_null(s);
	assert_true(schedule_next(s, JULY_2025, &t));
	assert_int_equal(t, JULY_2025 + 13 * 3600);
	last = schedule_get(pool, "0 9 9 1 1 * 2030", &options, &err);
	assert_non_null(last);
	assert_true(schedule_prev(last, INT64_MAX, &t));
	assert_int_equal(schedule_pool_refresh(pool, &err), 0);
	write_zone(path, "AAA7BBB,M3.2.0,M11.1.0");
	assert_int_equal(schedule_pool_refresh(pool, &err), 1);
	assert_true(schedule_next(last, t, &t));
	schedule_release(pool, last);
	write_zone(path, "AAA3BBB,M3.2.0,M11.1.0");
	assert_int_equal(schedule_pool_refresh(pool, &err), 1);
	assert_true(schedule_next(s, JULY_2025, &t));
	assert_int_equal(t, JULY_2025 + 11 * 3600);
	/* A broken file leaves the zone as it was. */
	write_zone(path, "broken");
	assert_int_equal(schedule_pool_refresh(pool, &err), -1);
	assert_string_equal(err.text,
	    "time zone \"Here\": the rule in the "
	    "footer is not understood");
	assert_int_equal(unlink(path), 0);
	assert_int_equal(schedule_pool_refresh(pool, &err), -1);
	assert_true(schedule_next(s, JULY_2025, &t));
	assert_int_equal(t, JULY_2025 + 11 * 3600);
	schedule_release(pool, s);
	schedule_pool_free(pool);
	assert_int_equal(rmdir(dir), 0);
}

static void
the_system_zone(void **state)
{
	struct schedule_pool *pool = schedule_pool_new(NULL);
	const struct schedule *s;
	struct err err = {""};
	char *system_name;

	setenv("TZ", ":Asia/Tokyo", 1);
	s = schedule_get(pool, "0 9 * * *", NULL, &err);
	assert_string_equal(schedule_zone_name(s), "Asia/Tokyo");
	assert_int_equal(schedule_zone_offset(s, 0), 9 * 3600);
	schedule_release(pool, s);
	setenv("TZ", "/usr/share/zoneinfo/Europe/Berlin", 1);
	assert_int_equal(schedule_pool_refresh(pool, &err), 0);
	s = schedule_get(pool, "0 9 * * *", NULL, &err);
	assert_string_equal(schedule_zone_name(s), "Europe/Berlin");
	schedule_release(pool, s);
	unsetenv("TZ");
	schedule_pool_refresh(pool, &err);
	s = schedule_get(pool, "0 9 * * *", NULL, &err);
	assert_non_null(s);
	system_name = xstrdup(schedule_zone_name(s));
	schedule_release(pool, s);
	setenv("TZ", ":/etc/localtime", 1);
	schedule_pool_refresh(pool, &err);
	s = schedule_get(pool, "0 9 * * *", NULL, &err);
	assert_non_null(s);
	assert_string_equal(schedule_zone_name(s), system_name);
	schedule_release(pool, s);
	free(system_name);
	setenv("TZ", "Nowhere", 1);
	schedule_pool_refresh(pool, &err);
	assert_null(schedule_get(pool, "0 9 * * *", NULL, &err));
	unsetenv("TZ");
	schedule_pool_refresh(pool, &err);
	s = schedule_get(pool, "0 9 * * *", NULL, &err);
	assert_non_null(s);
	schedule_release(pool, s);
	schedule_pool_free(pool);
}

static void
many_schedules(void **state)
{
	const struct schedule **all = xcalloc(20000, sizeof(*all));
	const struct schedule_options options = {.zone = "UTC"};
	struct schedule_pool *pool = schedule_pool_new(NULL);
	struct slow_random r = {5};
	struct err err = {""};
	char text[64];

	for (int round = 0; round < 200000; round++) {
		uint32_t i = slow_rand(&r, 20000);

		snprintf(text, sizeof(text), "%u %u %u * *", i % 60,
		    i / 60 % 24, 1 + i / 1440);
		if (all[i] != NULL) {
			const struct schedule *same =
			    schedule_get(pool, text, &options, &err);

			assert_ptr_equal(same, all[i]);
			schedule_release(pool, same);
			schedule_release(pool, all[i]);
			all[i] = NULL;
		} else {
			all[i] = schedule_get(pool, text, &options, &err);
			assert_non_null(all[i]);
		}
	}
	for (uint32_t i = 0; i < 20000; i++)
		schedule_release(pool, all[i]);
	assert_int_equal(schedule_pool_count(pool), 0);
	schedule_pool_free(pool);
	free(all);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(footers_are_rules),
	    cmocka_unit_test(dates_of_rules),
	    cmocka_unit_test(summer_all_year_has_no_changes),
	    cmocka_unit_test(version_one_has_no_footer),
	    cmocka_unit_test(bad_footers_are_errors),
	    cmocka_unit_test(cut_files_are_errors),
	    cmocka_unit_test(damaged_files_do_not_crash),
	    cmocka_unit_test(local_times),
	    cmocka_unit_test(names_do_not_leave_the_directory),
	    cmocka_unit_test(changed_files_are_read_again),
	    cmocka_unit_test(the_system_zone),
	    cmocka_unit_test(many_schedules),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
