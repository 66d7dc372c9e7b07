/*
 * A schedule with what its job says besides: the calendar and the window of
 * start-at and end-at. Pure, like the schedule itself.
 */
#ifndef BELFRY_SCHEDULE_RULE_H
#define BELFRY_SCHEDULE_RULE_H

#include <stdbool.h>
#include <stdint.h>

#include "schedule/calendar.h"
#include "schedule/schedule.h"

enum calendar_mode {
	CALENDAR_EXCLUDE,  /* no fire on the calendar's dates */
	CALENDAR_INCLUDE,  /* fires on those only */
	CALENDAR_NEXT,     /* moved to the next day that is not among them */
	CALENDAR_PREVIOUS, /* moved to the one before */
};

/* All borrowed. */
struct rule {
	const struct schedule *schedule;
	const struct calendar *calendar; /* NULL: none */
	enum calendar_mode mode;
	const struct zone *zone; /* of the calendar; NULL: the schedule's */
	int64_t start;           /* first instant; INT64_MIN: none */
	int64_t end;             /* first instant after; INT64_MAX: none */
};

const char *calendar_mode_name(enum calendar_mode mode);

/* "exclude", "include", "next", "previous". 0 or -1. */
int calendar_mode_parse(
    const char *text, enum calendar_mode *mode_r, struct err *err);

/*
 * As schedule_next() and schedule_prev(), of what the rule leaves. A fire that
 * moves keeps its wall time in the calendar's zone; where that does not exist
 * it is the end of the gap, where it comes twice the first. Fires that meet
 * are one. An interval has no wall time: its fires on the calendar's dates
 * are left out in these modes too.
 *
 * Where the clocks went back over midnight after a new day had begun
 * (St. John's until 2011), moved fires of that hour may be left out.
 *
 * The cost grows with the stretches of days that are passed over, some ten
 * nanoseconds each, and for moved fires with the length of one.
 */
bool rule_next(const struct rule *rule, int64_t t, int64_t *next_r);
bool rule_prev(const struct rule *rule, int64_t t, int64_t *prev_r);

/*
 * Whether the calendar says no to the date of t: for a fire that does not
 * move.
 */
bool rule_leaves_out(const struct rule *rule, int64_t t);

/*
 * The fires that the calendar leaves out of a rule, as a rule of their own.
 * False: there are none, because there is no calendar, or they move.
 */
bool rule_invert(const struct rule *rule, struct rule *inverse_r);

#endif
