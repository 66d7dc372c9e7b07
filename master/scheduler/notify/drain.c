/* The last words: a drain gives those that were not tried yet a moment. */
#include "base/log.h"
#include "scheduler/notify/internal.h"

#define HOLD_S 3

/* On its way, or never tried. */
static bool
is_fresh(const struct lane *lane)
{
	const struct notice *notice;

	if (lane->sending != NULL)
		return true;
	TAILQ_FOREACH(notice, &lane->notices, link)
	if (notice->tries == 0)
		return true;
	return false;
}

static bool
any_fresh(const struct master *m)
{
	const struct lane *lane;

	for (size_t i = 0; m->notify.waiting > 0 && i < NOTIFY_LANES; i++)
		for (lane = m->notify.lanes[i]; lane != NULL; lane = lane->next)
			if (is_fresh(lane))
				return true;
	return false;
}

static void
over_cb(evutil_socket_t fd, short what, void *arg)
{
	struct master *m = arg;

	m->notify.drain_over = true;
	if (any_fresh(m))
		log_warn("%zu notifications wait for the next start",
		    m->notify.waiting);
	master_check_drained(m);
}

bool
notify_holds_drain(struct master *m)
{
	const struct timeval hold = {.tv_sec = HOLD_S};

	if (m->notify.drain_over || m->leaves_records || !any_fresh(m))
		return false;
	if (m->notify.drain_timer != NULL)
		return true;
	m->notify.drain_timer = evtimer_new(m->role->base, over_cb, m);
	if (m->notify.drain_timer == NULL)
		fatalx("out of memory");
	evtimer_add(m->notify.drain_timer, &hold);
	/* Nobody waits for others of a kind any more. */
	notify_each_lane(m, lane_pump);
	return true;
}
