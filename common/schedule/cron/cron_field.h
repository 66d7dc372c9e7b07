/* One field of a cron text: names, ranges, and the parser of its items. */
#ifndef BELFRY_SCHEDULE_CRON_CRON_FIELD_H
#define BELFRY_SCHEDULE_CRON_CRON_FIELD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "schedule/cron/cron.h"

/* The order is part of the published hash: hash.h. */
enum cron_field_id {
	CRON_SECOND,
	CRON_MINUTE,
	CRON_HOUR,
	CRON_DOM,
	CRON_MONTH,
	CRON_DOW,
	CRON_YEAR,
	CRON_FIELDS,
};

struct cron_field {
	enum cron_field_id id;
	const char *name;
	const char (*names)[4]; /* three letters each, from low on; or NULL */
	int low, high;          /* of values */
	int star_high;          /* * and a/n run up to here */
	int hash_high;          /* H is low to here; 0: needs a range */
};

/* What the items of a field said. */
struct cron_items {
	uint64_t mask;
	uint64_t years[CRON_YEAR_WORDS];
	uint32_t last, weekday, last_weekday;
	uint8_t nth[5];
	uint8_t nth_last;
	bool star;          /* an item begins with * */
	bool question;      /* the field is ? */
	bool hash_step;     /* an item is H/n */
	unsigned int hints; /* enum cron_hint */
};

const struct cron_field *cron_field_get(enum cron_field_id id, bool quartz);

/*
 * Reads the text from p to end as the items of field. Columns count from
 * text. 0 or -1.
 */
int cron_field_parse(const struct cron_field *field, const char *text,
    const char *p, const char *end, const struct cron_options *options,
    struct cron_items *items_r, struct err *err);

/* The column of p in text: characters, from 1. */
int cron_column(const char *text, const char *p);

#endif
