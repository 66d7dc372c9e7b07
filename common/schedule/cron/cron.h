/*
 * Cron fields: text to bit masks, and the search over them in local time,
 * which knows no zone.
 */
#ifndef BELFRY_SCHEDULE_CRON_CRON_H
#define BELFRY_SCHEDULE_CRON_CRON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/strbuf.h"

#define CRON_YEAR_MIN   1970
#define CRON_YEAR_MAX   2199
#define CRON_YEAR_WORDS ((CRON_YEAR_MAX - CRON_YEAR_MIN) / 64 + 1)

/* 2200-01-01T00:00:00: local time ends here. */
#define CRON_END  7258118400LL
#define CRON_NONE INT64_MAX

/*
 * The two star flags are set only where they decide: both day fields restrict,
 * and match together because this one begins an item with "*".
 */
enum cron_flag {
	CRON_WILDCARD = 1, /* keeps its spacing through DST changes */
	CRON_DAYS_AND = 2, /* both day fields must match, else either */
	CRON_DOM_STAR = 4,
	CRON_DOW_STAR = 8,
};

enum cron_hint {
	CRON_HINT_STEP = 1,      /* a step larger than its range */
	CRON_HINT_SUBSECOND = 2, /* @every of less than a second */
};

/* What few schedules have: special days and years. */
struct cron_rare {
	uint32_t weekday;      /* bit n: nW */
	uint32_t last_weekday; /* bit n: L-nW */
	uint8_t nth[5];        /* nth[n] bit d: d#(n+1) */
	uint8_t nth_last;      /* bit d: dL */
	uint16_t has_years;    /* years count; 16 bits leave no padding */
	uint64_t years[CRON_YEAR_WORDS]; /* bit y - CRON_YEAR_MIN */
};

struct cron_spec {
	uint64_t second;     /* bits 0-59 */
	uint64_t minute;     /* bits 0-59 */
	uint32_t hour;       /* bits 0-23 */
	uint32_t dom;        /* bits 1-31 */
	uint32_t last;       /* bit n: n days before the last of the month */
	uint16_t month;      /* bits 1-12 */
	uint8_t dow;         /* bits 0-6, Sunday is 0 */
	uint8_t flags;       /* enum cron_flag */
	uint32_t first_time; /* of a day, in seconds: derived */
	uint32_t last_time;
	struct cron_rare *rare; /* owned; NULL when there is none */
};

struct cron_options {
	const char *job; /* never NULL */
	bool quartz;
	bool days_and;
};

/*
 * Parses the fields from *pos on in text, up to its end. Columns in errors
 * count from the start of text. *hints_r gets enum cron_hint bits. 0 or -1.
 */
int cron_parse(const char *text, const char *pos,
    const struct cron_options *options, struct cron_spec *spec,
    unsigned int *hints_r, struct err *err);
void cron_fini(struct cron_spec *spec);

/* Whether the two mean the same. */
bool cron_equal(const struct cron_spec *a, const struct cron_spec *b);
uint64_t cron_hash(uint64_t h, const struct cron_spec *spec);

/*
 * Appends text that cron_parse() reads back as an equal spec, in the cron
 * dialect and with the same days_and.
 */
void cron_print(const struct cron_spec *spec, struct strbuf *out);

/*
 * The least matching local second > t, the greatest < t; CRON_NONE when there
 * is none from 1970 to 2199.
 */
int64_t cron_next_local(const struct cron_spec *spec, int64_t t);
int64_t cron_prev_local(const struct cron_spec *spec, int64_t t);

#endif
