/*
 * Queues are in PostgreSQL alone, for all hosts. What is taken is asked for
 * behind what was recorded: the end of a run frees its worker.
 */
#include "recorder/spool/spool_internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

void
spool_submit(struct store *store, const struct submission *s, int64_t limit,
    store_submitted_cb *cb, store_done *done, void *arg)
{
	struct store *remote = spool(store)->remote;

	remote->ops->submit(remote, s, limit, cb, done, arg);
}

void
spool_queued(struct store *store, const struct store_queued_filter *filter,
    store_queued_cb *row, store_done *done, void *arg)
{
	struct store *remote = spool(store)->remote;

	remote->ops->queued(remote, filter, row, done, arg);
}

void
spool_waiting(
    struct store *store, store_waiting_cb *row, store_done *done, void *arg)
{
	struct store *remote = spool(store)->remote;

	remote->ops->waiting(remote, row, done, arg);
}

void
spool_cancel(struct store *store, const char *id, const char *who,
    int64_t now_ms, store_queued_cb *row, store_done *done, void *arg)
{
	struct store *remote = spool(store)->remote;

	remote->ops->cancel(remote, id, who, now_ms, row, done, arg);
}

static void
fail_take(struct spool_read *read, const struct err *err)
{
	read->take_done(read->arg, INT64_MAX, err);
}

static struct spool_read *
take_new(struct spool *sp, const struct store_take *take, store_take_done *done,
    void *arg)
{
	struct spool_read *read = xcalloc(1, sizeof(*read));

	read->copy = xstrdup(take->queue);
	read->take = *take;
	read->take.queue = read->copy;
	read->take.host = sp->host;
	read->take_done = done;
	read->arg = arg;
	read->fail = fail_take;
	return read;
}

static void
ask_take(struct spool_read *read)
{
	struct store *remote = read->spool->remote;

	remote->ops->take(remote, &read->take, read->row.submission,
	    read->take_done, read->arg);
}

void
spool_take(struct store *store, const struct store_take *take,
    store_submission_cb *row, store_take_done *done, void *arg)
{
	struct spool *sp = spool(store);
	struct spool_read *read = take_new(sp, take, done, arg);

	read->row.submission = row;
	read->ask = ask_take;
	spool_read_put(sp, read);
}

static void
ask_replies(struct spool_read *read)
{
	struct store *remote = read->spool->remote;

	remote->ops->replies(
	    remote, &read->take, read->row.reply, read->take_done, read->arg);
}

void
spool_replies(struct store *store, const struct store_take *take,
    store_reply_cb *row, store_take_done *done, void *arg)
{
	struct spool *sp = spool(store);
	struct spool_read *read = take_new(sp, take, done, arg);

	read->row.reply = row;
	read->ask = ask_replies;
	spool_read_put(sp, read);
}

static void
ask_keep(struct spool_read *read)
{
	struct store *remote = read->spool->remote;

	remote->ops->keep(remote, read->spool->host, read->ids, read->nids,
	    read->all, read->done, read->arg);
}

static void
fail_keep(struct spool_read *read, const struct err *err)
{
	read->done(read->arg, err);
}

/* Pointers and what they point to. */
static const char **
copy_ids(const char *const *ids, size_t n)
{
	const char **copy = xmalloc((n + 1) * (sizeof(*copy) + RUN_ID_SIZE));
	char *p = (char *)(copy + n + 1);

	for (size_t i = 0; i < n; i++, p += RUN_ID_SIZE) {
		p[0] = '\0';
		strncat(p, ids[i], RUN_ID_SIZE - 1);
		copy[i] = p;
	}
	return copy;
}

void
spool_keep(struct store *store, const char *host, const char *const *ids,
    size_t n, bool all, store_done *done, void *arg)
{
	struct spool_read *read = xcalloc(1, sizeof(*read));

	read->ids = copy_ids(ids, n);
	read->nids = n;
	read->all = all;
	read->done = done;
	read->arg = arg;
	read->ask = ask_keep;
	read->fail = fail_keep;
	spool_read_put(spool(store), read);
}
