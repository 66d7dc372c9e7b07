#include "base/timestamp.h"

#include <stdio.h>
#include <string.h>

#define DAY 86400

/* Days from 0000-03-01, the start of the era that civil dates count in. */
#define DAYS_TO_1970 719468
#define DAYS_OF_ERA  146097 /* 400 years */

int64_t
civil_to_days(int32_t year, int month, int day)
{
	int64_t y = (int64_t)year - (month <= 2), era, yoe, doy;

	era = (y >= 0 ? y : y - 399) / 400;
	yoe = y - era * 400;
	doy = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
	return era * DAYS_OF_ERA + yoe * 365 + yoe / 4 - yoe / 100 + doy -
	    DAYS_TO_1970;
}

void
civil_from_days(int64_t days, struct civil *civil_r)
{
	int64_t z = days + DAYS_TO_1970, era, doe, yoe, doy, mp;

	era = (z >= 0 ? z : z - (DAYS_OF_ERA - 1)) / DAYS_OF_ERA;
	doe = z - era * DAYS_OF_ERA;
	yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	mp = (5 * doy + 2) / 153;
	memset(civil_r, 0, sizeof(*civil_r));
	civil_r->day = (int8_t)(doy - (153 * mp + 2) / 5 + 1);
	civil_r->month = (int8_t)(mp < 10 ? mp + 3 : mp - 9);
	civil_r->year = (int32_t)(yoe + era * 400 + (civil_r->month <= 2));
}

int64_t
civil_to_seconds(const struct civil *civil)
{
	return civil_to_days(civil->year, civil->month, civil->day) * DAY +
	    civil->hour * 3600 + civil->minute * 60 + civil->second;
}

void
civil_from_seconds(int64_t seconds, struct civil *civil_r)
{
	int64_t days = seconds / DAY;
	int32_t rest = (int32_t)(seconds % DAY);

	if (rest < 0) {
		rest += DAY;
		days--;
	}
	civil_from_days(days, civil_r);
	civil_r->hour = (int8_t)(rest / 3600);
	civil_r->minute = (int8_t)(rest / 60 % 60);
	civil_r->second = (int8_t)(rest % 60);
}

static size_t
format_civil(char *buf, int64_t seconds)
{
	struct civil c;
	int n;

	civil_from_seconds(seconds, &c);
	n = snprintf(buf, TIMESTAMP_TEXT_MAX, "%04d-%02d-%02dT%02d:%02d:%02d",
	    c.year, c.month, c.day, c.hour, c.minute, c.second);
	return (size_t)n;
}

const char *
timestamp_format_ms(char *buf, int64_t ms)
{
	int64_t seconds = ms / 1000;
	int rest = (int)(ms % 1000);
	size_t len;

	if (rest < 0) {
		rest += 1000;
		seconds--;
	}
	len = format_civil(buf, seconds);
	if (rest != 0)
		snprintf(buf + len, TIMESTAMP_TEXT_MAX - len, ".%03dZ", rest);
	else
		snprintf(buf + len, TIMESTAMP_TEXT_MAX - len, "Z");
	return buf;
}

const char *
timestamp_format_offset(char *buf, int64_t seconds, int32_t offset, bool utc)
{
	int32_t abs = offset < 0 ? -offset : offset;
	size_t len = format_civil(buf, seconds + offset);
	size_t room = TIMESTAMP_TEXT_MAX - len;

	if (utc) {
		snprintf(buf + len, room, "Z");
		return buf;
	}
	len += (size_t)snprintf(buf + len, room, "%c%02d:%02d",
	    offset < 0 ? '-' : '+', abs / 3600, abs / 60 % 60);
	room = TIMESTAMP_TEXT_MAX - len;
	if (abs % 60 != 0)
		snprintf(buf + len, room, ":%02d", abs % 60);
	return buf;
}

/* Reads exactly n digits. Returns the value, -1 when they are not there. */
static int
digits(const char **p, int n)
{
	int value = 0;

	for (; n > 0; n--, (*p)++) {
		if (**p < '0' || **p > '9')
			return -1;
		value = value * 10 + (**p - '0');
	}
	return value;
}

static int
days_of_month(int32_t year, int month)
{
	int32_t y = month == 12 ? year + 1 : year;

	return (int)(civil_to_days(y, month == 12 ? 1 : month + 1, 1) -
	    civil_to_days(year, month, 1));
}

static int
read_date(const char **p, struct civil *c, struct err *err)
{
	int year, month = -1, day = -1;

	year = digits(p, 4);
	if (year >= 0 && *(*p)++ == '-')
		month = digits(p, 2);
	if (month >= 0 && *(*p)++ == '-')
		day = digits(p, 2);
	if (day < 0)
		return err_set(err, "expected a date; write YYYY-MM-DD");
	if (month < 1 || month > 12)
		return err_set(err, "month %02d; a month is 01-12", month);
	if (day < 1 || day > days_of_month(year, month))
		return err_set(err, "day %02d; %04d-%02d has days 01-%02d", day,
		    year, month, days_of_month(year, month));
	c->year = year;
	c->month = (int8_t)month;
	c->day = (int8_t)day;
	return 0;
}

static int
read_time(const char **p, struct civil *c, struct err *err)
{
	int hour, minute = -1, second = 0;

	hour = digits(p, 2);
	if (hour >= 0 && *(*p)++ == ':')
		minute = digits(p, 2);
	if (minute >= 0 && **p == ':') {
		(*p)++;
		second = digits(p, 2);
	}
	if (minute < 0 || second < 0)
		return err_set(err, "expected a time of day; write HH:MM:SS");
	if (hour > 23)
		return err_set(err, "hour %02d; an hour is 00-23", hour);
	if (minute > 59)
		return err_set(err, "minute %02d; a minute is 00-59", minute);
	/* A leap second is the second after it, as in POSIX. */
	if (second > 60 || (second == 60 && minute != 59))
		return err_set(err, "second %02d; a second is 00-59", second);
	c->hour = (int8_t)hour;
	c->minute = (int8_t)minute;
	c->second = (int8_t)second;
	return 0;
}

static int
read_date_time(const char **p, struct civil *c, struct err *err)
{
	memset(c, 0, sizeof(*c));
	if (read_date(p, c, err) == -1)
		return -1;
	if (**p != 'T' && **p != 't' && **p != ' ')
		return err_set(err,
		    "expected T or a blank and a time of day behind the date");
	(*p)++;
	return read_time(p, c, err);
}

/* Z or +hh:mm, also +hh:mm:ss as timestamp_format_offset() writes it. */
static int
read_zone(const char **p, int32_t *offset_r, struct err *err)
{
	int hour, minute = -1, second = 0, sign;

	*offset_r = 0;
	if (**p == 'Z' || **p == 'z') {
		(*p)++;
		return 0;
	}
	if (**p != '+' && **p != '-')
		return err_set(err,
		    "the zone is missing; "
		    "write Z or an offset like +02:00 at the end");
	sign = *(*p)++ == '-' ? -1 : 1;
	hour = digits(p, 2);
	if (hour >= 0 && *(*p)++ == ':')
		minute = digits(p, 2);
	if (minute >= 0 && **p == ':') {
		(*p)++;
		second = digits(p, 2);
	}
	if (hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59)
		return err_set(err, "bad offset; write Z or one like +02:00");
	*offset_r = sign * (hour * 3600 + minute * 60 + second);
	return 0;
}

/* Digits beyond milliseconds are cut off. -1 when there is none at all. */
static int
read_fraction(const char **p)
{
	int ms = 0, scale = 100;
	const char *start = *p;

	for (; **p >= '0' && **p <= '9'; (*p)++) {
		ms += (**p - '0') * scale;
		scale /= 10;
	}
	return *p == start ? -1 : ms;
}

int
timestamp_parse_ms(const char *text, int64_t *ms_r, struct err *err)
{
	const char *p = text;
	struct civil c;
	int32_t offset;
	int ms = 0;

	if (read_date_time(&p, &c, err) == -1)
		return -1;
	if (*p == '.') {
		p++;
		ms = read_fraction(&p);
		if (ms < 0)
			return err_set(err, "expected digits behind the point");
	}
	if (read_zone(&p, &offset, err) == -1)
		return -1;
	if (*p != '\0')
		return err_set(err, "unexpected text behind the time");
	*ms_r = (civil_to_seconds(&c) - offset) * 1000 + ms;
	return 0;
}

int
civil_parse(const char *text, struct civil *civil_r, struct err *err)
{
	const char *p = text;

	if (read_date_time(&p, civil_r, err) == -1)
		return -1;
	if (*p != '\0')
		return err_set(err, "unexpected text behind the time");
	if (civil_r->second > 59)
		return err_set(err, "second 60; a second is 00-59");
	return 0;
}

int
civil_parse_day(const char *text, struct civil *civil_r, struct err *err)
{
	char day[sizeof("2026-03-10 00:00")];

	if (strlen(text) != strlen("2026-03-10"))
		return civil_parse(text, civil_r, err);
	snprintf(day, sizeof(day), "%s 00:00", text);
	return civil_parse(day, civil_r, err);
}
