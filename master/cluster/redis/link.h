/*
 * One connection to one Redis server, in the libevent loop: connects (and
 * connects again, with a growing and random pause), authenticates, looks at
 * how the server is set up, and carries scripts. Never waits.
 *
 * Every command has a deadline, counted on CLOCK_BOOTTIME from the moment it
 * was sent. When one passes, or anything else goes wrong, the connection is
 * given up with all that is on it: a late answer can then never be taken for
 * that of another command.
 */
#ifndef BELFRY_CLUSTER_REDIS_LINK_H
#define BELFRY_CLUSTER_REDIS_LINK_H

#include <event2/event.h>

#include "cluster/protocol/args.h"
#include "cluster/protocol/protocol.h"
#include "cluster/redis/info.h"
#include "redis/url.h"

struct link;

struct link_ops {
	/* It can be asked. Repeated when the server's set-up has changed. */
	void (*up)(struct link *link, void *arg);
	/* It cannot; what it was asked has been answered with NULL. */
	void (*down)(struct link *link, const char *why, void *arg);
	/* An answer; reply NULL: none. */
	void (*answer)(struct link *link, struct request *request,
	    const struct protocol_reply *reply, void *arg);
	/* A message was published on the channel. */
	void (*wake)(struct link *link, void *arg);
};

struct link_config {
	const struct redis_url *url; /* borrowed */
	struct event_base *base;
	struct evdns_base *dns; /* NULL: numeric addresses only */
	const char *name;       /* for CLIENT SETNAME; borrowed */
	const char *key;        /* first key of every script; borrowed */
	const char *channel;    /* to listen on, or NULL; borrowed */
	int64_t timeout_ms;
	const struct link_ops *ops;
	void *arg;
};

/* Begins to connect. Nothing is called back before the loop turns. */
struct link *link_new(const struct link_config *config);

/* Answers NULL to all that is out; down() is not called. NULL is fine. */
void link_free(struct link *link);

/*
 * Sends a script; answer() follows once, never from inside this call. Not up,
 * or too much is under way: the answer is NULL.
 */
void link_send(struct link *link, enum script_id script,
    const struct args *args, struct request *request);

/* Writes what was sent, as far as the socket takes it. NULL is fine. */
void link_flush(struct link *link);

/* The server answers, but is set up so that no promise could be kept. */
bool link_is_unfit(const struct link *link);

/* What the server said of itself last. */
const struct redis_info *link_info(const struct link *link);

/* The last error; "" */
const char *link_why(const struct link *link);

/* Of the last round trip, us; -1: none yet. */
int64_t link_latency_us(const struct link *link);

int64_t boottime_us(void);

#endif
