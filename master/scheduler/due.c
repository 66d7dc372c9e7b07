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

bool
due_next(const struct job *job, struct due *due_r)
{
	int64_t at = 0, gap = 0;
	bool found;

	if (job->def == NULL)
		return false;
	found = earliest(job, job->hwm_ms, jobs_is_busy(job), &at);
	due_r->gap =
	    earliest_gap(job, job->hwm_ms, found ? at : INT64_MAX, &gap);
	due_r->at_ms = due_r->gap ? gap : at;
	return found || due_r->gap;
}

bool
due_after(const struct job *job, int64_t slot_ms, int64_t *next_r)
{
	return job->def != NULL && earliest(job, slot_ms, false, next_r);
}

/* The newest slot of schedule i before ms. */
static bool
schedule_before(const struct job *job, unsigned i, int64_t ms, int64_t *at_r)
{
	const struct schedule *s = job->def->schedules[i];
	enum schedule_kind kind = schedule_kind(s);
	int64_t interval = schedule_interval(s) * 1000, sec;

	if (kind == SCHEDULE_EVERY) {
		if (ms <= job->anchors[i])
			return false;
		*at_r = job->anchors[i] +
		    (ms - 1 - job->anchors[i]) / interval * interval;
		return *at_r > job->anchors[i];
	}
	if (kind == SCHEDULE_CRON || kind == SCHEDULE_AT) {
		/* Of a second that has begun its slot is before ms. */
		if (!schedule_prev(s, floor_seconds(ms - 1) + 1, &sec))
			return false;
		*at_r = sec * 1000;
		return true;
	}
	return schedule_due(job, i, job->hwm_ms, at_r) && *at_r < ms;
}

bool
due_before(const struct job *job, int64_t ms, int64_t *at_r)
{
	bool found = false;
	int64_t at;

	for (unsigned i = 0; i < job->def->nschedules; i++) {
		if (!schedule_before(job, i, ms, &at) || at <= job->hwm_ms ||
		    (found && at <= *at_r))
			continue;
		*at_r = at;
		found = true;
	}
	return found;
}

int64_t
due_count(const struct job *job, int64_t last_ms)
{
	const struct job_def *def = job->def;
	int64_t at = job->hwm_ms, interval;

	if (def->nschedules == 1 &&
	    schedule_kind(def->schedules[0]) == SCHEDULE_EVERY &&
	    earliest(job, at, false, &at)) {
		interval = schedule_interval(def->schedules[0]) * 1000;
		return (last_ms - at) / interval + 1;
	}
	for (int64_t n = 1; n <= COUNT_MAX; n++) {
		if (!earliest(job, at, false, &at) || at > last_ms)
			return n - 1;
		if (at == last_ms)
			return n;
	}
	return 0;
}

bool
due_is_delay(const struct job *job)
{
	for (unsigned i = 0; i < job->def->nschedules; i++)
		if (!is_after(job, i))
			return false;
	return job->def->nschedules > 0;
}
