/* [calendar NAME] of belfry.conf, and the jobs that name one. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/timestamp.h"
#include "config/config.h"
#include "config/job/calendar.h"
#include "support.h"

#define CAL "[calendar holidays]\n"

static const struct {
	const char *text, *error;
} wrong[] = {
    {"[calendar]\ndates = 12-25\n",
	"c.conf:1: column 2: a calendar without a name; write [calendar NAME]"},
    {"[calendar none]\ndates = 12-25\n",
	"c.conf:1: column 2: bad name of a calendar \"none\"; letters, digits, \".\", "
	"\"_\" and \"-\" are possible, at most 128, and not none"},
    {CAL "dates = 12-25\n" CAL "dates = 12-26\n",
	"c.conf:3: column 2: [calendar holidays] is given twice; the first is in line "
	"1"},
    {CAL,
	"c.conf:1: a calendar without days; write dates = 12-25, weekdays "
	"= SAT SUN or file = PATH"},
    {CAL "dates = 12-32\n",
	"c.conf:2: dates \"12-32\": column 1: expected a date; write "
	"2026-12-25, 12-25 or a range 2026-12-24..2027-01-01"},
    {CAL "weekdays = SUM\n", "c.conf:2: weekdays \"SUM\": "},
    {CAL "date = 12-25\n",
	"c.conf:2: unknown key \"date\" in [calendar]; did "
	"you mean dates?"},
    {CAL "dates = 12-25\ntimezone = Europa/Berlin\n",
	"c.conf:3: timezone: unknown time zone \"Europa/Berlin\""},
    {CAL "dates = 12-25\ntimezone = UTC\ntimezone = UTC\n",
	"c.conf:4: timezone \"UTC\": given twice; the first is in line 3"},
    {CAL "dates =\n", "c.conf:2: dates: a value is missing"},
    {CAL "dates = 12-25\n[defaults]\ncalendar = holiday\n",
	"c.conf:4: calendar: there is no [calendar holiday]; did you mean "
	"holidays?"},
    {"[calender x]\n",
	"c.conf:1: column 2: unknown section \"calender\"; did you mean "
	"calendar?"},
};

static void
sections_that_are_wrong(void **state)
{
	struct err err;

	for (size_t i = 0; i < nitems(wrong); i++) {
		struct config *c = config_parse(
		    "c.conf", wrong[i].text, strlen(wrong[i].text), &err);

		if (c != NULL)
			fail_msg("accepted: %s", wrong[i].text);
		if (strncmp(err.text, wrong[i].error, strlen(wrong[i].error)))
			fail_msg("%s: %s", wrong[i].text, err.text);
	}
}

struct told {
	uint32_t line;
	char text[400];
};

static void
tell(void *arg, uint32_t line, const char *text)
{
	struct told *told = arg;

	told->line = line;
	snprintf(told->text, sizeof(told->text), "%s", text);
}

static struct config *
parse(const struct scratch *s, const char *text)
{
	char path[400];
	struct config *c;
	struct err err;

	snprintf(path, sizeof(path), "%s/belfry.conf", s->dir);
	c = config_parse(path, text, strlen(text), &err);
	if (c == NULL)
		fail_msg("%s", err.text);
	return c;
}

static struct job_calendars *
load(const struct scratch *s, const struct config *c,
    const struct job_calendars *previous, struct told *told)
{
	memset(told, 0, sizeof(*told));
	return job_calendars_load(
	    c->calendars, c->ncalendars, s->pool, previous, tell, told);
}

static int64_t
day(int year, int month, int mday)
{
	return civil_to_days(year, month, mday);
}

static void
what_is_in_them(void **state)
{
	const char *text = CAL "dates = 12-25\n"
			       "dates = 2027-01-06\n"
			       "weekdays = SUN\n"
			       "file = days\n"
			       "timezone = Europe/Berlin\n"
			       "[calendar other]\n"
			       "dates = 01-01\n";
	const struct job_calendar *holidays;
	struct job_calendars *calendars;
	struct scratch s;
	struct config *c;
	struct told told;
	struct err err;

	scratch_init(&s);
	scratch_write(&s, "days", "2027-02-03 # one\n\n2027-02-05\n");
	c = parse(&s, text);
	calendars = load(&s, c, NULL, &told);
	assert_string_equal(told.text, "");
	holidays = job_calendars_find(calendars, "holidays", &err);
	assert_non_null(holidays);
	assert_true(calendar_has(holidays->days, day(2030, 12, 25)));
	assert_true(calendar_has(holidays->days, day(2027, 1, 6)));
	assert_false(calendar_has(holidays->days, day(2028, 1, 6)));
	assert_true(calendar_has(holidays->days, day(2026, 11, 22)));
	assert_true(calendar_has(holidays->days, day(2027, 2, 5)));
	assert_false(calendar_has(holidays->days, day(2027, 2, 4)));
	assert_non_null(holidays->zone);
	assert_null(job_calendars_find(calendars, "others", &err));
	assert_string_equal(err.text,
	    "unknown calendar; belfry.conf has no "
	    "[calendar others]; did you mean other?");
	job_calendars_free(calendars);
	config_free(c);
	scratch_fini(&s);
}

/* The same object while it is the same; a good one stays for a bad one. */
static void
over_reloads(void **state)
{
	struct job_calendars *first, *second, *third;
	const struct job_calendar *a, *b;
	struct scratch s;
	struct config *c;
	struct told told;
	struct err err;

	scratch_init(&s);
	scratch_write(&s, "days", "2027-02-03\n");
	c = parse(&s, CAL "file = days\n");
	first = load(&s, c, NULL, &told);
	a = job_calendars_find(first, "holidays", &err);
	scratch_write(&s, "days", "# the same\n2027-02-03\n");
	second = load(&s, c, first, &told);
	assert_ptr_equal(job_calendars_find(second, "holidays", &err), a);
	scratch_write(&s, "days", "2027-02-30\n");
	third = load(&s, c, second, &told);
	assert_ptr_equal(job_calendars_find(third, "holidays", &err), a);
	assert_int_equal(told.line, 2);
	assert_non_null(
	    strstr(told.text, "/days:1: column 1: expected a date"));
	job_calendars_free(second);
	scratch_write(&s, "days", "2027-02-04\n");
	second = load(&s, c, third, &told);
	b = job_calendars_find(second, "holidays", &err);
	assert_ptr_not_equal(a, b);
	assert_true(a->hash != b->hash);
	job_calendars_free(first);
	job_calendars_free(second);
	job_calendars_free(third);
	/* From the start: there is none to fall back to. */
	scratch_remove(&s, "days");
	first = load(&s, c, NULL, &told);
	assert_non_null(strstr(told.text, "cannot open"));
	assert_null(job_calendars_find(first, "holidays", &err));
	assert_string_equal(
	    err.text, "this calendar has errors in belfry.conf");
	job_calendars_free(first);
	config_free(c);
	scratch_fini(&s);
}

static struct job_set *
load_jobs(const struct scratch *s, const struct job_calendars *calendars,
    struct job_set *previous)
{
	const struct job_set_options options = {.calendars = calendars};
	struct job_set *set;
	struct err err;

	set = job_set_load(s->dir, s->pool, &options, previous, &err);
	assert_non_null(set);
	return set;
}

/* A changed calendar is in force after a reload, though no file changed. */
static void
jobs_follow(void **state)
{
	struct job_calendars *first, *second;
	struct job_set *set, *again;
	struct scratch s;
	struct config *c;
	struct told told;
	struct rule rule;
	int64_t at;

	scratch_init(&s);
	scratch_write(&s, "a.ini",
	    "[job a]\ncommand = c\nschedule = 0 3 * * *\ntimezone = UTC\n"
	    "calendar = holidays\nstart-at = 2027-01-01\n"
	    "end-at = 2027-01-04 03:00\n");
	c = parse(&s, CAL "dates = 01-01\n");
	first = load(&s, c, NULL, &told);
	set = load_jobs(&s, first, NULL);
	assert_int_equal(job_set_count(set), 1);
	job_def_rule(job_set_at(set, 0), 0, &rule);
	assert_true(rule_next(&rule, 0, &at));
	assert_int_equal(at, day(2027, 1, 2) * 86400 + 3 * 3600);
	assert_true(rule_prev(&rule, INT64_MAX, &at));
	assert_int_equal(at, day(2027, 1, 3) * 86400 + 3 * 3600);
	config_free(c);
	c = parse(&s, CAL "dates = 01-01..01-02\n");
	second = load(&s, c, first, &told);
	job_calendars_free(first);
	again = load_jobs(&s, second, set);
	job_set_free(set);
	job_def_rule(job_set_at(again, 0), 0, &rule);
	assert_true(rule_next(&rule, 0, &at));
	assert_int_equal(at, day(2027, 1, 3) * 86400 + 3 * 3600);
	job_calendars_free(second);
	job_set_free(again);
	config_free(c);
	scratch_fini(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(sections_that_are_wrong),
	    cmocka_unit_test(what_is_in_them),
	    cmocka_unit_test(over_reloads),
	    cmocka_unit_test(jobs_follow),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
