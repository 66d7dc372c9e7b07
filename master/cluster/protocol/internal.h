/* What the files of the protocol share. */
#ifndef BELFRY_CLUSTER_PROTOCOL_INTERNAL_H
#define BELFRY_CLUSTER_PROTOCOL_INTERNAL_H

#include <sys/queue.h>

#include "cluster/protocol/protocol.h"

#define MARKER_MAX  64
#define BATCH_MAX   128
#define FORMERS_MAX 16
#define FLAGS_SIZE  12 /* of a claim, one letter each */
/* N > 1: a claim that is neither won nor lost by then is given up. */
#define ROUND_MS    1500

struct server {
	enum cluster_server_state state;
	bool connected;
	bool joining;  /* a join or restate is out */
	bool restated; /* under this incarnation, over this connection */
	bool beating;
	char run_id[64];
	char marker[MARKER_MAX]; /* of its data; "" not known */
	char seen_process[64];   /* the run_id under which seen was seen */
	uint64_t seen;           /* highest sequence under this marker */
	char episode[32];        /* BLANK: of its blankness */
	int64_t blank_ms;        /* since when */
	int64_t retry_ms;        /* JOINING ...: when to join again */
	uint64_t connection;     /* joins so far: what is older is refused */
	int64_t join_ms;         /* when the last join was sent */
	int64_t since_ms;        /* of its state */
	int64_t confirmed_ms;    /* when the last good beat was sent */
	int64_t us;              /* its clock ... */
	int64_t us_at_ms;        /* ... when it answered */
	unsigned strange_beats;  /* in a row, whose run count was not ours */
	bool wake;               /* a message waits there */
	char fetched[CLUSTER_ID_MAX]; /* the last one that arrived */
	bool fetching;
};

typedef void request_cb(struct protocol *p, struct request *request,
    const struct protocol_reply *reply, int64_t now_ms);

/* One claim in a batch. */
struct request_item {
	struct claim *claim;
	uint32_t round; /* of the claim, when it was asked */
};

struct request {
	unsigned server;
	enum script_id script;
	int64_t sent_ms;
	request_cb *cb;
	void *arg;
	struct request_item *items;
	size_t nitems;
};

enum vote {
	VOTE_NONE, /* to be asked, as soon as the server can be */
	VOTE_ASKED,
	VOTE_YES,
	VOTE_NO,
};

/* Why a server said no, in the words of the scripts. */
enum refusal {
	REFUSED_EARLY,
	REFUSED_LATE,
	REFUSED_STALE,
	REFUSED_TAKEN,   /* started, or done */
	REFUSED_CONTEST, /* claimed or given up: it may change */
	REFUSED_BUSY,
	REFUSED_SKIP,
	REFUSED_LAPSED,
	REFUSED_GONE, /* this id was given back there, or lost */
	REFUSED_COUNT,
};

struct ballot {
	enum vote vote;
	enum refusal refusal;
	int64_t number; /* EARLY: ms; STALE: the mark */
};

enum claim_state {
	CLAIM_ASKING,
	CLAIM_STARTING, /* a majority granted it: now irrevocably */
	CLAIM_HELD,
	CLAIM_PAUSING, /* given back; asks again under a new id at retry_ms */
	CLAIM_ENDING,  /* finish */
	CLAIM_OVER,    /* only requests that are out refer to it */
};

struct claim {
	TAILQ_ENTRY(claim) link;      /* p->claims, or p->over */
	TAILQ_ENTRY(claim) open_link; /* p->undecided */
	TAILQ_ENTRY(claim) dirty_link;
	bool dirty; /* on p->dirty */
	enum claim_state state;
	char *job;
	char *from; /* what stands behind a claim that has no mark */
	char base[CLUSTER_ID_MAX];
	char id[CLUSTER_ID_MAX + 8]; /* base, or base.TRY */
	uint32_t try;
	uint32_t round; /* answers to earlier ones do not count */
	uint32_t view;  /* of p when the round began */
	int64_t slot_ms;
	int64_t deadline_ms;
	int64_t due_ms;
	char flags[FLAGS_SIZE];
	struct ballot ballots[CLUSTER_SERVERS_MAX];
	char owner[CLUSTER_INCARNATION_MAX]; /* of a refusal */
	char owner_id[CLUSTER_ID_MAX + 8];
	uint64_t fence;
	int32_t attempt;
	int64_t before_ms; /* the last slot before that is seen to; 0 none */
	int64_t edges_ms[CLUSTER_SERVERS_MAX]; /* as in struct claim_answer */
	bool forgotten; /* STALE, and of any server ours to tell */
	bool only_recorded;
	char
	    owes; /* HELD: S, M as in the scripts: to be recorded; 0: it runs */
	uint32_t asked_on; /* bit per server where it may stand */
	bool abandoned;
	uint32_t taken_on; /* HELD: bit per server where another has it */
	int64_t round_ms;  /* when the round began; 0: not yet */
	int64_t retry_ms;
	int64_t patience_ms;
	int64_t give_up_ms; /* 0: not known yet */
	claim_cb *cb;
	void *arg;
	int64_t delay_ms;
	claim_finished_cb *finished_cb;
	void *finished_arg;
	enum claim_end end;
	int64_t end_due_ms;
	unsigned refs; /* request items */
};

TAILQ_HEAD(claim_list, claim);

struct node {
	struct cluster_node pub;
	uint32_t seen_on; /* bit per server whose last list named it */
	int64_t watch_ms; /* this host could not hear it before; 0: always */
	bool buried;      /* a reap of it is under way */
	int64_t reap_ms;  /* not before */
};

struct heal;
struct poll;
TAILQ_HEAD(poll_list, poll);

struct protocol {
	struct protocol_settings settings; /* strings are below */
	char *name;
	char *node;
	char *key; /* belfry:{NAME} */
	struct protocol_driver driver;
	struct cluster_events events;
	void *events_arg;
	unsigned quorum;
	struct server servers[CLUSTER_SERVERS_MAX];
	char incarnation[CLUSTER_INCARNATION_MAX];
	char *formers[FORMERS_MAX];
	unsigned nformers;
	char *words;
	bool started;
	bool joined;    /* told so */
	bool remembers; /* was joined once: what is blank has forgotten */
	char *refused;  /* last words told */
	uint32_t view;  /* +1 with each marker or incarnation that changes */
	uint64_t beat;
	int64_t beat_ms; /* when the next heartbeat is due */
	uint64_t fence;  /* highest seen */
	int64_t now_ms;  /* of the last tick or answer */
	bool wanted;     /* a tick at once */
	struct claim_list claims;
	struct claim_list undecided;
	struct claim_list over; /* freed once no request refers to them */
	struct claim_list dirty;
	struct poll_list unasked; /* there was no server to ask */
	bool mute;                /* nobody listens any more */
	size_t nheld;
	size_t nundecided;          /* neither won nor lost */
	struct cluster_node *shown; /* what protocol_nodes() gave; rebuilt */
	size_t nshown;
	struct node **nodes;
	size_t nnodes;
	size_t nodes_cap;
	struct heal *heal; /* NULL: nothing is being healed */
	int64_t heal_ms;   /* not before */
	/* Claims given back: nothing was ever forked for them; a ring. */
	char given[1024][CLUSTER_ID_MAX + 8];
	unsigned ngiven;
	char recent[512][CLUSTER_ID_MAX]; /* messages told; a ring */
	unsigned nrecent;
};

/* protocol.c */
bool server_is_ready(const struct server *server);
unsigned protocol_count_ready(const struct protocol *p);
void server_set_state(
    struct protocol *p, unsigned server, enum cluster_server_state state);
/* The server must be joined again, after so many ms. */
void server_rejoin(struct protocol *p, unsigned server, int64_t after_ms);
void protocol_new_view(struct protocol *p);
/* Puts marker, sequence seen, incarnation and node in front. */
void protocol_head(struct protocol *p, unsigned server, struct args *args);
/* Only marker and sequence. */
void protocol_guard(struct protocol *p, unsigned server, struct args *args);
struct request *request_new(request_cb *cb, void *arg);
void protocol_send(struct protocol *p, unsigned server, enum script_id script,
    const struct args *args, struct request *request);
/*
 * True: the script did its work. Otherwise the refusal was dealt with, or
 * there is no reply.
 */
bool protocol_is_ok(struct protocol *p, struct request *request,
    const struct protocol_reply *reply, int64_t now_ms);
int64_t protocol_random(struct protocol *p, int64_t below);
/* What a line says behind its first n words; "" when there is no more. */
const char *line_skip(const char *line, unsigned n);
/* Copies the n-th word (from 0), cut to size. */
void line_word(const char *line, unsigned n, char *buf, size_t size);
void protocol_refuse(struct protocol *p, const char *why);
int64_t earlier_ms(int64_t a, int64_t b);

/* session.c */
void session_init(struct protocol *p);
void session_renew(struct protocol *p);
void session_tick(struct protocol *p, int64_t now_ms);
int64_t session_next_ms(const struct protocol *p);
void session_server_joined(struct protocol *p, unsigned server);
void session_restate(struct protocol *p, unsigned server);
void session_make_marker(struct protocol *p, char marker_r[MARKER_MAX]);

/* claim.c */
struct claim *claim_new(struct protocol *p, const struct claim_ask *ask);
/* What it is in a line of a server: R, S or M. */
char claim_letter(const struct claim *claim);
/* Is it this host's to see to, after such an answer? */
bool claim_is_kept(enum claim_verdict verdict);
void claim_mark_dirty(struct protocol *p, struct claim *claim);
void claim_set_state(
    struct protocol *p, struct claim *claim, enum claim_state state);
/* The server can be asked again: what it was asked counts as not asked. */
void claims_server_ready(struct protocol *p, unsigned server);
void claims_new_view(struct protocol *p);
void claims_tick(struct protocol *p, int64_t now_ms);
int64_t claims_next_ms(const struct protocol *p);
void claims_free(struct protocol *p);
struct claim *claims_find(struct protocol *p, const char *id);
void claim_new_round(struct protocol *p, struct claim *claim);
void claim_give_back(struct protocol *p, struct claim *claim);
void claim_answer(
    struct protocol *p, struct claim *claim, const struct claim_answer *answer);

/* judge.c */
void claim_vote(
    struct protocol *p, struct claim *claim, unsigned server, const char *line);
void claim_judge(struct protocol *p, struct claim *claim, int64_t now_ms);

/* batch.c */
void claims_flush(struct protocol *p);

/* owed.c */
/* Tells the servers where it may stand that it is given back. */
void claims_reopen(struct protocol *p, struct claim *claim);
/* "lost STATE ID SLOT JOB": it stands on a server and is over, or was given back. */
void claims_end_lost(struct protocol *p, unsigned server, const char *line);
/* "owed STATE ID SLOT BEFORE JOB": it is this host's to record. */
void claims_take_owed(struct protocol *p, const char *line);

/* poll.c */
struct poll;
struct poll_ops {
	/* One server did it. */
	void (*yes)(struct poll *poll, unsigned server,
	    const struct protocol_reply *reply);
	/* All that were asked answered, or could not. Frees poll->arg. */
	void (*done)(struct protocol *p, struct poll *poll);
};
struct poll {
	TAILQ_ENTRY(poll) link; /* p->unasked */
	const struct poll_ops *ops;
	unsigned out;
	unsigned yes;
	unsigned full;
	unsigned gone;
	void *arg;
};
struct poll *poll_new(const struct poll_ops *ops, void *arg);
/* Asks all servers that are ready. Without any it is done next turn. */
void poll_send(struct protocol *p, struct poll *poll, enum script_id script,
    void (*fill)(
	struct protocol *p, unsigned server, struct args *args, void *arg));

void polls_tick(struct protocol *p);

/* nodes.c */
void nodes_list(struct protocol *p, unsigned server,
    const struct protocol_reply *reply, int64_t now_ms);
void nodes_tick(struct protocol *p, int64_t now_ms);
/* There is a majority again: that a node was silent so far says nothing. */
void nodes_watch(struct protocol *p);
int64_t nodes_next_ms(const struct protocol *p);
void nodes_free(struct protocol *p);

/* heal.c */
void heal_tick(struct protocol *p, int64_t now_ms);
int64_t heal_next_ms(const struct protocol *p);
void heal_free(struct protocol *p);

/* box.c */
void box_tick(struct protocol *p);

#endif
