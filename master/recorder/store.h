/*
 * Where the recorder keeps runs, ledger, output and the jobs' memory: a file
 * of SQLite, or PostgreSQL, which hosts may share. Each has its own way to be
 * opened: store_sqlite_open(), pg_store_new(), spool_open().
 *
 * Nothing here says when an answer comes: results arrive by callback, during
 * the call (SQLite) or in a later turn (a server). So callers never use a
 * result "after the call", and what they pass as arg lives until done.
 *
 * Everything that is recorded is idempotent, in any order that a crash of
 * master or recorder can produce:
 *   runs    the first end of a run counts. A later one can only take back
 *           its retry (retry_ms = 0).
 *   ledger  a slot shows its highest attempt, and the oldest run of that. A
 *           slot that has a run is never said to be skipped or missed; one
 *           that was, and then runs, ran.
 *   jobs    hwm never goes back unless the memo changes, or the clock was far
 *           ahead (record_slot_rewinds()), and never below a
 *           slot that is recorded again after that: rather a slot too few
 *           than one twice. failures and last_* follow runs that end for the
 *           first time.
 */
#ifndef BELFRY_MASTER_RECORDER_STORE_H
#define BELFRY_MASTER_RECORDER_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/strbuf.h"
#include "run/record.h"
#include "run/submission.h"

/* Output is kept in pieces of at most this. */
#define STORE_PIECE_MAX 65536

/* A run as stored. result.outcome is OUTCOME_NONE while it runs. */
struct store_run {
	struct run_begin begin;
	struct run_result result;
	int64_t retry_ms; /* 0 none */
	/* JSON, "" none; valid during the callback. */
	const char *params;
	const char *parents; /* params.h */
};

/* A row of the ledger; strings are valid during the callback. */
struct store_slot {
	struct record_slot
	    slot;        /* outcome NONE while it runs; "" for unknown */
	const char *run; /* "" it did not run */
	int32_t attempts;
};

/* Where a list goes on. */
struct store_cursor {
	int64_t slot_ms;            /* ledger */
	char key[JOB_NAME_MAX + 1]; /* run id, or job; "" from the newest */
};

/* What a job's schedules were; strings are valid during the callback. */
struct store_plan {
	int64_t since_ms; /* slots later than this are of these schedules */
	int64_t seen_ms;  /* when that was found out */
	int64_t ends_ms;  /* slots of the ones before: up to here */
	const char *memo;
};

struct store_filter {
	const char *job;    /* NULL all */
	const char *chain;  /* runs of this chain; NULL all */
	uint32_t outcomes;  /* bits 1 << enum outcome; 0 all */
	const char *reason; /* ledger; NULL all */
	const char *host;   /* runs of this host; NULL all */
	int64_t since_ms; /* runs created, slots due from here; INT64_MIN all */
	/* Slots due, runs made (by their ids) up to here; INT64_MAX all. */
	int64_t until_ms;
	int limit; /* at least 1 */
	struct store_cursor before;
};

/* Notifications; the cursor's slot_ms is when one was made. */
struct store_notice_filter {
	const char *job;            /* NULL all */
	const char *receiver;       /* NULL all */
	uint32_t states;            /* bits 1 << enum notice_state; 0 all */
	int limit;                  /* at least 1 */
	struct store_cursor before; /* key "": from the newest */
};

/* Of a list of runs: all their ids are before it. store.c */
void
store_runs_end(const struct store_filter *filter, char end_r[JOB_NAME_MAX + 1]);

/* err is NULL when all went well. Called exactly once. */
typedef void store_done(void *arg, const struct err *err);

/*
 * The end of a list: next is where it goes on, NULL when that was all. A page
 * may hold fewer rows than the limit and still go on, so that a filter that
 * matches little does not read the whole store in one go.
 */
typedef void store_list_done(
    void *arg, const struct store_cursor *next, const struct err *err);

/* What retention leaves. */
struct store_keep {
	int64_t age_ms;         /* 0: for ever */
	int64_t failure_age_ms; /* of what was no success; 0: for ever */
	int64_t runs;           /* of a job at most; 0: any number */
	int64_t now_ms;         /* when the round began */
	int64_t slice_us;       /* how long one call may take, about */
};

/*
 * more: call again soon, the round goes on. Else it is over, and next_ms is
 * when something will be too old; INT64_MAX: nothing will.
 */
typedef void
store_sweep_done(void *arg, bool more, int64_t next_ms, const struct err *err);

/*
 * A slot of the ledger and a run, one of which may be missing: then its texts
 * are "", and has_slot is false. Strings are valid during the callback.
 */
struct store_check {
	bool has_slot;
	int64_t slot_ms, until_ms, count;
	enum outcome outcome;
	const char *reason;
	const char *run; /* as the ledger has it */
	int attempts;
	const char *id; /* of the run */
	int64_t run_slot_ms;
	int attempt;
	enum trigger trigger;
	enum outcome run_outcome;
	int64_t started_us, finished_us, created_ms;
	const char *run_host;
	/* Of a store that hosts share. */
	bool is_copy; /* one of several of the slot, each on a host */
	bool is_twin; /* not the only one of this attempt, and copy */
};

/* How submitting ended: the run, and when it is due; of those that wait. */
struct store_submitted {
	enum submit_result result;
	const char *id;
	int64_t due_ms;
	int64_t waiting; /* so many wait there now */
};

/* What a host wants of a queue. */
struct store_take {
	const char *queue; /* "": ends that URLs are to be told */
	const char *host;
	int64_t now_ms;
	int64_t workers; /* so many may be taken from it by all hosts */
	int64_t most;    /* at most so many are wanted */
};

/* As a person sees it. Strings are valid during the callback. */
struct store_queued {
	struct submission submission;
	const char *state; /* waiting taken ended cancelled */
	const char *host;
	const char *cancelled_by;
	const char *callback_state;
	int64_t ended_ms; /* 0 not yet */
	int64_t callback_tries;
};

struct store_queued_filter {
	const char *id;    /* this one; NULL any */
	const char *queue; /* NULL all */
	bool all;          /* also what is over */
	int64_t limit;
};

/* next_ms: when the next is due; INT64_MAX: none is. */
typedef void store_take_done(void *arg, int64_t next_ms, const struct err *err);
typedef void store_submitted_cb(void *arg, const struct store_submitted *s);
typedef void store_submission_cb(void *arg, const struct submission *s);
typedef void store_reply_cb(void *arg, const struct submission_reply *s);
/* How many wait in a queue. */
typedef void store_waiting_cb(void *arg, const char *queue, int64_t n);
typedef void store_queued_cb(void *arg, const struct store_queued *queued);

/*
 * Rows before since_ms that are looked at for a range that reaches beyond it:
 * between the two there are but slots by hand.
 */
#define STORE_CHECK_BEFORE "64"

struct store_check_page {
	const char *job;
	bool runs;          /* its runs, each with its slot; else the slots */
	const char *before; /* runs older than this id */
	int64_t until_ms;   /* slots from since_ms, or its range, up to here */
	int64_t since_ms;
	int limit;
};

/* What charts show of a run; strings are valid during the callback. */
struct store_bar {
	const char *id, *job, *host;
	int64_t slot_ms, due_ms, created_ms;
	enum outcome outcome; /* NONE while it runs */
	int64_t started_us;   /* 0: never, or not known */
	int64_t finished_us;  /* 0: not yet, or never started */
	int64_t duration_us;  /* 0 the same */
};

typedef void store_bar_cb(void *arg, const struct store_bar *bar);

/* Which of them: newest first, those with from <= id < before. */
struct store_bars {
	const char *job; /* NULL all */
	char from[RUN_ID_SIZE];
	char before[RUN_ID_SIZE]; /* "" from the newest */
	int limit;
};

/* What ended of what began in an hour, and how long jobs ran in it. */
struct store_hour {
	int64_t hour; /* since 1970 */
	int64_t runs;
	int64_t failures; /* of these, all that were no success */
	int64_t busy_us;  /* of all runs together */
};

/* A run that is longer is counted in so many hours. */
#define STORE_RUN_HOURS_MAX 200

typedef void store_hour_cb(void *arg, const struct store_hour *hour);

typedef void store_check_cb(void *arg, const struct store_check *check);

/* hwm_ms: all slots up to it are decided; swept_ms: or deleted since. */
typedef void store_check_job_cb(
    void *arg, const char *job, int64_t hwm_ms, int64_t swept_ms);

/* Which entries of the audit log; newest first. */
struct store_audit {
	const char *before; /* older than this id; "" from the newest */
	const char *since;  /* not before this id; "" all */
	const char *who, *action, *object; /* "" all */
	int limit;                         /* at least 1 */
};

typedef void store_audit_cb(void *arg, const struct record_audit *audit);

typedef void store_run_cb(void *arg, const struct store_run *run);
typedef void store_slot_cb(void *arg, const struct store_slot *slot);
typedef void store_plan_cb(void *arg, const struct store_plan *plan);
typedef void store_job_cb(void *arg, const struct record_job *job);
typedef void store_retry_cb(void *arg, const struct record_retry *retry);
typedef void store_begin_cb(void *arg, const struct run_begin *begin);
typedef void store_after_cb(void *arg, const struct record_after *after);
typedef void store_pause_cb(void *arg, const struct record_pause *pause);
typedef void store_notice_cb(void *arg, const struct record_notice *notice);
typedef void
store_piece_cb(void *arg, uint64_t start, const void *data, size_t n);

struct store;

struct store_ops {
	const char *name; /* "sqlite" */

	void (*close)(struct store *store);

	/*
	 * Writing: begin, any records, commit. Records never fail by
	 * themselves; commit tells whether all is on disk, or nothing: then
	 * begin again with the same records. Strings are not kept.
	 */
	void (*begin)(struct store *store);
	void (*job)(struct store *store, const struct record_job *job);
	void (*run_begin)(struct store *store, const struct run_begin *begin);
	void (*run_end)(struct store *store, const struct record_end *end);
	void (*slot)(struct store *store, const struct record_slot *slot);
	/* What a run was begun with: an object and an array, "" none. */
	void (*params)(struct store *store, const char *run, const char *params,
	    const char *parents);
	/*
	 * The end of a parent waits to be used up. Runs that begin and slots
	 * that are skipped do that, up to their mark: what is said again of
	 * ends before it is not taken. Marks are one host's: NULL here and
	 * below in a store that hosts share.
	 */
	void (*after)(struct store *store, const struct record_after *after);
	void (*pause)(struct store *store, const struct record_pause *pause);
	void (*audit)(struct store *store, const struct record_audit *audit);
	/* New, or changed: see record.h. */
	void (*notice)(struct store *store, const struct record_notice *notice);
	void (*reply)(struct store *store, const struct record_reply *reply);
	void (*piece)(struct store *store, const char *run, uint64_t start,
	    const void *data, size_t n);
	void (*commit)(struct store *store, store_done *done, void *arg);

	/* Lists, newest first. */
	void (*runs)(struct store *store, const struct store_filter *filter,
	    store_run_cb *row, store_list_done *done, void *arg);
	void (*slots)(struct store *store, const struct store_filter *filter,
	    store_slot_cb *row, store_list_done *done, void *arg);

	void (*notices)(struct store *store,
	    const struct store_notice_filter *filter, store_notice_cb *row,
	    store_list_done *done, void *arg);
	/* Its part of /metrics. */
	void (*metrics)(struct store *store, struct strbuf *b);

	/* The runs of a chart; which lives until done. */
	void (*bars)(struct store *store, const struct store_bars *which,
	    store_bar_cb *row, store_done *done, void *arg);

	/* The hours from <= hour < to that have any, the oldest first. */
	void (*hours)(struct store *store, int64_t from, int64_t to,
	    store_hour_cb *row, store_done *done, void *arg);

	/*
	 * The run that a person means: by id, by job (its newest run), or by
	 * the beginning of an id (4 characters or more), in this order; row is
	 * called once, twice when the beginning fits several, never when there
	 * is none.
	 */
	void (*find)(struct store *store, const char *text, store_run_cb *row,
	    store_done *done, void *arg);

	/*
	 * A slice of a round that deletes what is not to be kept: not runs in
	 * progress or with an open retry, nor a job's last run and success.
	 */
	void (*sweep)(struct store *store, const struct store_keep *keep,
	    store_sweep_done *done, void *arg);

	/*
	 * For verify: the job after that one, of all or of one name; and a
	 * page of what the ledger and the runs say of a job, newest first.
	 */
	void (*check_job)(struct store *store, const char *after,
	    const char *only, store_check_job_cb *row, store_done *done,
	    void *arg);
	void (*check)(struct store *store, const struct store_check_page *page,
	    store_check_cb *row, store_done *done, void *arg);

	/* Entries of the audit log; which lives until done. */
	void (*audits)(struct store *store, const struct store_audit *which,
	    store_audit_cb *row, store_done *done, void *arg);

	/* What the schedules of a job were, newest first, at most limit. */
	void (*plans)(struct store *store, const char *job, int limit,
	    store_plan_cb *row, store_done *done, void *arg);

	/*
	 * The piece of a run's output that holds position pos, or the first
	 * one behind it.
	 */
	void (*output)(struct store *store, const char *run, uint64_t pos,
	    store_piece_cb *piece, store_done *done, void *arg);

	/*
	 * Queues. submit: limit may wait there; tells one result, durable
	 * over a crash of the machine. take: what is due, and is this host's
	 * from then on until its run has ended. reply: the same of ends that
	 * URLs are to be told, their bodies "". keep: what this host took and
	 * is not among ids goes back, if its run never began; once a store is
	 * shared, the others stay its own for a while. cancel: tells what it
	 * was before; only what waits is cancelled.
	 */
	void (*submit)(struct store *store, const struct submission *s,
	    int64_t limit, store_submitted_cb *cb, store_done *done, void *arg);
	void (*take)(struct store *store, const struct store_take *take,
	    store_submission_cb *row, store_take_done *done, void *arg);
	void (*replies)(struct store *store, const struct store_take *take,
	    store_reply_cb *row, store_take_done *done, void *arg);
	void (*keep)(struct store *store, const char *host,
	    const char *const *ids, size_t n, bool all, store_done *done,
	    void *arg);
	void (*queued)(struct store *store,
	    const struct store_queued_filter *filter, store_queued_cb *row,
	    store_done *done, void *arg);
	/* Of each queue that has some; of very many, 100,000 are counted. */
	void (*waiting)(struct store *store, store_waiting_cb *row,
	    store_done *done, void *arg);
	void (*cancel)(struct store *store, const char *id, const char *who,
	    int64_t now_ms, store_queued_cb *row, store_done *done, void *arg);

	/*
	 * For the master's start: at most limit jobs, open retries, running
	 * runs and pauses that come after a key ("" from the first), in order of key: the
	 * job, or the run's id.
	 */
	void (*jobs)(struct store *store, const char *after, int limit,
	    store_job_cb *row, store_done *done, void *arg);
	void (*retries)(struct store *store, const char *after, int limit,
	    store_retry_cb *row, store_done *done, void *arg);
	void (*open_runs)(struct store *store, const char *after, int limit,
	    store_begin_cb *row, store_done *done, void *arg);
	void (*pauses)(struct store *store, const char *after, int limit,
	    store_pause_cb *row, store_done *done, void *arg);
	/* Notifications that wait, in order of their ids. */
	void (*waiting_notices)(struct store *store, const char *after,
	    int limit, store_notice_cb *row, store_done *done, void *arg);
	/* And ends of parents: in order of job, then mark; a key is both. */
	void (*afters)(struct store *store, const char *after, int limit,
	    store_after_cb *row, store_done *done, void *arg);
};

struct store {
	const struct store_ops *ops;
	/*
	 * How often it was found new or exchanged: what the master knows is
	 * to be told again then.
	 */
	unsigned renewed;
	/*
	 * Of a store that goes on without its server: why that cannot be used,
	 * NULL when it can; and who wants to know of a change, NULL nobody.
	 */
	const char *down;
	void (*state_cb)(void *arg);
	void *state_arg;
};

/*
 * Opens a file of SQLite, and brings an older schema up to date. NULL with
 * err: it cannot be used, and what to do about it.
 */
struct store *store_sqlite_open(const char *path, struct err *err);

/*
 * Could it be used? Looks only, while another process works with it. 0, also
 * when there is none yet, or -1 with err: its schema is of a newer version.
 */
int store_sqlite_is_known(const char *path, struct err *err);

/* Is it one that the filter wants, whatever the cursor? notice_query.c */
bool store_notice_matches(const struct store_notice_filter *filter,
    const struct record_notice *notice);

extern const struct store_ops store_sqlite;
extern const struct store_ops store_postgres;

/*
 * True for a text that can be a run's id: as a file name it stays in its
 * directory, in a query it needs no quotes.
 */
bool store_is_run_id(const char *text);

#endif
