/* Times, ages and durations as a person reads them. */
#ifndef BELFRY_CLI_PRINT_TEXT_H
#define BELFRY_CLI_PRINT_TEXT_H

#include <stdbool.h>
#include <stdint.h>

#define TEXT_MAX 64

/* Now, milliseconds since 1970. */
int64_t text_now(void);

/* RFC 3339 -> milliseconds. False for NULL or what is none. */
bool text_parse(const char *stamp, int64_t *ms_r);

/*
 * What a person writes for a time: RFC 3339, or by the local clock
 * "2026-03-10", "2026-03-10 07:00", "2026-03-10 07:00:00". False: none of them.
 */
bool text_parse_time(const char *text, int64_t *ms_r);

/* The same, or how long ago: "2h". *ago_r (may be NULL) tells which. */
bool text_parse_since(const char *text, int64_t *ms_r, bool *ago_r);

/* What text_parse_since() takes, for messages. */
#define TEXT_SINCE_FORMS                                                       \
	"write a time such as 2026-03-10T07:00:00Z, a local one such as "      \
	"2026-03-10 or \"2026-03-10 07:00\", or how long ago, such as 2h"

/* "1.2s", "350ms", "2m05s", "3h12m", "4d7h". Returns buf, of TEXT_MAX. */
const char *text_duration(char *buf, int64_t ms);

/* "3m ago", "in 5m", "now". */
const char *text_age(char *buf, int64_t ms, int64_t now);

/* In the local zone: "2026-03-10 08:00:00". */
const char *text_time(char *buf, int64_t ms);

/* The same, without the date when that is also the one of now. */
const char *text_short_time(char *buf, int64_t ms, int64_t now);

/* "CET": the name of the local zone at that time. */
const char *text_zone(char *buf, int64_t ms);

/* Whether the zone of that name is the local one. */
bool text_is_local_zone(const char *name);

#endif
