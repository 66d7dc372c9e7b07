/*
 * Answers of master and recorder on their way to connections. Runs in the api
 * process. What a peer sends is checked; what breaks the protocol has the
 * channel closed.
 */
#include <stdio.h>
#include <string.h>

#include "api/http/http_ask_internal.h"
#include "base/mem.h"

/* After so many bytes of answers it is counted anew what is held. */
#define HELD_STEP ((size_t)1 << 20)
#define NEXT_MAX  1500

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

static void
begin_events(struct ask_table *table, int status)
{
	if (status != 200)
		ask_table_end_events(table);
	else if (table->listens)
		table->config.began(table->config.arg);
}

static int
on_begin(struct channel *channel, struct message *message, void *arg,
    struct err *err)
{
	struct ask_peer *peer = arg;
	struct ask_pending *p = ask_find(peer, message->id);
	int status = wire_get_u16(&message->body);
	const char *type = wire_get_str(&message->body);

	if (!wire_end(&message->body) || status < 200 || status > 599 ||
	    strpbrk(type, "\r\n") != NULL)
		return err_set(err, "malformed");
	if (p == NULL && message->id == ASK_EVENTS_ID)
		begin_events(peer->table, status);
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
	struct ask_pending *p = ask_find(peer, message->id);
	const void *bytes;
	size_t n;

	bytes = wire_get_bytes(&message->body, &n);
	if (!wire_end(&message->body))
		return err_set(err, "malformed");
	if (p == NULL) {
		if (message->id == ASK_EVENTS_ID && peer->table->listens)
			peer->table->config.heard(
			    peer->table->config.arg, bytes, n);
		return 0;
	}
	if (p->status == 0)
		return err_set(err, "an answer that has not begun");
	if (p->route->kind == ROUTE_HEALTH || p->route->kind == ROUTE_READY)
		return 0;
	if (p->streams)
		http_conn_write(p->conn, bytes, n);
	else
		strbuf_add(&p->body, bytes, n);
	if (too_much(p, n)) {
		ask_tell_cancelled(p);
		ask_fail(p, 503, "too_large", "the answer is too large");
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
		ask_fail(
		    p, 503, "unavailable", "the master does not answer well");
	} else if (p->route->kind == ROUTE_READY &&
	    table->recorder.channel == NULL) {
		ask_fail(p, 503, "unavailable", "the recorder restarts");
	} else {
		ask_forget(p);
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
	ask_forget(p);
	http_conn_reply(conn, status, type, strbuf_str(&body), body.len);
	strbuf_fini(&body);
}

static int
on_end(struct channel *channel, struct message *message, void *arg,
    struct err *err)
{
	struct ask_peer *peer = arg;
	struct ask_pending *p = ask_find(peer, message->id);
	const char *next = "";
	struct http_conn *conn;

	if (message->body.len > 0)
		next = wire_get_str(&message->body);
	if (!wire_end(&message->body))
		return err_set(err, "malformed");
	if (p == NULL) {
		if (message->id == ASK_EVENTS_ID)
			ask_table_end_events(peer->table);
		return 0;
	}
	if (p->status == 0)
		return err_set(err, "an answer that has not begun");
	if (p->streams) {
		conn = p->conn;
		ask_forget(p);
		http_conn_end(conn);
	} else if (p->route->kind == ROUTE_HEALTH ||
	    p->route->kind == ROUTE_READY) {
		answer_health(p);
	} else if (p->route->kind == ROUTE_METRICS) {
		ask_metrics_next(p, p->status == 200);
	} else {
		add_link(p, next);
		if (p->status == 503)
			ask_invite_again(p);
		answer_whole(p);
	}
	return 0;
}

const struct channel_dispatch ask_dispatch[] = {
    {MSG_ANSWER_BEGIN, on_begin},
    {MSG_ANSWER_DATA, on_data},
    {MSG_ANSWER_END, on_end},
    {0, NULL},
};
