/* Inside of the SQLite store; for its files and its tests alone. */
#ifndef BELFRY_MASTER_RECORDER_STORE_SQLITE_H
#define BELFRY_MASTER_RECORDER_STORE_SQLITE_H

#include <sqlite3.h>

#include "recorder/store.h"

/* One prepared statement each. */
enum sqlite_sql {
	SQL_BEGIN,
	SQL_COMMIT,
	SQL_ROLLBACK,
	SQL_JOB,
	SQL_RUN_BEGIN,
	SQL_RUN_END,
	SQL_RUN_NO_RETRY,
	SQL_SLOT_BEGIN,
	SQL_SLOT_END,
	SQL_SLOT_ATTEMPTS,
	SQL_SLOT,
	SQL_TAKE_BACK,
	SQL_REWIND_JOB,
	SQL_REWIND_ROWS,
	SQL_REWIND_RANGE,
	SQL_SLOT_NO_RETRY,
	SQL_HWM,
	SQL_JOB_END,
	SQL_PIECE,
	SQL_RUNS,
	SQL_RUNS_JOB,
	SQL_RUNS_OUTCOME,
	SQL_RUNS_JOB_OUTCOME,
	SQL_BARS,
	SQL_BARS_JOB,
	SQL_HOURS,
	SQL_HOUR_ADD,
	SQL_WAITING,
	SQL_FIND_ID,
	SQL_FIND_JOB,
	SQL_FIND_PREFIX,
	SQL_LEDGER,
	SQL_LEDGER_JOB,
	SQL_LEDGER_JOB_FROM,
	SQL_LEDGER_OUTCOME,
	SQL_OUTPUT,
	SQL_JOBS,
	SQL_RETRIES,
	SQL_OPEN_RUNS,
	SQL_PARAMS,
	SQL_PAUSE,
	SQL_AUDIT,
	SQL_AUDIT_FORGET,
	SQL_AUDITS,
	SQL_RESUME,
	SQL_PAUSES,
	SQL_ENDS_ADD,
	SQL_ENDS_REPLACE,
	SQL_ENDS_USE,
	SQL_ENDS_JOINED,
	SQL_ENDS,
	SQL_RUNS_CHAIN,
	SQL_PLAN,
	SQL_PLANS,
	SQL_CHECK_JOB,
	SQL_CHECK_SLOTS,
	SQL_CHECK_RUNS,
	SQL_NOTICE,
	SQL_NOTICES,
	SQL_NOTICES_WAITING,
	SQL_SWEPT,
	SQL_SWEEP_RUNS,
	SQL_SWEEP_MANY,
	SQL_SWEEP_LAST,
	SQL_SWEEP_NO_OUTPUT,
	SQL_SWEEP_NO_PARAMS,
	SQL_SWEEP_NO_RUN,
	SQL_SWEEP_SLOTS,
	SQL_SWEEP_NO_SLOT,
	SQL_SWEEP_NO_SLOTS,
	SQL_SWEEP_JOBS,
	SQL_SWEEP_JOB,
	SQL_SWEEP_NTH,
	SQL_SWEEP_NOTICES,
	SQL_QUEUE_FORGET,
	SQL_QUEUE_FORGET_OLD,
	SQL_QUEUE_KEY,
	SQL_QUEUE_WAITING,
	SQL_QUEUE_SLOT,
	SQL_QUEUE_ADD,
	SQL_QUEUE_TAKE,
	SQL_QUEUE_TAKEN,
	SQL_QUEUE_NEXT,
	SQL_QUEUE_END,
	SQL_QUEUE_MINE,
	SQL_QUEUE_BACK,
	SQL_QUEUE_CANCEL,
	SQL_QUEUE_LIST,
	SQL_REPLY,
	SQL_REPLIES,
	SQL_REPLY_TAKEN,
	SQL_REPLY_NEXT,
	SQL_REPLY_BACK,
	SQL_AUTO_VACUUM,
	SQL_FREELIST,
	SQL_PAGES,
	SQL_VACUUM,
	SQL_COUNT,
};

enum sweep_phase {
	SWEEP_IDLE,
	SWEEP_RUNS,
	SWEEP_SLOTS,
	SWEEP_JOBS,
	SWEEP_SHRINK,
};

/* Where a round of retention is. */
struct sqlite_sweep {
	enum sweep_phase phase;
	int64_t now_ms;     /* of the round */
	int64_t young_ms;   /* nothing later can be too old; INT64_MIN: none */
	int64_t next_ms;    /* when something will be */
	int64_t trimmed_ms; /* the last round that went over the jobs */
	/* the cursor of the phase */
	int64_t slot_ms;
	char key[JOB_NAME_MAX + 1];
	char run[RUN_ID_SIZE];
	char oldest[RUN_ID_SIZE]; /* run of the job that stays */
};

/* Hours that wait for the end of the transaction. */
#define SQLITE_HOURS 16

struct sqlite_store {
	struct store store; /* first: it is one */
	struct {
		struct store_hour hour;
		char host[256];
	} hours[SQLITE_HOURS];
	size_t nhours;
	char *path;
	sqlite3 *db; /* NULL: it could not be opened again yet */
	sqlite3_stmt *statements[SQL_COUNT];
	struct sqlite_sweep sweep;
	bool failed;  /* something in this transaction; err says what */
	bool damaged; /* somebody met what cannot be */
	struct err err;
};

/* A value to bind. */
struct sqlite_value {
	enum {
		VALUE_NULL,
		VALUE_INT,
		VALUE_TEXT,
		VALUE_BLOB
	} type;
	int64_t number; /* or the blob's length */
	const void *p;
};

static inline struct sqlite_store *
sqlite_store(struct store *store)
{
	return (struct sqlite_store *)store;
}

static inline struct sqlite_value
value_int(int64_t v)
{
	return (struct sqlite_value){VALUE_INT, v, NULL};
}

/* NULL is SQL's NULL. */
static inline struct sqlite_value
value_text(const char *s)
{
	return (struct sqlite_value){s != NULL ? VALUE_TEXT : VALUE_NULL, 0, s};
}

/* "" too. */
static inline struct sqlite_value
value_text_or_null(const char *s)
{
	return value_text(s != NULL && *s != '\0' ? s : NULL);
}

/* NULL when v is none. */
static inline struct sqlite_value
value_int_or_null(int64_t v, int64_t none)
{
	return (struct sqlite_value){
	    v != none ? VALUE_INT : VALUE_NULL, v, NULL};
}

/* NULL when it is not known yet. */
static inline struct sqlite_value
value_outcome(enum outcome outcome)
{
	return value_text(
	    outcome != OUTCOME_NONE ? outcome_name(outcome) : NULL);
}

/*
 * The statement, prepared once and reset, with n values bound to ?1, ?2 ...,
 * which must live until it was stepped. NULL: s->failed.
 */
sqlite3_stmt *sqlite_bind(struct sqlite_store *s, enum sqlite_sql which,
    const char *text, const struct sqlite_value *values, size_t n);

/*
 * Binds and runs a statement without rows; a no-op when s->failed. Returns
 * the rows it changed.
 */
int sqlite_run(struct sqlite_store *s, enum sqlite_sql which, const char *text,
    const struct sqlite_value *values, size_t n);

/* The next row? False: no more, or s->failed. The statement is reset then. */
bool sqlite_step(struct sqlite_store *s, sqlite3_stmt *statement);

/* Ends a statement before its last row. */
void sqlite_end(sqlite3_stmt *statement);

/* Remembers SQLite's error. */
void sqlite_fail(struct sqlite_store *s);

/* For queries: forgets an older failure; and NULL, or what failed since. */
void sqlite_forgive(struct sqlite_store *s);
const struct err *sqlite_failure(const struct sqlite_store *s);

/* A column as text; NULL as "". */
const char *sqlite_text(sqlite3_stmt *statement, int column);

/* A column as an outcome; NULL as OUTCOME_NONE. */
enum outcome sqlite_outcome(sqlite3_stmt *statement, int column);

/* store_sqlite_file.c */

/* "belf": the file is ours and no other program's. */
#define STORE_APPLICATION_ID 1650814054

/* At start there is time for those that hold the file. */
#define SQLITE_START_BUSY_MS 5000

/* Is the code about content that cannot be? */
bool sqlite_is_damage(int code);

/*
 * Opens s->path and checks it; a damaged file of ours is set aside and a new
 * one begun, loudly. 0; -1 with err, and s->db is NULL.
 */
int sqlite_connect(struct sqlite_store *s, int busy_ms, struct err *err);

/* Closes; what was asked is forgotten. */
void sqlite_disconnect(struct sqlite_store *s);

/*
 * Before a transaction: when the file was moved, deleted or found damaged,
 * opens what is there, or a new one. When it cannot be, s->failed.
 */
void sqlite_revive(struct sqlite_store *s);

/* Creates the schema or brings it up to date. 0 or -1 with err. */
int sqlite_migrate(sqlite3 *db, const char *path, struct err *err);

/* store_sqlite_write.c */
void sqlite_begin(struct store *store);
void sqlite_job(struct store *store, const struct record_job *job);
void sqlite_run_begin(struct store *store, const struct run_begin *begin);
void sqlite_run_end(struct store *store, const struct record_end *end);
void sqlite_slot(struct store *store, const struct record_slot *slot);
void sqlite_params(struct store *store, const char *run, const char *params,
    const char *parents);
void sqlite_pause(struct store *store, const struct record_pause *pause);
void sqlite_audit(struct store *store, const struct record_audit *audit);
void sqlite_audits(struct store *store, const struct store_audit *which,
    store_audit_cb *row, store_done *done, void *arg);
void sqlite_piece(struct store *store, const char *run, uint64_t start,
    const void *data, size_t n);
void sqlite_commit(struct store *store, store_done *done, void *arg);

/* store_sqlite_runs.c */
void sqlite_runs(struct store *store, const struct store_filter *filter,
    store_run_cb *row, store_list_done *done, void *arg);
void sqlite_find(struct store *store, const char *text, store_run_cb *row,
    store_done *done, void *arg);

/* store_sqlite_charts.c */
void sqlite_bars(struct store *store, const struct store_bars *which,
    store_bar_cb *row, store_done *done, void *arg);

void sqlite_hours(struct store *store, int64_t from, int64_t to,
    store_hour_cb *row, store_done *done, void *arg);

/* Counts an end that is news; written by sqlite_hours_flush(). */
void sqlite_hours_count(struct sqlite_store *s, const struct record_end *end);
void sqlite_hours_flush(struct sqlite_store *s);

/* store_sqlite_metrics.c */
void sqlite_metrics(struct store *store, struct strbuf *b);
void sqlite_waiting(
    struct store *store, store_waiting_cb *row, store_done *done, void *arg);

/* store_sqlite_ledger.c */
void sqlite_slots(struct store *store, const struct store_filter *filter,
    store_slot_cb *row, store_list_done *done, void *arg);

/* store_sqlite_after.c */
void sqlite_after(struct store *store, const struct record_after *after);
void sqlite_afters(struct store *store, const char *after, int limit,
    store_after_cb *row, store_done *done, void *arg);

/* Ends of a job's parents up to a mark are used up; 0: none. */
void sqlite_use_ends(struct sqlite_store *s, const char *job, uint64_t mark);

/* store_sqlite_notices.c */
void sqlite_notice(struct store *store, const struct record_notice *notice);
void
sqlite_notices(struct store *store, const struct store_notice_filter *filter,
    store_notice_cb *row, store_list_done *done, void *arg);
void sqlite_waiting_notices(struct store *store, const char *after, int limit,
    store_notice_cb *row, store_done *done, void *arg);

/* Deletes some that are older than that, but for those that wait. */
void sqlite_sweep_notices(struct sqlite_store *s, int64_t before_ms);

/* store_sqlite_queue.c */
void sqlite_submit(struct store *store, const struct submission *s,
    int64_t limit, store_submitted_cb *cb, store_done *done, void *arg);
void sqlite_take(struct store *store, const struct store_take *take,
    store_submission_cb *row, store_take_done *done, void *arg);
void sqlite_replies(struct store *store, const struct store_take *take,
    store_reply_cb *row, store_take_done *done, void *arg);
void sqlite_keep(struct store *store, const char *host, const char *const *ids,
    size_t n, bool all, store_done *done, void *arg);
void
sqlite_queued(struct store *store, const struct store_queued_filter *filter,
    store_queued_cb *row, store_done *done, void *arg);
void sqlite_cancel(struct store *store, const char *id, const char *who,
    int64_t now_ms, store_queued_cb *row, store_done *done, void *arg);
void sqlite_reply(struct store *store, const struct record_reply *reply);

/* The run is deleted: what is known of its submission goes, too. */
void sqlite_forget_submission(struct sqlite_store *s, const char *id);

/* The run of a submission has ended, at that time. */
void
sqlite_submission_end(struct sqlite_store *s, const char *id, int64_t ended_ms);

/* store_sqlite_plans.c */

/* Notes a memo that is another than the job's; before that one is changed. */
void sqlite_plan(struct sqlite_store *s, const struct record_job *job);
void sqlite_plans(struct store *store, const char *job, int limit,
    store_plan_cb *row, store_done *done, void *arg);

/* store_sqlite_sweep.c */
void sqlite_sweep(struct store *store, const struct store_keep *keep,
    store_sweep_done *done, void *arg);

/* store_sqlite_verify.c */
void sqlite_check_job(struct store *store, const char *after, const char *only,
    store_check_job_cb *row, store_done *done, void *arg);
void sqlite_check(struct store *store, const struct store_check_page *page,
    store_check_cb *row, store_done *done, void *arg);

/* store_sqlite_state.c */
void sqlite_output(struct store *store, const char *run, uint64_t pos,
    store_piece_cb *piece, store_done *done, void *arg);
void sqlite_jobs(struct store *store, const char *after, int limit,
    store_job_cb *row, store_done *done, void *arg);
void sqlite_retries(struct store *store, const char *after, int limit,
    store_retry_cb *row, store_done *done, void *arg);
void sqlite_open_runs(struct store *store, const char *after, int limit,
    store_begin_cb *row, store_done *done, void *arg);
void sqlite_pauses(struct store *store, const char *after, int limit,
    store_pause_cb *row, store_done *done, void *arg);

#endif
