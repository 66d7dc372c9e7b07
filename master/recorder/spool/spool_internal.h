/* Inside of the spool: spool.c writes, forward.c sends, spool_read.c asks. */
#ifndef BELFRY_MASTER_RECORDER_SPOOL_INTERNAL_H
#define BELFRY_MASTER_RECORDER_SPOOL_INTERNAL_H

#include <sys/queue.h>

#include "recorder/postgres/store_postgres.h"
#include "recorder/retain.h"
#include "recorder/spool/shelf.h"
#include "recorder/spool/spool.h"
#include "recorder/sqlite/store_sqlite.h"

/* Where in the outbox: a row, a record in it, a piece of its output. */
struct spool_cursor {
	int64_t seq;
	size_t pos;
	int64_t piece;
};

/* A question that waits until all that was recorded before it is there. */
struct spool_read {
	TAILQ_ENTRY(spool_read) link;
	int64_t behind; /* the last row that must be in PostgreSQL */
	int64_t since_ms;
	void (*ask)(struct spool_read *read);
	void (*fail)(struct spool_read *read, const struct err *err);
	struct spool *spool;
	/* what is asked, and who */
	struct store_filter filter;
	struct store_check_page page;
	struct store_notice_filter notices;
	const struct store_bars *which;
	const struct store_audit *audits;
	int64_t from, to;
	struct store_take take;
	char *copy;       /* owned: text is this, or what is taken from */
	const char **ids; /* owned, with what they point to, as one block */
	size_t nids;
	bool all;
	const char *text, *only;
	int limit;
	union {
		store_run_cb *run;
		store_slot_cb *slot;
		store_check_job_cb *job;
		store_check_cb *check;
		store_plan_cb *plan;
		store_audit_cb *audit;
		store_notice_cb *notice;
		store_submission_cb *submission;
		store_reply_cb *reply;
		store_bar_cb *bar;
		store_hour_cb *hour;
	} row;
	store_list_done *list_done;
	store_take_done *take_done;
	store_done *done;
	void *arg;
};

TAILQ_HEAD(spool_reads, spool_read);

/* What is in progress here by PostgreSQL alone; orphans.c. */
struct spool_orphans {
	bool due; /* to be looked for */
	bool asking;
	int rows; /* of this page */
	char after[RUN_ID_SIZE];
	struct run_begin *runs; /* owned */
	size_t n, cap;
};

struct spool {
	struct store store; /* first: it is one */
	struct store *local, *remote;
	struct shelf shelf;
	/* sending */
	struct spool_cursor sent; /* all before is in PostgreSQL */
	struct spool_cursor next; /* all before is in the command on its way */
	bool sending;
	char *down;          /* why PostgreSQL cannot be used; owned */
	bool late;           /* there was an outage, or an error */
	int retry_ms;        /* 0: the last command went well */
	struct event *timer; /* to send again */
	/* questions */
	struct spool_reads reads;
	struct event *read_timer;
	struct spool_orphans orphans;
	const char *host; /* borrowed */
	int runs_fd;      /* borrowed */
	/* cleaning the file */
	struct store cleaned; /* the file, as retention sees it */
	struct store_keep keep;
	struct retain *retain;
};

static inline struct spool *
spool(struct store *store)
{
	return (struct spool *)store;
}

/* forward.c: sends what waits, when it can. */
void spool_forward(struct spool *sp);
void spool_forward_again(struct spool *sp);
bool spool_is_behind(const struct spool *sp);

/* orphans.c: when it is due and all is sent. */
void spool_find_orphans(struct spool *sp);

/* Has the file the run? */
bool spool_has_run(struct spool *sp, const char *id);

/* spool_read.c: questions whose time has come; all of them end with err. */
void spool_read_some(struct spool *sp);
void spool_read_fail(struct spool *sp, const struct err *err);
void spool_read_late(struct spool *sp);

/*
 * A question that waits until all that was recorded before it is there. Takes
 * read over.
 */
void spool_read_put(struct spool *sp, struct spool_read *read);

/* spool_queue.c */
void spool_submit(struct store *store, const struct submission *s,
    int64_t limit, store_submitted_cb *cb, store_done *done, void *arg);
void spool_take(struct store *store, const struct store_take *take,
    store_submission_cb *row, store_take_done *done, void *arg);
void spool_replies(struct store *store, const struct store_take *take,
    store_reply_cb *row, store_take_done *done, void *arg);
void spool_keep(struct store *store, const char *host, const char *const *ids,
    size_t n, bool all, store_done *done, void *arg);
void spool_queued(struct store *store, const struct store_queued_filter *filter,
    store_queued_cb *row, store_done *done, void *arg);
void spool_waiting(
    struct store *store, store_waiting_cb *row, store_done *done, void *arg);
void spool_cancel(struct store *store, const char *id, const char *who,
    int64_t now_ms, store_queued_cb *row, store_done *done, void *arg);

void spool_runs(struct store *store, const struct store_filter *filter,
    store_run_cb *row, store_list_done *done, void *arg);
void spool_slots(struct store *store, const struct store_filter *filter,
    store_slot_cb *row, store_list_done *done, void *arg);
void
spool_notices(struct store *store, const struct store_notice_filter *filter,
    store_notice_cb *row, store_list_done *done, void *arg);
void spool_bars(struct store *store, const struct store_bars *which,
    store_bar_cb *row, store_done *done, void *arg);
void spool_hours(struct store *store, int64_t from, int64_t to,
    store_hour_cb *row, store_done *done, void *arg);
void spool_find(struct store *store, const char *text, store_run_cb *row,
    store_done *done, void *arg);
void spool_check_job(struct store *store, const char *after, const char *only,
    store_check_job_cb *row, store_done *done, void *arg);
void spool_check(struct store *store, const struct store_check_page *page,
    store_check_cb *row, store_done *done, void *arg);
void spool_audits(struct store *store, const struct store_audit *which,
    store_audit_cb *row, store_done *done, void *arg);
void spool_plans(struct store *store, const char *job, int limit,
    store_plan_cb *row, store_done *done, void *arg);
void spool_output(struct store *store, const char *run, uint64_t pos,
    store_piece_cb *piece, store_done *done, void *arg);

#endif
