/*
 * RFC 3339 text of instants. No time zone database: zones are
 * schedule/zone.h.
 */
#ifndef BELFRY_BASE_TIMESTAMP_H
#define BELFRY_BASE_TIMESTAMP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

#define TIMESTAMP_TEXT_MAX 48

/* A civil date and time, no zone. month 1-12, day 1-31. */
struct civil {
	int32_t year;
	int8_t month;
	int8_t day;
	int8_t hour;
	int8_t minute;
	int8_t second;
};

/* Days since 1970-01-01 of a proleptic Gregorian date, and back. */
int64_t civil_to_days(int32_t year, int month, int day);
void civil_from_days(int64_t days, struct civil *civil_r);

/* Seconds since 1970-01-01T00:00:00 as if civil were UTC, and back. */
int64_t civil_to_seconds(const struct civil *civil);
void civil_from_seconds(int64_t seconds, struct civil *civil_r);

/*
 * "2026-03-10T07:00:00Z"; with a fraction ".123" when ms is not whole
 * seconds. ms since 1970. buf has TIMESTAMP_TEXT_MAX bytes. Returns buf.
 */
const char *timestamp_format_ms(char *buf, int64_t ms);

/*
 * "2026-03-10T03:00:00-04:00": seconds since 1970, shown at offset seconds
 * east of UTC ("Z" only when utc is set; "+00:00" otherwise; offsets with
 * seconds are shown as +hh:mm:ss). Returns buf.
 */
const char *
timestamp_format_offset(char *buf, int64_t seconds, int32_t offset, bool utc);

/*
 * Reads RFC 3339 ("2026-03-10T07:00:00Z", "...+08:00", fractions, a blank in
 * place of T, lower case t and z), milliseconds since 1970. Text without a
 * zone is an error that says so. 0 or -1.
 */
int timestamp_parse_ms(const char *text, int64_t *ms_r, struct err *err);

/*
 * Reads "YYYY-MM-DD HH:MM[:SS]" (a T is fine too) that has no zone.
 * Impossible dates are errors. 0 or -1.
 */
int civil_parse(const char *text, struct civil *civil_r, struct err *err);

/* The same, and the time of day may be missing: midnight. */
int civil_parse_day(const char *text, struct civil *civil_r, struct err *err);

#endif
