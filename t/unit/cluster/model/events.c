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
	host_note_incarnation(h);
}

static void
server_changed(unsigned server, void *arg)
{
	struct host *h = arg;

	if (protocol_server_state(h->p, server) == CLUSTER_SERVER_OK)
		asks_keep_tokens(h);
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
			ask_give(ask);
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
run_again(struct host *h, const struct cluster_lost *l, unsigned job)
{
	struct ask *ask;

	if (!l->at_least_once || l->fate != CLUSTER_FATE_STARTED ||
	    is_rerun_here(h, l))
		return;
	ask = ask_new(h, job, l->slot_ms);
	snprintf(ask->lost_incarnation, sizeof(ask->lost_incarnation), "%s",
	    l->incarnation);
	snprintf(ask->lost_id, sizeof(ask->lost_id), "%s", l->id);
	ask_send(ask);
}

static void
reaped(const struct cluster_lost *l, void *arg)
{
	struct host *h = arg;
	struct row row = {
	    .job = (unsigned)atoi(l->job + 1),
	    .after_ms = l->before_ms,
	    .slot_ms = l->slot_ms,
	    .what = ROW_BURY,
	    .fate = l->fate,
	};

	sim_trace(h->sim, "h%u reaped %s of %s", host_index(h), l->id,
	    l->incarnation);
	snprintf(
	    row.incarnation, sizeof(row.incarnation), "%s", l->incarnation);
	snprintf(row.id, sizeof(row.id), "%s", l->id);
	run_again(h, l, row.job);
	disk_write(h, &row);
}

static void
owed(struct claim *claim, const struct cluster_owed *o, void *arg)
{
	struct host *h = arg;
	const struct row row = {
	    .job = (unsigned)atoi(o->job + 1),
	    .after_ms = o->before_ms,
	    .slot_ms = o->slot_ms,
	    .what = ROW_FINISH,
	    .claim = claim,
	};

	sim_trace(h->sim, "h%u owes %s slot %lld", host_index(h), o->job,
	    (long long)o->slot_ms);
	disk_write(h, &row);
}

const struct cluster_events host_events = {
    .joined = joined,
    .lost = lost,
    .refused = refused,
    .taken = taken,
    .reaped = reaped,
    .owed = owed,
    .server = server_changed,
};
