#include "schedule/cron/cron_lex.h"

#include <stdarg.h>
#include <stdio.h>

#define DIGITS_MAX 4

static const char month_names[][4] = {"JAN", "FEB", "MAR", "APR", "MAY", "JUN",
    "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"};
static const char dow_names[][4] = {
    "SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"};

static const struct cron_field fields[CRON_FIELDS] = {
    {CRON_SECOND, "second", NULL, 0, 59, 59, 59},
    {CRON_MINUTE, "minute", NULL, 0, 59, 59, 59},
    {CRON_HOUR, "hour", NULL, 0, 23, 23, 23},
    {CRON_DOM, "day of month", NULL, 1, 31, 31, 28},
    {CRON_MONTH, "month", month_names, 1, 12, 12, 12},
    {CRON_DOW, "day of week", dow_names, 0, 7, 6, 6},
    {CRON_YEAR, "year", NULL, CRON_YEAR_MIN, CRON_YEAR_MAX, CRON_YEAR_MAX, 0},
};
static const struct cron_field quartz_dow = {
    CRON_DOW, "day of week", dow_names, 1, 7, 7, 7};

const struct cron_field *
cron_field_get(enum cron_field_id id, bool quartz)
{
	return id == CRON_DOW && quartz ? &quartz_dow : &fields[id];
}

int
cron_column(const char *text, const char *p)
{
	int column = 1;

	/* Bytes that continue a UTF-8 character take no column. */
	for (; text < p; text++)
		column += ((unsigned char)*text & 0xc0) != 0x80;
	return column;
}

int
cron_fail(struct cron_parser *p, const char *at, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return err_set(p->err, "column %d: %s", cron_column(p->text, at), text);
}

/* What may stand where a value is expected, for messages. */
static const char *
expected(const struct cron_parser *p)
{
	switch (p->field->id) {
	case CRON_DOM:
		return "1-31, L, LW or 15W";
	case CRON_MONTH:
		return "1-12 or JAN-DEC";
	case CRON_DOW:
		return p->options->quartz ? "1-7 or SUN-SAT" : "0-7 or SUN-SAT";
	case CRON_HOUR:
		return "0-23";
	case CRON_YEAR:
		return "1970-2199";
	case CRON_SECOND:
	case CRON_MINUTE:
	case CRON_FIELDS:
	default:
		return "0-59";
	}
}

int
cron_read_number(struct cron_parser *p, int *value_r)
{
	const char *start = p->p;
	int value = 0;

	for (; cron_is_digit(cron_peek(p)); p->p++) {
		if (p->p - start == DIGITS_MAX)
			return cron_fail(p, start,
			    "a number has at most %d digits", DIGITS_MAX);
		value = value * 10 + (*p->p - '0');
	}
	if (p->p == start)
		return cron_fail(p, start, "expected a number");
	*value_r = value;
	return 0;
}

static int
bad_value(struct cron_parser *p)
{
	const char *name = p->field->name;
	char c = cron_peek(p);

	if (c == '\0' || c == ',')
		return cron_fail(p, p->p,
		    "an item of the %s is missing; write %s", name,
		    expected(p));
	if (c == '+' || c == '-')
		return cron_fail(p, p->p, "numbers have no sign; the %s is %s",
		    name, expected(p));
	if (c == '?' && (p->field->id == CRON_DOM || p->field->id == CRON_DOW))
		return cron_fail(p, p->p,
		    "? must be the whole field; write * or "
		    "leave the other items out");
	if (c == '?')
		return cron_fail(
		    p, p->p, "? is for the two day fields; write *");
	if (cron_is_letter(c) && p->field->names == NULL)
		return cron_fail(p, p->p, "the %s has no names; write %s", name,
		    expected(p));
	return cron_fail(p, p->p, "expected %s %s; write %s",
	    p->field->id == CRON_HOUR ? "an" : "a", name, expected(p));
}

static int
read_name(struct cron_parser *p, int *value_r)
{
	int count = p->field->id == CRON_MONTH ? 12 : 7, letters = 0;
	const char *start = p->p;

	while (start + letters < p->end && cron_is_letter(start[letters]))
		letters++;
	for (int i = 0; i < count && letters >= 3; i++) {
		const char *name = p->field->names[i];

		if (cron_upper(start[0]) != name[0] ||
		    cron_upper(start[1]) != name[1] ||
		    cron_upper(start[2]) != name[2])
			continue;
		if (letters > 3 &&
		    !(p->field->id == CRON_DOW && letters == 4 &&
			cron_upper(start[3]) == 'L'))
			return cron_fail(p, start,
			    "names have three letters; write %s", name);
		p->p += 3;
		*value_r = p->field->low + i;
		return 0;
	}
	return cron_fail(p, start, "unknown name; the %s is %s", p->field->name,
	    expected(p));
}

int
cron_read_value(struct cron_parser *p, int *value_r)
{
	const struct cron_field *f = p->field;
	const char *start = p->p;

	if (cron_is_letter(cron_peek(p)) && f->names != NULL)
		return read_name(p, value_r);
	if (!cron_is_digit(cron_peek(p)))
		return bad_value(p);
	if (cron_read_number(p, value_r) == -1)
		return -1;
	if (*value_r < f->low || *value_r > f->high)
		return cron_fail(p, start, "%s %d is out of range; write %s",
		    f->name, *value_r, expected(p));
	return 0;
}

/* "/n"; 1 when there is none. */
int
cron_read_step(struct cron_parser *p, int *step_r)
{
	const char *start;

	*step_r = 1;
	if (!cron_accept(p, '/'))
		return 0;
	start = p->p;
	if (!cron_is_digit(cron_peek(p)))
		return cron_fail(p, start,
		    "expected a step behind the /; write a "
		    "number from 1 on");
	if (cron_read_number(p, step_r) == -1)
		return -1;
	if (*step_r == 0)
		return cron_fail(p, start,
		    "a step of 0 never moves; write 1 or "
		    "more");
	return 0;
}
