/*
 * From local time to instants: SCHEDULE.md's table of gaps and overlaps.
 *
 * The local search knows no zone. Its answer is held against the spans of the
 * zone from the one that t is in; an answer that is far away skips the spans
 * between, because a slot of an overlap that lies between would have been the
 * answer itself, the first time that its local time came.
 */
#include "schedule/impl.h"

/* More than any offset: no span shows a local time further from UTC. */
#define FAR (-SCHEDULE_BEGIN)

/* Where the local times of a span begin that were not shown before. */
static inline int64_t
fresh_from(const struct zone_span *span)
{
	return span->at + span->offset - span->shift;
}

static inline const struct zone_span *
span_at(const struct zone *zone, int64_t t)
{
	return &zone->spans[zone_find(zone, t)];
}

/* A gap of which slots are made up for at its end. */
static inline bool
gap_runs(const struct schedule *s, const struct zone_span *span)
{
	return s->run_gap && span->shift < SCHEDULE_WIDE_GAP;
}

bool
schedule_fire_next(const struct schedule *s, int64_t t, int64_t *next_r)
{
	const struct cron_spec *cron = &s->u.cron;
	const struct zone_span *span;
	int64_t from, slot, again, end;

	if (t < SCHEDULE_BEGIN)
		t = SCHEDULE_BEGIN;
	/* Unsigned: t may be the greatest of all. */
	if (((uint64_t)t + FAR) / 2 >= s->bound)
		return false;
	span = span_at(s->zone, t);
	from = t + span->offset;
	if (!s->twice && span->shift < 0 && from < fresh_from(span))
		from = fresh_from(span) - 1;
	slot = cron_next_local(cron, from);
	for (;;) {
		end = span[1].at;
		if (slot != CRON_NONE && slot - span->offset < end) {
			*next_r = slot - span->offset;
			return true;
		}
		if (end == INT64_MAX)
			return false;
		span++;
		if (span->shift < 0 && s->twice) {
			again = cron_next_local(cron, end + span->offset - 1);
			if (again < slot)
				slot = again;
		}
		if (slot == CRON_NONE)
			return false;
		if (span->shift > 0 && slot < end + span->offset) {
			/* It is past the old span, so it is in the gap. */
			if (gap_runs(s, span)) {
				*next_r = end;
				return true;
			}
			slot = cron_next_local(cron, end + span->offset - 1);
			if (slot == CRON_NONE)
				return false;
		}
		if (slot - FAR >= span[1].at)
			span = span_at(s->zone, slot - FAR);
	}
}

bool
schedule_fire_prev(const struct schedule *s, int64_t t, int64_t *prev_r)
{
	const struct cron_spec *cron = &s->u.cron;
	const struct zone_span *span;
	int64_t before, slot, begin, old;

	if (t > CRON_END + FAR)
		t = CRON_END + FAR;
	if (t < -FAR)
		return false;
	span = span_at(s->zone, t - 1);
	before = t + span->offset;
	slot = cron_prev_local(cron, before);
	for (;;) {
		if (span->at == INT64_MIN) {
			if (slot == CRON_NONE)
				return false;
			*prev_r = slot - span->offset;
			return true;
		}
		begin = span->at + span->offset;
		old = fresh_from(span);
		if (!s->twice && span->shift < 0)
			begin = old;
		if (slot != CRON_NONE && slot >= begin) {
			*prev_r = slot - span->offset;
			return true;
		}
		if (span->shift < 0 && (s->twice || before < old))
			slot = cron_prev_local(cron, old);
		if (slot == CRON_NONE)
			return false;
		if (span->shift > 0 && slot >= old) {
			if (gap_runs(s, span)) {
				*prev_r = span->at;
				return true;
			}
			slot = cron_prev_local(cron, old);
			if (slot == CRON_NONE)
				return false;
		}
		before = old;
		span--;
		if (slot + FAR < span->at)
			span = span_at(s->zone, slot + FAR);
	}
}

void
schedule_set_bound(struct schedule *s)
{
	int64_t last;

	if (schedule_fire_prev(s, INT64_MAX, &last))
		s->bound = (uint32_t)((last + FAR) / 2 + 1);
	else
		s->bound = 0;
}

bool
schedule_gap_dropped(
    const struct schedule *s, int64_t t, int64_t until, int64_t *slot_r)
{
	const struct zone_span *span;
	int64_t begin, slot;

	if (s->kind != SCHEDULE_CRON)
		return false;
	if (t < -FAR)
		t = -FAR;
	span = span_at(s->zone, t) + 1;
	for (; span->at < until && span->at < CRON_END + FAR; span++) {
		if (span->shift <= 0)
			continue;
		begin = fresh_from(span);
		slot = cron_next_local(&s->u.cron, begin - 1);
		if (slot == CRON_NONE)
			return false;
		if (slot < begin + span->shift) {
			*slot_r = span->at;
			return true;
		}
	}
	return false;
}
