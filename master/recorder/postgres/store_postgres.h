/* Inside of the PostgreSQL store; for its files and its tests alone. */
#ifndef BELFRY_MASTER_RECORDER_STORE_POSTGRES_H
#define BELFRY_MASTER_RECORDER_STORE_POSTGRES_H

#include "recorder/postgres/pg_array.h"
#include "recorder/postgres/pg_conn.h"
#include "recorder/store.h"

#define ROW_COLUMNS_MAX 25

/* Kinds of rows that a command brings, each by one statement. */
enum pg_rows_kind {
	ROWS_JOBS,
	ROWS_PARAMS,
	ROWS_BEGINS,
	ROWS_ENDS,
	ROWS_LATER, /* attempts that take retries back */
	ROWS_SLOTS,
	ROWS_HWM,
	ROWS_PIECES,
	ROWS_COUNT,
};

/* Numbers of the prepared statements: those of the kinds, then these. */
enum pg_statement {
	STATEMENT_PLANS = ROWS_COUNT, /* before ROWS_JOBS */
	STATEMENT_NO_RETRY,           /* behind ROWS_ENDS */
	STATEMENT_PAUSE,
	STATEMENT_RESUME,
	STATEMENT_AUDIT,
	STATEMENT_AUDIT_FORGET,
	STATEMENT_NOTICE,
	STATEMENT_REWIND,
	STATEMENT_QUEUE_END, /* behind ROWS_ENDS, when one was submitted */
	STATEMENT_REPLY,
	STATEMENT_COUNT,
};

/* A hash for each thing; two that are equal by chance do no harm. */
struct pg_keys {
	uint64_t *slots;
	size_t n, cap;
};

struct pg_writer {
	struct pg_array rows[ROWS_COUNT][ROW_COLUMNS_MAX];
	struct pg_keys keys;
	size_t bytes;
	bool submitted; /* one of ROWS_ENDS was */
};

/* Where a round of retention is; as of all hosts, nothing is remembered. */
struct pg_sweep {
	bool in_round;
	int phase;
	int64_t now_ms, next_ms, trimmed_ms;
	char key[JOB_NAME_MAX + 1];
	char found[JOB_NAME_MAX + 1]; /* the last key of a page */
	int64_t slot_ms, found_slot_ms;
	int rows;
	bool stop;
	const struct store_keep *keep;
	store_sweep_done *done;
	void *arg;
};

struct pg_store {
	struct store store; /* first: it is one */
	struct pg_conn *writing, *reading;
	struct pg_writer writer;
	struct pg_sweep sweep;
	void (*ready_cb)(void *arg);
	void (*readable_cb)(void *arg);
	void (*lost_cb)(void *arg, const struct err *err);
	void *arg;
};

static inline struct pg_store *
pg_store(struct store *store)
{
	return (struct pg_store *)store;
}

struct pg_store_config {
	struct event_base *base;
	const char *conninfo;
	const char *password_file;
	/* Records can be written, questions asked; or not any more. */
	void (*ready_cb)(void *arg);
	void (*readable_cb)(void *arg);
	void (*lost_cb)(void *arg, const struct err *err);
	void *arg;
};

/*
 * Connects in the loop. Until then, and when the server is gone, whatever is
 * asked ends with an error.
 */
struct store *pg_store_new(const struct pg_store_config *config);

/* The writer's parts, empty; and their statements, NULL behind the last. */
void pg_writer_init(struct pg_writer *writer);
void pg_writer_fini(struct pg_writer *writer);
extern const char *const pg_statements[];

/* pg_write.c */
void pg_begin(struct store *store);
void pg_job(struct store *store, const struct record_job *job);
void pg_run_begin(struct store *store, const struct run_begin *begin);
void pg_run_end(struct store *store, const struct record_end *end);
void pg_slot(struct store *store, const struct record_slot *slot);
void pg_params(struct store *store, const char *run, const char *params,
    const char *parents);
void pg_pause(struct store *store, const struct record_pause *pause);
void pg_audit(struct store *store, const struct record_audit *audit);
void pg_audits(struct store *store, const struct store_audit *which,
    store_audit_cb *row, store_done *done, void *arg);
void pg_piece(struct store *store, const char *run, uint64_t start,
    const void *data, size_t n);
void pg_commit(struct store *store, store_done *done, void *arg);

/* pg_runs.c */
void pg_runs(struct store *store, const struct store_filter *filter,
    store_run_cb *row, store_list_done *done, void *arg);
void pg_find(struct store *store, const char *text, store_run_cb *row,
    store_done *done, void *arg);

/* pg_charts.c */
void pg_bars(struct store *store, const struct store_bars *which,
    store_bar_cb *row, store_done *done, void *arg);

void pg_hours(struct store *store, int64_t from, int64_t to, store_hour_cb *row,
    store_done *done, void *arg);

/* pg_ledger.c */
void pg_slots(struct store *store, const struct store_filter *filter,
    store_slot_cb *row, store_list_done *done, void *arg);

/* pg_check.c */
void pg_check_job(struct store *store, const char *after, const char *only,
    store_check_job_cb *row, store_done *done, void *arg);
void pg_check(struct store *store, const struct store_check_page *page,
    store_check_cb *row, store_done *done, void *arg);
void pg_plans(struct store *store, const char *job, int limit,
    store_plan_cb *row, store_done *done, void *arg);

/* pg_state.c */
void pg_output(struct store *store, const char *run, uint64_t pos,
    store_piece_cb *piece, store_done *done, void *arg);
void pg_jobs(struct store *store, const char *after, int limit,
    store_job_cb *row, store_done *done, void *arg);
void pg_retries(struct store *store, const char *after, int limit,
    store_retry_cb *row, store_done *done, void *arg);
void pg_open_runs(struct store *store, const char *after, int limit,
    store_begin_cb *row, store_done *done, void *arg);
void pg_pauses(struct store *store, const char *after, int limit,
    store_pause_cb *row, store_done *done, void *arg);

/* pg_notices.c */
void pg_notice(struct store *store, const struct record_notice *notice);
void pg_notices(struct store *store, const struct store_notice_filter *filter,
    store_notice_cb *row, store_list_done *done, void *arg);
/* pg_queue.c */
void pg_submit(struct store *store, const struct submission *sub, int64_t limit,
    store_submitted_cb *cb, store_done *done, void *arg);
void pg_take(struct store *store, const struct store_take *take,
    store_submission_cb *row, store_take_done *done, void *arg);
void pg_replies(struct store *store, const struct store_take *take,
    store_reply_cb *row, store_take_done *done, void *arg);
void pg_keep(struct store *store, const char *host, const char *const *ids,
    size_t n, bool all, store_done *done, void *arg);
void pg_queued(struct store *store, const struct store_queued_filter *filter,
    store_queued_cb *row, store_done *done, void *arg);
void pg_waiting(
    struct store *store, store_waiting_cb *row, store_done *done, void *arg);
void pg_cancel(struct store *store, const char *id, const char *who,
    int64_t now_ms, store_queued_cb *row, store_done *done, void *arg);
void pg_reply(struct store *store, const struct record_reply *reply);

/* pg_sweep.c */
void pg_sweep(struct store *store, const struct store_keep *keep,
    store_sweep_done *done, void *arg);

#endif
