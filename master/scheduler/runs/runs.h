/*
 * Runs that are not over: each in one state, moved by one function, until its
 * result is handed to the recorder.
 */
#ifndef BELFRY_SCHEDULER_RUNS_H
#define BELFRY_SCHEDULER_RUNS_H

#include <event2/event.h>

#include "ipc/message.h"
#include "run/progress.h"
#include "run/runfile.h"
#include "scheduler/clock/heap.h"

struct job;
struct master;

enum run_state {
	RUN_NEW,       /* made, nothing counted yet */
	RUN_STAGED,    /* of a cluster: its slot is not claimed yet */
	RUN_QUEUED,    /* overlap = queue or replace: others come first */
	RUN_DELAYED,   /* by its jitter: begin.due_ms is to come */
	RUN_WAITING,   /* for room */
	RUN_LAUNCHING, /* a launcher was asked */
	RUN_RUNNING,   /* the worker has started it */
	RUN_ENDED,     /* only while it is being freed */
	RUN_STATE_COUNT,
};

struct claim;       /* cluster/cluster.h */
struct member_lost; /* member/internal.h */
struct member_row;

struct run {
	struct timer timer; /* while it is delayed */
	struct run_begin begin;
	enum run_state state;
	struct job *job;   /* borrowed; it outlives its runs */
	struct run *next;  /* of the job, in order of slots */
	struct run *same;  /* next with the same hash */
	struct run *later; /* in the waiting line */
	struct run *earlier;
	struct master *master;
	char *params;          /* owned; NULL none; see params.h */
	char *parents;         /* owned; NULL none; see params.h */
	char *uses;            /* owned; NULL not asked yet, or none; uses.h */
	unsigned nuses;        /* so many of them it has */
	const char *waits_for; /* WAITING: what is not there; launch_block() */
	uint64_t mark;         /* of its end, once it has one; after.h */
	int fd;                /* the worker's channel, -1 none; owned */
	struct event *event;   /* of fd */
	int place;             /* of its run file; -1 it has none */
	unsigned launcher;     /* who was asked */
	unsigned launches;     /* how often */
	int64_t started_us;    /* 0: not yet */
	int64_t asked_us; /* when a claim, then a launcher was; 0: not yet */
	struct progress *progress; /* owned; NULL: it told none */
	uint32_t pid;
	bool orphan;      /* its worker has no channel to us now */
	bool unfit;       /* it cannot be launched: it is to be ended */
	int8_t priority;  /* in the waiting line */
	uint8_t line;     /* enum launch_line it waits in */
	uint8_t kill_why; /* enum kill_why to be told to the worker; 0 none */
	bool told;        /* the recorder knows that it began */
	bool told_late;   /* receivers know that it is late ... */
	bool told_long;   /* ... and that it takes too long */
	int64_t usual_ms; /* longer is too long; 0: not asked, -1: not known */
	/* Of a cluster, see member/member.h; zero without one. */
	bool asked;               /* its claim was asked for: it has a file */
	bool watches;             /* claims only if others are silent */
	bool put_off;             /* for hosts that may have room */
	bool waited;              /* for another run: it is never too late */
	bool unguarded;           /* runs without a claim */
	uint8_t guard;            /* enum guard_state, member/guard.c */
	uint16_t turn;            /* so many hosts come before this one */
	struct claim *claim;      /* asked for, or won; the cluster's */
	struct ending *ending;    /* the claim is being ended; the member's */
	struct member_row *row;   /* to be recorded in place of a run; owned */
	struct member_lost *lost; /* it is in the place of that one; owned */
	uint64_t epoch;           /* of the lease it was claimed in */
	int64_t staged_ms;        /* CLOCK_BOOTTIME */
	int64_t guard_ms; /* CLOCK_BOOTTIME: the guard was asked first */
};

#define RUNS_TABLE 4096

struct runs {
	struct run *table[RUNS_TABLE]; /* by id */
	size_t count[RUN_STATE_COUNT];
	size_t n;
	size_t orphans;
};

struct run *runs_find(const struct runs *runs, const char *id);

/*
 * Makes a run of job; begin is copied. It is in state RUN_NEW, has no run
 * file and is unknown to the recorder.
 */
struct run *
run_new(struct master *m, struct job *job, const struct run_begin *begin);

/* Fills begin for a run that is made now. */
void run_begin_fill(struct master *m, struct run_begin *begin_r,
    struct job *job, int64_t slot_ms, enum trigger trigger, int32_t attempt);

/* The same for a run whose id is known, of a job that may not be there yet. */
void run_begin_fill_id(struct master *m, struct run_begin *begin_r,
    const char *id, const char *job, int64_t slot_ms, enum trigger trigger);

/* How much of the output is kept of runs of the job. */
uint64_t run_output_limit(const struct job *job);

/*
 * Claims it: makes the run file and tells the recorder. When the file cannot
 * be made the run ends as launch-failed and -1 is returned; it is gone then.
 */
int run_claim(struct run *run);

/*
 * Writes its run file, and that of its parameters, also when somebody deleted
 * the directory. 0, or -1 with errno.
 */
int run_make_files(const struct run *run);

/* Tells the recorder that it begins, once. */
void run_tell(struct run *run);

/* It never was: frees it, its file and its place, recorded nowhere. */
void run_drop(struct run *run);

/* The only function that changes the state; checks the transition. */
void run_set_state(struct run *run, enum run_state state);

/*
 * It is over: recorded, a retry armed if there is one, what waited for it
 * started; freed.
 */
void run_end(struct run *run, const struct run_result *result, bool has_file);

/* Ends it without a worker, for a reason of ours. */
void run_end_with(struct run *run, enum outcome outcome, bool has_file,
    const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/*
 * What was asked of a launcher never came to be: back to the waiting line, or
 * to its end if somebody wanted that meanwhile. The run may be gone then.
 */
void run_wait_again(struct run *run);

/* Starts it as soon as there is room, but not before begin.due_ms. */
void run_go(struct run *run);

/* True while no launcher was asked. */
bool run_is_unstarted(const struct run *run);

/* Asks for the end of a run in any state. */
void run_kill(struct run *run, enum kill_why why);

/* After a run of job went: lets the next in its queue go on. */
void run_promote(struct master *m, struct job *job);

#endif
