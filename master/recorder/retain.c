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

/*
 * A clock that was set far ahead must not delete in a moment what was to be
 * kept for a month: our time goes at most that much faster than time does.
 */
#define SPEED    24
#define DAY_MS   INT64_C(86400000)
#define AHEAD_MS (7 * DAY_MS) /* and the log tells of so much */

struct retain {
	struct store *store;
	struct store_keep keep;
	struct event *timer;
	int64_t round_ms; /* rounds are not closer than this */
	int64_t next_ms;  /* when something known is too old */
	int64_t due_ms;   /* when the timer ends */
	int64_t our_ms;   /* the time by which things are old; 0 not known */
	int64_t boot_ms;  /* when our_ms was looked at */
	bool ahead;       /* the clock is, of our time, and it was said */
	bool in_round;
	bool recorded; /* something, since the round began */
	bool failing;
	bool knows; /* what was recorded last, by when */
};

static int64_t
clock_now(clockid_t which)
{
	struct timespec now;

	clock_gettime(which, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int64_t
now_ms(void)
{
	return clock_now(CLOCK_REALTIME);
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
newest_row(void *arg, const struct store_run *run)
{
	struct retain *r = arg;

	if (run->begin.created_ms > r->our_ms)
		r->our_ms = run->begin.created_ms;
}

static void
newest_done(void *arg, const struct store_cursor *next, const struct err *err)
{
	struct retain *r = arg;

	r->knows = err == NULL;
}

/* What was recorded last was recorded at a time that was true. */
static void
ask_newest(struct retain *r)
{
	const struct store_filter newest = {
	    .since_ms = INT64_MIN,
	    .until_ms = INT64_MAX,
	    .limit = 1,
	};

	r->store->ops->runs(r->store, &newest, newest_row, newest_done, r);
}

static void
tell_ahead(struct retain *r, int64_t now)
{
	bool ahead = now - r->our_ms > AHEAD_MS;

	if (ahead && !r->ahead)
		log_warn("by the clock nothing was recorded for %lld days: "
			 "what is old is deleted slowly, a day's worth in an "
			 "hour; set the clock back if it is wrong",
		    (long long)((now - r->our_ms) / DAY_MS));
	r->ahead = ahead;
}

/* The time by which things are old; never later than the clock. */
static int64_t
our_time(struct retain *r)
{
	int64_t boot = clock_now(CLOCK_BOOTTIME), now = now_ms();

	if (r->our_ms != 0)
		r->our_ms += (boot - r->boot_ms) * SPEED;
	if (r->our_ms == 0 || r->our_ms > now)
		r->our_ms = now;
	r->boot_ms = boot;
	tell_ahead(r, now);
	return r->our_ms;
}

static void
timer_cb(evutil_socket_t fd, short what, void *arg)
{
	struct retain *r = arg;

	/* A server was not there yet, or answers in a moment. */
	if (!r->knows)
		ask_newest(r);
	if (!r->knows) {
		arm(r, FIRST_MS);
		return;
	}
	if (!r->in_round) {
		r->in_round = true;
		r->recorded = false;
		r->keep.now_ms = our_time(r);
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
	r->boot_ms = clock_now(CLOCK_BOOTTIME);
	ask_newest(r);
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
