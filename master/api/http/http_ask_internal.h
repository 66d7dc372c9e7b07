/* What http_ask.c and http_answer.c share. */
#ifndef BELFRY_API_HTTP_HTTP_ASK_INTERNAL_H
#define BELFRY_API_HTTP_HTTP_ASK_INTERNAL_H

#include "api/http/http_ask.h"
#include "base/strbuf.h"

/* The id of the question for events; no other grows so large. */
#define ASK_EVENTS_ID UINT64_MAX

struct ask_pending {
	struct ask_table *table;
	uint64_t id;            /* 0: the place is free */
	struct http_conn *conn; /* borrowed */
	const struct route *route;
	enum role_id peer; /* who is asked now */
	bool endless;
	int status;
	bool streams; /* its head was sent on */
	char content_type[128];
	struct strbuf body;  /* of one that is sent whole */
	size_t used;         /* of metrics: what is complete of it */
	bool up[2];          /* and whether master and recorder answered */
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
	bool listens;
	size_t uncounted; /* bytes of answers since held bytes were counted */
	struct wire_writer *untold; /* AUDIT_TELL that waits; owned */
	size_t nuntold, untold_cap;
	struct ask_pending pending[ASK_PENDING_MAX];
};

/* The question to that peer; NULL when it was cancelled. */
struct ask_pending *ask_find(const struct ask_peer *peer, uint64_t id);

/* Sends the question that p is. 0, or -1: the peer is not there. */
int ask_send(struct ask_pending *p, const struct ask *ask);

/* Forgets the question; its connection is not answered here. */
void ask_forget(struct ask_pending *p);

/* Its peer has ASK_HEALTH_MS from now on. */
void ask_limit_time(struct ask_pending *p);

/* The question for events is over, if it was asked. */
void ask_table_end_events(struct ask_table *table);

/* Ends it with a problem, or by cutting it off when it has begun. */
void
ask_fail(struct ask_pending *p, int status, const char *code, const char *text);
void ask_tell_cancelled(struct ask_pending *p);

/* Nothing was done: asking again is safe, whatever was asked for. */
void ask_invite_again(struct ask_pending *p);

/*
 * http_metrics.c: one peer has answered (true), or has not, and will not: asks
 * the next, or answers with what there is.
 */
void ask_metrics_next(struct ask_pending *p, bool answered);

/* http_tell.c: there is a new master; the end. */
void ask_tell_untold(struct ask_table *table);
void ask_tell_fini(struct ask_table *table);

/* http_answer.c: the messages of both peers; arg is a struct ask_peer. */
extern const struct channel_dispatch ask_dispatch[];

#endif
