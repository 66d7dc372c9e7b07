#include <stdio.h>
#include <string.h>

#include "sim.h"

/*
 * What may go wrong together. Left out is what nobody can stand: a lone server
 * that goes back in time just when those are gone who have seen it later; and
 * a clock of a server that is set back while all of them forget.
 */
void
faults_choose(struct sim *sim)
{
	static const unsigned kinds[] = {
	    FAULT_CUT, FAULT_PAUSE, FAULT_KILL, FAULT_FREEZE, FAULT_RESTART};
	struct event event = {.kind = EVENT_FAULT};

	for (unsigned i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (sim_random(sim, 2) == 0)
			sim->faults |= kinds[i];
	switch (sim_random(sim, 4)) {
	case 0:
		sim->faults |= FAULT_FORGET;
		break;
	case 1:
		sim->faults |= FAULT_GO_BACK;
		if (sim->nservers == 1)
			sim->faults &=
			    ~(unsigned)(FAULT_PAUSE | FAULT_KILL | FAULT_CUT);
		break;
	case 2:
		sim->faults |= FAULT_CLOCK;
		break;
	default:
		break;
	}
	sim->loss = sim->faults & FAULT_CUT ? (unsigned)sim_random(sim, 80) : 0;
	sim->slowest_us = sim_random(sim, 2) == 0 ? 5000 : 400000;
	sim->slow_disks = sim_random(sim, 2) == 0;
	for (unsigned i = 0; i < sim->nhosts; i++) {
		struct host *h = &sim->hosts[i];

		snprintf(h->name, sizeof(h->name), "h%u", i);
		if (sim_random(sim, 3) == 0)
			h->skew_us =
			    (int64_t)sim_random(sim, 4 * SECOND) - 2 * SECOND;
	}
	if (sim_random(sim, 8) == 0 && sim->nhosts < HOSTS_MAX) {
		struct host *twin = &sim->hosts[sim->nhosts++];

		sim->faults |= FAULT_TWIN;
		twin->twin = true;
		snprintf(twin->name, sizeof(twin->name), "h0");
		sim->faults &= FAULT_TWIN | FAULT_CUT;
	}
	event.at_us = EPOCH_US + SECOND + (int64_t)sim_random(sim, SECOND);
	sim_push(sim, &event);
}

static void
restart_server(struct sim *sim, unsigned server)
{
	sim->servers[server].process++;
	net_cut_all(sim, server);
}

static void
keep(struct server *server)
{
	fake_copy(&server->kept, &server->data);
	server->has_kept = true;
}

/* Late enough that its session is over, early enough to be well at the end. */
static void
pause_host(struct sim *sim, unsigned host)
{
	int64_t last_us = EPOCH_US + FAULTS_END_US + 3 * SECOND;
	int64_t until_us = sim->now_us + (int64_t)sim_random(sim, 7 * SECOND);

	sim->hosts[host].paused_until_us =
	    until_us < last_us ? until_us : last_us;
	sim_trace(sim, "h%u is stopped until %.3f", host,
	    (double)(sim->hosts[host].paused_until_us - EPOCH_US) / SECOND);
}

void
faults_kill(struct sim *sim, unsigned host)
{
	struct event event = {.kind = EVENT_RESTART, .host = host};

	/* It was stopped when it should have died. */
	if (sim->now_us >= EPOCH_US + FAULTS_END_US)
		return;
	host_kill(sim, host, sim_random(sim, 2) == 0);
	event.at_us = sim->now_us + 100000 +
	    (int64_t)sim_random(sim, (TTL_MS + LOCK_DELAY_MS) * 2000);
	sim_push(sim, &event);
}

static void
go_back(struct sim *sim, unsigned server)
{
	struct server *s = &sim->servers[server];

	/* The older state is taken a while before. */
	if (!s->has_kept)
		return keep(s);
	sim_trace(sim, "s%u goes back", server);
	fake_copy(&s->data, &s->kept);
	restart_server(sim, server);
	s->has_kept = false;
}

static void
one_fault(struct sim *sim, enum fault fault)
{
	unsigned host = (unsigned)sim_random(sim, sim->nhosts);
	unsigned server = (unsigned)sim_random(sim, sim->nservers);
	struct server *s = &sim->servers[server];

	switch (fault) {
	case FAULT_CUT:
		sim_trace(sim, "h%u is cut from s%u", host, server);
		net_cut(sim, host, server);
		break;
	case FAULT_PAUSE:
		pause_host(sim, host);
		break;
	case FAULT_KILL:
		faults_kill(sim, host);
		break;
	case FAULT_FREEZE:
		s->frozen_until_us =
		    sim->now_us + (int64_t)sim_random(sim, 4 * SECOND);
		sim_trace(sim, "s%u freezes", server);
		break;
	case FAULT_FORGET:
		sim_trace(sim, "s%u forgets", server);
		fake_clear(&s->data);
		if (sim_random(sim, 2) == 0)
			restart_server(sim, server);
		break;
	case FAULT_GO_BACK:
		go_back(sim, server);
		break;
	case FAULT_RESTART:
		sim_trace(sim, "s%u restarts", server);
		restart_server(sim, server);
		break;
	case FAULT_CLOCK:
		/* Of a minority: the clocks of most servers are right. */
		if (sim->nservers > 1)
			server %= (sim->nservers - 1) / 2;
		s = &sim->servers[server];
		s->skew_us =
		    (int64_t)sim_random(sim, 120 * SECOND) - 60 * SECOND;
		sim_trace(sim, "s%u clock %+.1f", server,
		    (double)s->skew_us / SECOND);
		break;
	case FAULT_TWIN:
		break;
	}
}

static void
heal_all(struct sim *sim)
{
	sim_trace(sim, "faults end");
	for (unsigned i = 0; i < sim->nservers; i++)
		sim->servers[i].skew_us = 0;
	for (unsigned i = 0; i < sim->nservers; i++)
		if (sim->servers[i].frozen_until_us > sim->now_us)
			sim->servers[i].frozen_until_us = sim->now_us;
	for (unsigned i = 0; i < sim->nhosts; i++)
		host_start(sim, i);
}

static bool
is_born(const struct sim *sim)
{
	for (unsigned i = 0; i < sim->nservers; i++)
		if (fake_get(&sim->servers[i].data, "belfry:{c}:i", "m") ==
		    NULL)
			return false;
	return true;
}

void
faults_next(struct sim *sim)
{
	struct event event = {.kind = EVENT_FAULT};
	unsigned fault = 1u << sim_random(sim, 8);

	if (sim->now_us >= EPOCH_US + FAULTS_END_US)
		return heal_all(sim);
	/* What is first seen by a wrong clock waits for that time. */
	if (fault == FAULT_CLOCK && (sim->seen_us == 0 || !is_born(sim)))
		fault = 0;
	if (sim->faults & fault)
		one_fault(sim, (enum fault)fault);
	event.at_us = sim->now_us + 50000 + (int64_t)sim_random(sim, 600000);
	sim_push(sim, &event);
}
