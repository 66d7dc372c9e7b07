/*
 * The PostgreSQL store: two connections, one that writes and one that reads,
 * so that no question waits behind a batch and no batch behind a question.
 */
#include "recorder/postgres/store_postgres.h"

#include <stdlib.h>

#include "base/mem.h"

/*
 * Statements are planned once, when the tables may still be empty, and for
 * few rows: each row of a batch is looked up by an index.
 * What has been sent is forgotten here: a commit must last.
 */
#define WRITING                                                                \
	"SELECT set_config('synchronous_commit', 'on', false) "                \
	"WHERE current_setting('synchronous_commit') = 'off'; "                \
	"SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off; " \
	"SET enable_hashjoin = off; SET enable_mergejoin = off; "              \
	"SET statement_timeout = '50s'; "                                      \
	"SET idle_in_transaction_session_timeout = '60s'"
/* Whoever asks does not wait for ever, and holds no one up. */
#define READING                                                                \
	"SET statement_timeout = '20s'; "                                      \
	"SET idle_in_transaction_session_timeout = '60s'"

static const char *const no_statements[] = {NULL};

static void
ready(void *arg)
{
	struct pg_store *s = arg;

	if (s->ready_cb != NULL)
		s->ready_cb(s->arg);
}

static void
lost(void *arg, const struct err *err)
{
	struct pg_store *s = arg;

	if (s->lost_cb != NULL)
		s->lost_cb(s->arg, err);
}

static void
can_read(void *arg)
{
	struct pg_store *s = arg;

	if (s->readable_cb != NULL)
		s->readable_cb(s->arg);
}

static void
ignore_lost(void *arg, const struct err *err)
{
}

struct store *
pg_store_new(const struct pg_store_config *config)
{
	struct pg_store *s = xcalloc(1, sizeof(*s));
	struct pg_conn_config conn = {
	    .base = config->base,
	    .conninfo = config->conninfo,
	    .password_file = config->password_file,
	    .session = WRITING,
	    .statements = pg_statements,
	    .ready_cb = ready,
	    .lost_cb = lost,
	    .arg = s,
	};

	s->store.ops = &store_postgres;
	s->ready_cb = config->ready_cb;
	s->readable_cb = config->readable_cb;
	s->lost_cb = config->lost_cb;
	s->arg = config->arg;
	pg_writer_init(&s->writer);
	s->writing = pg_conn_new(&conn);
	conn.session = READING;
	conn.statements = no_statements;
	conn.ready_cb = can_read;
	conn.lost_cb = ignore_lost;
	s->reading = pg_conn_new(&conn);
	return &s->store;
}

static void
pg_close(struct store *store)
{
	struct pg_store *s = pg_store(store);

	if (s == NULL)
		return;
	pg_conn_free(s->writing);
	pg_conn_free(s->reading);
	pg_writer_fini(&s->writer);
	free(s);
}

const struct store_ops store_postgres = {
    .name = "postgres",
    .close = pg_close,
    .begin = pg_begin,
    .job = pg_job,
    .run_begin = pg_run_begin,
    .run_end = pg_run_end,
    .slot = pg_slot,
    .piece = pg_piece,
    .commit = pg_commit,
    .runs = pg_runs,
    .slots = pg_slots,
    .bars = pg_bars,
    .hours = pg_hours,
    .find = pg_find,
    .sweep = pg_sweep,
    .check_job = pg_check_job,
    .check = pg_check,
    .plans = pg_plans,
    .output = pg_output,
    .jobs = pg_jobs,
    .retries = pg_retries,
    .open_runs = pg_open_runs,
    .params = pg_params,
    .pause = pg_pause,
    .audit = pg_audit,
    .audits = pg_audits,
    .pauses = pg_pauses,
    .notice = pg_notice,
    .notices = pg_notices,
    .submit = pg_submit,
    .take = pg_take,
    .replies = pg_replies,
    .keep = pg_keep,
    .queued = pg_queued,
    .waiting = pg_waiting,
    .cancel = pg_cancel,
    .reply = pg_reply,
};
