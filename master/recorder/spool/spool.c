#include "recorder/spool/spool_internal.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "ipc/message.h"
#include "prom.h"

/* Beyond it records stay with the master until PostgreSQL is back. */
#define FILE_BYTES_MAX ((int64_t)1 << 30)

/* How long the file keeps what PostgreSQL has: whoever asks has just run it. */
#define KEEP_MS ((int64_t)10 * 60 * 1000)

static void
spool_begin(struct store *store)
{
	struct spool *sp = spool(store);

	sp->local->ops->begin(sp->local);
	if (shelf_begin(&sp->shelf))
		sp->sent = sp->next =
		    (struct spool_cursor){.seq = sp->shelf.first};
	store->renewed = sp->local->renewed;
}

static void
spool_job(struct store *store, const struct record_job *job)
{
	struct wire_writer w = WIRE_WRITER_INIT;
	struct spool *sp = spool(store);

	record_job_encode(job, &w);
	shelf_add(&sp->shelf, MSG_RECORD_JOB, &w);
	sp->local->ops->job(sp->local, job);
}

static void
spool_run_begin(struct store *store, const struct run_begin *begin)
{
	struct wire_writer w = WIRE_WRITER_INIT;
	struct spool *sp = spool(store);

	run_begin_encode(begin, &w);
	shelf_add(&sp->shelf, MSG_RECORD_BEGIN, &w);
	sp->local->ops->run_begin(sp->local, begin);
}

static void
spool_run_end(struct store *store, const struct record_end *end)
{
	struct wire_writer w = WIRE_WRITER_INIT;
	struct spool *sp = spool(store);

	record_end_encode(end, &w);
	shelf_add(&sp->shelf, MSG_RECORD_END, &w);
	sp->local->ops->run_end(sp->local, end);
}

static void
spool_slot(struct store *store, const struct record_slot *slot)
{
	struct wire_writer w = WIRE_WRITER_INIT;
	struct spool *sp = spool(store);

	record_slot_encode(slot, &w);
	shelf_add(&sp->shelf, MSG_RECORD_SLOT, &w);
	sp->local->ops->slot(sp->local, slot);
}

static void
spool_params(struct store *store, const char *run, const char *params,
    const char *parents)
{
	struct wire_writer w = WIRE_WRITER_INIT;
	struct spool *sp = spool(store);

	wire_put_str(&w, run);
	wire_put_str(&w, params);
	wire_put_str(&w, parents);
	shelf_add(&sp->shelf, MSG_RECORD_PARAMS, &w);
	sp->local->ops->params(sp->local, run, params, parents);
}

/* Its marks are this host's: nobody else could use it. */
static void
spool_after(struct store *store, const struct record_after *after)
{
	struct store *local = spool(store)->local;

	local->ops->after(local, after);
}

static void
spool_notice(struct store *store, const struct record_notice *notice)
{
	struct wire_writer w = WIRE_WRITER_INIT;
	struct spool *sp = spool(store);

	record_notice_encode(notice, &w);
	shelf_add(&sp->shelf, MSG_RECORD_NOTICE, &w);
	sp->local->ops->notice(sp->local, notice);
}

static void
spool_reply(struct store *store, const struct record_reply *reply)
{
	struct wire_writer w = WIRE_WRITER_INIT;

	record_reply_encode(reply, &w);
	shelf_add(&spool(store)->shelf, MSG_RECORD_REPLY, &w);
}

static void
spool_pause(struct store *store, const struct record_pause *pause)
{
	struct wire_writer w = WIRE_WRITER_INIT;
	struct spool *sp = spool(store);

	record_pause_encode(pause, &w);
	shelf_add(&sp->shelf, MSG_RECORD_PAUSE, &w);
	sp->local->ops->pause(sp->local, pause);
}

/* Read where it goes to: of all hosts. */
static void
spool_audit(struct store *store, const struct record_audit *audit)
{
	struct wire_writer w = WIRE_WRITER_INIT;

	record_audit_encode(audit, &w);
	shelf_add(&spool(store)->shelf, MSG_RECORD_AUDIT, &w);
}

/* The file has it; the end of its run says that it is to be sent. */
static void
spool_piece(struct store *store, const char *run, uint64_t start,
    const void *data, size_t n)
{
	struct spool *sp = spool(store);

	sp->local->ops->piece(sp->local, run, start, data, n);
}

struct commit {
	struct err err;
	bool failed;
};

static void
committed(void *arg, const struct err *err)
{
	struct commit *commit = arg;

	commit->failed = err != NULL;
	if (err != NULL)
		commit->err = *err;
}

/* What goes wrong here fails the transaction of the file. */
static void
write_outbox(struct spool *sp)
{
	struct sqlite_store *local = sqlite_store(sp->local);

	if (local->failed)
		return;
	if (spool_is_behind(sp) &&
	    shelf_file_bytes(&sp->shelf) > FILE_BYTES_MAX) {
		local->failed = true;
		err_set(&local->err,
		    "%s holds %" PRId64 " MiB for PostgreSQL, which is all "
		    "that it may",
		    local->path, FILE_BYTES_MAX >> 20);
	} else if (shelf_write(&sp->shelf) == -1) {
		sqlite_fail(local);
	}
}

static void
spool_commit(struct store *store, store_done *done, void *arg)
{
	struct spool *sp = spool(store);
	int64_t last = sp->shelf.last;
	struct commit commit = {.failed = false};

	write_outbox(sp);
	sp->local->ops->commit(sp->local, committed, &commit);
	if (commit.failed)
		sp->shelf.last = last;
	else
		retain_recorded(sp->retain);
	spool_forward(sp);
	done(arg, commit.failed ? &commit.err : NULL);
}

static void
spool_sweep(struct store *store, const struct store_keep *keep,
    store_sweep_done *done, void *arg)
{
	struct store *remote = spool(store)->remote;

	remote->ops->sweep(remote, keep, done, arg);
}

static void
spool_jobs(struct store *store, const char *after, int limit, store_job_cb *row,
    store_done *done, void *arg)
{
	struct store *local = spool(store)->local;

	local->ops->jobs(local, after, limit, row, done, arg);
}

static void
spool_retries(struct store *store, const char *after, int limit,
    store_retry_cb *row, store_done *done, void *arg)
{
	struct store *local = spool(store)->local;

	local->ops->retries(local, after, limit, row, done, arg);
}

static void
spool_open_runs(struct store *store, const char *after, int limit,
    store_begin_cb *row, store_done *done, void *arg)
{
	struct store *local = spool(store)->local;

	local->ops->open_runs(local, after, limit, row, done, arg);
}

static void
spool_pauses(struct store *store, const char *after, int limit,
    store_pause_cb *row, store_done *done, void *arg)
{
	struct store *local = spool(store)->local;

	local->ops->pauses(local, after, limit, row, done, arg);
}

static void
spool_afters(struct store *store, const char *after, int limit,
    store_after_cb *row, store_done *done, void *arg)
{
	struct store *local = spool(store)->local;

	local->ops->afters(local, after, limit, row, done, arg);
}

/* Who is told of what happened here is this host's business. */
static void
spool_waiting_notices(struct store *store, const char *after, int limit,
    store_notice_cb *row, store_done *done, void *arg)
{
	struct store *local = spool(store)->local;

	local->ops->waiting_notices(local, after, limit, row, done, arg);
}

/* --- cleaning the file --- */

static void
spool_metrics(struct store *store, struct strbuf *b)
{
	struct spool *sp = spool(store);

	sp->local->ops->metrics(sp->local, b);
	prom_one(b, "belfry_postgres_up", "gauge",
	    "1 while PostgreSQL can be asked.",
	    pg_conn_is_ready(pg_store(sp->remote)->reading));
	prom_one(b, "belfry_spool_waiting_transactions", "gauge",
	    "Transactions on their way to PostgreSQL.",
	    spool_is_behind(sp) ? (double)(sp->shelf.last - sp->sent.seq + 1) :
				  0);
}

static struct spool *
spool_of_cleaned(struct store *store)
{
	return (struct spool *)(void *)((char *)store -
	    offsetof(struct spool, cleaned));
}

/* Output that is not sent yet must stay: then nothing is cleaned. */
static void
clean(struct store *store, const struct store_keep *keep,
    store_sweep_done *done, void *arg)
{
	struct spool *sp = spool_of_cleaned(store);

	if (spool_is_behind(sp))
		done(arg, false, keep->now_ms + KEEP_MS / 10, NULL);
	else
		sp->local->ops->sweep(sp->local, keep, done, arg);
}

static void
cleaned_runs(struct store *store, const struct store_filter *filter,
    store_run_cb *row, store_list_done *done, void *arg)
{
	struct store *local = spool_of_cleaned(store)->local;

	local->ops->runs(local, filter, row, done, arg);
}

/* What retention uses. */
static const struct store_ops cleaned_ops = {
    .name = "spool's file",
    .runs = cleaned_runs,
    .sweep = clean,
};

/* --- the connection --- */

/* Whoever wants to know whether PostgreSQL is there. */
static void
tell_state(struct spool *sp, const struct err *why)
{
	if (why == NULL && sp->down == NULL)
		return; /* it is the first connection */
	free(sp->down);
	sp->down = why != NULL ? xasprintf("PostgreSQL: %s", why->text) : NULL;
	sp->store.down = sp->down;
	if (sp->store.state_cb != NULL)
		sp->store.state_cb(sp->store.state_arg);
}

static void
ready(void *arg)
{
	struct spool *sp = arg;

	tell_state(sp, NULL);

	log_info("store: connected to PostgreSQL, %s%s",
	    pg_conn_name(pg_store(sp->remote)->writing),
	    spool_is_behind(sp) ? "; what waited is sent" : "");
	sp->late = spool_is_behind(sp);
	spool_forward_again(sp);
}

static void
readable(void *arg)
{
	struct spool *sp = arg;

	sp->orphans.due = true;
	spool_find_orphans(sp);
}

static void
lost(void *arg, const struct err *err)
{
	struct spool *sp = arg;

	log_warn("store: PostgreSQL cannot be used, records are kept in %s: %s",
	    sqlite_store(sp->local)->path, err->text);
	tell_state(sp, err);
	spool_read_fail(sp, err);
}

static void
timer_cb(evutil_socket_t fd, short what, void *arg)
{
	spool_forward(arg);
}

static void
read_timer_cb(evutil_socket_t fd, short what, void *arg)
{
	spool_read_late(arg);
}

static void
connect_remote(struct spool *sp, const struct spool_config *config)
{
	const struct pg_store_config remote = {
	    .base = config->base,
	    .conninfo = config->conninfo,
	    .password_file = config->password_file,
	    .ready_cb = ready,
	    .readable_cb = readable,
	    .lost_cb = lost,
	    .arg = sp,
	};

	sp->remote = pg_store_new(&remote);
	sp->timer = evtimer_new(config->base, timer_cb, sp);
	sp->read_timer = evtimer_new(config->base, read_timer_cb, sp);
	if (sp->timer == NULL || sp->read_timer == NULL)
		fatalx("out of memory");
}

static void
spool_close(struct store *store)
{
	const struct err err = {"the daemon ends"};
	struct spool *sp = spool(store);

	if (sp == NULL)
		return;
	retain_free(sp->retain);
	sp->sending = true; /* nothing more is sent */
	sp->store.state_cb = NULL;
	spool_read_fail(sp, &err);
	store_postgres.close(sp->remote);
	shelf_fini(&sp->shelf);
	store_sqlite.close(sp->local);
	event_free(sp->timer);
	event_free(sp->read_timer);
	free(sp->orphans.runs);
	free(sp->down);
	free(sp);
}

static const struct store_ops store_spool = {
    .name = "postgres",
    .close = spool_close,
    .begin = spool_begin,
    .job = spool_job,
    .run_begin = spool_run_begin,
    .run_end = spool_run_end,
    .slot = spool_slot,
    .params = spool_params,
    .pause = spool_pause,
    .after = spool_after,
    .piece = spool_piece,
    .commit = spool_commit,
    .runs = spool_runs,
    .slots = spool_slots,
    .bars = spool_bars,
    .hours = spool_hours,
    .metrics = spool_metrics,
    .find = spool_find,
    .sweep = spool_sweep,
    .check_job = spool_check_job,
    .check = spool_check,
    .plans = spool_plans,
    .audit = spool_audit,
    .audits = spool_audits,
    .output = spool_output,
    .jobs = spool_jobs,
    .retries = spool_retries,
    .open_runs = spool_open_runs,
    .pauses = spool_pauses,
    .afters = spool_afters,
    .notice = spool_notice,
    .notices = spool_notices,
    .waiting_notices = spool_waiting_notices,
    .submit = spool_submit,
    .take = spool_take,
    .replies = spool_replies,
    .keep = spool_keep,
    .queued = spool_queued,
    .waiting = spool_waiting,
    .cancel = spool_cancel,
    .reply = spool_reply,
};

struct store *
spool_open(const struct spool_config *config, struct err *err)
{
	const struct store_keep keep = {
	    .age_ms = KEEP_MS, .failure_age_ms = KEEP_MS};
	struct store *local = store_sqlite_open(config->path, err);
	struct spool *sp;

	if (local == NULL)
		return NULL;
	sp = xcalloc(1, sizeof(*sp));
	sp->store.ops = &store_spool;
	sp->local = local;
	TAILQ_INIT(&sp->reads);
	if (shelf_init(&sp->shelf, sqlite_store(local), err) == -1 ||
	    spool_knows_server(config->conninfo, config->password_file, err) ==
		-1) {
		shelf_fini(&sp->shelf);
		store_sqlite.close(local);
		free(sp);
		return NULL;
	}
	sp->sent.seq = sp->shelf.first;
	sp->host = config->host;
	sp->runs_fd = config->runs_fd;
	sp->store.renewed = local->renewed;
	sp->cleaned.ops = &cleaned_ops;
	connect_remote(sp, config);
	sp->retain = retain_new(config->base, &sp->cleaned, &keep);
	return &sp->store;
}
