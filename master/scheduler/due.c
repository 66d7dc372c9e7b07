#include "due.h"

#define COUNT_MAX 1000

static int64_t
floor_seconds(int64_t ms)
{
	return ms >= 0 ? ms / 1000 : (ms - 999) / 1000;
}

/* The next slot of schedule i after ms. */
static bool
schedule_due(const struct job *job, unsigned i, int64_t ms, int64_t *at_r)
{
	const struct schedule *s = job->def->schedules[i];
	int64_t interval = schedule_interval(s) * 1000, anchor, base, sec;

	switch (schedule_kind(s)) {
	case SCHEDULE_CRON:
	case SCHEDULE_AT:
		if (!schedule_next(s, floor_seconds(ms), &sec))
			return false;
		*at_r = sec * 1000;
		return true;
	case SCHEDULE_EVERY:
		anchor = job->anchors[i];
		*at_r = anchor + interval;
		if (ms >= *at_r)
			*at_r += (ms - anchor) / interval * interval;
		if (ms >= *at_r) /* exactly on it */
			*at_r += interval;
		return true;
	case SCHEDULE_AFTER:
		base = job->last_end_ms > ms ? job->last_end_ms : ms;
		*at_r = base + interval;
		return true;
	case SCHEDULE_REBOOT:
		*at_r = job->reboot_ms;
		return job->reboot_ms > ms;
	case SCHEDULE_MANUAL:
		return false;
	}
	return false;
}

static bool
is_after(const struct job *job, unsigned i)
{
	return schedule_kind(job->def->schedules[i]) == SCHEDULE_AFTER;
}

/* The earliest slot after ms over all schedules of the job. */
static bool
earliest(const struct job *job, int64_t ms, bool busy, int64_t *at_r)
{
	bool found = false;
	int64_t at;

	for (unsigned i = 0; i < job->def->nschedules; i++) {
		if (busy && is_after(job, i))
			continue; /* counts from the end of what runs */
		if (!schedule_due(job, i, ms, &at) || (found && at >= *at_r))
			continue;
		*at_r = at;
		found = true;
	}
	return found;
}

/* The first hole of a time zone that swallowed a slot of the job. */
static bool
earliest_gap(const struct job *job, int64_t ms, int64_t until_ms, int64_t *at_r)
{
	bool found = false;
	int64_t sec;

	for (unsigned i = 0; i < job->def->nschedules; i++) {
		const struct schedule *s = job->def->schedules[i];

		if (schedule_kind(s) != SCHEDULE_CRON ||
		    !schedule_gap_dropped(
			s, floor_seconds(ms), floor_seconds(until_ms), &sec) ||
		    sec * 1000 <= ms || sec * 1000 >= until_ms)
			continue;
		if (!found || sec * 1000 < *at_r)
			*at_r = sec * 1000;
		found = true;
	}
	return found;
}

static bool
next_thing(const struct job *job, bool busy, struct due *due_r)
{
	int64_t at = 0, gap = 0;
	bool found;

	if (job->def == NULL)
		return false;
	found = earliest(job, job->hwm_ms, busy, &at);
	due_r->gap =
	    earliest_gap(job, job->hwm_ms, found ? at : INT64_MAX, &gap);
	due_r->at_ms = due_r->gap ? gap : at;
	return found || due_r->gap;
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
	return job->def != NULL && earliest(job, slot_ms, false, next_r);
}

bool
due_last_until(
    const struct job *job, int64_t until_ms, int64_t *last_r, int64_t *count_r)
{
	int64_t at, prev;
	bool found = false;

	*count_r = 0;
	for (unsigned i = 0; i < job->def->nschedules; i++) {
		const struct schedule *s = job->def->schedules[i];
		enum schedule_kind kind = schedule_kind(s);

		if (kind == SCHEDULE_EVERY) {
			int64_t interval = schedule_interval(s) * 1000;

			at = job->anchors[i] +
			    (until_ms - job->anchors[i]) / interval * interval;
		} else if (kind == SCHEDULE_CRON || kind == SCHEDULE_AT) {
			if (!schedule_prev(
				s, floor_seconds(until_ms) + 1, &prev))
				continue;
			at = prev * 1000;
		} else if (!schedule_due(job, i, job->hwm_ms, &at) ||
		    at > until_ms) {
			continue;
		}
		if (at > job->hwm_ms && (!found || at > *last_r)) {
			*last_r = at;
			found = true;
		}
	}
	at = job->hwm_ms;
	for (int64_t n = 1; found && n <= COUNT_MAX; n++) {
		if (!earliest(job, at, false, &at) || at > *last_r)
			break;
		if (at == *last_r)
			*count_r = n;
	}
	return found;
}

bool
due_is_delay(const struct job *job)
{
	for (unsigned i = 0; i < job->def->nschedules; i++)
		if (!is_after(job, i))
			return false;
	return job->def->nschedules > 0;
}
