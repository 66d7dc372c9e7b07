/*
 * This host's part in a cluster: its session, its claims, and what it hears of
 * the others, over one or several independent Redis servers. Runs in the
 * master's libevent loop and never waits. CLUSTER.md says what is promised.
 *
 * Nothing here knows jobs or workers: the master says what to claim and is
 * called back. All callbacks come from the loop, never from inside a call of
 * a function below, so that a caller is never entered again.
 *
 * Durations and deadlines are milliseconds on CLOCK_BOOTTIME; slots are
 * milliseconds since 1970.
 */
#ifndef BELFRY_CLUSTER_CLUSTER_H
#define BELFRY_CLUSTER_CLUSTER_H

#include <event2/event.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "cluster/protocol/types.h"

struct cluster;

/* All strings are copied. Zero stands for the default, where one is named. */
struct cluster_settings {
	const char *name;          /* [cluster] name: letters, digits, . _ - */
	const char *node;          /* [master] node-name: no blanks */
	const char *const *redis;  /* URLs, see redis/url.h */
	size_t nredis;             /* 1 to CLUSTER_SERVERS_MAX */
	const char *password_file; /* or NULL */
	/*
	 * Incarnations of this host before this one, separated by blanks, or
	 * NULL: their daemons are known to be dead, since this one holds the
	 * lock of the state directory. Keep cluster_incarnation() there.
	 */
	const char *former;
	int64_t heartbeat_ms;       /* 2000 */
	int64_t session_ttl_ms;     /* 10000 */
	int64_t lock_delay_ms;      /* 3000 */
	int64_t command_timeout_ms; /* 500 with one server, else 250 */
};

/*
 * What the master is told; each may be NULL but joined, lost and reaped.
 */
struct cluster_events {
	/* A majority of the servers has this host's session: it may claim. */
	void (*joined)(void *arg);
	/*
	 * The session is over before it was renewed. Claims go on under a new
	 * incarnation as soon as there is a majority; joined() is called then.
	 */
	void (*lost)(void *arg);
	/*
	 * Another live daemon has this node's name, or a server is set up so
	 * that no promise could be kept. Repeated when the words change. A
	 * cluster that never joined has no right to run anything.
	 */
	void (*refused)(const char *why, void *arg);
	/*
	 * Another host has what this claim had: its run must end, or must not
	 * begin. cluster_finish() it all the same.
	 */
	void (*taken)(struct claim *claim, void *arg);
	/*
	 * What a host that died ran, or had to record. Record it, then
	 * cluster_bury(). It may be told again, also to another host, until it
	 * is buried.
	 */
	void (*reaped)(const struct cluster_lost *lost, void *arg);
	/*
	 * A slot for this host to record: a claim that was given back after a
	 * later one, or of the daemon before this one. cluster_finish() claim
	 * when it is written down; it has no argument.
	 */
	void (*owed)(
	    struct claim *claim, const struct cluster_owed *owed, void *arg);
	/* Somebody sent this node a message by cluster_post(). */
	void (*message)(const char *from, const char *text, void *arg);
	/* Sessions came, went or changed their words. */
	void (*nodes)(void *arg);
	/* A server's state changed; see cluster_server(). */
	void (*server)(unsigned server, void *arg);
};

/* NULL with err when a setting is wrong. Connects at cluster_start(). */
struct cluster *cluster_new(const struct cluster_settings *settings,
    const struct cluster_events *events, void *arg, struct event_base *base,
    struct err *err);

/*
 * After all runs that live on from before were told by cluster_hold(). words
 * is what the others hear of this host (tags, load, digests ...): any text of
 * one line up to CLUSTER_WORDS_MAX bytes.
 */
void cluster_start(struct cluster *cluster, const char *words);

/* New words; they travel with the next heartbeat, or at once if now. */
void cluster_say(struct cluster *cluster, const char *words, bool now);

/*
 * Ends the session at once, so that others need not wait for it to expire,
 * and frees all; no callback comes any more. What still runs here stays under
 * this incarnation, for the next start of this host or for a reaper.
 */
void cluster_free(struct cluster *cluster);

/* The name of this session: BOOT-START-RANDOM. Changes with each lost one. */
const char *cluster_incarnation(const struct cluster *cluster);

/* A majority of the servers can be asked now. */
bool cluster_is_reachable(const struct cluster *cluster);

/*
 * Until when this host may trust what it has, on CLOCK_BOOTTIME: the moment
 * the last heartbeat that a majority confirmed was SENT, plus the session's
 * TTL less 2 % for clocks that run apart. 0: no session.
 */
int64_t cluster_deadline_ms(const struct cluster *cluster);

/* Redis' clock less this host's, ms; with several servers their median. */
int64_t cluster_skew_ms(const struct cluster *cluster);

/*
 * Asks for a slot. Asks of one turn of the loop travel together, 128 a round
 * trip. cb is called once, with the claim; the caller keeps the pointer until
 * cluster_finish() or cluster_reopen(), if it was won. The same holds if it was
 * skipped or has lapsed: this host is the one to record the slot, and finishes
 * the claim when that is written down. Otherwise it is freed after cb.
 */
struct claim *cluster_claim(
    struct cluster *cluster, const struct claim_ask *ask, claim_cb *cb);

/* How many claims were asked for and are neither won nor lost. */
size_t cluster_claims_open(const struct cluster *cluster);

/*
 * May a run begin under a claim that was won? A majority of the servers must
 * have it still: after a lost session another host may have it by now.
 */
bool
cluster_may_start(const struct cluster *cluster, const struct claim *claim);

/* Nobody waits for the answer any more: cb is not called, it is given back. */
void cluster_abandon(struct cluster *cluster, struct claim *claim);

/* A run that was started before this daemon was: from its run file. */
struct claim *cluster_hold(struct cluster *cluster, const struct claim_ask *ask,
    uint64_t fence, int32_t attempt);

/* What the ask of a claim had as its argument. */
void *claim_arg(const struct claim *claim);

/*
 * The run has ended; claim is gone. delay_ms > 0 is that of an @after job: its
 * next due time counts from now, by Redis' clock. cb may be NULL.
 */
void cluster_finish(struct cluster *cluster, struct claim *claim,
    int64_t delay_ms, claim_finished_cb *cb, void *arg);

/* Slots before it that were this host's to record, too, are recorded. */
void cluster_settle(struct cluster *cluster, struct claim *claim);

/* No process was forked for it: another host may have it. claim is gone. */
void cluster_reopen(struct cluster *cluster, struct claim *claim);

/*
 * The marks of up to CLUSTER_MARKS_MAX jobs. A job never seen before gets its
 * mark now. cb comes once; marks is NULL when no majority answered.
 */
void cluster_marks(struct cluster *cluster, const char *const *jobs, size_t n,
    cluster_marks_cb *cb, void *arg);

/* A reaped run is on record: nobody need be told again. */
void cluster_bury(struct cluster *cluster, const struct cluster_lost *lost);

/*
 * Sends text, up to CLUSTER_POST_MAX bytes, to a node's message(). It arrives
 * at once if the node lives, or when it comes back. 0, or -1 when no server
 * can be reached.
 */
int cluster_post(struct cluster *cluster, const char *node, const char *text);

/*
 * Takes count of limit tokens of a semaphore, for a claim's id; they are free
 * again with cluster_give(), or when the session dies. cb comes once.
 */
void cluster_take(struct cluster *cluster, const char *name, uint32_t limit,
    uint32_t count, const char *id, cluster_take_cb *cb, void *arg);
void cluster_give(struct cluster *cluster, const char *name, const char *id);

/*
 * Says which tokens this host has, one each: n strings, name and id in turn.
 * To be said whenever a server is CLUSTER_SERVER_OK anew: it may have forgotten
 * some, and what was given back while it could not be asked is free then.
 */
void cluster_keep(struct cluster *cluster, const char *const *tokens, size_t n);

/* Sessions, this one included, in the order of their nodes' names. */
size_t cluster_nodes(
    const struct cluster *cluster, const struct cluster_node **nodes_r);

/* State of one server, 0 to nservers - 1. */
unsigned cluster_server_count(const struct cluster *cluster);
void cluster_server(const struct cluster *cluster, unsigned server,
    struct cluster_server *server_r);

#endif
