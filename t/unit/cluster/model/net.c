#include "sim.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/strbuf.h"

#define TIMEOUT_US 500000

static int64_t
delay(struct sim *sim)
{
	/* Mostly short, sometimes as slow as this seed's network gets. */
	if (sim_random(sim, 20) == 0)
		return 200 +
		    (int64_t)sim_random(sim, (uint64_t)sim->slowest_us);
	return 200 + (int64_t)sim_random(sim, 2000);
}

static int64_t
in_order(int64_t *last_us, int64_t at_us)
{
	if (at_us <= *last_us)
		at_us = *last_us + 1;
	*last_us = at_us;
	return at_us;
}

/* There was no answer in time, or no connection. */
static void
answer_none(struct sim *sim, struct msg *msg)
{
	struct request *request = msg->request;

	msg->request = NULL;
	if (request != NULL)
		protocol_answer(
		    sim->hosts[msg->host].p, request, NULL, sim->now_us / 1000);
}

void
net_send(struct sim *sim, unsigned host, unsigned server, enum script_id script,
    const struct args *args, struct request *request)
{
	struct conn *conn = &sim->hosts[host].conns[server];
	struct msg *msg = xcalloc(1, sizeof(*msg));
	struct event event = {.host = host, .msg = msg};

	*msg = (struct msg){
	    .next = sim->msgs,
	    .host = host,
	    .host_gen = sim->hosts[host].gen,
	    .server = server,
	    .conn_gen = conn->gen,
	    .process = sim->servers[server].process,
	    .script = script,
	    .request = request,
	};
	sim->msgs = msg;
	if (!conn->up || sim->dying) {
		msg->conn_gen = conn->gen - 1;
		event.kind = EVENT_REPLY;
		event.at_us = sim->now_us + 1;
		sim_push(sim, &event);
		return;
	}
	args_copy(&msg->args, args);
	event.kind = EVENT_DELIVER;
	event.at_us = in_order(&conn->last_to_us, sim->now_us + delay(sim));
	sim_push(sim, &event);
	/* By then there is an answer, or none. */
	event.kind = EVENT_REPLY;
	event.at_us = sim->now_us + TIMEOUT_US;
	sim_push(sim, &event);
}

static bool
is_lost(struct sim *sim)
{
	return sim->now_us < EPOCH_US + FAULTS_END_US &&
	    sim_random(sim, 1000) < sim->loss;
}

static bool
is_cut(const struct sim *sim, const struct msg *msg)
{
	const struct host *host = &sim->hosts[msg->host];

	return host->gen != msg->host_gen ||
	    host->conns[msg->server].gen != msg->conn_gen;
}

/* What was on a connection that broke may arrive all the same, late. */
static bool
strays(struct sim *sim, struct msg *msg)
{
	struct event event = {
	    .kind = EVENT_DELIVER, .host = msg->host, .msg = msg};

	if (sim_random(sim, 2) == 0)
		return false;
	if (sim_random(sim, 2) == 0)
		return true;
	event.at_us = sim->now_us + (int64_t)sim_random(sim, 3 * SECOND);
	sim_push(sim, &event);
	return false;
}

/* All that was asked, and all answers. */
static void
trace_call(struct sim *sim, const struct msg *msg)
{
	struct strbuf b = STRBUF_INIT;

	for (size_t i = 0; i < msg->args.n; i++)
		strbuf_addf(&b, " %s", args_get(&msg->args, i));
	strbuf_adds(&b, " ->");
	for (size_t i = 0; i < msg->reply.n; i++)
		strbuf_addf(&b, "%s %s", i > 0 ? ";" : "", msg->reply.s[i]);
	sim_trace(sim, "s%u h%u %s%s", msg->server, msg->host,
	    scripts[msg->script].name, strbuf_str(&b));
	strbuf_fini(&b);
}

void
net_deliver(struct sim *sim, struct msg *msg)
{
	struct server *server = &sim->servers[msg->server];
	struct conn *conn = &sim->hosts[msg->host].conns[msg->server];
	struct event event = {
	    .kind = EVENT_DELIVER, .host = msg->host, .msg = msg};

	if (server->frozen_until_us > sim->now_us) {
		event.at_us = server->frozen_until_us + 1;
		sim_push(sim, &event);
		return;
	}
	if (msg->reply.s != NULL || msg->process != server->process ||
	    (is_cut(sim, msg) && !strays(sim, msg)))
		return;
	fake_run(&server->data, msg->script, "belfry:{c}", &msg->args,
	    sim->now_us + server->skew_us, &msg->reply);
	if (sim->trace)
		trace_call(sim, msg);
	if (is_cut(sim, msg))
		return;
	if (is_lost(sim))
		return net_cut(sim, msg->host, msg->server);
	event.kind = EVENT_REPLY;
	event.at_us = in_order(&conn->last_from_us, sim->now_us + delay(sim));
	sim_push(sim, &event);
}

void
net_reply(struct sim *sim, struct msg *msg)
{
	struct protocol_reply reply = {
	    msg->reply.n, (const char *const *)msg->reply.s};
	struct request *request = msg->request;

	if (request == NULL || msg->host_gen != sim->hosts[msg->host].gen)
		return;
	if (is_cut(sim, msg)) {
		answer_none(sim, msg);
	} else if (msg->reply.s == NULL) {
		/* Too late: nothing on this connection counts any more. */
		net_cut(sim, msg->host, msg->server);
	} else {
		msg->request = NULL;
		protocol_answer(sim->hosts[msg->host].p, request, &reply,
		    sim->now_us / 1000);
	}
	host_after(sim, msg->host);
}

static void
connect_later(struct sim *sim, unsigned host, unsigned server)
{
	struct event event = {
	    .kind = EVENT_CONNECT,
	    .host = host,
	    .gen = sim->hosts[host].gen,
	    .n = server,
	    .at_us = sim->now_us + 50000 + (int64_t)sim_random(sim, 300000),
	};

	sim_push(sim, &event);
}

void
net_cut(struct sim *sim, unsigned host, unsigned server)
{
	struct host *h = &sim->hosts[host];

	if (h->p == NULL || !h->conns[server].up)
		return;
	h->conns[server].up = false;
	h->conns[server].gen++;
	for (struct msg *msg = sim->msgs; msg != NULL; msg = msg->next)
		if (msg->host == host && msg->host_gen == h->gen &&
		    msg->server == server)
			answer_none(sim, msg);
	protocol_down(h->p, server, sim->now_us / 1000);
	connect_later(sim, host, server);
	host_after(sim, host);
}

void
net_cut_all(struct sim *sim, unsigned server)
{
	for (unsigned i = 0; i < sim->nhosts; i++)
		net_cut(sim, i, server);
}

void
net_connect(struct sim *sim, unsigned host, unsigned server)
{
	struct conn *conn = &sim->hosts[host].conns[server];
	char process[16];

	if (sim->servers[server].frozen_until_us > sim->now_us)
		return connect_later(sim, host, server);
	conn->up = true;
	conn->last_to_us = conn->last_from_us = sim->now_us;
	snprintf(process, sizeof(process), "p%u.%u", server,
	    sim->servers[server].process);
	protocol_up(sim->hosts[host].p, server, process);
	host_after(sim, host);
}

void
net_drain(struct sim *sim, unsigned host)
{
	bool more = true;

	while (more) {
		more = false;
		for (struct msg *m = sim->msgs; m != NULL; m = m->next) {
			if (m->host != host || m->request == NULL)
				continue;
			answer_none(sim, m);
			more = true;
		}
	}
}
