/*
 * The listening socket and the set of connections: accepting, making room,
 * freeing. Runs in the api process.
 */
#include "api/http/http_server.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "api/http/http_internal.h"
#include "base/log.h"
#include "base/mem.h"

static struct http_conns *
list_of(struct http_conn *conn)
{
	if (conn->dead)
		return &conn->server->dead;
	return conn->state < HTTP_ASKED ? &conn->server->idle :
					  &conn->server->busy;
}

static bool
is_old(const struct http_conn *conn)
{
	struct timeval now, age;

	event_base_gettimeofday_cached(conn->server->config.base, &now);
	timersub(&now, &conn->since, &age);
	return age.tv_sec >= 1 || age.tv_sec < 0;
}

/* The one that a new connection may take the place of; NULL: none. */
static struct http_conn *
find_spare(struct http_server *server)
{
	struct http_conn *conn = TAILQ_FIRST(&server->idle);

	return conn != NULL && is_old(conn) ? conn : NULL;
}

static void
update_accepting(struct http_server *server)
{
	const struct timeval delay = {1, 0};
	bool accepting = server->count < server->config.connections_max ||
	    find_spare(server) != NULL;

	for (unsigned i = 0; i < server->nlisteners; i++)
		if (accepting)
			evconnlistener_enable(server->listeners[i]);
		else
			evconnlistener_disable(server->listeners[i]);
	if (accepting)
		return;
	if (!evtimer_pending(server->retry, NULL))
		evtimer_add(server->retry, &delay);
}

static void
enter(struct http_conn *conn)
{
	event_base_gettimeofday_cached(conn->server->config.base, &conn->since);
	TAILQ_INSERT_TAIL(list_of(conn), conn, entry);
}

void
http_conn_set_state(struct http_conn *conn, enum http_state state)
{
	TAILQ_REMOVE(list_of(conn), conn, entry);
	conn->state = state;
	enter(conn);
}

/*
 * The connection is over. It is freed at the end of the turn: some callback
 * of it may be on the stack.
 */
void
http_conn_kill(struct http_conn *conn)
{
	struct http_server *server = conn->server;

	if (conn->dead)
		return;
	TAILQ_REMOVE(list_of(conn), conn, entry);
	conn->dead = true;
	TAILQ_INSERT_TAIL(&server->dead, conn, entry);
	bufferevent_disable(conn->bev, EV_READ | EV_WRITE);
	evtimer_del(conn->timer);
	event_active(server->reap, 0, 0);
}

static void
reap_cb(evutil_socket_t fd, short what, void *arg)
{
	struct http_server *server = arg;
	struct http_conn *conn;

	while ((conn = TAILQ_FIRST(&server->dead)) != NULL) {
		TAILQ_REMOVE(&server->dead, conn, entry);
		http_conn_free(conn);
		server->count--;
	}
	update_accepting(server);
}

static unsigned
count_of_peer(const struct http_conns *list, const struct http_conn *conn)
{
	const struct http_conn *c;
	unsigned n = 0;

	TAILQ_FOREACH(c, list, entry)
	n += http_conn_has_peer_of(c, conn);
	return n;
}

/*
 * A peer that has its share gives up one that is idle for a second at least.
 * False: it has none.
 */
static bool
make_room_of_peer(struct http_server *server, struct http_conn *conn)
{
	const struct http_server_config *config = &server->config;
	struct http_conn *c;

	if (config->trusted(&conn->peer, config->arg) ||
	    count_of_peer(&server->idle, conn) +
		    count_of_peer(&server->busy, conn) <=
		config->peer_max)
		return true;
	TAILQ_FOREACH(c, &server->idle, entry)
	if (http_conn_has_peer_of(c, conn))
		break;
	if (c == NULL || c == conn || !is_old(c))
		return false;
	http_conn_kill(c);
	return true;
}

static void
accept_cb(struct evconnlistener *listener, evutil_socket_t fd,
    struct sockaddr *sa, int len, void *arg)
{
	struct http_server *server = arg;
	struct http_conn *conn;

	if (server->count >= server->config.connections_max &&
	    (conn = find_spare(server)) != NULL) {
		http_conn_kill(conn);
		reap_cb(-1, 0, server);
	}
	conn = http_conn_new(server, fd, sa, (size_t)len);
	if (conn == NULL)
		return;
	server->count++;
	enter(conn);
	if (!make_room_of_peer(server, conn)) {
		http_conn_turn_away(conn);
		return;
	}
	http_conn_set_timer(conn);
	update_accepting(server);
}

/* No descriptors or memory: the connection stays in the kernel's queue. */
static void
accept_error_cb(struct evconnlistener *listener, void *arg)
{
	struct http_server *server = arg;
	const struct timeval delay = {1, 0};

	log_warn("cannot accept a connection: %s", strerror(errno));
	evconnlistener_disable(listener);
	evtimer_add(server->retry, &delay);
}

static void
retry_cb(evutil_socket_t fd, short what, void *arg)
{
	update_accepting(arg);
}

struct http_server *
http_server_new(const struct http_server_config *config)
{
	struct http_server *server = xcalloc(1, sizeof(*server));

	server->config = *config;
	TAILQ_INIT(&server->idle);
	TAILQ_INIT(&server->busy);
	TAILQ_INIT(&server->dead);
	server->retry = evtimer_new(config->base, retry_cb, server);
	server->reap = event_new(config->base, -1, 0, reap_cb, server);
	if (server->retry == NULL || server->reap == NULL)
		fatalx("cannot make events of the HTTP server");
	return server;
}

static void
free_all(struct http_conns *list)
{
	struct http_conn *conn;

	while ((conn = TAILQ_FIRST(list)) != NULL) {
		TAILQ_REMOVE(list, conn, entry);
		http_conn_free(conn);
	}
}

void
http_server_free(struct http_server *server)
{
	if (server == NULL)
		return;
	for (unsigned i = 0; i < server->nlisteners; i++)
		evconnlistener_free(server->listeners[i]);
	free_all(&server->idle);
	free_all(&server->busy);
	free_all(&server->dead);
	event_free(server->retry);
	event_free(server->reap);
	free(server);
}

void
http_server_listen(struct http_server *server, int fd)
{
	struct evconnlistener *listener;

	evutil_make_socket_nonblocking(fd);
	/* A backlog of 0 says that fd listens already. */
	listener = evconnlistener_new(server->config.base, accept_cb, server,
	    LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, 0, fd);
	if (listener == NULL || server->nlisteners == HTTP_LISTENERS_MAX)
		fatalx("cannot listen for HTTP");
	evconnlistener_set_error_cb(listener, accept_error_cb);
	server->listeners[server->nlisteners++] = listener;
}

size_t
http_server_backlog(const struct http_server *server)
{
	const struct http_conn *conn;
	size_t n = 0;

	TAILQ_FOREACH(conn, &server->idle, entry)
	n += http_conn_backlog(conn);
	TAILQ_FOREACH(conn, &server->busy, entry)
	n += http_conn_backlog(conn);
	return n;
}

struct http_counts
http_server_counts(const struct http_server *server)
{
	struct http_counts counts = {.connections = server->count};

	memcpy(counts.answers, server->answers, sizeof(counts.answers));
	return counts;
}
