/*
 * The rule in a TZif footer: POSIX TZ with the extensions of RFC 9636,
 * section 3.3.2 (hours from -167 to 167).
 */
#ifndef BELFRY_SCHEDULE_ZONE_POSIX_TZ_H
#define BELFRY_SCHEDULE_ZONE_POSIX_TZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum posix_date_kind {
	POSIX_DATE_JULIAN, /* Jn: 1-365, 29 February never counts */
	POSIX_DATE_DAY,    /* n: 0-365, 29 February counts */
	POSIX_DATE_MONTH,  /* Mm.w.d: week 5 is the last */
};

struct posix_date {
	enum posix_date_kind kind;
	int month, week, day;
	int32_t time; /* seconds of local time, may be negative */
};

struct posix_tz {
	int32_t std, dst; /* seconds east of UTC */
	bool has_dst;
	struct posix_date start, end;
};

/* Reads size bytes of text. 0 or -1. */
int posix_tz_parse(const char *text, size_t size, struct posix_tz *tz_r);

/* The instants in a year at which dst starts and ends. */
int64_t posix_tz_start(const struct posix_tz *tz, int32_t year);
int64_t posix_tz_end(const struct posix_tz *tz, int32_t year);

#endif
