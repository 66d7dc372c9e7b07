#include "scheduler/answer/forecast.h"

#include <string.h>

#include "scheduler/clock/due.h"
#include "scheduler/master.h"

/* Slots that are looked at. */
#define BUDGET 5000

/* How old it may be. */
#define AGE_MAX_MS 15000

#define SPAN_MS ((int64_t)FORECAST_STEPS * FORECAST_STEP_MS)

static void
add(struct forecast *f, int64_t at_ms, double n)
{
	int64_t step = (at_ms - f->from_ms) / FORECAST_STEP_MS;

	if (step < 0)
		step = 0; /* it is late */
	if (step < FORECAST_STEPS)
		f->starts[step] += n;
}

/* n slots in equal distances from one moment to the end of the hour. */
static void
spread(struct forecast *f, int64_t from_ms, double n)
{
	int64_t end_ms = f->from_ms + SPAN_MS, to_ms;
	double per_ms = n / (double)(end_ms - from_ms);

	for (; from_ms < end_ms; from_ms = to_ms) {
		to_ms = from_ms + FORECAST_STEP_MS -
		    (from_ms - f->from_ms) % FORECAST_STEP_MS;
		add(f, from_ms, per_ms * (double)(to_ms - from_ms));
	}
}

/* A job whose next slot is at at_ms and that stands for weight jobs. */
static void
add_job(struct forecast *f, const struct job *job, int64_t at_ms, double weight,
    unsigned budget)
{
	int64_t end_ms = f->from_ms + SPAN_MS, first_ms = at_ms;
	unsigned n = 0;

	for (;;) {
		add(f, at_ms, weight);
		if (due_is_delay(job) || !due_after(job, at_ms, &at_ms) ||
		    at_ms >= end_ms)
			return;
		if (++n == budget)
			break;
	}
	f->estimated = true;
	if (at_ms > f->from_ms && at_ms > first_ms)
		spread(f, at_ms,
		    weight * n * (double)(end_ms - at_ms) /
			(double)(at_ms - first_ms));
}

bool
forecast_counts(const struct master *m, const struct timer *timer)
{
	const struct job *job = (const struct job *)timer;

	return timer->kind == TIMER_JOB && job->def != NULL &&
	    job->def->options->enabled && !job->paused && m->pauses.all == NULL;
}

static bool
is_in_hour(const struct master *m, const struct forecast *f,
    const struct heap_entry *e)
{
	return e->at < f->from_ms + SPAN_MS && forecast_counts(m, e->timer);
}

static size_t
count_jobs(const struct master *m, const struct forecast *f)
{
	size_t n = 0;

	for (size_t i = 0; i < m->heap.n; i++)
		n += is_in_hour(m, f, &m->heap.entries[i]);
	return n;
}

static void
make(struct master *m, struct forecast *f)
{
	size_t n = count_jobs(m, f), step = 1 + n * 2 / BUDGET, seen = 0;
	unsigned budget = n > 0 ? (unsigned)(BUDGET * step / n) : 0;

	f->estimated = step > 1;
	for (size_t i = 0; i < m->heap.n; i++) {
		const struct heap_entry *e = &m->heap.entries[i];

		if (is_in_hour(m, f, e) && seen++ % step == 0)
			add_job(f, (const struct job *)e->timer, e->at,
			    (double)step, budget > 1 ? budget : 1);
	}
}

const struct forecast *
forecast_get(struct master *m, int64_t now_ms)
{
	struct forecast *f = &m->forecast;
	int64_t age_ms = now_ms - f->from_ms;

	if (f->from_ms != 0 && age_ms >= 0 && age_ms <= AGE_MAX_MS)
		return f;
	memset(f, 0, sizeof(*f));
	f->from_ms = now_ms;
	if (m->phase == MASTER_RUNNING)
		make(m, f);
	return f;
}
