/*
 * Questions to master and recorder that wait for their answers, and the two
 * channels. Passes answers on to connections: whole, or as they come.
 *
 * What bounds an answer: a whole one may have ASK_WHOLE_MAX bytes; of one
 * that is streamed ASK_UNSENT_MAX may wait for the client; all that waits
 * together ASK_HELD_MAX. Beyond that the question is cancelled.
 */
#ifndef BELFRY_API_HTTP_HTTP_ASK_H
#define BELFRY_API_HTTP_HTTP_ASK_H

#include "api/http/http_route.h"
#include "api/http/http_server.h"
#include "ipc/channel.h"
#include "run/record.h"

#define ASK_WHOLE_MAX   ((size_t)8 << 20)
#define ASK_UNSENT_MAX  ((size_t)4 << 20)
#define ASK_HELD_MAX    ((size_t)128 << 20)
#define ASK_PENDING_MAX 512
/* Questions whose answer has no end in sight. */
#define ASK_ENDLESS_MAX 256

#ifndef ASK_HEALTH_MS /* tests have less patience */
#define ASK_HEALTH_MS 2000
#endif

struct ask_table;

struct ask_table_config {
	struct event_base *base;
	struct channel_loop *loop;
	struct http_server *server; /* borrowed: what its clients hold up */
	/*
	 * Of ask_table_listen(): it begins; a part of it; it has ended, or
	 * never began, as the master is gone or not ready.
	 */
	void (*began)(void *arg);
	void (*heard)(void *arg, const void *p, size_t len);
	void (*silent)(void *arg);
	/* A peer broke the protocol. */
	void (*peer_bad)(void *arg, enum role_id peer, const char *why);
	void *arg;
};

struct ask_table *ask_table_new(const struct ask_table_config *config);
void ask_table_free(struct ask_table *table);

/* The channel to master or recorder; own fd. The one before is dead. */
void ask_table_set_peer(struct ask_table *table, enum role_id peer, int fd);

/*
 * Asks, and answers conn: at once with a problem, or when the answer comes.
 * who and from where are for the answerer's audit.
 */
void ask_table_send(struct ask_table *table, struct http_conn *conn,
    const struct route_call *call, const char *who, const char *from);

/*
 * Asks the master for "events": they go to heard(), until silent() is called
 * or asked for. 0; or -1: the master is not there.
 */
int ask_table_listen(struct ask_table *table);
void ask_table_unlisten(struct ask_table *table);

/*
 * http_tell.c: tells the master of a change for the audit log, when it is
 * there again at the latest. id, host and forget do not count.
 */
void ask_table_tell(struct ask_table *table, const struct record_audit *audit);

/* conn wants no answer any more, or has waited for too long. */
void
ask_table_cancel(struct ask_table *table, struct http_conn *conn, bool timeout);

#endif
