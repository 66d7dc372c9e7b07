/*
 * The search over bit masks. A day is found by the mask of a whole month:
 * days of the month, or'ed or and'ed with the week's mask rotated to the
 * month's first weekday; then the lowest or highest bit is it.
 */
#include "schedule/cron/cron.h"

#define DAY 86400

/* 1970-01-01 was a Thursday, 1968-03-01 is this many days before it. */
#define DAYS_FROM_1968_03_01 671
#define DAYS_TO_2100_03_01   47541

struct date {
	uint32_t day; /* since 1970-01-01 */
	uint32_t year, month, mday;
};

/*
 * Between 1970 and 2199 the calendar is Julian but for 29 February 2100: put
 * that day in, and four years are always 1461 days.
 */
static inline struct date
date_of_day(uint32_t day)
{
	uint32_t z = day + DAYS_FROM_1968_03_01 + (day >= DAYS_TO_2100_03_01);
	uint32_t n = 4 * z + 3;
	uint32_t year = n / 1461, yday = n % 1461 / 4;
	/* Neri and Schneider: month and day of a year from March. */
	uint32_t k = 2141 * yday + 197913, month = k >> 16;
	uint32_t next = month > 12;
	struct date d = {
	    .day = day,
	    .year = 1968 + year + next,
	    .month = next ? month - 12 : month,
	    .mday = (k & 0xffff) / 2141 + 1,
	};

	return d;
}

static inline uint32_t
is_leap(uint32_t year)
{
	return year % 4 == 0 && year != 2100;
}

static inline uint32_t
month_length(uint32_t year, uint32_t month)
{
	if (month == 2)
		return 28 + is_leap(year);
	return 30 + ((month ^ (month >> 3)) & 1);
}

static inline uint32_t
first_of_month(uint32_t year, uint32_t month)
{
	static const uint16_t before[13] = {
	    0, 0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};
	uint32_t leaps = (year - 1969) / 4 - (year > 2100);

	return (year - 1970) * 365 + leaps + before[month] +
	    (month > 2 && is_leap(year));
}

static inline uint32_t
low(uint64_t mask)
{
	return (uint32_t)__builtin_ctzll(mask);
}

static inline uint32_t
high(uint64_t mask)
{
	return 63 - (uint32_t)__builtin_clzll(mask);
}

/* The bits of mask above n; below n. */
static inline uint64_t
above(uint64_t mask, uint32_t n)
{
	return mask & (~0ULL << n << 1);
}

static inline uint64_t
below(uint64_t mask, uint32_t n)
{
	return mask & ((1ULL << n) - 1);
}

/* Bit of the Monday to Friday nearest to mday, in the same month. */
static uint32_t
nearest_weekday(uint32_t mday, uint32_t length, uint32_t first_dow)
{
	uint32_t dow = (first_dow + mday - 1) % 7;

	if (dow == 6)
		mday = mday == 1 ? 3 : mday - 1;
	else if (dow == 0)
		mday = mday == length ? mday - 2 : mday + 1;
	return 1U << mday;
}

static uint32_t
weekday_mask(const struct cron_rare *rare, uint32_t length, uint32_t first_dow)
{
	uint32_t mask = 0, bits;

	for (bits = rare->weekday; bits != 0; bits &= bits - 1)
		if (low(bits) <= length)
			mask |= nearest_weekday(low(bits), length, first_dow);
	for (bits = rare->last_weekday; bits != 0; bits &= bits - 1)
		if (low(bits) < length)
			mask |= nearest_weekday(
			    length - low(bits), length, first_dow);
	return mask;
}

/* Bits of the days whose weekday is in week, were the month endless. */
static inline uint32_t
spread_week(uint32_t week, uint32_t first_dow)
{
	return (uint32_t)(week * 0x0102040810204081ULL >> first_dow << 1);
}

static uint32_t
nth_mask(const struct cron_rare *rare, uint32_t length, uint32_t first_dow)
{
	uint32_t mask = 0;

	for (uint32_t n = 0; n < 5; n++)
		if (rare->nth[n] != 0)
			mask |= spread_week(rare->nth[n], first_dow) &
			    (uint32_t)(0xfeULL << 7 * n);
	if (rare->nth_last != 0)
		mask |= spread_week(rare->nth_last, first_dow) &
		    (uint32_t)(0xfeU << (length - 7));
	return mask;
}

/* Bits 1-31 of the matching days of a month. */
static inline uint32_t
day_mask(const struct cron_spec *s, uint32_t length, uint32_t first_dow)
{
	uint32_t dom = s->dom, dow = spread_week(s->dow, first_dow), bits;

	for (bits = s->last; bits != 0; bits &= bits - 1)
		if (low(bits) < length)
			dom |= 1U << (length - low(bits));
	if (s->rare != NULL) {
		dom |= weekday_mask(s->rare, length, first_dow);
		dow |= nth_mask(s->rare, length, first_dow);
	}
	dom = s->flags & CRON_DAYS_AND ? dom & dow : dom | dow;
	return dom & (uint32_t)((2ULL << length) - 2);
}

static inline bool
year_matches(const struct cron_spec *s, uint32_t year)
{
	uint32_t n = year - CRON_YEAR_MIN;

	return s->rare == NULL || !s->rare->has_years ||
	    (s->rare->years[n / 64] >> n % 64 & 1);
}

/* The next matching year after or before year; 0 when there is none. */
static uint32_t
year_after(const struct cron_spec *s, uint32_t year)
{
	uint32_t n = year - CRON_YEAR_MIN;
	uint64_t bits;

	if (year >= CRON_YEAR_MAX)
		return 0;
	if (s->rare == NULL || !s->rare->has_years)
		return year + 1;
	bits = above(s->rare->years[n / 64], n % 64);
	for (n /= 64; bits == 0; bits = s->rare->years[n])
		if (++n == CRON_YEAR_WORDS)
			return 0;
	return CRON_YEAR_MIN + n * 64 + low(bits);
}

static uint32_t
year_before(const struct cron_spec *s, uint32_t year)
{
	uint32_t n = year - CRON_YEAR_MIN;
	uint64_t bits;

	if (year <= CRON_YEAR_MIN)
		return 0;
	if (s->rare == NULL || !s->rare->has_years)
		return year - 1;
	bits = below(s->rare->years[n / 64], n % 64);
	for (n /= 64; bits == 0; bits = s->rare->years[n])
		if (n-- == 0)
			return 0;
	return CRON_YEAR_MIN + n * 64 + high(bits);
}

static int64_t
search_later_months(const struct cron_spec *s, uint32_t year, uint32_t month)
{
	uint32_t rest, first, mask;

	for (;;) {
		rest = (uint32_t)above(s->month, month);
		if (rest == 0) {
			year = year_after(s, year);
			if (year == 0)
				return CRON_NONE;
			rest = s->month;
		}
		month = low(rest);
		first = first_of_month(year, month);
		mask = day_mask(s, month_length(year, month), (first + 4) % 7);
		if (mask != 0)
			return (int64_t)(first + low(mask) - 1) * DAY +
			    s->first_time;
	}
}

static int64_t
search_earlier_months(const struct cron_spec *s, uint32_t year, uint32_t month)
{
	uint32_t rest, first, mask;

	for (;;) {
		rest = (uint32_t)below(s->month, month);
		if (rest == 0) {
			year = year_before(s, year);
			if (year == 0)
				return CRON_NONE;
			rest = s->month;
		}
		month = high(rest);
		first = first_of_month(year, month);
		mask = day_mask(s, month_length(year, month), (first + 4) % 7);
		if (mask != 0)
			return (int64_t)(first + high(mask) - 1) * DAY +
			    s->last_time;
	}
}

/* Seconds of the day: the least matching >= time, or DAY. */
static inline uint32_t
time_from(const struct cron_spec *s, uint32_t time)
{
	uint32_t hour = time / 3600, minute = time / 60 % 60;
	uint64_t bits;

	if (s->hour >> hour & 1) {
		if (s->minute >> minute & 1) {
			bits = s->second >> time % 60;
			if (bits != 0)
				return time + low(bits);
		}
		bits = above(s->minute, minute);
		if (bits != 0)
			return hour * 3600 + low(bits) * 60 + low(s->second);
	}
	bits = above(s->hour, hour);
	if (bits == 0)
		return DAY;
	return low(bits) * 3600 + low(s->minute) * 60 + low(s->second);
}

/* Seconds of the day: the greatest matching <= time, or DAY. */
static inline uint32_t
time_until(const struct cron_spec *s, uint32_t time)
{
	uint32_t hour = time / 3600, minute = time / 60 % 60;
	uint64_t bits;

	if (s->hour >> hour & 1) {
		if (s->minute >> minute & 1) {
			bits = below(s->second, time % 60 + 1);
			if (bits != 0)
				return time - time % 60 + high(bits);
		}
		bits = below(s->minute, minute);
		if (bits != 0)
			return hour * 3600 + high(bits) * 60 + high(s->second);
	}
	bits = below(s->hour, hour);
	if (bits == 0)
		return DAY;
	return high(bits) * 3600 + high(s->minute) * 60 + high(s->second);
}

int64_t
cron_next_local(const struct cron_spec *s, int64_t t)
{
	uint32_t day, time, mask;
	uint64_t rest, from;
	struct date d;

	if (t >= CRON_END - 1)
		return CRON_NONE;
	from = t < 0 ? 0 : (uint64_t)t + 1;
	day = (uint32_t)(from / DAY);
	d = date_of_day(day);
	if (!year_matches(s, d.year))
		return search_later_months(s, d.year, 12);
	if (!(s->month >> d.month & 1))
		return search_later_months(s, d.year, d.month);
	mask = day_mask(
	    s, month_length(d.year, d.month), (day - d.mday + 1 + 4) % 7);
	if (mask >> d.mday & 1) {
		time = time_from(s, (uint32_t)(from % DAY));
		if (time < DAY)
			return (int64_t)day * DAY + time;
	}
	rest = above(mask, d.mday);
	if (rest != 0)
		return (int64_t)(day + low(rest) - d.mday) * DAY +
		    s->first_time;
	return search_later_months(s, d.year, d.month);
}

int64_t
cron_prev_local(const struct cron_spec *s, int64_t t)
{
	uint32_t day, time, mask;
	uint64_t rest, from;
	struct date d;

	if (t <= 0)
		return CRON_NONE;
	from = (uint64_t)(t > CRON_END ? CRON_END : t) - 1;
	day = (uint32_t)(from / DAY);
	d = date_of_day(day);
	if (!year_matches(s, d.year))
		return search_earlier_months(s, d.year, 1);
	if (!(s->month >> d.month & 1))
		return search_earlier_months(s, d.year, d.month);
	mask = day_mask(
	    s, month_length(d.year, d.month), (day - d.mday + 1 + 4) % 7);
	if (mask >> d.mday & 1) {
		time = time_until(s, (uint32_t)(from % DAY));
		if (time < DAY)
			return (int64_t)day * DAY + time;
	}
	rest = below(mask, d.mday);
	if (rest != 0)
		return (int64_t)day * DAY -
		    (int64_t)(d.mday - high(rest)) * DAY + s->last_time;
	return search_earlier_months(s, d.year, d.month);
}
