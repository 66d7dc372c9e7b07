/* Questions: to PostgreSQL, behind what was recorded here before. */
#include "recorder/spool/spool_internal.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/log.h"
#include "base/mem.h"

/* Then what PostgreSQL has must do: a spool may be long after an outage. */
#define WAIT_MS 3000

static int64_t
monotonic_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void
end_read(struct spool *sp, struct spool_read *read, const struct err *err)
{
	TAILQ_REMOVE(&sp->reads, read, link);
	if (err == NULL)
		read->ask(read);
	else
		read->fail(read, err);
	free(read->copy);
	free(read->ids);
	free(read);
}

void
spool_read_some(struct spool *sp)
{
	struct spool_read *read;

	while ((read = TAILQ_FIRST(&sp->reads)) != NULL &&
	    read->behind < sp->sent.seq)
		end_read(sp, read, NULL);
}

void
spool_read_fail(struct spool *sp, const struct err *err)
{
	struct spool_read *read;

	while ((read = TAILQ_FIRST(&sp->reads)) != NULL)
		end_read(sp, read, err);
}

void
spool_read_late(struct spool *sp)
{
	const struct timeval wait = {.tv_usec = 200000};
	struct spool_read *read;

	while ((read = TAILQ_FIRST(&sp->reads)) != NULL &&
	    monotonic_ms() - read->since_ms >= WAIT_MS)
		end_read(sp, read, NULL);
	if (read != NULL)
		event_add(sp->read_timer, &wait);
}

static struct err
why_not(const struct spool *sp)
{
	const struct pg_conn *conn = pg_store(sp->remote)->reading;
	struct err err;

	err_set(&err, "PostgreSQL: %s", pg_conn_why(conn)->text);
	return err;
}

static bool
is_there(const struct spool *sp)
{
	return pg_conn_is_ready(pg_store(sp->remote)->reading);
}

void
spool_read_put(struct spool *sp, struct spool_read *read)
{
	struct err err;

	read->spool = sp;
	read->behind = sp->shelf.last;
	read->since_ms = monotonic_ms();
	TAILQ_INSERT_TAIL(&sp->reads, read, link);
	if (!is_there(sp)) {
		err = why_not(sp);
		end_read(sp, read, &err);
		return;
	}
	spool_read_some(sp);
	if (!event_pending(sp->read_timer, EV_TIMEOUT, NULL))
		spool_read_late(sp);
}

static void
fail_list(struct spool_read *read, const struct err *err)
{
	read->list_done(read->arg, NULL, err);
}

static void
fail(struct spool_read *read, const struct err *err)
{
	read->done(read->arg, err);
}

static struct spool_read *
list_new(const struct store_filter *filter, store_list_done *done, void *arg)
{
	struct spool_read *read = xcalloc(1, sizeof(*read));

	read->filter = *filter;
	read->list_done = done;
	read->arg = arg;
	read->fail = fail_list;
	return read;
}

static struct spool_read *
read_new(const char *text, store_done *done, void *arg)
{
	struct spool_read *read = xcalloc(1, sizeof(*read));

	read->text = text;
	read->done = done;
	read->arg = arg;
	read->fail = fail;
	return read;
}

static void
ask_runs(struct spool_read *read)
{
	struct store *remote = read->spool->remote;

	remote->ops->runs(
	    remote, &read->filter, read->row.run, read->list_done, read->arg);
}

void
spool_runs(struct store *store, const struct store_filter *filter,
    store_run_cb *row, store_list_done *done, void *arg)
{
	struct spool_read *read = list_new(filter, done, arg);

	read->row.run = row;
	read->ask = ask_runs;
	spool_read_put(spool(store), read);
}

static void
ask_slots(struct spool_read *read)
{
	struct store *remote = read->spool->remote;

	remote->ops->slots(
	    remote, &read->filter, read->row.slot, read->list_done, read->arg);
}

void
spool_slots(struct store *store, const struct store_filter *filter,
    store_slot_cb *row, store_list_done *done, void *arg)
{
	struct spool_read *read = list_new(filter, done, arg);

	read->row.slot = row;
	read->ask = ask_slots;
	spool_read_put(spool(store), read);
}

static void
ask_notices(struct spool_read *read)
{
	struct store *remote = read->spool->remote;

	remote->ops->notices(remote, &read->notices, read->row.notice,
	    read->list_done, read->arg);
}

/* While PostgreSQL cannot be asked, those of this host. */
void
spool_notices(struct store *store, const struct store_notice_filter *filter,
    store_notice_cb *row, store_list_done *done, void *arg)
{
	struct spool *sp = spool(store);
	struct spool_read *read;

	if (!is_there(sp)) {
		sp->local->ops->notices(sp->local, filter, row, done, arg);
		return;
	}
	read = xcalloc(1, sizeof(*read));
	read->notices = *filter;
	read->list_done = done;
	read->arg = arg;
	read->fail = fail_list;
	read->row.notice = row;
	read->ask = ask_notices;
	spool_read_put(sp, read);
}

static void
ask_bars(struct spool_read *read)
{
	struct store *remote = read->spool->remote;

	remote->ops->bars(
	    remote, read->which, read->row.bar, read->done, read->arg);
}

void
spool_bars(struct store *store, const struct store_bars *which,
    store_bar_cb *row, store_done *done, void *arg)
{
	struct spool_read *read = read_new(NULL, done, arg);

	read->which = which;
	read->row.bar = row;
	read->ask = ask_bars;
	spool_read_put(spool(store), read);
}

static void
ask_hours(struct spool_read *read)
{
	struct store *remote = read->spool->remote;

	remote->ops->hours(remote, read->from, read->to, read->row.hour,
	    read->done, read->arg);
}

void
spool_hours(struct store *store, int64_t from, int64_t to, store_hour_cb *row,
    store_done *done, void *arg)
{
	struct spool_read *read = read_new(NULL, done, arg);

	read->from = from;
	read->to = to;
	read->row.hour = row;
	read->ask = ask_hours;
	spool_read_put(spool(store), read);
}

static void
ask_check_job(struct spool_read *read)
{
	struct store *remote = read->spool->remote;

	remote->ops->check_job(remote, read->text, read->only, read->row.job,
	    read->done, read->arg);
}

void
spool_check_job(struct store *store, const char *after, const char *only,
    store_check_job_cb *row, store_done *done, void *arg)
{
	struct spool_read *read = read_new(after, done, arg);

	read->only = only;
	read->row.job = row;
	read->ask = ask_check_job;
	spool_read_put(spool(store), read);
}

static void
ask_check(struct spool_read *read)
{
	struct store *remote = read->spool->remote;

	remote->ops->check(
	    remote, &read->page, read->row.check, read->done, read->arg);
}

void
spool_check(struct store *store, const struct store_check_page *page,
    store_check_cb *row, store_done *done, void *arg)
{
	struct spool_read *read = read_new(NULL, done, arg);

	read->page = *page;
	read->row.check = row;
	read->ask = ask_check;
	spool_read_put(spool(store), read);
}

static void
ask_audits(struct spool_read *read)
{
	struct store *remote = read->spool->remote;

	remote->ops->audits(
	    remote, read->audits, read->row.audit, read->done, read->arg);
}

void
spool_audits(struct store *store, const struct store_audit *which,
    store_audit_cb *row, store_done *done, void *arg)
{
	struct spool_read *read = read_new(NULL, done, arg);

	read->audits = which;
	read->row.audit = row;
	read->ask = ask_audits;
	spool_read_put(spool(store), read);
}

static void
ask_plans(struct spool_read *read)
{
	struct store *remote = read->spool->remote;

	remote->ops->plans(remote, read->text, read->limit, read->row.plan,
	    read->done, read->arg);
}

void
spool_plans(struct store *store, const char *job, int limit, store_plan_cb *row,
    store_done *done, void *arg)
{
	struct spool_read *read = read_new(job, done, arg);

	read->limit = limit;
	read->row.plan = row;
	read->ask = ask_plans;
	spool_read_put(spool(store), read);
}

/* --- one run: the file may have it --- */

struct probe {
	const char *id;
	bool found;
};

static void
probe_row(void *arg, const struct store_run *run)
{
	struct probe *probe = arg;

	probe->found = probe->found || strcmp(run->begin.id, probe->id) == 0;
}

static void
probe_done(void *arg, const struct err *err)
{
}

bool
spool_has_run(struct spool *sp, const char *id)
{
	struct probe probe = {.id = id};

	if (store_is_run_id(id))
		sp->local->ops->find(
		    sp->local, id, probe_row, probe_done, &probe);
	return probe.found;
}

static void
ask_find(struct spool_read *read)
{
	struct store *remote = read->spool->remote;

	remote->ops->find(
	    remote, read->text, read->row.run, read->done, read->arg);
}

void
spool_find(struct store *store, const char *text, store_run_cb *row,
    store_done *done, void *arg)
{
	struct spool *sp = spool(store);
	struct spool_read *read;

	if (spool_has_run(sp, text)) {
		sp->local->ops->find(sp->local, text, row, done, arg);
		return;
	}
	read = read_new(text, done, arg);
	read->row.run = row;
	read->ask = ask_find;
	spool_read_put(sp, read);
}

void
spool_output(struct store *store, const char *run, uint64_t pos,
    store_piece_cb *piece, store_done *done, void *arg)
{
	struct spool *sp = spool(store);
	struct store *from = spool_has_run(sp, run) ? sp->local : sp->remote;

	from->ops->output(from, run, pos, piece, done, arg);
}
