#include "scheduler/clock/due.h"

#include "schedule/hash.h"

#define COUNT_MAX 1000

/* Schedule i of a job, and which of its times are asked for. */
struct source {
	const struct job *job;
	unsigned i;
	struct rule rule;
	int64_t interval_ms;
};

static int64_t
floor_seconds(int64_t ms)
{
	return ms >= 0 ? ms / 1000 : (ms - 999) / 1000;
}

/* False: no time of that kind can come from it. */
static bool
source_init(
    struct source *s, const struct job *job, unsigned i, enum due_kind kind)
{
	s->job = job;
	s->i = i;
	job_def_rule(job->def, i, &s->rule);
	s->interval_ms = schedule_interval(s->rule.schedule) * 1000;
	return kind != DUE_CALENDAR || rule_invert(&s->rule, &s->rule);
}

static enum schedule_kind
kind_of(const struct source *s)
{
	return schedule_kind(s->rule.schedule);
}

/* A time that knows no fields; false when it is outside of the rule. */
static bool
admit(const struct source *s, int64_t ms)
{
	int64_t sec = floor_seconds(ms);

	return sec >= s->rule.start && sec < s->rule.end &&
	    !rule_leaves_out(&s->rule, sec);
}

static bool
next_every(const struct source *s, int64_t ms, int64_t *at_r)
{
	int64_t anchor = s->job->anchors[s->i], n = 1, sec;

	if (ms >= anchor + s->interval_ms)
		n = (ms - anchor) / s->interval_ms + 1;
	/* The rule goes on in steps of the interval from where it is put. */
	sec = floor_seconds(anchor + (n - 1) * s->interval_ms);
	if (!rule_next(&s->rule, sec, &sec))
		return false;
	*at_r = sec * 1000;
	return true;
}

static bool
next_after(const struct source *s, int64_t ms, int64_t *at_r)
{
	const struct job *job = s->job;
	int64_t base = job->last_end_ms > ms ? job->last_end_ms : ms;

	*at_r = base + s->interval_ms;
	/* first = now */
	if (job->last_end_ms == 0 && job->anchors != NULL &&
	    job->anchors[s->i] > ms)
		*at_r = job->anchors[s->i];
	if (s->rule.start > floor_seconds(*at_r))
		*at_r = s->rule.start * 1000;
	return admit(s, *at_r);
}

static bool
next_of(const struct source *s, int64_t ms, int64_t *at_r)
{
	int64_t sec;

	switch (kind_of(s)) {
	case SCHEDULE_CRON:
	case SCHEDULE_AT:
		if (!rule_next(&s->rule, floor_seconds(ms), &sec))
			return false;
		*at_r = sec * 1000;
		return true;
	case SCHEDULE_EVERY:
		return next_every(s, ms, at_r);
	case SCHEDULE_AFTER:
		return next_after(s, ms, at_r);
	case SCHEDULE_REBOOT:
		*at_r = s->job->reboot_ms;
		return *at_r > ms && admit(s, *at_r);
	case SCHEDULE_MANUAL:
		return false;
	}
	return false;
}

/* The last one at or before until_ms and after the mark. */
static bool
last_of(const struct source *s, int64_t until_ms, int64_t *at_r)
{
	int64_t mark = s->job->hwm_ms, anchor, sec;

	switch (kind_of(s)) {
	case SCHEDULE_CRON:
	case SCHEDULE_AT:
		if (!rule_prev(&s->rule, floor_seconds(until_ms) + 1, &sec))
			return false;
		break;
	case SCHEDULE_EVERY:
		anchor = s->job->anchors[s->i];
		if (until_ms < anchor + s->interval_ms)
			return false;
		sec = floor_seconds(anchor +
		    ((until_ms - anchor) / s->interval_ms + 1) *
			s->interval_ms);
		if (!rule_prev(&s->rule, sec, &sec) || sec * 1000 <= anchor)
			return false;
		break;
	case SCHEDULE_AFTER:
	case SCHEDULE_REBOOT:
	case SCHEDULE_MANUAL:
	default:
		return next_of(s, mark, at_r) && *at_r <= until_ms;
	}
	*at_r = sec * 1000;
	return *at_r > mark;
}

/* The earliest time of a kind after ms over all schedules of the job. */
static bool
earliest(const struct job *job, enum due_kind kind, int64_t ms, bool busy,
    int64_t *at_r)
{
	bool found = false;
	struct source s;
	int64_t at;

	if (kind == DUE_CALENDAR && job->def->options->calendar == NULL)
		return false;
	for (unsigned i = 0; i < job->def->nschedules; i++) {
		if (!source_init(&s, job, i, kind))
			continue;
		if (busy && kind_of(&s) == SCHEDULE_AFTER)
			continue; /* counts from the end of what runs */
		if (!next_of(&s, ms, &at) || (found && at >= *at_r))
			continue;
		*at_r = at;
		found = true;
	}
	return found;
}

/* The first hole of one schedule between the two, both excluded. */
static bool
next_gap(const struct source *s, int64_t ms, int64_t until_ms, int64_t *at_r)
{
	int64_t sec = floor_seconds(ms);

	if (kind_of(s) != SCHEDULE_CRON)
		return false;
	while (schedule_gap_dropped(s->rule.schedule, sec,
		   floor_seconds(until_ms - 1) + 1, &sec) &&
	    sec * 1000 < until_ms) {
		if (sec * 1000 > ms && admit(s, sec * 1000)) {
			*at_r = sec * 1000;
			return true;
		}
	}
	return false;
}

/* The first hole of a time zone that swallowed a slot of the job. */
static bool
earliest_gap(const struct job *job, int64_t ms, int64_t until_ms, int64_t *at_r)
{
	bool found = false;
	struct source s;

	for (unsigned i = 0; i < job->def->nschedules; i++) {
		source_init(&s, job, i, DUE_GAP);
		if (next_gap(&s, ms, until_ms, &until_ms)) {
			*at_r = until_ms;
			found = true;
		}
	}
	return found;
}

static bool
next_thing(const struct job *job, bool busy, struct due *due_r)
{
	bool found, gap;
	int64_t at = INT64_MAX;

	if (job->def == NULL)
		return false;
	found = earliest(job, DUE_SLOT, job->hwm_ms, busy, &at);
	due_r->kind = DUE_SLOT;
	due_r->at_ms = at;
	if (earliest(job, DUE_CALENDAR, job->hwm_ms, busy, &at) &&
	    at < due_r->at_ms) {
		due_r->kind = DUE_CALENDAR;
		due_r->at_ms = at;
		found = true;
	}
	gap = earliest_gap(job, job->hwm_ms, due_r->at_ms, &at);
	if (gap) {
		due_r->kind = DUE_GAP;
		due_r->at_ms = at;
	}
	return found || gap;
}

bool
due_next(const struct job *job, struct due *due_r)
{
	return next_thing(job, jobs_is_busy(job), due_r);
}

bool
due_next_by_clock(const struct job *job, struct due *due_r)
{
	return next_thing(job, true, due_r);
}

bool
due_after(const struct job *job, int64_t slot_ms, int64_t *next_r)
{
	return job->def != NULL &&
	    earliest(job, DUE_SLOT, slot_ms, false, next_r);
}

/* The last moment before something of another kind, at most until_ms. */
static int64_t
stretch_end(const struct job *job, const struct due *due, int64_t until_ms)
{
	enum due_kind other = due->kind == DUE_SLOT ? DUE_CALENDAR : DUE_SLOT;
	int64_t at;

	if (until_ms <= due->at_ms || due->kind == DUE_GAP)
		return due->at_ms;
	if (earliest(job, other, due->at_ms, false, &at) && at <= until_ms)
		until_ms = at - 1;
	if (earliest_gap(job, due->at_ms, until_ms + 1, &at))
		until_ms = at - 1;
	return until_ms;
}

void
due_stretch(const struct job *job, const struct due *due, int64_t until_ms,
    int64_t *last_r, int64_t *count_r)
{
	int64_t end = stretch_end(job, due, until_ms), at;
	struct source s;

	*last_r = due->at_ms;
	*count_r = 1;
	for (unsigned i = 0; end > *last_r && i < job->def->nschedules; i++)
		if (source_init(&s, job, i, due->kind) &&
		    last_of(&s, end, &at) && at > *last_r)
			*last_r = at;
	for (at = due->at_ms; at < *last_r; ++*count_r)
		if (*count_r > COUNT_MAX ||
		    !earliest(job, due->kind, at, false, &at))
			break;
	if (*count_r > COUNT_MAX)
		*count_r = 0;
}

bool
due_before(const struct job *job, int64_t ms, int64_t *at_r)
{
	bool found = false;
	struct source s;
	int64_t at;

	for (unsigned i = 0; i < job->def->nschedules; i++) {
		if (!source_init(&s, job, i, DUE_SLOT) ||
		    !last_of(&s, ms - 1, &at) || (found && at <= *at_r))
			continue;
		*at_r = at;
		found = true;
	}
	return found;
}

int64_t
due_start(const struct job *job, int64_t slot_ms)
{
	int64_t jitter = job->def->options->jitter_ms;

	if (jitter <= 0)
		return slot_ms;
	return slot_ms +
	    (int64_t)hash_jitter(job->name, slot_ms, (uint64_t)jitter);
}

bool
due_is_delay(const struct job *job)
{
	for (unsigned i = 0; i < job->def->nschedules; i++)
		if (schedule_kind(job->def->schedules[i]) != SCHEDULE_AFTER)
			return false;
	return job->def->nschedules > 0;
}
