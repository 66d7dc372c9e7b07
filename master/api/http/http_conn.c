/*
 * One connection: reads its requests, notices its end, keeps its time.
 * Runs in the api process.
 */
#include "api/http/http_server.h"

#include <event2/bufferevent_ssl.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "api/http/http_internal.h"
#include "api/who/peer_uid.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/mem.h"

/* How long a client may go on sending what nobody reads any more. */
#define LINGER_MS 2000
/* How often it is looked whether who gets an endless answer still may. */
#define CHECK_S   2
/* Bytes a second that a client takes of its answer at least. */
#define RATE_MIN  256

/*
 * An endless answer is looked at every so often, however much is written. Who
 * came through the unix socket stays who they were.
 */
static void
set_check(struct http_conn *conn)
{
	const struct timeval tv = {CHECK_S, 0};

	if (conn->peer.address.len == 0)
		evtimer_del(conn->timer);
	else if (!conn->checked || !evtimer_pending(conn->timer, NULL))
		evtimer_add(conn->timer, &tv);
	conn->checked = true;
}

void
http_conn_set_timer(struct http_conn *conn)
{
	int ms = conn->shut ? LINGER_MS : conn->server->config.idle_ms;
	struct timeval tv = {ms / 1000, ms % 1000 * 1000};

	conn->unsent = http_conn_backlog(conn);
	if (conn->state == HTTP_ASKED && conn->endless)
		set_check(conn);
	else
		evtimer_add(conn->timer, &tv);
}

/* Tells the answering side, when it has not answered yet. */
static void
drop(struct http_conn *conn, bool timeout)
{
	bool asked = conn->state == HTTP_ASKED;

	if (asked)
		conn->server->config.gone(
		    conn, timeout, conn->server->config.arg);
	/* A timeout may have been answered. */
	if (!timeout || !asked || conn->state == HTTP_ASKED)
		http_conn_kill(conn);
}

static void
timer_cb(evutil_socket_t fd, short what, void *arg)
{
	struct http_conn *conn = arg;
	const struct http_server_config *config = &conn->server->config;
	size_t unsent = http_conn_backlog(conn);
	size_t least = (size_t)config->idle_ms * RATE_MIN / 1000;

	if (conn->state == HTTP_ASKED && conn->endless) {
		if (config->still_may(conn, config->arg))
			http_conn_set_timer(conn);
		else
			drop(conn, false);
		return;
	}
	/* A client that takes its answer slowly is as good as any. */
	if (unsent > 0 && unsent < conn->unsent &&
	    conn->unsent - unsent >= least)
		http_conn_set_timer(conn);
	else
		drop(conn, unsent == 0);
}

/* True when the peer has closed its end for good, not only for writing. */
static bool
is_hung_up(int fd)
{
	struct pollfd pfd = {fd, 0, 0};

	return poll(&pfd, 1, 0) == 1 &&
	    (pfd.revents & (POLLHUP | POLLERR)) != 0;
}

static void
hangup_cb(evutil_socket_t fd, short what, void *arg)
{
	struct http_conn *conn = arg;

	if (!conn->dead && is_hung_up(fd))
		drop(conn, false);
}

/*
 * A client that sends nothing more may still wait for its answer. libevent
 * stops reading at the end of file; the real end comes as an edge on a
 * descriptor of its own, since one may not mix edges and levels on one.
 */
static void
watch_hangup(struct http_conn *conn)
{
	int fd = bufferevent_getfd(conn->bev);

	if (conn->hangup != NULL)
		return;
	conn->hangup_fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	if (conn->hangup_fd == -1)
		return; /* a failing write will tell */
	conn->hangup = event_new(conn->server->config.base, conn->hangup_fd,
	    EV_CLOSED | EV_ET | EV_PERSIST, hangup_cb, conn);
	if (conn->hangup != NULL)
		event_add(conn->hangup, NULL);
}

static void
event_cb(struct bufferevent *bev, short what, void *arg)
{
	struct http_conn *conn = arg;

	if (conn->dead || (what & BEV_EVENT_CONNECTED))
		return;
	conn->broken = !(what & BEV_EVENT_EOF);
	/* With TLS nothing can be written any more either. */
	if (!(what & BEV_EVENT_EOF) || conn->ssl != NULL ||
	    is_hung_up(bufferevent_getfd(bev))) {
		drop(conn, false);
		return;
	}
	conn->eof = true;
	if (conn->state == HTTP_ASKED)
		watch_hangup(conn);
	else if (http_conn_backlog(conn) == 0)
		http_conn_kill(conn);
}

/* The head was read: is the body acceptable? */
static int
check_body(struct http_conn *conn, struct http_problem *problem)
{
	if (conn->head.content_length > conn->server->config.body_max)
		return http_problem_set(problem, 413, "too_large",
		    "the body is larger than %zu bytes",
		    conn->server->config.body_max);
	return 0;
}

static void
refuse(struct http_conn *conn, const struct http_problem *problem)
{
	conn->close_after = true;
	conn->refused = true;
	http_conn_set_state(conn, HTTP_ASKED);
	http_conn_reply_problem(conn, problem);
}

/* Empty lines in front of a request are to be ignored (RFC 9112, 2.2). */
static void
skip_empty_lines(struct evbuffer *in)
{
	char two[2];

	while (evbuffer_copyout(in, two, 2) == 2 && two[0] == '\r' &&
	    two[1] == '\n')
		evbuffer_drain(in, 2);
}

/* False when more bytes must come first. */
static bool
read_head(struct http_conn *conn, struct evbuffer *in)
{
	size_t max = conn->server->config.head_max, have, len;
	struct http_problem problem;
	const char *start;

	skip_empty_lines(in);
	have = evbuffer_get_length(in);
	if (have == 0)
		return false;
	if (have > max)
		have = max;
	start = (const char *)evbuffer_pullup(in, (ev_ssize_t)have);
	len = http_head_length(start, have);
	if (len == 0 && have == max) {
		http_problem_set(&problem, 431, "too_large",
		    "the request head is larger than %zu bytes", max);
		refuse(conn, &problem);
		return true;
	}
	if (len == 0)
		return false;
	conn->text = xmalloc(len + 1);
	evbuffer_remove(in, conn->text, len);
	conn->text[len] = '\0';
	if (http_head_parse(conn->text, len, &conn->head, &problem) == -1 ||
	    check_body(conn, &problem) == -1)
		refuse(conn, &problem);
	else
		http_conn_set_state(conn, HTTP_BODY);
	return true;
}

static void
send_continue(struct http_conn *conn)
{
	static const char text[] = "HTTP/1.1 100 Continue\r\n\r\n";

	if (conn->head.expect_continue)
		bufferevent_write(conn->bev, text, sizeof(text) - 1);
	conn->head.expect_continue = false;
}

static bool
read_body(struct http_conn *conn, struct evbuffer *in)
{
	size_t len = (size_t)conn->head.content_length;

	if (evbuffer_get_length(in) < len) {
		send_continue(conn);
		return false;
	}
	conn->body = xmalloc(len + 1);
	evbuffer_remove(in, conn->body, len);
	conn->body[len] = '\0';
	if (!conn->head.keep_alive)
		conn->close_after = true;
	http_conn_set_state(conn, HTTP_ASKED);
	http_conn_set_timer(conn);
	if (conn->eof)
		watch_hangup(conn);
	conn->server->config.request(conn, conn->server->config.arg);
	return true;
}

void
http_conn_process(struct http_conn *conn)
{
	struct evbuffer *in = bufferevent_get_input(conn->bev);
	bool more = true;

	if (conn->processing)
		return;
	conn->processing = true;
	while (more && !conn->dead) {
		if (http_conn_backlog(conn) > HTTP_OUTPUT_MAX)
			break;
		if (conn->state == HTTP_HEAD)
			more = read_head(conn, in);
		else if (conn->state == HTTP_BODY)
			more = read_body(conn, in);
		else
			more = false;
	}
	conn->processing = false;
	if (!conn->dead && conn->eof && conn->state < HTTP_ASKED &&
	    http_conn_backlog(conn) == 0)
		http_conn_kill(conn);
}

static void
read_cb(struct bufferevent *bev, void *arg)
{
	struct http_conn *conn = arg;
	struct evbuffer *in = bufferevent_get_input(bev);

	if (conn->dead)
		return;
	if (conn->state == HTTP_CLOSING)
		evbuffer_drain(in, evbuffer_get_length(in));
	else
		http_conn_process(conn);
}

/*
 * Everything was sent. Closing now what has unread input would reset the
 * connection, and with TCP the answer could be lost with it.
 */
static void
write_cb(struct bufferevent *bev, void *arg)
{
	struct http_conn *conn = arg;

	if (conn->dead)
		return;
	if (conn->state != HTTP_CLOSING) {
		http_conn_process(conn);
	} else if (conn->eof || !conn->refused) {
		http_conn_kill(conn);
	} else if (!conn->shut) {
		conn->shut = true;
		if (conn->ssl != NULL)
			tls_end(conn->ssl);
		shutdown(bufferevent_getfd(bev), SHUT_WR);
		http_conn_set_timer(conn);
	}
}

static uid_t
peer_uid(int fd)
{
	struct ucred cred = {0, (uid_t)-1, (gid_t)-1};
	socklen_t len = sizeof(cred);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) == -1)
		return (uid_t)-1;
	return cred.uid;
}

static void
find_peer(struct http_conn *conn, int fd, const struct sockaddr *sa, size_t len)
{
	struct http_peer *peer = &conn->peer;
	struct address local = {.len = sizeof(local.sa)};

	if (sa->sa_family == AF_UNIX || len > sizeof(peer->address.sa)) {
		peer->uid = peer_uid(fd);
		return;
	}
	memcpy(&peer->address.sa, sa, len);
	peer->address.len = (socklen_t)len;
	peer->uid = (uid_t)-1;
	if (address_is_loopback(&peer->address) &&
	    getsockname(fd, (struct sockaddr *)&local.sa, &local.len) == 0)
		peer->uid = peer_uid_find(
		    conn->server->config.uid_asker, &local, &peer->address);
}

/* Answers go out as they are written, and who is gone is noticed one day. */
static void
set_options(int fd)
{
	const int on = 1;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
}

static struct bufferevent *
make_bev(struct http_conn *conn, int fd)
{
	struct event_base *base = conn->server->config.base;
	struct bufferevent *bev;

	if (conn->ssl == NULL)
		return bufferevent_socket_new(base, fd, BEV_OPT_CLOSE_ON_FREE);
	bev = bufferevent_openssl_socket_new(base, fd, conn->ssl,
	    BUFFEREVENT_SSL_ACCEPTING, BEV_OPT_CLOSE_ON_FREE);
	/* Lengths tell what is complete, not the end of the connection. */
	if (bev != NULL)
		bufferevent_openssl_set_allow_dirty_shutdown(bev, 1);
	return bev;
}

/* False: no TLS can be had for it. */
static bool
find_tls(struct http_conn *conn)
{
	struct tls *tls = conn->server->config.tls;

	if (tls == NULL || conn->peer.address.len == 0)
		return true;
	conn->ssl = tls_accept(tls);
	return conn->ssl != NULL;
}

struct http_conn *
http_conn_new(
    struct http_server *server, int fd, const struct sockaddr *sa, size_t len)
{
	struct http_conn *conn = xcalloc(1, sizeof(*conn));
	const struct http_server_config *config = &server->config;

	conn->server = server;
	conn->hangup_fd = -1;
	find_peer(conn, fd, sa, len);
	if (!find_tls(conn)) {
		free(conn);
		close(fd);
		return NULL;
	}
	if (sa->sa_family != AF_UNIX)
		set_options(fd);
	conn->bev = make_bev(conn, fd);
	conn->timer = evtimer_new(config->base, timer_cb, conn);
	if (conn->bev == NULL || conn->timer == NULL)
		fatalx("cannot make events of a connection");
	bufferevent_setcb(conn->bev, read_cb, write_cb, event_cb, conn);
	/* No more is read ahead than one request can have. */
	bufferevent_setwatermark(
	    conn->bev, EV_READ, 0, config->head_max + config->body_max);
	bufferevent_enable(conn->bev, EV_READ | EV_WRITE);
	return conn;
}

void
http_conn_free(struct http_conn *conn)
{
	if (conn->hangup != NULL)
		event_free(conn->hangup);
	fd_close(&conn->hangup_fd);
	event_free(conn->timer);
	if (conn->ssl != NULL && !conn->broken && !conn->shut &&
	    SSL_is_init_finished(conn->ssl))
		tls_end(conn->ssl);
	bufferevent_free(conn->bev);
	free(conn->text);
	free(conn->body);
	free(conn);
}

SSL *
http_conn_ssl(const struct http_conn *conn)
{
	return conn->ssl;
}

bool
http_conn_has_peer_of(
    const struct http_conn *conn, const struct http_conn *other)
{
	const struct http_peer *a = &conn->peer, *b = &other->peer;

	if (a->address.len == 0 || b->address.len == 0)
		return a->address.len == b->address.len && a->uid == b->uid;
	return address_is_near(&a->address, &b->address);
}

void
http_conn_turn_away(struct http_conn *conn)
{
	static const char text[] =
	    "HTTP/1.1 429 Too Many Requests\r\nRetry-After: 1\r\n"
	    "Connection: close\r\nContent-Length: 0\r\n\r\n";

	/* What does not fit in the socket's buffer, as it always does, goes. */
	if (conn->ssl == NULL)
		send(bufferevent_getfd(conn->bev), text, sizeof(text) - 1,
		    MSG_NOSIGNAL | MSG_DONTWAIT);
	http_conn_kill(conn);
}

const struct http_head *
http_conn_head(const struct http_conn *conn)
{
	return &conn->head;
}

const char *
http_conn_body(const struct http_conn *conn, size_t *len_r)
{
	*len_r = conn->body != NULL ? (size_t)conn->head.content_length : 0;
	return conn->body != NULL ? conn->body : "";
}

const struct http_peer *
http_conn_peer(const struct http_conn *conn)
{
	return &conn->peer;
}
