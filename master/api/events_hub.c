/* Runs in the api process. */
#include "api/events_hub.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/strbuf.h"

/* Events that are kept for who comes back. */
#define KEPT_MAX 1024

/* So many beats after the last client nobody is listened to any more. */
#define IDLE_BEATS 4

/* An event that the master has not ended by then is none. */
#define PARTIAL_MAX ((size_t)64 << 10)

struct kept {
	char *text; /* "event: ...\ndata: ...\n\n"; owned; NULL none */
	size_t len;
};

struct events_hub {
	struct event_base *base; /* borrowed */
	struct ask_table *table; /* borrowed */
	struct event *beat;  /* while there are clients, and a little longer */
	struct event *again; /* asks a master that was not there */
	struct http_conn *clients[EVENTS_CLIENTS_MAX]; /* borrowed */
	unsigned nclients;
	struct kept kept[KEPT_MAX]; /* n is in n % KEPT_MAX */
	uint64_t first, next;       /* what is kept: first <= n < next */
	uint32_t epoch;
	struct strbuf partial; /* of the master, no whole event yet */
	bool listens;
	unsigned idle; /* beats without a client */
};

static void beat_cb(evutil_socket_t fd, short what, void *arg);
static void again_cb(evutil_socket_t fd, short what, void *arg);

struct events_hub *
events_hub_new(struct event_base *base)
{
	struct events_hub *hub = xcalloc(1, sizeof(*hub));

	hub->base = base;
	if (getrandom(&hub->epoch, sizeof(hub->epoch), 0) == -1)
		fatalx("no random numbers");
	hub->first = hub->next = 1;
	hub->beat = event_new(base, -1, EV_PERSIST, beat_cb, hub);
	hub->again = evtimer_new(base, again_cb, hub);
	if (hub->again == NULL || hub->beat == NULL)
		fatalx("cannot make a timer");
	return hub;
}

void
events_hub_set_table(struct events_hub *hub, struct ask_table *table)
{
	hub->table = table;
}

void
events_hub_free(struct events_hub *hub)
{
	if (hub == NULL)
		return;
	for (size_t i = 0; i < KEPT_MAX; i++)
		free(hub->kept[i].text);
	strbuf_fini(&hub->partial);
	event_free(hub->beat);
	event_free(hub->again);
	free(hub);
}

static void
forget_client(struct events_hub *hub, unsigned i)
{
	hub->clients[i] = hub->clients[--hub->nclients];
}

bool
events_hub_remove(struct events_hub *hub, struct http_conn *conn)
{
	for (unsigned i = 0; i < hub->nclients; i++)
		if (hub->clients[i] == conn) {
			forget_client(hub, i);
			return true;
		}
	return false;
}

/* To all, and who does not take it is cut off. */
static void
send_all(struct events_hub *hub, const char *text, size_t len)
{
	for (unsigned i = hub->nclients; i-- > 0;) {
		struct http_conn *conn = hub->clients[i];

		if (http_conn_backlog(conn) + len > EVENTS_UNSENT_MAX) {
			forget_client(hub, i);
			http_conn_abort(conn);
		} else {
			http_conn_write(conn, text, len);
		}
	}
}

static void
add_event(const struct events_hub *hub, struct strbuf *b, uint64_t n)
{
	const struct kept *k = &hub->kept[n % KEPT_MAX];

	strbuf_addf(b, "id: %08" PRIx32 "-%" PRIu64 "\n", hub->epoch, n);
	strbuf_add(b, k->text, k->len);
}

/* Keeps it, in place of the oldest. */
static void
keep(struct events_hub *hub, const char *text, size_t len)
{
	struct kept *k = &hub->kept[hub->next % KEPT_MAX];

	free(k->text);
	k->text = xstrndup(text, len);
	k->len = len;
	hub->next++;
	if (hub->next - hub->first > KEPT_MAX)
		hub->first = hub->next - KEPT_MAX;
}

/* Keeps it, and appends it to b, which goes to all. */
static void
take_event(
    struct events_hub *hub, struct strbuf *b, const char *text, size_t len)
{
	keep(hub, text, len);
	add_event(hub, b, hub->next - 1);
}

/* What was before cannot be told: they know nothing that is sure. */
static void
reset_all(struct events_hub *hub)
{
	static const char text[] = "event: reset\ndata: {}\n\n";
	struct strbuf b = STRBUF_INIT;

	hub->first = hub->next;
	take_event(hub, &b, text, sizeof(text) - 1);
	hub->first = hub->next;
	send_all(hub, strbuf_str(&b), b.len);
	strbuf_fini(&b);
}

void
events_hub_heard(struct events_hub *hub, const void *p, size_t len)
{
	struct strbuf b = STRBUF_INIT;
	const char *from, *end;

	if (len == 0)
		return;
	strbuf_add(&hub->partial, p, len);
	from = strbuf_str(&hub->partial);
	for (; (end = strstr(from, "\n\n")) != NULL; from = end + 2)
		take_event(hub, &b, from, (size_t)(end + 2 - from));
	len = strlen(from);
	if (len > PARTIAL_MAX)
		len = 0;
	memmove(hub->partial.s, from, len);
	strbuf_cut(&hub->partial, len);
	send_all(hub, strbuf_str(&b), b.len);
	strbuf_fini(&b);
}

static void
listen_again(struct events_hub *hub)
{
	strbuf_reset(&hub->partial);
	hub->listens = ask_table_listen(hub->table) == 0;
	if (!hub->listens)
		events_hub_silent(hub);
}

void
events_hub_began(struct events_hub *hub)
{
	reset_all(hub);
}

void
events_hub_silent(struct events_hub *hub)
{
	const struct timeval wait = {
	    EVENTS_AGAIN_MS / 1000, EVENTS_AGAIN_MS % 1000 * 1000};

	hub->listens = false;
	evtimer_add(hub->again, &wait);
}

static void
again_cb(evutil_socket_t fd, short what, void *arg)
{
	struct events_hub *hub = arg;

	if (hub->nclients > 0 && !hub->listens)
		listen_again(hub);
}

static void
beat_cb(evutil_socket_t fd, short what, void *arg)
{
	static const char text[] = ": beat\n\n";
	struct events_hub *hub = arg;

	send_all(hub, text, sizeof(text) - 1);
	hub->idle = hub->nclients > 0 ? 0 : hub->idle + 1;
	if (hub->idle < IDLE_BEATS)
		return;
	event_del(hub->beat);
	ask_table_unlisten(hub->table);
	hub->listens = false;
}

/* The number behind what the client had last; 0: it is not known. */
static uint64_t
where_to_go_on(const struct events_hub *hub, struct http_conn *conn)
{
	const char *id = http_head_field(http_conn_head(conn), "Last-Event-ID");
	uint64_t n;
	uint32_t epoch;
	char rest;

	if (id == NULL)
		return hub->next;
	if (sscanf(id, "%8" SCNx32 "-%20" SCNu64 "%c", &epoch, &n, &rest) !=
		2 ||
	    epoch != hub->epoch || n + 1 < hub->first || n + 1 > hub->next)
		return 0;
	return n + 1;
}

static void
greet(struct events_hub *hub, struct http_conn *conn, uint64_t n)
{
	struct strbuf b = STRBUF_INIT;

	strbuf_adds(&b, "retry: 2000\n\n");
	if (n == 0)
		strbuf_addf(&b,
		    "id: %08" PRIx32 "-%" PRIu64 "\nevent: reset\ndata: {}\n\n",
		    hub->epoch, hub->next - 1);
	for (; n != 0 && n < hub->next; n++)
		add_event(hub, &b, n);
	http_conn_write(conn, strbuf_str(&b), b.len);
	strbuf_fini(&b);
}

void
events_hub_add(struct events_hub *hub, struct http_conn *conn)
{
	const struct timeval every = {
	    EVENTS_BEAT_MS / 1000, EVENTS_BEAT_MS % 1000 * 1000};
	struct http_problem problem;
	uint64_t n;

	if (hub->nclients == EVENTS_CLIENTS_MAX) {
		http_problem_set(&problem, 503, "busy",
		    "too many listen already; try again later");
		http_conn_reply_problem(conn, &problem);
		return;
	}
	if (!event_pending(hub->beat, EV_TIMEOUT, NULL))
		event_add(hub->beat, &every);
	if (!hub->listens)
		listen_again(hub);
	n = where_to_go_on(hub, conn);
	http_conn_set_endless(conn);
	http_conn_begin(conn, 200, "text/event-stream");
	if (http_conn_wants_head(conn)) {
		http_conn_end(conn);
		return;
	}
	hub->clients[hub->nclients++] = conn;
	greet(hub, conn, n);
}
