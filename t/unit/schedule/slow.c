#include "slow.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/timestamp.h"

static const int lows[SLOW_FIELDS] = {0, 0, 0, 1, 1, 0, 1970};
static const int highs[SLOW_FIELDS] = {59, 59, 23, 31, 12, 6, 2199};

uint32_t
slow_rand(struct slow_random *r, uint32_t below)
{
	r->state ^= r->state << 13;
	r->state ^= r->state >> 7;
	r->state ^= r->state << 17;
	return (uint32_t)(r->state >> 20) % below;
}

static bool
item_matches(const struct slow_item *item, int field, int value)
{
	switch (item->kind) {
	case SLOW_STAR:
		return (value - lows[field]) % item->step == 0;
	case SLOW_VALUE:
		return value == item->a;
	case SLOW_FROM:
		return value >= item->a && (value - item->a) % item->step == 0;
	case SLOW_RANGE:
		return value >= item->a && value <= item->b &&
		    (value - item->a) % item->step == 0;
	case SLOW_LAST:
	case SLOW_LAST_W:
	case SLOW_W:
	case SLOW_NTH:
	case SLOW_NTH_LAST:
	default:
		return false;
	}
}

static bool
field_matches(const struct slow_cron *cron, int field, int value)
{
	const struct slow_field *f = &cron->fields[field];

	if (f->question)
		return true;
	for (int i = 0; i < f->count; i++)
		if (item_matches(&f->items[i], field, value))
			return true;
	return false;
}

static int
weekday(int64_t day)
{
	return (int)((day % 7 + 7 + 4) % 7);
}

static int
month_days(int year, int month)
{
	int days = 28;
	struct civil c;

	for (;; days++) {
		civil_from_days(civil_to_days(year, month, days + 1), &c);
		if (c.month != month)
			return days;
	}
}

/* The day Monday to Friday nearest to mday; 0 when there is no mday. */
static int
nearest(int year, int month, int mday)
{
	int days = month_days(year, month);

	if (mday < 1 || mday > days)
		return 0;
	for (int distance = 0;; distance++)
		for (int sign = -1; sign <= 1; sign += 2) {
			int d = mday + sign * distance;
			int w = weekday(civil_to_days(year, month, d));

			if (d >= 1 && d <= days && w >= 1 && w <= 5)
				return d;
		}
}

static bool
dom_special(const struct slow_item *item, const struct civil *c)
{
	int days = month_days(c->year, c->month);

	if (item->kind == SLOW_LAST)
		return c->day == days - item->a;
	if (item->kind == SLOW_LAST_W)
		return c->day == nearest(c->year, c->month, days - item->a);
	if (item->kind == SLOW_W)
		return c->day == nearest(c->year, c->month, item->a);
	return false;
}

static bool
dow_special(const struct slow_item *item, const struct civil *c, int dow)
{
	int days = month_days(c->year, c->month), nth = 0;

	if (item->a % 7 != dow)
		return false;
	if (item->kind == SLOW_NTH_LAST)
		return c->day + 7 > days;
	for (int d = c->day; d >= 1; d -= 7)
		nth++;
	return item->kind == SLOW_NTH && nth == item->b;
}

static bool
is_restricted(const struct slow_field *f)
{
	if (f->question)
		return false;
	for (int i = 0; i < f->count; i++)
		if (f->items[i].kind == SLOW_STAR)
			return false;
	return true;
}

bool
slow_matches_day(const struct slow_cron *cron, int64_t day)
{
	const struct slow_field *dom = &cron->fields[SLOW_DOM];
	const struct slow_field *dow = &cron->fields[SLOW_DOW];
	int w = weekday(day);
	bool dom_ok, dow_ok;
	struct civil c;

	civil_from_days(day, &c);
	if (c.year < 1970 || c.year > 2199)
		return false;
	if (!field_matches(cron, SLOW_MONTH, c.month))
		return false;
	if (cron->has_year && !field_matches(cron, SLOW_YEAR, c.year))
		return false;
	dom_ok = field_matches(cron, SLOW_DOM, c.day);
	for (int i = 0; i < dom->count; i++)
		dom_ok |= dom_special(&dom->items[i], &c);
	dow_ok = field_matches(cron, SLOW_DOW, w);
	for (int i = 0; i < dow->count; i++) {
		dow_ok |= dow_special(&dow->items[i], &c, w);
		/* 7 is Sunday too, alone or at the end of a range. */
		if (w == 0 && dow->items[i].kind != SLOW_STAR &&
		    dow->items[i].kind != SLOW_FROM)
			dow_ok |= item_matches(&dow->items[i], SLOW_DOW, 7);
	}
	if (is_restricted(dom) && is_restricted(dow))
		return dom_ok || dow_ok;
	return dom_ok && dow_ok;
}

bool
slow_matches_time(const struct slow_cron *cron, int time)
{
	int second = time % 60, minute = time / 60 % 60, hour = time / 3600;

	if (!field_matches(cron, SLOW_HOUR, hour) ||
	    !field_matches(cron, SLOW_MINUTE, minute))
		return false;
	if (!cron->has_second)
		return second == 0;
	return field_matches(cron, SLOW_SECOND, second);
}

bool
slow_is_wildcard(const struct slow_cron *cron)
{
	int first = cron->has_second ? SLOW_SECOND : SLOW_MINUTE;

	for (int f = first; f <= SLOW_HOUR; f++)
		if (!is_restricted(&cron->fields[f]))
			return true;
	return false;
}

static struct slow_item
random_item(struct slow_random *r, int f)
{
	int width = highs[f] - lows[f] + 1, x, y;
	struct slow_item item = {.step = 1};

	x = lows[f] + (int)slow_rand(r, (uint32_t)width);
	y = lows[f] + (int)slow_rand(r, (uint32_t)width);
	item.a = x < y ? x : y;
	item.b = x < y ? y : x;
	if (slow_rand(r, 2) == 0)
		item.step = 1 + (int)slow_rand(r, (uint32_t)(width / 3 + 1));
	switch (slow_rand(r, 4)) {
	case 0:
		item.kind = SLOW_STAR;
		break;
	case 1:
		item.kind = SLOW_VALUE;
		break;
	case 2:
		item.kind = SLOW_FROM;
		break;
	default:
		item.kind = SLOW_RANGE;
		if (f == SLOW_DOW && item.a > 0 && slow_rand(r, 3) == 0)
			item.b = 7;
		break;
	}
	return item;
}

static struct slow_item
random_special(struct slow_random *r, int f)
{
	struct slow_item item = {.step = 1};

	if (f == SLOW_DOM) {
		item.kind = SLOW_LAST + slow_rand(r, 3);
		item.a = slow_rand(r, 2) == 0 ? 0 : (int)slow_rand(r, 31);
		if (item.kind == SLOW_W)
			item.a = slow_rand(r, 3) == 0 ?
			    1 :
			    1 + (int)slow_rand(r, 31);
	} else {
		item.kind = SLOW_NTH + slow_rand(r, 2);
		item.a = (int)slow_rand(r, 8);
		item.b = 1 + (int)slow_rand(r, 5);
	}
	return item;
}

static struct slow_item
just(int value)
{
	return (struct slow_item){.kind = SLOW_VALUE, .a = value, .step = 1};
}

static struct slow_item
star(void)
{
	return (struct slow_item){.kind = SLOW_STAR, .step = 1};
}

static void
random_field(struct slow_random *r, int f, int likely, struct slow_field *out)
{
	bool day = f == SLOW_DOM || f == SLOW_DOW;

	memset(out, 0, sizeof(*out));
	if (day && slow_rand(r, 12) == 0) {
		out->question = true;
		return;
	}
	if (slow_rand(r, 3) == 0)
		out->items[out->count++] = star();
	else if (slow_rand(r, 2) == 0)
		out->items[out->count++] = just(likely);
	while (out->count == 0 || (out->count < 4 && slow_rand(r, 3) == 0))
		out->items[out->count++] = day && slow_rand(r, 3) == 0 ?
		    random_special(r, f) :
		    random_item(r, f);
}

void
slow_generate(struct slow_random *r, int year, int month, int day,
    bool with_year, struct slow_cron *cron)
{
	int64_t days = civil_to_days(year, month, day);
	int likely[SLOW_FIELDS] = {
	    0, 0, (int)slow_rand(r, 4), day, month, weekday(days), year};

	memset(cron, 0, sizeof(*cron));
	cron->has_year = with_year && slow_rand(r, 4) == 0;
	cron->has_second = cron->has_year || slow_rand(r, 2) == 0;
	for (int f = 0; f < SLOW_FIELDS; f++)
		random_field(r, f, likely[f], &cron->fields[f]);
}

struct text {
	char *p;
	size_t left;
};

static void
add(struct text *, const char *, ...) __attribute__((format(printf, 2, 3)));

static void
add(struct text *t, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(t->p, t->left, fmt, ap);
	va_end(ap);
	if (n > 0 && (size_t)n < t->left) {
		t->p += n;
		t->left -= (size_t)n;
	}
}

static void
add_value(struct text *t, struct slow_random *r, int f, int value)
{
	static const char *const months[] = {"JAN", "feb", "Mar", "APR", "MAY",
	    "JUN", "JUL", "AUG", "SEP", "oct", "NOV", "DEC"};
	static const char *const days[] = {
	    "SUN", "mon", "TUE", "Wed", "THU", "FRI", "sat", "SUN"};
	uint32_t way = slow_rand(r, 4);

	if (way == 0 && f == SLOW_MONTH)
		add(t, "%s", months[value - 1]);
	else if (way == 0 && f == SLOW_DOW)
		add(t, "%s", days[value]);
	else if (way == 1)
		add(t, "%02d", value);
	else
		add(t, "%d", value);
}

static void
add_item(
    struct text *t, struct slow_random *r, int f, const struct slow_item *item)
{
	switch (item->kind) {
	case SLOW_STAR:
		add(t, "*");
		break;
	case SLOW_RANGE:
		add_value(t, r, f, item->a);
		add(t, "-");
		add_value(t, r, f, item->b);
		break;
	case SLOW_LAST:
	case SLOW_LAST_W:
		add(t, item->a == 0 ? "L" : "L-%d", item->a);
		add(t, item->kind == SLOW_LAST_W ? "W" : "");
		break;
	case SLOW_W:
		add(t, "%dW", item->a);
		break;
	case SLOW_NTH:
		add_value(t, r, f, item->a);
		add(t, "#%d", item->b);
		break;
	case SLOW_NTH_LAST:
		add_value(t, r, f, item->a);
		add(t, "%s", slow_rand(r, 2) == 0 ? "L" : "#l");
		break;
	case SLOW_VALUE:
	case SLOW_FROM:
	default:
		add_value(t, r, f, item->a);
		break;
	}
	if (item->kind == SLOW_FROM ||
	    (item->step > 1 &&
		(item->kind == SLOW_STAR || item->kind == SLOW_RANGE)))
		add(t, "/%d", item->step);
}

void
slow_print(
    const struct slow_cron *cron, struct slow_random *r, char *buf, size_t size)
{
	struct text t = {buf, size};
	int first = cron->has_second ? SLOW_SECOND : SLOW_MINUTE;
	int last = cron->has_year ? SLOW_YEAR : SLOW_DOW;

	for (int f = first; f <= last; f++) {
		const struct slow_field *field = &cron->fields[f];

		if (f > first)
			add(&t, slow_rand(r, 9) == 0 ? "\t " : " ");
		if (field->question)
			add(&t, "?");
		for (int i = 0; i < field->count; i++) {
			add(&t, i > 0 ? "," : "");
			add_item(&t, r, f, &field->items[i]);
		}
	}
}
