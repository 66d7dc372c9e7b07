#include "host.h"

#include <stdio.h>
#include <string.h>

static void
driver_send(void *arg, unsigned server, enum script_id script,
    const struct args *args, struct request *request)
{
	struct host *h = arg;

	net_send(h->sim, host_index(h), server, script, args, request);
}

static uint64_t
driver_random(void *arg)
{
	struct host *h = arg;

	return sim_random(h->sim, 0);
}

unsigned
host_index(const struct host *h)
{
	return (unsigned)(h - h->sim->hosts);
}

/* Workers end what the lease no longer covers, on their own clock. */
static void
enforce_lease(struct sim *sim, unsigned host)
{
	struct host *h = &sim->hosts[host];

	for (unsigned i = 0; i < sim->nruns; i++) {
		struct run *run = &sim->runs[i];

		if (run->host == host && job_is_killed(&sim->jobs[run->job]) &&
		    run->end_us > h->deadline_us &&
		    sim->now_us > h->deadline_us)
			run->end_us = h->deadline_us;
	}
}

/* Those that have ended are told to Redis. */
static void
finish_ended(struct sim *sim, unsigned host)
{
	struct host *h = &sim->hosts[host];

	for (unsigned i = 0; i < h->nasks; i++) {
		struct ask *ask = &h->asks[i];

		if (ask->state != ASK_STARTED ||
		    sim->runs[ask->run].end_us > sim->now_us)
			continue;
		ask->state = ask->before_ms != 0 ? ASK_ENDED : ASK_DONE;
		ask_give(ask);
		protocol_finish(h->p, ask->claim, 0, NULL, NULL);
	}
}

void
host_after(struct sim *sim, unsigned host)
{
	struct host *h = &sim->hosts[host];
	struct event event = {.kind = EVENT_TICK, .host = host, .gen = h->gen};
	int64_t next;

	if (h->p == NULL || sim->dying)
		return;
	enforce_lease(sim, host);
	h->deadline_us = protocol_deadline_ms(h->p) * 1000;
	finish_ended(sim, host);
	next = protocol_next_ms(h->p);
	if (next == INT64_MAX)
		return;
	event.at_us = next * 1000 > sim->now_us ? next * 1000 : sim->now_us;
	if (h->tick_us > sim->now_us && h->tick_us <= event.at_us)
		return;
	h->tick_us = event.at_us;
	sim_push(sim, &event);
}

void
host_tick(struct sim *sim, unsigned host)
{
	struct host *h = &sim->hosts[host];

	h->tick_us = 0;
	/* A second daemon of a name ends at once. */
	if (h->twin && h->refused && !h->joined)
		return host_kill(sim, host, true);
	enforce_lease(sim, host);
	protocol_tick(h->p, sim->now_us / 1000);
	host_after(sim, host);
}

/* ---------------------------------------------------------- life and death */

void
host_note_incarnation(struct host *h)
{
	size_t n = strlen(h->former);

	/* The last ones; older ones were taken over by those. */
	if (n > sizeof(h->former) - 2 * CLUSTER_INCARNATION_MAX)
		n = 0;
	snprintf(h->former + n, sizeof(h->former) - n, "%s%s", n > 0 ? " " : "",
	    protocol_incarnation(h->p));
}

void
host_start(struct sim *sim, unsigned host)
{
	struct host *h = &sim->hosts[host];
	struct protocol_driver driver = {driver_send, driver_random, h};
	struct protocol_settings settings = {
	    .name = "c",
	    .node = h->name,
	    .former = h->former,
	    .nservers = sim->nservers,
	    .heartbeat_ms = HEARTBEAT_MS,
	    .session_ttl_ms = TTL_MS,
	    .lock_delay_ms = LOCK_DELAY_MS,
	};

	h->sim = sim;
	if (h->p != NULL)
		return;
	sim_trace(sim, "h%u starts", host);
	h->p = protocol_new(&settings, &driver, &host_events, h);
	h->paused_until_us = h->tick_us = h->disk_us = 0;
	h->nrows = 0;
	h->joined = h->refused = false;
	host_note_incarnation(h);
	asks_adopt(h);
	protocol_say(h->p, "w", false);
	for (unsigned i = 0; i < sim->nservers; i++)
		net_connect(sim, host, i);
	host_after(sim, host);
}

void
host_kill(struct sim *sim, unsigned host, bool runs_too)
{
	struct host *h = &sim->hosts[host];

	if (h->p == NULL)
		return;
	sim_trace(sim, "h%u dies%s", host, runs_too ? " with its runs" : "");
	enforce_lease(sim, host);
	sim->dying = true;
	protocol_mute(h->p);
	net_drain(sim, host);
	protocol_free(h->p);
	sim->dying = false;
	h->p = NULL;
	h->gen++;
	for (unsigned i = 0; i < sim->nservers; i++) {
		h->conns[i].up = false;
		h->conns[i].gen++;
	}
	for (unsigned i = 0; i < sim->nruns && runs_too; i++)
		if (sim->runs[i].host == host &&
		    sim->runs[i].end_us > sim->now_us)
			sim->runs[i].end_us = sim->now_us;
}
