#include "schedule/rule.h"

#include <string.h>

#include "base/mem.h"
#include "schedule/impl.h"

#define DAY      86400
#define TIME_MAX 1000000000000LL

static const char *const mode_names[] = {
    [CALENDAR_EXCLUDE] = "exclude",
    [CALENDAR_INCLUDE] = "include",
    [CALENDAR_NEXT] = "next",
    [CALENDAR_PREVIOUS] = "previous",
};

const char *
calendar_mode_name(enum calendar_mode mode)
{
	return mode_names[mode];
}

int
calendar_mode_parse(
    const char *text, enum calendar_mode *mode_r, struct err *err)
{
	for (size_t i = 0; i < nitems(mode_names); i++)
		if (strcmp(text, mode_names[i]) == 0) {
			*mode_r = (enum calendar_mode)i;
			return 0;
		}
	return err_set(err,
	    "unknown mode of a calendar; write exclude, "
	    "include, next or previous");
}

static const struct zone *
zone_of(const struct rule *r)
{
	return r->zone != NULL ? r->zone : schedule_zone(r->schedule);
}

static int64_t
local_of(const struct rule *r, int64_t t)
{
	return t + zone_offset_at(zone_of(r), t);
}

static int64_t
day_of(const struct rule *r, int64_t t)
{
	int64_t local = local_of(r, t);

	return local / DAY - (local % DAY < 0);
}

static int64_t
day_begin(const struct rule *r, int64_t day)
{
	return zone_from_local(zone_of(r), day * DAY, NULL, NULL);
}

/* The last instant at which a day begins. */
static int64_t
day_begin_again(const struct rule *r, int64_t day)
{
	int64_t again;

	zone_from_local(zone_of(r), day * DAY, NULL, &again);
	return again;
}

/* A day on which fires happen at their own time. */
static bool
is_open(const struct rule *r, int64_t day)
{
	return calendar_has(r->calendar, day) == (r->mode == CALENDAR_INCLUDE);
}

static int64_t
find_open(const struct rule *r, int64_t day, int step)
{
	return calendar_find(
	    r->calendar, day, step, r->mode == CALENDAR_INCLUDE);
}

/*
 * Dates go back where the clocks do, shortly after midnight in some zones: a
 * jump over closed days stops at such an instant, to look again.
 */
static int64_t
jump_after(const struct rule *r, int64_t t, int64_t target)
{
	const struct zone *zone = zone_of(r);
	const struct zone_span *span = &zone->spans[zone_find(zone, t)] + 1;

	for (; span->at <= target; span++)
		if (span->shift < 0 && span->at > t)
			return span->at;
	return target > t ? target : t + 1;
}

static int64_t
jump_before(const struct rule *r, int64_t t, int64_t target)
{
	const struct zone *zone = zone_of(r);
	const struct zone_span *span = &zone->spans[zone_find(zone, t - 1)];

	for (; span->at > target; span--)
		if (span->shift < 0 && span->at < t)
			return span->at;
	return target < t ? target : t;
}

/* The first fire from at on; fire is one of them. */
static bool
fire_from(const struct rule *r, int64_t fire, int64_t at, int64_t *fire_r)
{
	int64_t every = schedule_interval(r->schedule);

	if (every == 0)
		return schedule_next(r->schedule, at - 1, fire_r);
	if (at > fire)
		fire += (at - fire + every - 1) / every * every;
	*fire_r = fire;
	return true;
}

static bool
fire_before(const struct rule *r, int64_t fire, int64_t at, int64_t *fire_r)
{
	int64_t every = schedule_interval(r->schedule);

	if (every == 0)
		return schedule_prev(r->schedule, at, fire_r);
	if (fire >= at)
		fire -= (fire - at + every) / every * every;
	*fire_r = fire;
	return true;
}

/* The first fire after t, not before the window; the last one in it. */
static bool
first_fire(const struct rule *r, int64_t t, int64_t *fire_r)
{
	if (!schedule_next(r->schedule, t, fire_r))
		return false;
	return *fire_r >= r->start || fire_from(r, *fire_r, r->start, fire_r);
}

static bool
last_fire(const struct rule *r, int64_t t, int64_t *fire_r)
{
	if (!schedule_prev(r->schedule, t, fire_r))
		return false;
	return *fire_r < r->end || fire_before(r, *fire_r, r->end, fire_r);
}

/*
 * The open day to go on with from a closed one; when there is none, a day
 * later may still show the day before, where the clocks go back.
 */
static int64_t
open_from(const struct rule *r, int64_t day, int step)
{
	int64_t open = find_open(r, day + step, step);

	if (open != CALENDAR_NO_DAY)
		return open;
	if (find_open(r, day - step, step) == CALENDAR_NO_DAY)
		return CALENDAR_NO_DAY;
	return day + 2 * step;
}

static bool
next_open(const struct rule *r, int64_t t, int64_t *next_r)
{
	int64_t fire, day, open;

	if (!first_fire(r, t, &fire))
		return false;
	for (;;) {
		day = day_of(r, fire);
		if (is_open(r, day)) {
			*next_r = fire;
			return true;
		}
		open = open_from(r, day, 1);
		if (open == CALENDAR_NO_DAY ||
		    !fire_from(r, fire, jump_after(r, fire, day_begin(r, open)),
			&fire))
			return false;
	}
}

static bool
prev_open(const struct rule *r, int64_t t, int64_t *prev_r)
{
	int64_t fire, day, open;

	if (!last_fire(r, t, &fire))
		return false;
	for (;;) {
		day = day_of(r, fire);
		if (is_open(r, day)) {
			*prev_r = fire;
			return true;
		}
		open = open_from(r, day, -1);
		if (open == CALENDAR_NO_DAY ||
		    !fire_before(r, fire,
			jump_before(r, fire, day_begin_again(r, open + 1)),
			&fire))
			return false;
	}
}

/* The instant of a wall time on another day; false when there is none. */
static bool
move_to(const struct rule *r, int64_t day, int64_t fire, int64_t *moved_r)
{
	int64_t local = local_of(r, fire), time = (local % DAY + DAY) % DAY;
	int32_t gap;

	*moved_r = zone_from_local(zone_of(r), day * DAY + time, &gap, NULL);
	return gap < SCHEDULE_WIDE_GAP;
}

/* The least fire > t that day source sends to day target. */
static bool
next_from(const struct rule *r, int64_t source, int64_t target, int64_t t,
    int64_t *next_r)
{
	int64_t time = local_of(r, t) - target * DAY, at, fire;

	if (time >= DAY)
		return false;
	at = zone_from_local(
		 zone_of(r), source * DAY + (time < 0 ? 0 : time), NULL, NULL) -
	    1;
	if (source == target && at < t)
		at = t;
	for (; schedule_next(r->schedule, at, &fire); at = fire) {
		if (day_of(r, fire) != source)
			return false;
		*next_r = fire;
		if (source == target)
			return true;
		if (move_to(r, target, fire, next_r) && *next_r > t)
			return true;
	}
	return false;
}

/* The local time up to which all was shown before t. */
static int64_t
shown_before(const struct rule *r, int64_t t)
{
	const struct zone *zone = zone_of(r);
	const struct zone_span *span = &zone->spans[zone_find(zone, t - 1)];
	int64_t local = t + span->offset;

	if (span->shift < 0 && local < span->at + span->offset - span->shift)
		local = span->at + span->offset - span->shift;
	return local;
}

static bool
prev_from(const struct rule *r, int64_t source, int64_t target, int64_t t,
    int64_t *prev_r)
{
	int64_t time = shown_before(r, t) - target * DAY, at, fire;

	if (time <= 0)
		return false;
	zone_from_local(
	    zone_of(r), source * DAY + (time > DAY ? DAY : time), NULL, &at);
	if (source == target && at > t)
		at = t;
	for (; schedule_prev(r->schedule, at, &fire); at = fire) {
		if (day_of(r, fire) > source)
			continue;
		if (day_of(r, fire) < source)
			return false;
		*prev_r = fire;
		if (source == target)
			return true;
		if (move_to(r, target, fire, prev_r) && *prev_r < t)
			return true;
	}
	return false;
}

/*
 * The days whose fires end up on an open day: itself and the closed ones
 * before it (after it, when fires move back).
 */
static void
sources(const struct rule *r, int64_t target, int64_t *first_r, int64_t *last_r)
{
	int64_t other;

	*first_r = *last_r = target;
	if (r->mode == CALENDAR_NEXT) {
		other = find_open(r, target - 1, -1);
		*first_r = other == CALENDAR_NO_DAY ? 0 : other + 1;
	} else {
		other = find_open(r, target + 1, 1);
		*last_r = other == CALENDAR_NO_DAY ? CRON_END / DAY : other - 1;
	}
}

/* Where the fires of a day end up. */
static int64_t
target_of(const struct rule *r, int64_t day)
{
	return find_open(r, day, r->mode == CALENDAR_NEXT ? 1 : -1);
}

static bool
next_moved(const struct rule *r, int64_t t, int64_t *next_r)
{
	int64_t target = find_open(r, day_of(r, t), 1), first, last, fire;
	bool found = false;

	while (target != CALENDAR_NO_DAY) {
		sources(r, target, &first, &last);
		for (int64_t day = first; day <= last; day++) {
			if (!next_from(r, day, target, t, &fire))
				continue;
			if (!found || fire < *next_r)
				*next_r = fire;
			found = true;
		}
		if (found)
			return true;
		if (!schedule_next(
			r->schedule, day_begin(r, last + 1) - 1, &fire))
			return false;
		first = target_of(r, day_of(r, fire));
		target = first > target ? first : find_open(r, target + 1, 1);
	}
	return false;
}

static bool
prev_moved(const struct rule *r, int64_t t, int64_t *prev_r)
{
	int64_t target = find_open(r, day_of(r, t), -1), first, last, fire;
	bool found = false;

	while (target != CALENDAR_NO_DAY) {
		sources(r, target, &first, &last);
		for (int64_t day = first; day <= last; day++) {
			if (!prev_from(r, day, target, t, &fire))
				continue;
			if (!found || fire > *prev_r)
				*prev_r = fire;
			found = true;
		}
		if (found)
			return true;
		if (!schedule_prev(r->schedule, day_begin(r, first), &fire))
			return false;
		first = target_of(r, day_of(r, fire));
		target = first < target ? first : find_open(r, target - 1, -1);
	}
	return false;
}

static bool
moves(const struct rule *r)
{
	return schedule_interval(r->schedule) == 0 &&
	    (r->mode == CALENDAR_NEXT || r->mode == CALENDAR_PREVIOUS);
}

/* Far beyond any calendar, and far from overflow. */
static int64_t
clamp(int64_t t)
{
	if (t > TIME_MAX)
		return TIME_MAX;
	return t < -TIME_MAX ? -TIME_MAX : t;
}

bool
rule_next(const struct rule *r, int64_t t, int64_t *next_r)
{
	bool found;

	/* An interval counts from t, whatever the window. */
	if (t < r->start && schedule_interval(r->schedule) == 0)
		t = r->start - 1;
	if (r->calendar == NULL)
		found = first_fire(r, t, next_r);
	else if (moves(r))
		found = next_moved(r, clamp(t), next_r);
	else
		found = next_open(r, clamp(t), next_r);
	return found && *next_r < r->end;
}

bool
rule_prev(const struct rule *r, int64_t t, int64_t *prev_r)
{
	bool found;

	if (t > r->end && schedule_interval(r->schedule) == 0)
		t = r->end;
	if (r->calendar == NULL)
		found = last_fire(r, t, prev_r);
	else if (moves(r))
		found = prev_moved(r, clamp(t), prev_r);
	else
		found = prev_open(r, clamp(t), prev_r);
	return found && *prev_r >= r->start;
}

bool
rule_leaves_out(const struct rule *r, int64_t t)
{
	return r->calendar != NULL && !is_open(r, day_of(r, t));
}

bool
rule_invert(const struct rule *r, struct rule *inverse_r)
{
	enum schedule_kind kind = schedule_kind(r->schedule);

	if (r->calendar == NULL)
		return false;
	if ((r->mode == CALENDAR_NEXT || r->mode == CALENDAR_PREVIOUS) &&
	    (kind == SCHEDULE_CRON || kind == SCHEDULE_AT))
		return false;
	*inverse_r = *r;
	inverse_r->mode =
	    r->mode == CALENDAR_INCLUDE ? CALENDAR_EXCLUDE : CALENDAR_INCLUDE;
	return true;
}
