/* The normal form of cron fields. */
#include <string.h>

#include "base/mem.h"
#include "schedule/cron/cron.h"

/* A set of values as one kind of thing: masks and years have one width. */
struct set {
	uint64_t words[CRON_YEAR_WORDS];
	int low, high;
};

static struct set
set_of(uint64_t mask, int low, int high)
{
	struct set set = {.words = {mask >> low}, .low = low, .high = high};

	return set;
}

static bool
has(const struct set *set, int value)
{
	int n = value - set->low;

	return value <= set->high && (set->words[n / 64] >> n % 64 & 1);
}

static void
drop(struct set *set, int value)
{
	int n = value - set->low;

	set->words[n / 64] &= ~(1ULL << n % 64);
}

/* The least value >= from, or high + 1. */
static int
first_from(const struct set *set, int from)
{
	while (from <= set->high && !has(set, from))
		from++;
	return from;
}

static bool
has_steps(const struct set *set, int step)
{
	for (int v = set->low; v <= set->high; v += step)
		if (!has(set, v))
			return false;
	return true;
}

static void
separate(struct strbuf *out, size_t start)
{
	if (out->len > start)
		strbuf_addch(out, ',');
}

/* Values and ranges, "1,3,7-12". */
static void
print_list(const struct set *set, size_t start, struct strbuf *out)
{
	int v = first_from(set, set->low), end;

	while (v <= set->high) {
		for (end = v; has(set, end + 1); end++)
			continue;
		separate(out, start);
		if (end >= v + 2)
			strbuf_addf(out, "%d-%d", v, end);
		else
			strbuf_addf(out, "%d", v);
		v = first_from(set, end >= v + 2 ? end + 1 : v + 1);
	}
}

/* "5-55/10" when the whole set is that; three values at least. */
static bool
print_steps(const struct set *set, struct strbuf *out)
{
	int first = first_from(set, set->low);
	int second = first_from(set, first + 1);
	int step = second - first, last = first, v;

	for (v = first; v <= set->high; v = first_from(set, v + 1)) {
		if (v != first && v - last != step)
			return false;
		last = v;
	}
	if (step < 2 || last < first + 2 * step)
		return false;
	strbuf_addf(out, "%d-%d/%d", first, last, step);
	return true;
}

/*
 * Items that begin with * for as much of the set as they can say; the rest
 * stays in it. The step may be as large as the field: then it is the first
 * value only.
 */
static void
print_star(struct set *set, struct strbuf *out)
{
	int step = 1;

	while (!has_steps(set, step))
		step++;
	if (step == 1)
		strbuf_addch(out, '*');
	else
		strbuf_addf(out, "*/%d", step);
	for (int v = set->low; v <= set->high; v += step)
		drop(set, v);
}

/* Whether one * item with that many values or more says the whole set. */
static bool
is_star(const struct set *set, int values)
{
	int second = first_from(set, set->low + 1);
	struct set rest = *set;

	if (!has(set, set->low) ||
	    set->low + (values - 1) * (second - set->low) > set->high ||
	    !has_steps(set, second - set->low))
		return false;
	for (int v = set->low; v <= set->high; v += second - set->low)
		drop(&rest, v);
	return first_from(&rest, rest.low) > rest.high;
}

/*
 * values: how many make an item with * worth it; 0 forbids it. Returns
 * whether one was written.
 */
static bool
print_set(struct set *set, int values, struct strbuf *out)
{
	if (values > 0 && is_star(set, values)) {
		print_star(set, out);
		return true;
	}
	if (!print_steps(set, out))
		print_list(set, out->len, out);
	return false;
}

/*
 * Seconds, minutes and hours. A wildcard schedule must have an item with *, or
 * H/n, among them; a fixed-time one must not.
 */
static void
print_times(const struct cron_spec *s, struct strbuf *out)
{
	bool wildcard = s->flags & CRON_WILDCARD, star = false;
	int values = wildcard ? 2 : 0;
	struct set second = set_of(s->second, 0, 59);
	struct set minute = set_of(s->minute, 0, 59);
	struct set hour = set_of(s->hour, 0, 23);
	struct strbuf hours = STRBUF_INIT;

	if (s->second != 1) {
		star = print_set(&second, values, out);
		strbuf_addch(out, ' ');
	}
	star |= print_set(&hour, values, &hours);
	if (wildcard && !star && !is_star(&minute, 2)) {
		int first = first_from(&minute, 0);
		size_t start = out->len;

		strbuf_addf(out, "H(%d-%d)/1", first, first);
		drop(&minute, first);
		print_list(&minute, start, out);
	} else {
		print_set(&minute, values, out);
	}
	strbuf_addch(out, ' ');
	strbuf_adds(out, strbuf_str(&hours));
	strbuf_fini(&hours);
}

static void
print_dom(const struct cron_spec *s, struct strbuf *out)
{
	struct set set = set_of(s->dom, 1, 31);
	size_t start = out->len;

	if (s->dom == 0xfffffffeU && s->flags & CRON_DAYS_AND) {
		strbuf_addch(out, '*');
		return;
	}
	if (s->flags & CRON_DOM_STAR)
		print_star(&set, out);
	if (out->len > start || !print_steps(&set, out))
		print_list(&set, start, out);
	for (int n = 0; n <= 30; n++) {
		if (s->last >> n & 1) {
			separate(out, start);
			strbuf_adds(out, "L");
			if (n > 0)
				strbuf_addf(out, "-%d", n);
		}
		if (s->rare != NULL && s->rare->last_weekday >> n & 1) {
			separate(out, start);
			strbuf_adds(out, "L");
			if (n > 0)
				strbuf_addf(out, "-%d", n);
			strbuf_addch(out, 'W');
		}
	}
	for (int n = 1; s->rare != NULL && n <= 31; n++)
		if (s->rare->weekday >> n & 1) {
			separate(out, start);
			strbuf_addf(out, "%dW", n);
		}
}

static void
print_dow(const struct cron_spec *s, struct strbuf *out)
{
	struct set set = set_of(s->dow, 0, 6);
	size_t start = out->len;

	if (s->dow == 0x7f && s->flags & CRON_DAYS_AND) {
		strbuf_addch(out, '*');
		return;
	}
	if (s->flags & CRON_DOW_STAR)
		print_star(&set, out);
	print_list(&set, start, out);
	if (s->rare == NULL)
		return;
	for (int d = 0; d < 7; d++) {
		for (int n = 0; n < 5; n++)
			if (s->rare->nth[n] >> d & 1) {
				separate(out, start);
				strbuf_addf(out, "%d#%d", d, n + 1);
			}
		if (s->rare->nth_last >> d & 1) {
			separate(out, start);
			strbuf_addf(out, "%dL", d);
		}
	}
}

void
cron_print(const struct cron_spec *s, struct strbuf *out)
{
	struct set month = set_of(s->month, 1, 12);
	struct set years = {.low = CRON_YEAR_MIN, .high = CRON_YEAR_MAX};
	bool has_years = s->rare != NULL && s->rare->has_years;

	/* A year needs the seconds in front. */
	if (has_years && s->second == 1)
		strbuf_adds(out, "0 ");
	print_times(s, out);
	strbuf_addch(out, ' ');
	print_dom(s, out);
	strbuf_addch(out, ' ');
	print_set(&month, 3, out);
	strbuf_addch(out, ' ');
	print_dow(s, out);
	if (!has_years)
		return;
	memcpy(years.words, s->rare->years, sizeof(years.words));
	strbuf_addch(out, ' ');
	print_set(&years, 3, out);
}
