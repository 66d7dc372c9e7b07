/*
 * Sets of civil dates, from 1970 to 2199: holidays, working days. A pure set:
 * what it does to a schedule is rule.h.
 */
#ifndef BELFRY_SCHEDULE_CALENDAR_H
#define BELFRY_SCHEDULE_CALENDAR_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct calendar;

/* What calendar_find() answers when there is no such day. */
#define CALENDAR_NO_DAY INT64_MAX

struct calendar *calendar_new(void);
void calendar_free(struct calendar *calendar);

/*
 * Adds dates, separated by commas or blanks: 2026-12-25, 12-25 (of each
 * year), and ranges of two alike, 2026-12-24..2027-01-01 or 12-24..01-01.
 * Errors name the column. 0 or -1; what stood before the error is added.
 */
int calendar_add_dates(
    struct calendar *calendar, const char *text, struct err *err);

/*
 * Adds days of the week, separated by commas or blanks, as a cron day of week
 * has them: SAT SUN, 6,7, MON-FRI, FRI#L.
 */
int calendar_add_weekdays(
    struct calendar *calendar, const char *text, struct err *err);

/*
 * Adds the lines of a file: dates as above, # and what is behind it is a
 * comment. Errors name file, line and column.
 */
int
calendar_add_file(struct calendar *calendar, const char *path, struct err *err);

/* Equal for calendars of the same dates, whatever way they were given. */
uint64_t calendar_hash(const struct calendar *calendar);

/* day: since 1970-01-01, civil_to_days(). */
bool calendar_has(const struct calendar *calendar, int64_t day);

/*
 * The first day from day on (step 1), or back (step -1), that is (member) or
 * is not in the calendar, within its years.
 */
int64_t calendar_find(
    const struct calendar *calendar, int64_t day, int step, bool member);

#endif
