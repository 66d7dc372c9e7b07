#include "schedule/zone/posix_tz.h"

#include <string.h>

#include "base/timestamp.h"

struct cursor {
	const char *p;
	const char *end;
};

static char
peek(const struct cursor *c)
{
	return c->p < c->end ? *c->p : '\0';
}

static bool
accept(struct cursor *c, char want)
{
	if (peek(c) != want)
		return false;
	c->p++;
	return true;
}

/* At most four digits; -1 when there are none or value is above max. */
static int
number(struct cursor *c, int max)
{
	int value = 0, n = 0;

	for (; peek(c) >= '0' && peek(c) <= '9' && n < 4; n++)
		value = value * 10 + (*c->p++ - '0');
	return n == 0 || value > max ? -1 : value;
}

static bool
is_letter(char ch)
{
	return (ch >= 'A' && ch <= 'Z') || (ch >= 'a' && ch <= 'z');
}

static int
skip_name(struct cursor *c)
{
	const char *start;

	if (accept(c, '<')) {
		while (c->p < c->end && *c->p != '>')
			c->p++;
		return accept(c, '>') ? 0 : -1;
	}
	start = c->p;
	while (is_letter(peek(c)))
		c->p++;
	return c->p - start >= 3 ? 0 : -1;
}

/* [+-]hh[:mm[:ss]] */
static int
read_time(struct cursor *c, int max_hours, int32_t *seconds_r)
{
	int sign = 1, hours, minutes = 0, seconds = 0;

	if (accept(c, '-'))
		sign = -1;
	else
		accept(c, '+');
	hours = number(c, max_hours);
	if (hours >= 0 && accept(c, ':')) {
		minutes = number(c, 59);
		if (minutes >= 0 && accept(c, ':'))
			seconds = number(c, 59);
	}
	if (hours < 0 || minutes < 0 || seconds < 0)
		return -1;
	*seconds_r = sign * (hours * 3600 + minutes * 60 + seconds);
	return 0;
}

static int
read_month_date(struct cursor *c, struct posix_date *date)
{
	date->kind = POSIX_DATE_MONTH;
	date->month = number(c, 12);
	if (date->month < 1 || !accept(c, '.'))
		return -1;
	date->week = number(c, 5);
	if (date->week < 1 || !accept(c, '.'))
		return -1;
	date->day = number(c, 6);
	return date->day < 0 ? -1 : 0;
}

static int
read_date(struct cursor *c, struct posix_date *date)
{
	if (!accept(c, ','))
		return -1;
	date->time = 2 * 3600;
	if (accept(c, 'M')) {
		if (read_month_date(c, date) == -1)
			return -1;
	} else if (accept(c, 'J')) {
		date->kind = POSIX_DATE_JULIAN;
		date->day = number(c, 365);
		if (date->day < 1)
			return -1;
	} else {
		date->kind = POSIX_DATE_DAY;
		date->day = number(c, 365);
		if (date->day < 0)
			return -1;
	}
	if (accept(c, '/'))
		return read_time(c, 167, &date->time);
	return 0;
}

int
posix_tz_parse(const char *text, size_t size, struct posix_tz *tz_r)
{
	struct cursor c = {text, text + size};

	memset(tz_r, 0, sizeof(*tz_r));
	if (skip_name(&c) == -1 || read_time(&c, 24, &tz_r->std) == -1)
		return -1;
	/* POSIX counts west of Greenwich, everybody else east. */
	tz_r->std = -tz_r->std;
	if (c.p == c.end)
		return 0;
	if (skip_name(&c) == -1)
		return -1;
	tz_r->has_dst = true;
	tz_r->dst = tz_r->std + 3600;
	if (peek(&c) != ',') {
		if (read_time(&c, 24, &tz_r->dst) == -1)
			return -1;
		tz_r->dst = -tz_r->dst;
	}
	if (read_date(&c, &tz_r->start) == -1 ||
	    read_date(&c, &tz_r->end) == -1)
		return -1;
	return c.p == c.end ? 0 : -1;
}

static bool
is_leap(int32_t year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

/* Local seconds at which date falls in a year. */
static int64_t
date_in_year(const struct posix_date *date, int32_t year)
{
	int64_t day, first, next;
	int weekday;

	switch (date->kind) {
	case POSIX_DATE_JULIAN:
		day = civil_to_days(year, 1, 1) + date->day - 1;
		if (is_leap(year) && date->day >= 60)
			day++;
		break;
	case POSIX_DATE_DAY:
		day = civil_to_days(year, 1, 1) + date->day;
		break;
	case POSIX_DATE_MONTH:
	default:
		first = civil_to_days(year, date->month, 1);
		next = date->month == 12 ?
		    civil_to_days(year + 1, 1, 1) :
		    civil_to_days(year, date->month + 1, 1);
		/* 1970-01-01 was a Thursday. */
		weekday = (int)(((first + 4) % 7 + 7) % 7);
		day = first + (date->day - weekday + 7) % 7 +
		    (date->week - 1) * 7;
		if (day >= next)
			day -= 7;
		break;
	}
	return day * 86400 + date->time;
}

int64_t
posix_tz_start(const struct posix_tz *tz, int32_t year)
{
	return date_in_year(&tz->start, year) - tz->std;
}

int64_t
posix_tz_end(const struct posix_tz *tz, int32_t year)
{
	return date_in_year(&tz->end, year) - tz->dst;
}
