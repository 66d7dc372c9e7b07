#include "schedule/schedule.h"

#include <string.h>

#include "base/duration.h"
#include "base/timestamp.h"
#include "schedule/impl.h"

enum schedule_kind
schedule_kind(const struct schedule *s)
{
	return (enum schedule_kind)s->kind;
}

int64_t
schedule_interval(const struct schedule *s)
{
	if (s->kind == SCHEDULE_EVERY || s->kind == SCHEDULE_AFTER)
		return s->u.interval;
	return 0;
}

const char *
schedule_zone_name(const struct schedule *s)
{
	return s->zone->name;
}

int32_t
schedule_zone_offset(const struct schedule *s, int64_t t)
{
	return zone_offset_at(s->zone, t);
}

const struct zone *
schedule_zone(const struct schedule *s)
{
	return s->zone;
}

/* The index of the first time that is > t. */
static size_t
times_after(const struct schedule_times *at, int64_t t)
{
	size_t low = 0, high = at->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (at->times[middle] > t)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

static bool
at_next(const struct schedule_times *at, int64_t t, int64_t *next_r)
{
	size_t i = times_after(at, t);

	if (i == at->count)
		return false;
	*next_r = at->times[i];
	return true;
}

static bool
at_prev(const struct schedule_times *at, int64_t t, int64_t *prev_r)
{
	size_t i;

	if (t == INT64_MIN)
		return false;
	i = times_after(at, t - 1);
	if (i == 0)
		return false;
	*prev_r = at->times[i - 1];
	return true;
}

bool
schedule_next(const struct schedule *s, int64_t t, int64_t *next_r)
{
	/* By far the most common: no jump through a table. */
	if (s->kind == SCHEDULE_CRON)
		return schedule_fire_next(s, t, next_r);
	switch ((enum schedule_kind)s->kind) {
	case SCHEDULE_EVERY:
		return !__builtin_add_overflow(t, s->u.interval, next_r);
	case SCHEDULE_AT:
		return at_next(&s->u.at, t, next_r);
	case SCHEDULE_CRON:
	case SCHEDULE_AFTER:
	case SCHEDULE_REBOOT:
	case SCHEDULE_MANUAL:
	default:
		return false;
	}
}

bool
schedule_prev(const struct schedule *s, int64_t t, int64_t *prev_r)
{
	if (s->kind == SCHEDULE_CRON)
		return schedule_fire_prev(s, t, prev_r);
	switch ((enum schedule_kind)s->kind) {
	case SCHEDULE_EVERY:
		return !__builtin_sub_overflow(t, s->u.interval, prev_r);
	case SCHEDULE_AT:
		return at_prev(&s->u.at, t, prev_r);
	case SCHEDULE_CRON:
	case SCHEDULE_AFTER:
	case SCHEDULE_REBOOT:
	case SCHEDULE_MANUAL:
	default:
		return false;
	}
}

static void
print_interval(int64_t seconds, struct strbuf *out)
{
	char buf[DURATION_TEXT_MAX];

	strbuf_adds(out, duration_format_ms(buf, seconds * 1000));
}

static void
print_times(const struct schedule_times *at, struct strbuf *out)
{
	char buf[TIMESTAMP_TEXT_MAX];

	for (size_t i = 0; i < at->count; i++) {
		strbuf_addch(out, i == 0 ? ' ' : ',');
		strbuf_adds(out, timestamp_format_ms(buf, at->times[i] * 1000));
	}
}

size_t
schedule_print(const struct schedule *s, char *buf, size_t size)
{
	struct strbuf out = STRBUF_INIT;
	size_t len, cut;

	switch ((enum schedule_kind)s->kind) {
	case SCHEDULE_CRON:
		cron_print(&s->u.cron, &out);
		break;
	case SCHEDULE_EVERY:
		strbuf_adds(&out, "@every ");
		print_interval(s->u.interval, &out);
		break;
	case SCHEDULE_AFTER:
		strbuf_adds(&out, "@after ");
		print_interval(s->u.interval, &out);
		break;
	case SCHEDULE_AT:
		strbuf_adds(&out, "@at");
		print_times(&s->u.at, &out);
		break;
	case SCHEDULE_REBOOT:
		strbuf_adds(&out, "@reboot");
		break;
	case SCHEDULE_MANUAL:
	default:
		strbuf_adds(&out, "@manual");
		break;
	}
	len = out.len;
	if (size > 0) {
		cut = len < size ? len : size - 1;
		memcpy(buf, strbuf_str(&out), cut);
		buf[cut] = '\0';
	}
	strbuf_fini(&out);
	return len;
}
