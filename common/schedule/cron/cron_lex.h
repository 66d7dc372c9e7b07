/* Reads the words of a cron field: values, names and steps. */
#ifndef BELFRY_SCHEDULE_CRON_CRON_LEX_H
#define BELFRY_SCHEDULE_CRON_CRON_LEX_H

#include <stdbool.h>

#include "schedule/cron/cron_field.h"

struct cron_parser {
	const struct cron_field *field;
	const struct cron_options *options;
	const char *text, *item, *p, *end;
	struct cron_items *out;
	unsigned int hashes; /* H and ~ seen in this field */
	struct err *err;
};

/* Sets "column N: " of at, and the text. Returns -1. */
int cron_fail(struct cron_parser *p, const char *at, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* One to four digits; a value of the field, or its name; "/n", else 1. */
int cron_read_number(struct cron_parser *p, int *value_r);
int cron_read_value(struct cron_parser *p, int *value_r);
int cron_read_step(struct cron_parser *p, int *step_r);

static inline char
cron_peek(const struct cron_parser *p)
{
	return p->p < p->end ? *p->p : '\0';
}

static inline char
cron_upper(char c)
{
	return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

static inline bool
cron_is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static inline bool
cron_is_letter(char c)
{
	return cron_upper(c) >= 'A' && cron_upper(c) <= 'Z';
}

static inline bool
cron_accept(struct cron_parser *p, char want)
{
	if (cron_upper(cron_peek(p)) != want)
		return false;
	p->p++;
	return true;
}

#endif
