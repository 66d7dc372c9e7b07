#include "recorder/retain.h"

#include <stdlib.h>
#include <time.h>

#include "base/log.h"
#include "base/mem.h"

#define SLICE_US  3000 /* and a commit */
#define PAUSE_MS  25
#define FIRST_MS  5000
#define COUNT_MS  5000 /* keep-runs: how long there may be more */
#define RETRY_MS  60000
#define ROUND_MIN 500
#define ROUND_MAX 3600000

struct retain {
	struct store *store;
	struct store_keep keep;
	struct event *timer;
	int64_t round_ms; /* rounds are not closer than this */
	int64_t next_ms;  /* when something known is too old */
	int64_t due_ms;   /* when the timer ends */
	bool in_round;
	bool recorded; /* something, since the round began */
	bool failing;
};

static int64_t
now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void
arm(struct retain *r, int64_t ms)
{
	const struct timeval wait = {ms / 1000, ms % 1000 * 1000};

	r->due_ms = now_ms() + ms;
	event_add(r->timer, &wait);
}

/* The shorter of two ages, of which 0 is none. */
static int64_t
least_age(const struct store_keep *keep)
{
	int64_t a = keep->age_ms, b = keep->failure_age_ms;

	return a == 0 || (b != 0 && b < a) ? b : a;
}

/* Between rounds: sleeps until the next one is worth while, or for ever. */
static void
schedule(struct retain *r)
{
	int64_t now = now_ms(), age = least_age(&r->keep), due = r->next_ms;

	if (r->recorded && age > 0 && now + age < due)
		due = now + age;
	if (due < now + r->round_ms)
		due = now + r->round_ms;
	if (r->recorded && r->keep.runs > 0 && now + COUNT_MS < due)
		due = now + COUNT_MS;
	if (due == INT64_MAX ||
	    (event_pending(r->timer, EV_TIMEOUT, NULL) && r->due_ms <= due))
		return;
	arm(r, due - now);
}

static void
swept(void *arg, bool more, int64_t next_ms, const struct err *err)
{
	struct retain *r = arg;

	if (err != NULL) {
		if (!r->failing)
			log_warn("cannot delete what is old, tried again: %s",
			    err->text);
		r->failing = true;
		arm(r, RETRY_MS);
		return;
	}
	r->failing = false;
	if (more) {
		arm(r, PAUSE_MS);
		return;
	}
	r->in_round = false;
	r->next_ms = next_ms;
	schedule(r);
}

static void
timer_cb(evutil_socket_t fd, short what, void *arg)
{
	struct retain *r = arg;

	if (!r->in_round) {
		r->in_round = true;
		r->recorded = false;
		r->keep.now_ms = now_ms();
	}
	r->store->ops->sweep(r->store, &r->keep, swept, r);
}

struct retain *
retain_new(
    struct event_base *base, struct store *store, const struct store_keep *keep)
{
	struct retain *r = xcalloc(1, sizeof(*r));
	int64_t least;

	r->store = store;
	r->next_ms = INT64_MAX;
	r->keep = *keep;
	r->keep.slice_us = SLICE_US;
	least = least_age(&r->keep);
	r->round_ms = least / 10;
	if (r->round_ms < ROUND_MIN)
		r->round_ms = ROUND_MIN;
	if (r->round_ms > ROUND_MAX)
		r->round_ms = ROUND_MAX;
	r->timer = evtimer_new(base, timer_cb, r);
	if (r->timer == NULL)
		fatalx("out of memory");
	if (least > 0 || r->keep.runs > 0)
		arm(r, r->round_ms < FIRST_MS ? r->round_ms : FIRST_MS);
	return r;
}

void
retain_free(struct retain *r)
{
	if (r == NULL)
		return;
	event_free(r->timer);
	free(r);
}

void
retain_recorded(struct retain *r)
{
	r->recorded = true;
	if (!r->in_round)
		schedule(r);
}
