/*
 * Questions that wait for their answers. Runs in the api process.
 *
 * The id of a question is its place in the table and a serial number, so that
 * an answer to one that was cancelled is not taken for its successor's.
 */
#include "api/http/http_ask.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/http/http_ask_internal.h"
#include "base/log.h"
#include "base/mem.h"

static struct ask_peer *
peer_of(struct ask_table *table, enum role_id role)
{
	return role == ROLE_MASTER ? &table->master : &table->recorder;
}

void
ask_forget(struct ask_pending *p)
{
	if (p->endless)
		p->table->endless--;
	if (p->timer != NULL)
		event_free(p->timer);
	p->timer = NULL;
	strbuf_fini(&p->body);
	http_conn_set_data(p->conn, NULL);
	p->conn = NULL;
	p->id = 0;
}

void
ask_tell_cancelled(struct ask_pending *p)
{
	channel_send(peer_of(p->table, p->peer)->channel, MSG_ASK_CANCEL, p->id,
	    NULL, -1);
}

void
ask_fail(struct ask_pending *p, int status, const char *code, const char *text)
{
	struct http_conn *conn = p->conn;
	struct http_problem problem;
	bool streams = p->streams;

	if (p->route->kind == ROUTE_METRICS) {
		ask_metrics_next(p, false);
		return;
	}
	ask_forget(p);
	http_problem_set(&problem, status, code, "%s", text);
	if (streams)
		http_conn_abort(conn);
	else
		http_conn_reply_problem(conn, &problem);
}

void
ask_invite_again(struct ask_pending *p)
{
	http_conn_add_header(p->conn, "Retry-After", "1");
}

static void
fail_gone(struct ask_pending *p)
{
	char text[80];

	snprintf(text, sizeof(text), "the %s restarts; try again in a moment",
	    role_name(p->peer));
	ask_fail(p, 503, "unavailable", text);
}

static void
fail_peer(struct ask_table *table, enum role_id role)
{
	struct ask_pending *p;

	for (p = table->pending; p < table->pending + ASK_PENDING_MAX; p++)
		if (p->id != 0 && p->peer == role)
			fail_gone(p);
}

struct ask_pending *
ask_find(const struct ask_peer *peer, uint64_t id)
{
	struct ask_pending *p = &peer->table->pending[id % ASK_PENDING_MAX];

	return id != 0 && p->id == id && p->peer == peer->role ? p : NULL;
}

void
ask_table_end_events(struct ask_table *table)
{
	if (!table->listens)
		return;
	table->listens = false;
	table->config.silent(table->config.arg);
}

int
ask_table_listen(struct ask_table *table)
{
	const struct ask ask = {.verb = "events", .who = ""};
	struct wire_writer w = WIRE_WRITER_INIT;

	ask_encode(&ask, &w);
	table->listens = channel_send(table->master.channel, MSG_ASK,
			     ASK_EVENTS_ID, &w, -1) == 0;
	wire_writer_fini(&w);
	return table->listens ? 0 : -1;
}

void
ask_table_unlisten(struct ask_table *table)
{
	if (table->listens)
		channel_send(table->master.channel, MSG_ASK_CANCEL,
		    ASK_EVENTS_ID, NULL, -1);
	table->listens = false;
}

static void
closed_cb(struct channel *channel, const char *why, void *arg)
{
	struct ask_peer *peer = arg;

	channel_free(channel);
	peer->channel = NULL;
	fail_peer(peer->table, peer->role);
	if (peer->role == ROLE_MASTER)
		ask_table_end_events(peer->table);
	if (why != NULL)
		peer->table->config.peer_bad(
		    peer->table->config.arg, peer->role, why);
}

struct ask_table *
ask_table_new(const struct ask_table_config *config)
{
	struct ask_table *table = xcalloc(1, sizeof(*table));
	unsigned i;

	table->config = *config;
	table->master = (struct ask_peer){table, ROLE_MASTER, NULL};
	table->recorder = (struct ask_peer){table, ROLE_RECORDER, NULL};
	for (i = 0; i < ASK_PENDING_MAX; i++)
		table->pending[i].table = table;
	return table;
}

void
ask_table_free(struct ask_table *table)
{
	unsigned i;

	if (table == NULL)
		return;
	for (i = 0; i < ASK_PENDING_MAX; i++)
		if (table->pending[i].id != 0)
			ask_forget(&table->pending[i]);
	ask_tell_fini(table);
	channel_free(table->master.channel);
	channel_free(table->recorder.channel);
	free(table);
}

void
ask_table_set_peer(struct ask_table *table, enum role_id role, int fd)
{
	struct ask_peer *peer = peer_of(table, role);
	struct channel_config config = {
	    .loop = table->config.loop,
	    .self = ROLE_API,
	    .peer = role,
	    .dispatch = ask_dispatch,
	    .closed_cb = closed_cb,
	    .arg = peer,
	};

	if (peer->channel != NULL) {
		channel_free(peer->channel);
		peer->channel = NULL;
		fail_peer(table, role);
		if (role == ROLE_MASTER)
			ask_table_end_events(table);
	}
	peer->channel = channel_new(&config, fd);
	if (role == ROLE_MASTER)
		ask_tell_untold(table);
}

static void
health_cb(evutil_socket_t fd, short what, void *arg)
{
	struct ask_pending *p = arg;

	ask_tell_cancelled(p);
	ask_fail(p, 503, "unavailable", "the master does not answer in time");
}

void
ask_limit_time(struct ask_pending *p)
{
	const struct timeval tv = {
	    ASK_HEALTH_MS / 1000, ASK_HEALTH_MS % 1000 * 1000};

	if (p->timer == NULL)
		p->timer = evtimer_new(p->table->config.base, health_cb, p);
	if (p->timer == NULL || evtimer_add(p->timer, &tv) == -1)
		fatalx("cannot make a timer");
}

static bool
is_urgent(enum route_kind kind)
{
	return kind == ROUTE_HEALTH || kind == ROUTE_READY ||
	    kind == ROUTE_METRICS;
}

static struct ask_pending *
find_free(struct ask_table *table)
{
	unsigned i;

	for (i = 0; i < ASK_PENDING_MAX; i++) {
		table->serial++;
		if (table->pending[table->serial % ASK_PENDING_MAX].id == 0)
			return &table->pending[table->serial % ASK_PENDING_MAX];
	}
	return NULL;
}

static struct ask_pending *
pending_new(struct ask_table *table, struct http_conn *conn,
    const struct route_call *call, bool endless)
{
	struct ask_pending *p = find_free(table);

	if (p == NULL || (endless && table->endless >= ASK_ENDLESS_MAX))
		return NULL;
	p->id = table->serial;
	p->conn = conn;
	p->route = call->route;
	p->peer = call->route->peer;
	p->status = 0;
	p->streams = false;
	p->used = 0;
	p->endless = endless;
	http_conn_set_data(conn, p);
	if (endless) {
		table->endless++;
		http_conn_set_endless(conn);
	}
	return p;
}

int
ask_send(struct ask_pending *p, const struct ask *ask)
{
	struct wire_writer w = WIRE_WRITER_INIT;
	int rc;

	ask_encode(ask, &w);
	rc = channel_send(
	    peer_of(p->table, p->peer)->channel, MSG_ASK, p->id, &w, -1);
	wire_writer_fini(&w);
	return rc;
}

static int
send_call(struct ask_pending *p, const struct route_call *call, const char *who,
    const char *from)
{
	struct ask ask = {
	    .verb = call->route->verb,
	    .who = who,
	    .from = from,
	    .nargs = call->nargs,
	};

	memcpy(ask.keys, call->keys, sizeof(ask.keys));
	memcpy(ask.values, call->values, sizeof(ask.values));
	return ask_send(p, &ask);
}

void
ask_table_send(struct ask_table *table, struct http_conn *conn,
    const struct route_call *call, const char *who, const char *from)
{
	const char *follow = route_call_arg(call, "follow");
	struct http_problem problem;
	struct ask_pending *p;

	p = pending_new(
	    table, conn, call, follow != NULL && strcmp(follow, "0") != 0);
	if (p == NULL) {
		http_problem_set(&problem, 503, "busy",
		    "too many requests at once; try again in a moment");
		http_conn_reply_problem(conn, &problem);
		return;
	}
	if (is_urgent(call->route->kind))
		ask_limit_time(p);
	if (send_call(p, call, who, from) == -1) {
		ask_invite_again(p);
		fail_gone(p);
	}
}

void
ask_table_cancel(struct ask_table *table, struct http_conn *conn, bool timeout)
{
	struct ask_pending *p = http_conn_data(conn);

	if (p == NULL)
		return;
	ask_tell_cancelled(p);
	if (timeout)
		ask_fail(p, 504, "timeout", "the answer took too long");
	else
		ask_forget(p);
}
