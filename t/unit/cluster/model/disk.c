#include "host.h"

#include <stdlib.h>
#include <string.h>

/* Mostly at once, in some seeds as late as a disk that has much to do. */
static int64_t
delay(struct sim *sim)
{
	if (sim->slow_disks && sim_random(sim, 2) == 0)
		return (int64_t)sim_random(sim, SECOND);
	return (int64_t)sim_random(sim, 20000);
}

/* Who dies while a row is on its way has recorded nothing. */
static void
kill_before(struct host *h, int64_t at_us)
{
	struct sim *sim = h->sim;
	struct event event = {
	    .kind = EVENT_KILL,
	    .host = host_index(h),
	    .gen = h->gen,
	};

	if ((sim->faults & FAULT_KILL) == 0 || sim_random(sim, 2) == 0)
		return;
	event.at_us = sim->now_us +
	    (int64_t)sim_random(sim, (uint64_t)(at_us - sim->now_us));
	if (event.at_us < EPOCH_US + FAULTS_END_US)
		sim_push(sim, &event);
}

void
disk_write(struct host *h, const struct row *row)
{
	struct sim *sim = h->sim;
	struct event event = {
	    .kind = EVENT_DISK,
	    .host = host_index(h),
	    .gen = h->gen,
	    .n = h->nrows,
	    .at_us = sim->now_us + 1 + delay(sim),
	};

	if (h->nrows == ROWS_MAX)
		abort();
	h->rows[h->nrows++] = *row;
	/* In their order. */
	if (event.at_us <= h->disk_us)
		event.at_us = h->disk_us + 1;
	h->disk_us = event.at_us;
	kill_before(h, event.at_us);
	sim_push(sim, &event);
}

/* Is the run of a dead host to be run again here, and is not yet? */
static bool
is_wanted(const struct host *h, const char *lost_id)
{
	for (unsigned i = 0; i < h->nasks; i++)
		if (strcmp(h->asks[i].lost_id, lost_id) == 0 &&
		    (h->asks[i].state == ASK_ASKED ||
			h->asks[i].state == ASK_WON))
			return true;
	return false;
}

static void
bury(struct host *h, enum cluster_fate fate, const char *incarnation,
    const char *id)
{
	const struct cluster_lost lost = {
	    .fate = fate,
	    .incarnation = incarnation,
	    .id = id,
	};

	if (!is_wanted(h, id))
		protocol_bury(h->p, &lost);
}

void
disk_bury(struct ask *ask)
{
	const struct host *h = ask->host;

	if (ask->lost_id[0] == '\0')
		return;
	for (unsigned i = 0; i < h->nrows; i++)
		if (h->rows[i].what == ROW_BURY && !h->rows[i].written &&
		    strcmp(h->rows[i].id, ask->lost_id) == 0)
			return;
	bury(ask->host, CLUSTER_FATE_STARTED, ask->lost_incarnation,
	    ask->lost_id);
}

static void
settle(struct host *h, struct ask *ask)
{
	switch (ask->state) {
	case ASK_WON:
	case ASK_STARTED:
		ask->before_ms = 0;
		protocol_settle(h->p, ask->claim);
		break;
	case ASK_ENDED:
		ask->before_ms = 0;
		ask->state = ASK_DONE;
		break;
	case ASK_NONE:
	case ASK_ASKED:
	case ASK_ROW:
	case ASK_DONE:
		break;
	}
}

void
disk_written(struct sim *sim, unsigned host, unsigned n)
{
	struct host *h = &sim->hosts[host];
	struct row *row = &h->rows[n];

	row->written = true;
	if (row->after_ms != 0)
		check_record_range(
		    sim, host, row->job, row->after_ms, row->slot_ms);
	if (row->what != ROW_SETTLE)
		check_slot(sim, row->job, row->slot_ms)->recorded |= 1u << host;
	if (row->ask != NULL && row->what != ROW_SETTLE)
		row->ask->state = ASK_DONE;
	switch (row->what) {
	case ROW_ALONE:
		break;
	case ROW_FINISH:
		protocol_finish(h->p, row->claim, 0, NULL, NULL);
		break;
	case ROW_SETTLE:
		settle(h, row->ask);
		break;
	case ROW_BURY:
		bury(h, row->fate, row->incarnation, row->id);
		break;
	}
	host_after(sim, host);
}
