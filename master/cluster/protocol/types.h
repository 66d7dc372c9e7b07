/* What the cluster's protocol and its users say to each other. */
#ifndef BELFRY_CLUSTER_PROTOCOL_TYPES_H
#define BELFRY_CLUSTER_PROTOCOL_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CLUSTER_SERVERS_MAX     9
#define CLUSTER_INCARNATION_MAX 64
#define CLUSTER_NAME_MAX        128 /* of a cluster, a node, a job */
#define CLUSTER_ID_MAX          48  /* of a claim */
#define CLUSTER_WORDS_MAX       4096
#define CLUSTER_POST_MAX        8192
#define CLUSTER_MARKS_MAX       1000

/* A slot is never granted this long before its time, by Redis' clock. */
#define CLUSTER_EARLY_MS    500
/* A claim that was not started may be overridden after this. */
#define CLUSTER_OVERRIDE_MS 3000

enum claim_overlap {
	CLAIM_ALLOW, /* the job's runs may overlap: nothing is checked */
	CLAIM_SKIP_BUSY,
	CLAIM_WAIT_BUSY, /* queue, replace: BUSY, ask again later */
};

/* What is asked for. Strings are copied. */
struct claim_ask {
	const char *job;
	/*
	 * Identity of the run, unique for ever and written down on this host
	 * before it is asked for: the run id. The same id asked twice gets the
	 * same answer.
	 */
	const char *id;
	int64_t slot_ms;
	/*
	 * Not bound to the job's mark: a run by hand, a repetition. It gets a
	 * fence and counts for overlap.
	 */
	bool extra;
	int32_t attempt; /* of an extra one; 0: 1 */
	/*
	 * In place of a run of a dead host, which reaped() told: not bound to
	 * the mark either. Of all hosts that may try, one gets it.
	 */
	const char *lost_incarnation;
	const char *lost_id;
	bool at_least_once;
	/* It does not run: its host claims it to record why. */
	bool only_recorded;
	/*
	 * Had it not been forgotten, this host would know whether it ran: it is
	 * told whether it is the one to record it. See forgotten.
	 */
	bool tells;
	bool interval; /* slot_ms is a next due time: see due_ms */
	enum claim_overlap overlap;
	int64_t deadline_ms; /* start deadline: refused when later than this */
	int64_t due_ms;      /* the next due time after this slot; 0: none */
	/*
	 * Held from before: what its answer had as before_ms, 0 once that was
	 * settled.
	 */
	int64_t before_ms;
	/* How long to go on asking when servers do not answer. */
	int64_t patience_ms;
	void *arg;
};

enum claim_verdict {
	CLAIM_WON,     /* start now, unless cluster_deadline_ms() has passed */
	CLAIM_LAPSED,  /* it was, but a later slot was claimed: not to start */
	CLAIM_EARLY,   /* ask again after wait_ms: our clock is fast */
	CLAIM_LATE,    /* past its start deadline */
	CLAIM_STALE,   /* a later slot was claimed: mark_ms */
	CLAIM_TAKEN,   /* by owner */
	CLAIM_BUSY,    /* owner runs the job: ask again later */
	CLAIM_SKIPPED, /* busy, and it does not wait */
	CLAIM_DOWN,    /* no majority of Redis within patience_ms */
};

/* Valid during the callback. */
struct claim_answer {
	enum claim_verdict verdict;
	uint64_t fence; /* WON */
	/*
	 * WON, SKIPPED, LAPSED: the last slot before that another sees to, 0
	 * none: those between the two were claimed by nobody, and nobody ever
	 * will. They are this host's to record.
	 */
	int64_t before_ms;
	/*
	 * WON, SKIPPED, LAPSED, STALE, TAKEN: slots up to this one no claim
	 * sees to: Redis had not heard of the job, or has forgotten.
	 */
	int64_t edge_ms;
	int32_t attempt; /* WON: from 1; instead of a lost run, one more */
	int64_t wait_ms; /* EARLY */
	int64_t mark_ms; /* STALE */
	/*
	 * STALE: it is not later than edge_ms, and of all that tell this host is
	 * the one to record it.
	 */
	bool forgotten;
	const char *owner; /* TAKEN, BUSY: incarnation, "-" if not known */
	const char *id;    /* TAKEN, BUSY: id of the run there, "-" */
	/*
	 * DOWN: a majority may have granted it and the answers were lost. It
	 * is given back as soon as there is a server to tell.
	 */
	bool in_doubt;
};

struct claim;

typedef void
claim_cb(struct claim *claim, const struct claim_answer *answer, void *arg);

enum claim_end {
	CLAIM_ENDED,
	CLAIM_ENDED_LATE, /* it had been taken for lost */
	CLAIM_SUPERSEDED, /* and the slot had been given to another */
};

/* due_ms: the next due time of an @after job, 0 if there is none. */
typedef void claim_finished_cb(enum claim_end end, int64_t due_ms, void *arg);

struct cluster_mark {
	int64_t mark_ms;
	int64_t due_ms; /* 0: no interval */
	bool claimed;   /* by a claim, not by the first sight of this job */
	bool fresh;     /* which this was */
};

typedef void
cluster_marks_cb(const struct cluster_mark *marks, size_t n, void *arg);

enum cluster_taken {
	CLUSTER_TAKEN,
	CLUSTER_FULL,
	CLUSTER_UNSURE, /* no majority of Redis can be asked, or can tell */
};

typedef void cluster_take_cb(enum cluster_taken taken, void *arg);

/* What became of the slot, as far as Redis knows. */
enum cluster_fate {
	CLUSTER_FATE_STARTED,
	CLUSTER_FATE_SKIPPED, /* another run of the job was in progress */
	CLUSTER_FATE_MISSED,  /* it was granted, and will not run */
};

/* A run, or a slot to be recorded, of a host that died. */
struct cluster_lost {
	enum cluster_fate fate;
	const char *incarnation;
	const char *node;
	const char *job;
	const char *id;
	int64_t slot_ms;
	/* As in struct claim_answer, if the dead one has not recorded them. */
	int64_t before_ms;
	int32_t attempt;
	uint64_t fence;
	bool at_least_once;
	bool extra;
};

/* A slot that this host has to record, though nobody here asks for it. */
struct cluster_owed {
	enum cluster_fate fate; /* skipped or missed */
	const char *job;
	int64_t slot_ms;
	int64_t before_ms; /* as in struct claim_answer */
};

struct cluster_node {
	char incarnation[CLUSTER_INCARNATION_MAX];
	char node[CLUSTER_NAME_MAX + 1];
	uint64_t beat;      /* grows with each heartbeat */
	int64_t changed_ms; /* BOOTTIME when the beat was last seen to grow */
	bool alive;         /* it was within session TTL + lock delay */
	char *words;        /* owned by the cluster */
};

enum cluster_server_state {
	CLUSTER_SERVER_DOWN,
	CLUSTER_SERVER_JOINING,
	CLUSTER_SERVER_OK,
	CLUSTER_SERVER_SETTLING,    /* restarted: all hosts must be heard */
	CLUSTER_SERVER_BLANK,       /* it has forgotten; does not vote */
	CLUSTER_SERVER_ROLLED_BACK, /* it lacks what was seen; does not vote */
	CLUSTER_SERVER_UNFIT,       /* set up wrongly: see why */
};

/* Strings are valid until the next turn of the loop. */
struct cluster_server {
	enum cluster_server_state state;
	const char *url;     /* without password */
	const char *why;     /* last error, "" */
	const char *warning; /* it will do, but; NULL: nothing */
	const char *version;
	const char *role;
	const char *policy; /* maxmemory-policy */
	const char *aof;    /* "off", "everysec", "always" ... */
	/* A scratch claim, each minute: "ok", "failed", "-" not tried. */
	const char *claim_test;
	int64_t latency_us; /* of the last round trip; -1 unknown */
	int64_t skew_ms;    /* its clock less ours */
	int64_t since_ms;   /* BOOTTIME of the last change of state */
};

/* "ok", "blank", "rolled back" ... */
const char *cluster_server_state_name(enum cluster_server_state state);

/* "won", "taken" ... */
const char *claim_verdict_name(enum claim_verdict verdict);

#endif
