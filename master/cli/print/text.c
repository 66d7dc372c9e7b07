#include "cli/print/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/duration.h"
#include "base/timestamp.h"
#include "schedule/zone/zone.h"

#define MINUTE ((int64_t)60)
#define HOUR   (60 * MINUTE)
#define DAY    (24 * HOUR)

int64_t
text_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

bool
text_parse(const char *stamp, int64_t *ms_r)
{
	return stamp != NULL && timestamp_parse_ms(stamp, ms_r, NULL) == 0;
}

bool
text_parse_time(const char *text, int64_t *ms_r)
{
	struct civil civil;
	struct tm tm;
	time_t t;

	if (text_parse(text, ms_r))
		return true;
	if (civil_parse_day(text, &civil, NULL) == -1)
		return false;
	tm = (struct tm){
	    .tm_year = civil.year - 1900,
	    .tm_mon = civil.month - 1,
	    .tm_mday = civil.day,
	    .tm_hour = civil.hour,
	    .tm_min = civil.minute,
	    .tm_sec = civil.second,
	    .tm_isdst = -1,
	};
	t = mktime(&tm);
	*ms_r = (int64_t)t * 1000;
	return t != -1;
}

bool
text_parse_since(const char *text, int64_t *ms_r, bool *ago_r)
{
	int64_t ago;
	bool is_ago = duration_parse_ms(text, &ago, NULL) == 0;

	if (ago_r != NULL)
		*ago_r = is_ago;
	if (!is_ago)
		return text_parse_time(text, ms_r);
	*ms_r = text_now() - ago;
	return true;
}

const char *
text_duration(char *buf, int64_t ms)
{
	int64_t s = ms / 1000;

	if (ms < 1000)
		snprintf(buf, TEXT_MAX, "%" PRId64 "ms", ms);
	else if (s < MINUTE)
		snprintf(buf, TEXT_MAX, "%" PRId64 ".%" PRId64 "s", s,
		    ms % 1000 / 100);
	else if (s < HOUR)
		snprintf(buf, TEXT_MAX, "%" PRId64 "m%02" PRId64 "s",
		    s / MINUTE, s % MINUTE);
	else if (s < DAY)
		snprintf(buf, TEXT_MAX, "%" PRId64 "h%02" PRId64 "m", s / HOUR,
		    s % HOUR / MINUTE);
	else
		snprintf(buf, TEXT_MAX, "%" PRId64 "d%" PRId64 "h", s / DAY,
		    s % DAY / HOUR);
	return buf;
}

/* One unit is enough to know how long; two digits of it, mostly. */
static void
coarse(char *buf, int64_t s)
{
	if (s < 100)
		snprintf(buf, TEXT_MAX, "%" PRId64 "s", s);
	else if (s < 100 * MINUTE)
		snprintf(
		    buf, TEXT_MAX, "%" PRId64 "m", (s + MINUTE / 2) / MINUTE);
	else if (s < 2 * DAY)
		snprintf(buf, TEXT_MAX, "%" PRId64 "h", (s + HOUR / 2) / HOUR);
	else
		snprintf(buf, TEXT_MAX, "%" PRId64 "d", (s + DAY / 2) / DAY);
}

const char *
text_age(char *buf, int64_t ms, int64_t now)
{
	/* What comes is rounded up: in 5m, not in 4m, when it was just set. */
	int64_t s = ms > now ? -((ms - now + 999) / 1000) : (now - ms) / 1000;
	char span[TEXT_MAX];

	if (s == 0) {
		snprintf(buf, TEXT_MAX, "now");
		return buf;
	}
	coarse(span, s < 0 ? -s : s);
	snprintf(buf, TEXT_MAX, s < 0 ? "in %.20s" : "%.20s ago", span);
	return buf;
}

static void
local_time(int64_t ms, struct tm *tm)
{
	time_t t = (time_t)(ms / 1000);

	localtime_r(&t, tm);
}

const char *
text_time(char *buf, int64_t ms)
{
	struct tm tm;

	local_time(ms, &tm);
	strftime(buf, TEXT_MAX, "%Y-%m-%d %H:%M:%S", &tm);
	return buf;
}

const char *
text_short_time(char *buf, int64_t ms, int64_t now)
{
	struct tm tm, today;

	local_time(ms, &tm);
	local_time(now, &today);
	if (tm.tm_yday == today.tm_yday && tm.tm_year == today.tm_year)
		strftime(buf, TEXT_MAX, "%H:%M:%S", &tm);
	else
		strftime(buf, TEXT_MAX, "%Y-%m-%d %H:%M:%S", &tm);
	return buf;
}

const char *
text_zone(char *buf, int64_t ms)
{
	struct tm tm;

	local_time(ms, &tm);
	strftime(buf, TEXT_MAX, "%Z", &tm);
	return buf;
}

bool
text_is_local_zone(const char *name)
{
	char *local = zone_system_name();
	bool same = strcmp(local, name) == 0 ||
	    (zone_name_is_utc(local) && zone_name_is_utc(name));

	free(local);
	return same;
}
