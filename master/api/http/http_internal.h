/* What http_server.c, http_conn.c and http_reply.c share. */
#ifndef BELFRY_API_HTTP_HTTP_INTERNAL_H
#define BELFRY_API_HTTP_HTTP_INTERNAL_H

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/listener.h>
#include <sys/queue.h>

#include "api/http/http_server.h"

#define HTTP_EXTRA_HEADERS_MAX 2048
/* More than this unsent: no further pipelined request is begun. */
#define HTTP_OUTPUT_MAX        ((size_t)256 << 10)

enum http_state {
	HTTP_HEAD,  /* idle, or in the middle of a head */
	HTTP_BODY,  /* the head was read */
	HTTP_ASKED, /* the request was handed out, its answer is not complete */
	HTTP_CLOSING /* the last answer goes out; input is thrown away */
};

TAILQ_HEAD(http_conns, http_conn);

struct http_server {
	struct http_server_config config;
	struct evconnlistener *listeners[HTTP_LISTENERS_MAX];
	unsigned nlisteners;
	struct event *retry;    /* look again whether to accept */
	struct http_conns idle; /* HTTP_HEAD and HTTP_BODY, longest first */
	struct http_conns busy; /* the others */
	unsigned count;
	uint64_t answers[6]; /* by the first digit of the status */
	struct event *reap;  /* frees dead connections out of their callbacks */
	struct http_conns dead;
};

struct http_conn {
	TAILQ_ENTRY(http_conn) entry;
	struct http_server *server;
	struct bufferevent *bev;
	SSL *ssl; /* bev's; NULL without TLS */
	struct event *timer;
	struct event *hangup; /* a half-closed client's end; NULL */
	int hangup_fd;
	enum http_state state;
	struct http_peer peer;
	char *text; /* the head; owned */
	struct http_head head;
	char *body; /* owned, NUL behind it */
	void *data;
	struct timeval since; /* when it came into this state */
	size_t unsent;        /* when the timer was set */
	char extra[HTTP_EXTRA_HEADERS_MAX];
	bool processing;
	bool eof;         /* the client sends nothing more */
	bool close_after; /* no further request after this one */
	bool refused;     /* the rest of its input makes no sense */
	bool shut;        /* all was sent, its end is awaited */
	bool endless;
	bool checked; /* the timer is that of an endless answer */
	bool begun;   /* the answer's head was sent */
	bool chunked; /* its body is */
	bool broken;  /* its TLS is: nothing can be said */
	bool dead;
};

/* http_server.c */
void http_conn_set_state(struct http_conn *conn, enum http_state state);
void http_conn_kill(struct http_conn *conn);
void http_conn_set_timer(struct http_conn *conn);

/* http_conn.c */
/* NULL: it cannot be had, fd is closed. */
struct http_conn *http_conn_new(
    struct http_server *server, int fd, const struct sockaddr *sa, size_t len);
void http_conn_free(struct http_conn *conn);

/* Is it of the same user or address as the other one? */
bool http_conn_has_peer_of(
    const struct http_conn *conn, const struct http_conn *other);

/* Closes one that was just accepted: its peer has too many. */
void http_conn_turn_away(struct http_conn *conn);

/* Reads requests as long as there are any and none is being answered. */
void http_conn_process(struct http_conn *conn);

/* http_reply.c: the answer is complete. */
void http_conn_finish(struct http_conn *conn);

#endif
