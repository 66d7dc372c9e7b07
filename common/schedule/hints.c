/* What is legal and will surprise its author. */
#include <stdio.h>

#include "base/timestamp.h"
#include "schedule/impl.h"

#define HINT_SPAN   (2 * 366 * 86400LL)
#define ALL_MINUTES ((1ULL << 60) - 1)
#define ALL_HOURS   ((1U << 24) - 1)

struct hinter {
	const struct schedule *schedule;
	void (*hint)(void *arg, const char *text);
	void *arg;
};

static void
local_text(char *buf, size_t size, int64_t local)
{
	struct civil c;

	civil_from_seconds(local, &c);
	snprintf(buf, size, "%04d-%02d-%02d %02d:%02d:%02d", c.year, c.month,
	    c.day, c.hour, c.minute, c.second);
}

static void
hint_gap(const struct hinter *h, const struct zone_span *span, int64_t slot)
{
	const struct schedule *s = h->schedule;
	char text[256], when[80], end[80];
	bool runs = s->run_gap && span->shift < SCHEDULE_WIDE_GAP;

	local_text(when, sizeof(when), slot);
	local_text(end, sizeof(end), span->at + span->offset);
	snprintf(text, sizeof(text),
	    "%s does not exist in %s, where the clocks go forward: %s%s", when,
	    s->zone->name, runs ? "it fires at " : "it does not fire",
	    runs ? end : "");
	h->hint(h->arg, text);
}

static void
hint_overlap(const struct hinter *h, int64_t slot)
{
	const struct schedule *s = h->schedule;
	char text[256], when[80];

	local_text(when, sizeof(when), slot);
	snprintf(text, sizeof(text),
	    "%s comes twice in %s, where the clocks go back: it fires %s", when,
	    s->zone->name, s->twice ? "both times" : "the first time only");
	h->hint(h->arg, text);
}

/* The first slot of the local time that a change skips or repeats. */
static bool
slot_in_change(
    const struct schedule *s, const struct zone_span *span, int64_t *slot_r)
{
	int64_t a = span->at + span->offset, b = a - span->shift;
	int64_t begin = a < b ? a : b, end = a < b ? b : a;

	*slot_r = cron_next_local(&s->u.cron, begin - 1);
	return *slot_r < end;
}

/* One hint of each kind: the rest of the two years is more of the same. */
static void
hint_changes(const struct hinter *h, int64_t from)
{
	const struct schedule *s = h->schedule;
	const struct zone_span *span;
	bool gap = false, overlap = false;
	int64_t slot;

	/* What runs through every hour keeps running: no surprise. */
	if (s->u.cron.flags & CRON_WILDCARD && s->u.cron.hour == ALL_HOURS)
		return;
	span = &s->zone->spans[zone_find(s->zone, from)] + 1;
	for (; span->at < from + HINT_SPAN; span++) {
		if (!slot_in_change(s, span, &slot))
			continue;
		if (span->shift > 0 && !gap)
			hint_gap(h, span, slot);
		if (span->shift < 0 && !overlap)
			hint_overlap(h, slot);
		gap |= span->shift > 0;
		overlap |= span->shift < 0;
	}
}

static void
hint_cron(const struct hinter *h, int64_t from)
{
	const struct cron_spec *c = &h->schedule->u.cron;
	int64_t next;

	if (!schedule_next(h->schedule, from, &next))
		h->hint(h->arg,
		    h->schedule->bound == 0 ?
			"never fires: no date matches" :
			"never fires again: all its dates are past");
	if (!(c->flags & CRON_DAYS_AND))
		h->hint(h->arg,
		    "day of month and day of week are both set: "
		    "it fires when EITHER matches; day-match = both wants "
		    "both");
	if (c->second == ALL_MINUTES &&
	    (c->minute != ALL_MINUTES || c->hour != ALL_HOURS))
		h->hint(h->arg,
		    "* in the seconds: it fires 60 times in each "
		    "minute that matches; write 0 for once");
	if (h->schedule->hints & CRON_HINT_STEP)
		h->hint(h->arg,
		    "a step is larger than its range: only the "
		    "first value matches");
	hint_changes(h, from);
}

void
schedule_hints(const struct schedule *s, int64_t from,
    void (*hint)(void *arg, const char *text), void *arg)
{
	const struct hinter h = {s, hint, arg};
	int64_t next;

	if (s->hints & CRON_HINT_SUBSECOND)
		hint(arg, "intervals are whole seconds: it runs every 1s");
	if (s->kind == SCHEDULE_CRON)
		hint_cron(&h, from);
	if (s->kind == SCHEDULE_AT && !schedule_next(s, from, &next))
		hint(arg, "never fires again: all its times are past");
}
