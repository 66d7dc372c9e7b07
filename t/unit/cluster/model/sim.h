/*
 * A cluster in one process: hosts that run the protocol, servers that run the
 * scripts, a network between them, and faults, all from one seed. Time is in
 * us, and true time is CLOCK_BOOTTIME of all hosts.
 *
 *   sim.c     events in the order of their times; one seed
 *   net.c     connections and messages
 *   host.c    a master: its life, its turn, the leases of its workers
 *   ask.c     what it claims and starts, and what its run files tell
 *   disk.c    rows on their way to its ledger
 *   events.c  what its protocol tells it
 *   faults.c  what goes wrong
 *   check.c   what must hold
 */
#ifndef MODEL_SIM_H
#define MODEL_SIM_H

#include <stdbool.h>

#include "cluster/protocol/protocol.h"
#include "fake.h"

#define HOSTS_MAX   4
#define SERVERS_MAX 5
#define JOBS_MAX    2
#define ASKS_MAX    96
#define RUNS_MAX    128
#define ROWS_MAX    512

#define SECOND   1000000LL
/* Everything begins here, so that no time is near 0. */
#define EPOCH_US (1700000000LL * SECOND)

#define HEARTBEAT_MS  1500
#define TTL_MS        3500
#define LOCK_DELAY_MS 500

#define FAULTS_END_US (5 * SECOND)
/* Session TTL, lock delay and 5 s later all is well again. */
#define LAST_SLOT_US  (FAULTS_END_US + (TTL_MS + LOCK_DELAY_MS + 5000) * 1000LL)
#define END_US        (LAST_SLOT_US + 6 * SECOND)

enum event_kind {
	EVENT_TICK,
	EVENT_DELIVER,
	EVENT_REPLY,
	EVENT_CONNECT,
	EVENT_SLOT,
	EVENT_ASK,
	EVENT_FORK,
	EVENT_DISK,
	EVENT_TOKEN,
	EVENT_RUN_END,
	EVENT_FAULT,
	EVENT_KILL,
	EVENT_RESTART,
};

struct event {
	int64_t at_us;
	uint64_t order; /* of two at one time, the one that was made first */
	enum event_kind kind;
	unsigned host;
	unsigned gen; /* of the host or connection it is for */
	unsigned n;   /* server, job, ask, run or row */
	int64_t slot_us;
	struct msg *msg;
};

/* A request, and its answer. */
struct msg {
	struct msg *next;
	unsigned host, host_gen, server, conn_gen;
	unsigned process; /* of the server; another never gets it */
	enum script_id script;
	struct args args;
	struct request *request; /* NULL: answered */
	struct fake_reply reply;
};

struct conn {
	bool up;
	unsigned gen;
	int64_t last_to_us, last_from_us; /* in order on one connection */
};

struct server {
	struct fake data, kept; /* kept: an older state, for going back */
	int64_t skew_us;
	int64_t frozen_until_us;
	unsigned process;
	bool has_kept;
};

enum ask_state {
	ASK_NONE,
	ASK_ASKED,
	ASK_WON,
	ASK_STARTED,
	ASK_ENDED, /* not recorded, nor are the slots before it */
	ASK_ROW,   /* it will not run: to be recorded */
	ASK_DONE   /* there is no run file */
};

/* A run file: it survives the master. */
struct ask {
	struct host *host;
	enum ask_state state;
	unsigned job;
	int64_t slot_ms;
	char id[CLUSTER_ID_MAX];
	char lost_incarnation[CLUSTER_INCARNATION_MAX];
	char lost_id[CLUSTER_ID_MAX + 8];
	uint64_t fence;
	int32_t attempt;
	int run;           /* index, -1 */
	bool taking;       /* a token is asked for */
	bool has_token;    /* of its job, when that is limited */
	bool told;         /* as missed: it is asked for to be recorded */
	int64_t before_ms; /* slots since are to be recorded; 0: none */
	struct claim *claim;
};

enum row_for {
	ROW_ALONE,
	ROW_FINISH, /* of a claim */
	ROW_SETTLE, /* of slots before a claim */
	ROW_BURY,   /* of a dead host */
};

/* Of a slot, and those since another; what follows once it is on disk. */
struct row {
	unsigned job;
	int64_t after_ms; /* 0: only of the slot */
	int64_t slot_ms;
	enum row_for what;
	bool written;
	struct ask *ask;
	struct claim *claim;
	enum cluster_fate fate; /* BURY: of what */
	char incarnation[CLUSTER_INCARNATION_MAX];
	char id[CLUSTER_ID_MAX + 8];
};

struct host {
	struct sim *sim;
	struct protocol *p; /* NULL: dead */
	unsigned gen;
	char name[8];
	bool twin; /* has the name of another */
	int64_t paused_until_us;
	int64_t skew_us;
	int64_t tick_us;     /* the tick that is on the heap */
	int64_t deadline_us; /* what the workers were told last */
	char former[CLUSTER_INCARNATION_MAX * 12];
	struct conn conns[SERVERS_MAX];
	struct ask asks[ASKS_MAX];
	unsigned nasks;
	struct row rows[ROWS_MAX]; /* those of an earlier gen are gone */
	unsigned nrows;
	int64_t disk_us; /* when the last one is written */
	bool joined;
	bool refused;
};

struct run {
	unsigned job, host, ask;
	int64_t slot_ms, start_us, end_us;
	uint64_t fence;
	int32_t attempt;
};

struct job {
	bool at_least_once;
	enum claim_overlap overlap;
	unsigned limit; /* so many runs at once; 0: any number */
	char name[8];
};

/* What became of a slot. */
struct slot {
	unsigned job;
	int64_t slot_ms;
	unsigned starts;
	bool skipped;      /* another run of the job was in progress */
	bool asked;        /* by any host */
	unsigned recorded; /* a set of hosts that have a row about it */
	unsigned told;     /* the same, of rows that may be taken back */
	bool last;         /* comes when all is well again */
};

struct sim {
	uint64_t seed, rng;
	int64_t now_us;
	struct event *heap;
	size_t nheap, heap_cap;
	uint64_t order;
	struct msg *msgs;
	bool large;
	unsigned nhosts, nservers, njobs;
	struct host hosts[HOSTS_MAX];
	struct server servers[SERVERS_MAX];
	struct job jobs[JOBS_MAX];
	struct run runs[RUNS_MAX];
	unsigned nruns;
	struct slot slots[64];
	unsigned nslots;
	unsigned loss; /* of 1000 messages, that break their connection */
	int64_t slowest_us;
	bool slow_disks;
	unsigned faults; /* a set of enum fault */
	int64_t seen_us; /* the jobs have marks since then; 0: not yet */
	bool dying;      /* a host's protocol is being taken apart */
	char wrong[256]; /* the first violation; "" */
	bool trace;
};

/* sim.c */
uint64_t sim_random(struct sim *sim, uint64_t below);
void sim_push(struct sim *sim, const struct event *event);
void sim_wrong(struct sim *sim, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void sim_trace(struct sim *sim, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* Runs one seed; false with sim->wrong. */
bool sim_run(struct sim *sim, uint64_t seed, unsigned nservers);
void sim_free(struct sim *sim);

/* net.c */
void net_send(struct sim *sim, unsigned host, unsigned server,
    enum script_id script, const struct args *args, struct request *request);
void net_deliver(struct sim *sim, struct msg *msg);
void net_reply(struct sim *sim, struct msg *msg);
void net_cut(struct sim *sim, unsigned host, unsigned server);
void net_cut_all(struct sim *sim, unsigned server);
void net_connect(struct sim *sim, unsigned host, unsigned server);
/* Answers NULL to all that a host has out. */
void net_drain(struct sim *sim, unsigned host);

/* host.c, ask.c */
void host_start(struct sim *sim, unsigned host);
void host_kill(struct sim *sim, unsigned host, bool runs_too);
void host_tick(struct sim *sim, unsigned host);
void host_slot(struct sim *sim, unsigned host, unsigned job, int64_t slot_us);
void host_ask(struct sim *sim, unsigned host, unsigned ask);
void host_fork(struct sim *sim, unsigned host, unsigned ask);
void host_token(struct sim *sim, unsigned host, unsigned ask);
void host_run_end(struct sim *sim, unsigned host, unsigned run);
/* After anything that may have changed the protocol's plans. */
void host_after(struct sim *sim, unsigned host);

/* disk.c */
void disk_written(struct sim *sim, unsigned host, unsigned row);

/* faults.c */
enum fault {
	FAULT_CUT = 1,
	FAULT_PAUSE = 2,
	FAULT_KILL = 4,
	FAULT_FREEZE = 8,
	FAULT_FORGET = 16,
	FAULT_GO_BACK = 32,
	FAULT_RESTART = 64,
	FAULT_CLOCK = 128,
	FAULT_TWIN = 256,
};
void faults_choose(struct sim *sim);
void faults_next(struct sim *sim);
void faults_kill(struct sim *sim, unsigned host);

/* check.c */
bool run_is_active(const struct sim *sim, const struct run *run);
/* May the workers of this job outlive the lease? */
bool job_is_killed(const struct job *job);
void check_start(struct sim *sim, struct run *run);
struct slot *check_slot(struct sim *sim, unsigned job, int64_t slot_ms);
/* Are there slots of a job between two? */
bool check_has_range(
    const struct sim *sim, unsigned job, int64_t after_ms, int64_t before_ms);
/* They are recorded by a host. */
void check_record_range(struct sim *sim, unsigned host, unsigned job,
    int64_t after_ms, int64_t before_ms);
void check_end(struct sim *sim);

#endif
