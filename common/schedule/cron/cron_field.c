/* The items of one cron field. */
#include "schedule/cron/cron_field.h"

#include <string.h>

#include "base/mem.h"
#include "base/strbuf.h"
#include "schedule/cron/cron_lex.h"
#include "schedule/hash.h"

static void
set_value(struct cron_parser *p, int value)
{
	int n;

	switch (p->field->id) {
	case CRON_YEAR:
		n = value - CRON_YEAR_MIN;
		p->out->years[n / 64] |= 1ULL << n % 64;
		break;
	case CRON_DOW:
		/* 7 is Sunday; Quartz counts Sunday as 1. */
		p->out->mask |= 1ULL << (value + 7 - p->field->low) % 7;
		break;
	case CRON_SECOND:
	case CRON_MINUTE:
	case CRON_HOUR:
	case CRON_DOM:
	case CRON_MONTH:
	case CRON_FIELDS:
	default:
		p->out->mask |= 1ULL << value;
		break;
	}
}

static void
add_range(struct cron_parser *p, int low, int high, int step)
{
	if (step > 1 && step > high - low)
		p->out->hints |= CRON_HINT_STEP;
	for (int value = low; value <= high; value += step)
		set_value(p, value);
}

/* Quartz: a range that descends goes on at the start of the field. */
static void
add_wrapped(struct cron_parser *p, int low, int high, int step)
{
	int width = p->field->high - p->field->low + 1;

	for (int v = low; v <= high + width; v += step)
		set_value(p, p->field->low + (v - p->field->low) % width);
}

static void
print_value(struct strbuf *b, const struct cron_field *f, int v, bool names)
{
	if (names)
		strbuf_adds(b, f->names[v - f->low]);
	else
		strbuf_addf(b, "%d", v);
}

static void
print_range(
    struct strbuf *b, const struct cron_field *f, int low, int high, bool names)
{
	print_value(b, f, low, names);
	if (low == high)
		return;
	strbuf_addch(b, '-');
	print_value(b, f, high, names);
}

/* Says what to write instead of a range that descends. */
static int
fail_reversed(struct cron_parser *p, int low, int high, int step)
{
	const struct cron_field *f = p->field;
	int top = f->star_high, width = top - f->low + 1;
	bool names = f->names != NULL && cron_is_letter(*p->item);
	struct strbuf b = STRBUF_INIT;

	if (f->id == CRON_YEAR)
		return cron_fail(
		    p, p->item, "a range ascends; write %d-%d", high, low);
	if (step > 1) {
		for (int v = low; v <= high + width; v += step) {
			if (v > low)
				strbuf_addch(&b, ',');
			print_value(
			    &b, f, f->low + (v - f->low) % width, names);
		}
	} else if (low > top) { /* 7-1 */
		print_range(&b, f, f->low, high, names);
	} else {
		print_range(&b, f, low, top, names);
		strbuf_addch(&b, ',');
		print_range(&b, f, f->low, high, names);
	}
	cron_fail(p, p->item, "a range ascends; write %s", strbuf_str(&b));
	strbuf_fini(&b);
	return -1;
}

/* The end of a range from low on: Sunday may end a week. */
static int
read_range_end(struct cron_parser *p, int low, int *high_r)
{
	if (cron_read_value(p, high_r) == -1)
		return -1;
	if (p->field->id == CRON_DOW && !p->options->quartz && *high_r == 0 &&
	    low > 0)
		*high_r = 7;
	return 0;
}

static int
parse_range(struct cron_parser *p, int low)
{
	const struct cron_field *f = p->field;
	int high, step;

	if (read_range_end(p, low, &high) == -1 ||
	    cron_read_step(p, &step) == -1)
		return -1;
	if (low <= high) {
		add_range(p, low, high, step);
		return 0;
	}
	if (!p->options->quartz || f->id == CRON_YEAR)
		return fail_reversed(p, low, high, step);
	add_wrapped(p, low, high, step);
	return 0;
}

/* One of low to high, or every step from one of the first step on. */
static int
add_hashed(struct cron_parser *p, int low, int high, int step)
{
	int width = high - low + 1;
	uint32_t offset;

	offset = hash_field(p->options->job, p->field->id, p->hashes++,
	    (uint32_t)(step > 0 ? step : width));
	low += (int)offset;
	if (step == 0) {
		set_value(p, low);
		return 0;
	}
	for (; low <= high; low += step)
		set_value(p, low);
	return 0;
}

static int
parse_random(struct cron_parser *p, int low)
{
	int high;

	if (read_range_end(p, low, &high) == -1)
		return -1;
	if (low > high)
		return cron_fail(
		    p, p->item, "a range ascends; write %d~%d", high, low);
	if (cron_peek(p) == '/')
		return cron_fail(
		    p, p->p, "a~b has no step; write H(%d-%d)/n", low, high);
	return add_hashed(p, low, high, 0);
}

static int
read_hash_range(struct cron_parser *p, int *low_r, int *high_r)
{
	const struct cron_field *f = p->field;
	const char *start = p->p;

	if (!cron_is_digit(cron_peek(p)))
		return cron_fail(p, p->p, "expected a number; write H(%d-%d)",
		    f->low, f->star_high);
	if (cron_read_value(p, low_r) == -1)
		return -1;
	if (!cron_accept(p, '-') || !cron_is_digit(cron_peek(p)))
		return cron_fail(p, p->p, "expected a range; write H(%d-%d)",
		    *low_r, f->star_high);
	if (read_range_end(p, *low_r, high_r) == -1)
		return -1;
	if (!cron_accept(p, ')'))
		return cron_fail(p, p->p, "expected ) behind the range of H");
	if (*low_r > *high_r)
		return cron_fail(p, start, "a range ascends; write H(%d-%d)",
		    *high_r, *low_r);
	return 0;
}

static int
parse_hash(struct cron_parser *p)
{
	const struct cron_field *f = p->field;
	int low = f->low, high = f->hash_high, step = 0;
	const char *slash;

	if (cron_accept(p, '(')) {
		if (read_hash_range(p, &low, &high) == -1)
			return -1;
	} else if (high == 0) {
		return cron_fail(p, p->item,
		    "H of the %s needs a range; write H(2026-2030)", f->name);
	}
	slash = p->p;
	if (cron_peek(p) == '/') {
		if (cron_read_step(p, &step) == -1)
			return -1;
		if (step > high - low + 1)
			return cron_fail(p, slash + 1,
			    "the step of H is larger "
			    "than its range; write 1-%d",
			    high - low + 1);
		p->out->hash_step = true;
	}
	return add_hashed(p, low, high, step);
}

/* L, L-3, LW, L-3W of the day of month; L is behind us. */
static int
parse_last_day(struct cron_parser *p)
{
	const char *start;
	int days = 0;

	if (cron_accept(p, '-')) {
		start = p->p;
		if (!cron_is_digit(cron_peek(p)))
			return cron_fail(p, start,
			    "expected a number of days; write L-0 to L-30");
		if (cron_read_number(p, &days) == -1)
			return -1;
		if (days > 30)
			return cron_fail(p, start,
			    "L-%d is in no month; write L-0 "
			    "to L-30",
			    days);
	}
	if (cron_accept(p, 'W'))
		p->out->last_weekday |= 1U << days;
	else
		p->out->last |= 1U << days;
	return 0;
}

static int
parse_bare_last_weekday(struct cron_parser *p)
{
	if (!p->options->quartz)
		return cron_fail(p, p->item,
		    "L alone is no day of week; "
		    "write 6 for Saturday or 5L for the last Friday");
	set_value(p, 7);
	return 0;
}

/* MON#2 or FRI#L; the # is behind us. */
static int
parse_nth(struct cron_parser *p, int value)
{
	uint8_t bit = (uint8_t)(1U << (value + 7 - p->field->low) % 7);
	char c = cron_peek(p);

	if (cron_accept(p, 'L')) {
		p->out->nth_last |= bit;
		return 0;
	}
	if (c < '1' || c > '5' || (p->p + 1 < p->end && cron_is_digit(p->p[1])))
		return cron_fail(p, p->p,
		    "a month has up to five of a weekday; "
		    "write #1 to #5 or #L");
	p->p++;
	p->out->nth[c - '1'] |= bit;
	return 0;
}

static int
parse_value_item(struct cron_parser *p)
{
	int value, step;

	if (cron_read_value(p, &value) == -1)
		return -1;
	if (p->field->id == CRON_DOM && cron_accept(p, 'W')) {
		p->out->weekday |= 1U << value;
		return 0;
	}
	if (p->field->id == CRON_DOW && cron_accept(p, '#'))
		return parse_nth(p, value);
	if (p->field->id == CRON_DOW && cron_accept(p, 'L')) {
		p->out->nth_last |=
		    (uint8_t)(1U << (value + 7 - p->field->low) % 7);
		return 0;
	}
	if (cron_accept(p, '-'))
		return parse_range(p, value);
	if (cron_accept(p, '~'))
		return parse_random(p, value);
	if (cron_peek(p) != '/') {
		set_value(p, value);
		return 0;
	}
	if (cron_read_step(p, &step) == -1)
		return -1;
	if (p->field->id == CRON_DOW && value > p->field->star_high)
		value = 0;
	add_range(p, value, p->field->star_high, step);
	return 0;
}

static bool
at_letter(const struct cron_parser *p, char want)
{
	return cron_upper(cron_peek(p)) == want &&
	    (p->p + 1 == p->end || !cron_is_letter(p->p[1]) ||
		cron_upper(p->p[1]) == 'W');
}

static int
parse_item(struct cron_parser *p)
{
	int step;

	p->item = p->p;
	if (cron_accept(p, '*')) {
		p->out->star = true;
		if (cron_read_step(p, &step) == -1)
			return -1;
		add_range(p, p->field->low, p->field->star_high, step);
		return 0;
	}
	if (at_letter(p, 'H')) {
		p->p++;
		return parse_hash(p);
	}
	if (p->field->id == CRON_DOM && at_letter(p, 'L')) {
		p->p++;
		return parse_last_day(p);
	}
	if (p->field->id == CRON_DOW && at_letter(p, 'L')) {
		p->p++;
		return parse_bare_last_weekday(p);
	}
	return parse_value_item(p);
}

int
cron_field_parse(const struct cron_field *field, const char *text,
    const char *start, const char *end, const struct cron_options *options,
    struct cron_items *items_r, struct err *err)
{
	struct cron_parser p = {.field = field,
	    .options = options,
	    .text = text,
	    .item = start,
	    .p = start,
	    .end = end,
	    .out = items_r,
	    .err = err};

	memset(items_r, 0, sizeof(*items_r));
	if (end - start == 1 && *start == '?' &&
	    (field->id == CRON_DOM || field->id == CRON_DOW)) {
		items_r->question = true;
		add_range(&p, field->low, field->star_high, 1);
		return 0;
	}
	for (;;) {
		if (parse_item(&p) == -1)
			return -1;
		if (p.p == end)
			return 0;
		if (!cron_accept(&p, ','))
			return cron_fail(&p, p.p,
			    "unexpected text in the %s; "
			    "items are separated by commas",
			    field->name);
	}
}
