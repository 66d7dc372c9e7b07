/*
 * Questions that wait, and their answers. Runs in the api process.
 *
 * The id of a question is its place in the table and a serial number, so that
 * an answer to one that was cancelled is not taken for its successor's.
 */
#include "api/http_ask.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/strbuf.h"

/* After so many bytes of answers it is counted anew what is held. */
#define HELD_STEP ((size_t)1 << 20)
#define NEXT_MAX  250

struct ask_pending {
	struct ask_table *table;
	uint64_t id;            /* 0: the place is free */
	struct http_conn *conn; /* borrowed */
	const struct route *route;
	bool endless;
	int status;
	bool streams; /* its head was sent on */
	char content_type[128];
	struct strbuf body;  /* of one that is sent whole */
	struct event *timer; /* of health; NULL */
};

struct ask_peer {
	struct ask_table *table;
	enum role_id role;
	struct channel *channel; /* NULL: it is gone */
};

struct ask_table {
	struct ask_table_config config;
	struct ask_peer master;
	struct ask_peer recorder;
	uint64_t serial;
	unsigned endless;
	size_t uncounted; /* bytes of answers since held bytes were counted */
	struct ask_pending pending[ASK_PENDING_MAX];
};

static struct ask_peer *
peer_of(struct ask_table *table, enum role_id role)
{
	return role == ROLE_MASTER ? &table->master : &table->recorder;
}

/* Forgets the question; its connection is not answered here. */
static void
forget(struct ask_pending *p)
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

static void
tell_cancelled(struct ask_pending *p)
{
	channel_send(peer_of(p->table, p->route->peer)->channel, MSG_ASK_CANCEL,
	    p->id, NULL, -1);
}

/* Ends it with a problem, or by cutting it off when it has begun. */
static void
fail(struct ask_pending *p, int status, const char *code, const char *text)
{
	struct http_conn *conn = p->conn;
	struct http_problem problem;
	bool streams = p->streams;

	forget(p);
	http_problem_set(&problem, status, code, "%s", text);
	if (streams)
		http_conn_abort(conn);
	else
		http_conn_reply_problem(conn, &problem);
}

/* Nothing was done: asking again is safe, whatever was asked for. */
static void
invite_again(struct ask_pending *p)
{
	http_conn_add_header(p->conn, "Retry-After", "1");
}

static void
fail_gone(struct ask_pending *p)
{
	char text[80];

	snprintf(text, sizeof(text), "the %s restarts; try again in a moment",
	    role_name(p->route->peer));
	fail(p, 503, "unavailable", text);
}

static void
fail_peer(struct ask_table *table, enum role_id role)
{
	struct ask_pending *p;

	for (p = table->pending; p < table->pending + ASK_PENDING_MAX; p++)
		if (p->id != 0 && p->route->peer == role)
			fail_gone(p);
}

static struct ask_pending *
find(struct ask_table *table, uint64_t id)
{
	struct ask_pending *p = &table->pending[id % ASK_PENDING_MAX];

	return id != 0 && p->id == id ? p : NULL;
}

/* All that waits in this process because somebody does not take it. */
static size_t
count_held(const struct ask_table *table)
{
	size_t held = http_server_backlog(table->config.server);
	unsigned i;

	for (i = 0; i < ASK_PENDING_MAX; i++)
		held += table->pending[i].body.len;
	return held;
}

static bool
too_much(struct ask_pending *p, size_t more)
{
	struct ask_table *table = p->table;

	if (p->streams ? http_conn_backlog(p->conn) > ASK_UNSENT_MAX :
			 p->body.len > ASK_WHOLE_MAX)
		return true;
	table->uncounted += more;
	if (table->uncounted < HELD_STEP)
		return false;
	table->uncounted = 0;
	return count_held(table) > ASK_HELD_MAX;
}

static int
on_begin(struct channel *channel, struct message *message, void *arg,
    struct err *err)
{
	struct ask_peer *peer = arg;
	struct ask_pending *p = find(peer->table, message->id);
	int status = wire_get_u16(&message->body);
	const char *type = wire_get_str(&message->body);

	if (!wire_end(&message->body) || status < 200 || status > 599 ||
	    strpbrk(type, "\r\n") != NULL)
		return err_set(err, "malformed");
	if (p == NULL)
		return 0; /* cancelled while it was on its way */
	if (p->status != 0)
		return err_set(err, "an answer that has begun");
	p->status = status;
	snprintf(p->content_type, sizeof(p->content_type), "%s", type);
	if (p->route->kind != ROUTE_STREAM || status != 200)
		return 0;
	p->streams = true;
	http_conn_begin(p->conn, status, p->content_type);
	return 0;
}

static int
on_data(struct channel *channel, struct message *message, void *arg,
    struct err *err)
{
	struct ask_peer *peer = arg;
	struct ask_pending *p = find(peer->table, message->id);
	const void *bytes;
	size_t n;

	bytes = wire_get_bytes(&message->body, &n);
	if (!wire_end(&message->body))
		return err_set(err, "malformed");
	if (p == NULL)
		return 0;
	if (p->status == 0)
		return err_set(err, "an answer that has not begun");
	if (p->route->kind == ROUTE_HEALTH || p->route->kind == ROUTE_READY)
		return 0;
	if (p->streams)
		http_conn_write(p->conn, bytes, n);
	else
		strbuf_add(&p->body, bytes, n);
	if (too_much(p, n)) {
		tell_cancelled(p);
		fail(p, 503, "too_large", "the answer is too large");
	}
	return 0;
}

/* Link: </v1/runs?before=...>; rel="next" */
static void
add_link(struct ask_pending *p, const char *next)
{
	char link[NEXT_MAX + 80];

	if (*next == '\0' || strlen(next) > NEXT_MAX ||
	    strpbrk(next, "\r\n<> \"") != NULL)
		return;
	snprintf(link, sizeof(link), "<%s?%s>; rel=\"next\"", p->route->pattern,
	    next);
	http_conn_add_header(p->conn, "Link", link);
}

static void
answer_health(struct ask_pending *p)
{
	static const char good[] = "{\"status\":\"ok\"}";
	struct ask_table *table = p->table;
	struct http_conn *conn = p->conn;

	if (p->status != 200) {
		fail(p, 503, "unavailable", "the master does not answer well");
	} else if (p->route->kind == ROUTE_READY &&
	    table->recorder.channel == NULL) {
		fail(p, 503, "unavailable", "the recorder restarts");
	} else {
		forget(p);
		http_conn_reply(
		    conn, 200, "application/json", good, sizeof(good) - 1);
	}
}

static void
answer_whole(struct ask_pending *p)
{
	struct http_conn *conn = p->conn;
	struct strbuf body = p->body;
	char type[sizeof(p->content_type)];
	int status = p->status;

	p->body = (struct strbuf)STRBUF_INIT;
	memcpy(type, p->content_type, sizeof(type));
	forget(p);
	http_conn_reply(conn, status, type, strbuf_str(&body), body.len);
	strbuf_fini(&body);
}

static int
on_end(struct channel *channel, struct message *message, void *arg,
    struct err *err)
{
	struct ask_peer *peer = arg;
	struct ask_pending *p = find(peer->table, message->id);
	const char *next = "";
	struct http_conn *conn;

	if (message->body.len > 0)
		next = wire_get_str(&message->body);
	if (!wire_end(&message->body))
		return err_set(err, "malformed");
	if (p == NULL)
		return 0;
	if (p->status == 0)
		return err_set(err, "an answer that has not begun");
	if (p->streams) {
		conn = p->conn;
		forget(p);
		http_conn_end(conn);
	} else if (p->route->kind == ROUTE_HEALTH ||
	    p->route->kind == ROUTE_READY) {
		answer_health(p);
	} else {
		add_link(p, next);
		if (p->status == 503)
			invite_again(p);
		answer_whole(p);
	}
	return 0;
}

static const struct channel_dispatch dispatch[] = {
    {MSG_ANSWER_BEGIN, on_begin},
    {MSG_ANSWER_DATA, on_data},
    {MSG_ANSWER_END, on_end},
    {0, NULL},
};

static void
closed_cb(struct channel *channel, const char *why, void *arg)
{
	struct ask_peer *peer = arg;

	channel_free(channel);
	peer->channel = NULL;
	fail_peer(peer->table, peer->role);
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
			forget(&table->pending[i]);
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
	    .dispatch = dispatch,
	    .closed_cb = closed_cb,
	    .arg = peer,
	};

	if (peer->channel != NULL) {
		channel_free(peer->channel);
		peer->channel = NULL;
		fail_peer(table, role);
	}
	peer->channel = channel_new(&config, fd);
}

static void
health_cb(evutil_socket_t fd, short what, void *arg)
{
	struct ask_pending *p = arg;

	tell_cancelled(p);
	fail(p, 503, "unavailable", "the master does not answer in time");
}

static void
limit_time(struct ask_pending *p)
{
	const struct timeval tv = {
	    ASK_HEALTH_MS / 1000, ASK_HEALTH_MS % 1000 * 1000};

	p->timer = evtimer_new(p->table->config.base, health_cb, p);
	if (p->timer == NULL || evtimer_add(p->timer, &tv) == -1)
		fatalx("cannot make a timer");
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
	p->status = 0;
	p->streams = false;
	p->endless = endless;
	http_conn_set_data(conn, p);
	if (endless) {
		table->endless++;
		http_conn_set_endless(conn);
	}
	return p;
}

static int
send_ask(struct ask_pending *p, const struct route_call *call, const char *who)
{
	struct wire_writer w = WIRE_WRITER_INIT;
	struct ask ask = {
	    .verb = call->route->verb,
	    .who = who,
	    .nargs = call->nargs,
	};
	int rc;

	memcpy(ask.keys, call->keys, sizeof(ask.keys));
	memcpy(ask.values, call->values, sizeof(ask.values));
	ask_encode(&ask, &w);
	rc = channel_send(peer_of(p->table, call->route->peer)->channel,
	    MSG_ASK, p->id, &w, -1);
	wire_writer_fini(&w);
	return rc;
}

void
ask_table_send(struct ask_table *table, struct http_conn *conn,
    const struct route_call *call, const char *who)
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
	if (send_ask(p, call, who) == -1) {
		invite_again(p);
		fail_gone(p);
	} else if (call->route->kind == ROUTE_HEALTH ||
	    call->route->kind == ROUTE_READY) {
		limit_time(p);
	}
}

void
ask_table_cancel(struct ask_table *table, struct http_conn *conn, bool timeout)
{
	struct ask_pending *p = http_conn_data(conn);

	if (p == NULL)
		return;
	tell_cancelled(p);
	if (timeout)
		fail(p, 504, "timeout", "the answer took too long");
	else
		forget(p);
}
