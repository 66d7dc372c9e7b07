#include "host.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void
marked(const struct cluster_mark *marks, size_t n, void *arg)
{
	struct host *h = arg;

	if (n > 0 && h->sim->seen_us == 0)
		h->sim->seen_us = h->sim->now_us;
}

static void
ask_marks(struct host *h)
{
	const char *names[JOBS_MAX];

	for (unsigned i = 0; i < h->sim->njobs; i++)
		names[i] = h->sim->jobs[i].name;
	protocol_marks(h->p, names, h->sim->njobs, marked, h);
}

static void
joined(void *arg)
{
	struct host *h = arg;

	sim_trace(
	    h->sim, "h%u joined %s", host_index(h), protocol_incarnation(h->p));
	h->joined = true;
	ask_marks(h);
	if (h->twin)
		for (unsigned i = 0; i < h->sim->nhosts; i++)
			if (i != host_index(h) && h->sim->hosts[i].joined &&
			    strcmp(h->sim->hosts[i].name, h->name) == 0)
				sim_wrong(
				    h->sim, "two daemons of one name joined");
}

static void
lost(void *arg)
{
	struct host *h = arg;

	sim_trace(h->sim, "h%u lost its session", host_index(h));
	h->joined = false;
}

static void
refused(const char *why, void *arg)
{
	struct host *h = arg;

	h->refused = true;
}

static void
taken(struct claim *claim, void *arg)
{
	struct host *h = arg;

	for (unsigned i = 0; i < h->nasks; i++) {
		struct ask *ask = &h->asks[i];

		if (ask->claim != claim)
			continue;
		sim_trace(h->sim, "h%u %s taken", host_index(h), ask->id);
		if (ask->state == ASK_WON) {
			ask->state = ASK_DONE;
			protocol_finish(h->p, claim, 0, NULL, NULL);
		} else if (ask->state == ASK_STARTED &&
		    h->sim->runs[ask->run].end_us > h->sim->now_us) {
			h->sim->runs[ask->run].end_us = h->sim->now_us;
		}
	}
}

static bool
is_rerun_here(const struct host *h, const struct cluster_lost *l)
{
	for (unsigned i = 0; i < h->nasks; i++)
		if (strcmp(h->asks[i].lost_id, l->id) == 0 &&
		    h->asks[i].state != ASK_DONE)
			return true;
	return false;
}

static void
reaped(const struct cluster_lost *l, void *arg)
{
	struct host *h = arg;
	unsigned job = (unsigned)atoi(l->job + 1);
	struct ask *ask;

	sim_trace(h->sim, "h%u reaped %s of %s", host_index(h), l->id,
	    l->incarnation);
	check_slot(h->sim, job, l->slot_ms)->recorded |= 1u << host_index(h);
	if (l->before_ms != 0)
		check_record_range(
		    h->sim, host_index(h), job, l->before_ms, l->slot_ms);
	if (!l->at_least_once || l->fate != CLUSTER_FATE_STARTED)
		return protocol_bury(h->p, l);
	if (is_rerun_here(h, l))
		return;
	ask = ask_new(h, job, l->slot_ms);
	snprintf(ask->lost_incarnation, sizeof(ask->lost_incarnation), "%s",
	    l->incarnation);
	snprintf(ask->lost_id, sizeof(ask->lost_id), "%s", l->id);
	ask_send(ask);
}

static void
owed(struct claim *claim, const struct cluster_owed *o, void *arg)
{
	struct host *h = arg;
	unsigned job = (unsigned)atoi(o->job + 1);

	sim_trace(h->sim, "h%u owes %s slot %lld", host_index(h), o->job,
	    (long long)o->slot_ms);
	check_slot(h->sim, job, o->slot_ms)->recorded |= 1u << host_index(h);
	if (o->before_ms != 0)
		check_record_range(
		    h->sim, host_index(h), job, o->before_ms, o->slot_ms);
	protocol_finish(h->p, claim, 0, NULL, NULL);
}

const struct cluster_events host_events = {
    .joined = joined,
    .lost = lost,
    .refused = refused,
    .taken = taken,
    .reaped = reaped,
    .owed = owed,
};
