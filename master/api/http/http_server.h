/*
 * HTTP/1.1 on libevent: connections, their limits and their requests, one
 * after the other. Knows nothing of what is asked.
 *
 * libevent's own evhttp (2.1.12) is not used: it tells nobody of a new or a
 * closed connection, so that neither their number nor the time of a request
 * could be bounded; it reads without end while an answer is sent; it answers
 * malformed requests in HTML.
 *
 * What bounds a client:
 *   head, body       sizes below; more is 431 and 413
 *   a request        must be there within idle_ms of its connection or of the
 *                    answer before, however slowly its bytes come
 *   an answer        must be complete within idle_ms, and every idle_ms the
 *                    client must have taken 256 bytes a second of it; see
 *                    http_conn_set_endless()
 *   a peer           beyond peer_max the one of its connections that is idle
 *                    for longest is closed, or the new one is: 429
 *   connections      at connections_max the one that is idle for longest (a
 *                    second at least) is closed for a new one; when there is
 *                    none, new ones wait
 */
#ifndef BELFRY_API_HTTP_HTTP_SERVER_H
#define BELFRY_API_HTTP_HTTP_SERVER_H

#include <event2/event.h>
#include <sys/types.h>

#include "api/http/tls.h"
#include "api/http_head.h"
#include "base/address.h"

#define HTTP_LISTENERS_MAX 16

struct http_server;
struct http_conn; /* a connection, and the request that it waits on */

/* The other end of a connection. */
struct http_peer {
	/*
	 * Of a unix socket, and of a TCP connection within this machine; -1
	 * when it is not known.
	 */
	uid_t uid;
	struct address address; /* of TCP; family AF_UNIX else */
};

struct http_server_config {
	struct event_base *base;
	size_t head_max;
	size_t body_max;
	unsigned connections_max;
	/*
	 * Of one user, or one address (an IPv6 network of 64 bits), but for
	 * those of whom trusted() says so.
	 */
	unsigned peer_max;
	bool (*trusted)(const struct http_peer *peer, void *arg);
	int idle_ms;
	int uid_asker;   /* of peer_uid_open(), borrowed; -1 none */
	struct tls *tls; /* for TCP, borrowed; NULL: without */
	/*
	 * A request came: answer it, now or later, once. Its head and body are
	 * valid until then.
	 */
	void (*request)(struct http_conn *conn, void *arg);
	/*
	 * Asked now and then while an answer of TCP has no end: may they still
	 * have it?
	 */
	bool (*still_may)(struct http_conn *conn, void *arg);
	/*
	 * The answer will not be taken, or its time is up: forget the
	 * connection. In the second case it can still be answered, in this
	 * call.
	 */
	void (*gone)(struct http_conn *conn, bool timeout, void *arg);
	void *arg;
};

/* config is copied. */
struct http_server *http_server_new(const struct http_server_config *config);

/* Closes everything; gone() is not called. */
void http_server_free(struct http_server *server);

/*
 * Accepts on fd too, a unix socket's or of TCP, which becomes the server's. At
 * most HTTP_LISTENERS_MAX.
 */
void http_server_listen(struct http_server *server, int fd);

/* For /metrics. */
struct http_counts {
	uint64_t answers[6]; /* by the first digit of the status */
	unsigned connections;
};

struct http_counts http_server_counts(const struct http_server *server);

/* Bytes that clients have not taken yet. */
size_t http_server_backlog(const struct http_server *server);

/* The request. */
const struct http_head *http_conn_head(const struct http_conn *conn);
const char *http_conn_body(const struct http_conn *conn, size_t *len_r);

/* The other end. */
const struct http_peer *http_conn_peer(const struct http_conn *conn);

/* Its TLS; NULL without. */
SSL *http_conn_ssl(const struct http_conn *conn);

/* What the answering side keeps with the request; NULL at its begin. */
void http_conn_set_data(struct http_conn *conn, void *data);
void *http_conn_data(const struct http_conn *conn);

/* This answer may take as long as it likes. */
void http_conn_set_endless(struct http_conn *conn);

/*
 * One more header of the coming answer, at most 2 KiB in all. Before
 * http_conn_reply() or http_conn_begin(). Without a Cache-Control what has an
 * entity tag is asked for again each time, and the rest not stored.
 */
void http_conn_add_header(
    struct http_conn *conn, const char *name, const char *value);

/*
 * The whole answer; one with status 200 to a GET has an entity tag, is 304
 * when the client has it already, and is compressed when it takes that. The
 * connection is not the caller's afterwards.
 */
void http_conn_reply(struct http_conn *conn, int status,
    const char *content_type, const void *body, size_t len);
void http_conn_reply_problem(
    struct http_conn *conn, const struct http_problem *problem);

/* An answer in pieces. */
void
http_conn_begin(struct http_conn *conn, int status, const char *content_type);
void http_conn_write(struct http_conn *conn, const void *p, size_t len);
void http_conn_end(struct http_conn *conn);

/* It is a HEAD: the answer has no body. */
bool http_conn_wants_head(const struct http_conn *conn);

/* Bytes that the client has not taken yet. */
size_t http_conn_backlog(const struct http_conn *conn);

/*
 * Closes in the middle of an answer, so that the client sees that it is
 * incomplete. gone() is not called.
 */
void http_conn_abort(struct http_conn *conn);

#endif
