/*
 * What a host says to the Redis servers of its cluster, and what it makes of
 * their answers. Pure: no I/O, no clock, no randomness of its own. The driver
 * gives it time (milliseconds of CLOCK_BOOTTIME) and carries its requests; the
 * model drives the very same code (t/unit/cluster/model).
 *
 *   protocol.c  servers: joining, refusals, the turn
 *   session.c   heartbeats, the deadline, a new incarnation
 *   claim.c     one claim over all servers; judge.c decides
 *   batch.c     claims travel together
 *   owed.c      slots that are given back, or to be recorded
 *   poll.c      one question to all servers that can answer
 *   nodes.c     sessions of others, reaping
 *   heal.c      a server that has forgotten
 *   box.c       messages to nodes
 */
#ifndef BELFRY_CLUSTER_PROTOCOL_PROTOCOL_H
#define BELFRY_CLUSTER_PROTOCOL_PROTOCOL_H

#include "cluster/cluster.h"
#include "cluster/protocol/args.h"
#include "cluster/scripts/scripts.h"

struct protocol;
struct request;

/* What a script answered: strings, the first is the head line. */
struct protocol_reply {
	size_t n;
	const char *const *s;
};

struct protocol_driver {
	/*
	 * Sends a script to a server. protocol_answer() must follow exactly
	 * once, never from inside this call.
	 */
	void (*send)(void *arg, unsigned server, enum script_id script,
	    const struct args *args, struct request *request);
	uint64_t (*random)(void *arg);
	void *arg;
};

struct protocol_settings {
	const char *name;
	const char *node;
	const char *former; /* or NULL */
	unsigned nservers;
	int64_t heartbeat_ms;
	int64_t session_ttl_ms;
	int64_t lock_delay_ms;
};

/* Everything is copied. */
struct protocol *protocol_new(const struct protocol_settings *settings,
    const struct protocol_driver *driver, const struct cluster_events *events,
    void *events_arg);

/* From now on nobody is called back. */
void protocol_mute(struct protocol *p);

/* All requests must have been answered. Mutes it first. */
void protocol_free(struct protocol *p);

/* A server can be asked, fit to be; run_id names its process. */
void protocol_up(struct protocol *p, unsigned server, const char *run_id);

/* It cannot. Answers NULL to what it was asked come before or after. */
void protocol_down(struct protocol *p, unsigned server, int64_t now_ms);

/* reply is NULL when there was none; the request may have been served. */
void protocol_answer(struct protocol *p, struct request *request,
    const struct protocol_reply *reply, int64_t now_ms);

/* Does all that is due, sends all that waits. */
void protocol_tick(struct protocol *p, int64_t now_ms);

/* When to tick next; 0: at once. */
int64_t protocol_next_ms(const struct protocol *p);

/* See the functions of the same names in cluster.h. */
void protocol_say(struct protocol *p, const char *words, bool now);
void protocol_leave(struct protocol *p);
const char *protocol_incarnation(const struct protocol *p);
bool protocol_is_reachable(const struct protocol *p);
int64_t protocol_deadline_ms(const struct protocol *p);
struct claim *
protocol_claim(struct protocol *p, const struct claim_ask *ask, claim_cb *cb);
size_t protocol_claims_open(const struct protocol *p);
bool protocol_may_start(const struct protocol *p, const struct claim *claim);
void protocol_abandon(struct protocol *p, struct claim *claim);
struct claim *protocol_hold(struct protocol *p, const struct claim_ask *ask,
    uint64_t fence, int32_t attempt);
void protocol_finish(struct protocol *p, struct claim *claim, int64_t delay_ms,
    claim_finished_cb *cb, void *arg);
void protocol_reopen(struct protocol *p, struct claim *claim);
void protocol_settle(struct protocol *p, struct claim *claim);
void protocol_marks(struct protocol *p, const char *const *jobs, size_t n,
    cluster_marks_cb *cb, void *arg);
void protocol_bury(struct protocol *p, const struct cluster_lost *lost);
int protocol_post(struct protocol *p, const char *node, const char *text);
void protocol_take(struct protocol *p, const char *name, uint32_t limit,
    uint32_t count, const char *id, cluster_take_cb *cb, void *arg);
void protocol_give(struct protocol *p, const char *name, const char *id);
void protocol_keep(struct protocol *p, const char *const *tokens, size_t n);
size_t
protocol_nodes(const struct protocol *p, const struct cluster_node **nodes_r);

/* A message waits for this node. */
void protocol_wake(struct protocol *p, unsigned server);

enum cluster_server_state
protocol_server_state(const struct protocol *p, unsigned server);

/* CLOCK_BOOTTIME of the last change of that, ms. */
int64_t protocol_server_since_ms(const struct protocol *p, unsigned server);

/* That server's clock when it last answered, us since 1970; 0: not yet. */
int64_t
protocol_server_us(const struct protocol *p, unsigned server, int64_t *at_ms_r);

uint64_t claim_fence(const struct claim *claim);
int32_t claim_attempt(const struct claim *claim);

#endif
