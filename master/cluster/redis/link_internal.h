/* What link.c (calls, deadlines, ends) and link_setup.c (from a name to a
 * server that can be asked) share. */
#ifndef BELFRY_CLUSTER_REDIS_LINK_INTERNAL_H
#define BELFRY_CLUSTER_REDIS_LINK_INTERNAL_H

#include <event2/dns.h>
#include <hiredis/async.h>
#include <sys/queue.h>

#include "cluster/redis/link.h"

enum link_state {
	LINK_DOWN,  /* until retry_us */
	LINK_SETUP, /* resolving, connecting, greeting */
	LINK_UP,
};

/*
 * One command under way. hiredis holds it until is_ended; link is NULL when it
 * is given up.
 */
struct call {
	TAILQ_ENTRY(call) link_entry;
	struct link *link;
	bool is_ended;           /* its connection is gone */
	struct request *request; /* NULL: none, or answered */
	void (*greeted)(struct link *link, const redisReply *reply);
	enum script_id script;
	struct args args; /* of a script, until it is known there */
	int64_t sent_us;
	int64_t deadline_us;
};

TAILQ_HEAD(call_list, call);

struct link {
	struct link_config config;
	enum link_state state;
	redisAsyncContext *ac;
	redisAsyncContext *sub; /* listens on the channel */
	struct evdns_getaddrinfo_request *lookup;
	bool looking_up;
	struct event *timer;
	struct call_list calls;  /* in the order of their deadlines */
	struct call_list unsent; /* to be answered NULL at the next turn */
	unsigned out;
	unsigned failures; /* in a row */
	bool told_down;
	bool unfit;
	int64_t retry_us;
	int64_t connect_us; /* SETUP: until then */
	int64_t check_us;   /* UP: the next look at its set-up */
	int64_t latency_us;
	struct redis_info info;
	char scratch[20]; /* the scratch key that is being claimed */
	char why[256];
};

/* Gives the connection up. */
void
link_fail(struct link *link, const char *why) __attribute__((nonnull(1, 2)));
void link_failf(struct link *link, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* A command of our own; greeted() gets its reply, which is no error. */
void link_command(struct link *link,
    void (*greeted)(struct link *link, const redisReply *reply), int argc,
    const char **argv);

/* The server will do. */
void link_is_up(struct link *link);

/* link_setup.c */
void link_connect(struct link *link);
void link_check(struct link *link); /* INFO and the scratch claim again */

#endif
