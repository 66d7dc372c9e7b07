#include "scheduler/jobs/rewind.h"

#include "base/log.h"
#include "scheduler/clock/due.h"
#include "scheduler/jobs/memory.h"
#include "scheduler/master.h"

/*
 * Less, and slots that were decided already must not come twice: jobs go on
 * when the clock has come to where it was.
 */
#define AHEAD_MAX_MS (3 * 3600 * INT64_C(1000))

bool
rewind_is_ahead(int64_t ms, int64_t now_ms)
{
	return ms > now_ms && ms - now_ms > AHEAD_MAX_MS;
}

/* What intervals count from: back by whole ones. True: there was any. */
static bool
rewind_anchors(struct job *job, int64_t now_ms)
{
	bool any = false;

	if (job->anchors == NULL || job->def->options->start_s != INT64_MIN)
		return false;
	for (unsigned i = 0; i < job->def->nschedules; i++) {
		int64_t ms = schedule_interval(job->def->schedules[i]) * 1000;
		int64_t *anchor = &job->anchors[i];

		if (ms == 0 || !rewind_is_ahead(*anchor, now_ms))
			continue;
		*anchor -= ((*anchor - now_ms) / ms + 1) * ms;
		any = true;
	}
	return any;
}

static void
tell_store(struct master *m, const struct job *job, bool anchors)
{
	const struct record_slot slot = {
	    .job = job->name,
	    .slot_ms = job->hwm_ms,
	    .until_ms = job->hwm_ms,
	    .outcome = OUTCOME_NONE,
	    .reason = RECORD_REWIND,
	    .detail = "",
	    .host = m->config->node_name,
	};

	outbox_slot(m, &slot);
	if (anchors)
		memo_tell_store(m, job);
}

/* The last slot that a clock which was right could have decided. */
static int64_t
last_decided(struct job *job, int64_t now_ms)
{
	int64_t last;

	job->hwm_ms = 0;
	return due_before(job, now_ms + 1, &last) ? last : now_ms;
}

/* False: it need not. */
static bool
rewind_job(struct master *m, struct job *job, int64_t now_ms)
{
	bool anchors = rewind_anchors(job, now_ms);

	if (!anchors && !rewind_is_ahead(job->hwm_ms, now_ms) &&
	    !rewind_is_ahead(job->last_end_ms, now_ms))
		return false;
	if (job->last_end_ms > now_ms)
		job->last_end_ms = now_ms;
	if (job->since_ms > now_ms)
		job->since_ms = now_ms;
	if (job->hwm_ms > now_ms)
		job->hwm_ms = last_decided(job, now_ms);
	tell_store(m, job, anchors);
	jobs_arm(m, job);
	return true;
}

void
rewind_all(struct master *m)
{
	int64_t now_ms = clock_ms();
	size_t n = 0;

	for (size_t i = 0; m->member == NULL && i < m->jobs.n; i++)
		n += rewind_job(m, m->jobs.all[i], now_ms);
	if (n > 0)
		log_warn("the clock was far ahead: %zu jobs go on from now "
			 "and not when it has come there again",
		    n);
}

static void
shift_timers(struct master *m, int64_t step_ms)
{
	struct retry *retry;

	heap_shift(&m->heap, TIMER_RETRY, step_ms);
	for (size_t i = 0; i < m->jobs.n; i++)
		for (retry = m->jobs.all[i]->retries; retry != NULL;
		     retry = retry->next)
			retry->due_ms += step_ms;
	/* What is due by a clock that was set forward is due. */
	if (step_ms < 0)
		heap_shift(&m->heap, TIMER_RUN, step_ms);
}

void
rewind_step(struct master *m, int64_t step_ms)
{
	shift_timers(m, step_ms);
	if (step_ms < 0)
		rewind_all(m);
}
