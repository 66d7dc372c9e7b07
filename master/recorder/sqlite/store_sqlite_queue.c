/*
 * Queues: commands that were submitted. The file is one host's, so that what
 * this host took is its own for as long as it takes.
 */
#include "recorder/sqlite/store_sqlite.h"

#include <string.h>

#include "base/mem.h"

#define CANCELLED_KEEP_MS ((int64_t)30 * 24 * 3600 * 1000)

#define COLUMNS                                                                \
	"id, queue, command, user, who, key, callback, slot, due, created"

static const char begin_sql[] = "BEGIN IMMEDIATE";
static const char commit_sql[] = "COMMIT";
static const char rollback_sql[] = "ROLLBACK";

static const char forget_sql[] = "DELETE FROM submissions WHERE id = ?1";

/* What has no run is forgotten with what is submitted. */
static const char forget_old_sql[] =
    "DELETE FROM submissions WHERE state = 'cancelled' AND ended < ?1";

static const char key_sql[] =
    "SELECT id, due FROM submissions WHERE key = ?1 AND user = ?2 "
    "AND state <> 'cancelled'";

static const char waiting_sql[] =
    "SELECT count(*) FROM submissions WHERE queue = ?1 AND state = 'waiting'";

static const char slot_sql[] =
    "SELECT 1 FROM submissions WHERE queue = ?1 AND slot = ?2";

static const char add_sql[] =
    "INSERT INTO submissions (" COLUMNS ", state) VALUES "
    "(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, 'waiting')";

static const char take_sql[] =
    "SELECT " COLUMNS " FROM submissions WHERE queue = ?1 AND "
    "state = 'waiting' AND due <= ?2 ORDER BY due, id LIMIT min(?3, max(0, ?4 "
    "- (SELECT count(*) FROM submissions WHERE queue = ?1 AND "
    "state = 'taken')))";

static const char taken_sql[] =
    "UPDATE submissions SET state = 'taken', host = ?2 WHERE id = ?1 AND "
    "state = 'waiting'";

static const char next_sql[] =
    "SELECT min(due) FROM submissions WHERE queue = ?1 AND state = 'waiting'";

static const char end_sql[] =
    "UPDATE submissions SET state = 'ended', ended = ?2, callback_state = "
    "iif(callback IS NULL, NULL, 'due'), callback_due = ?2 "
    "WHERE id = ?1 AND state <> 'ended'";

static const char mine_sql[] =
    "SELECT id FROM submissions WHERE (state = 'taken' AND NOT EXISTS "
    "(SELECT 1 FROM runs WHERE runs.id = submissions.id)) "
    "OR callback_state = 'taken'";

static const char back_sql[] =
    "UPDATE submissions SET state = 'waiting', host = NULL "
    "WHERE id = ?1 AND state = 'taken'";

static const char cancel_sql[] =
    "UPDATE submissions SET state = 'cancelled', ended = ?2, "
    "cancelled_by = ?3 WHERE id = ?1 AND state = 'waiting'";

/* What waits in its order, then what is over, the last first. */
static const char list_sql[] =
    "SELECT " COLUMNS ", state, host, cancelled_by, callback_state, ended, "
    "callback_tries FROM submissions WHERE "
    "id = coalesce(?1, id) AND queue = coalesce(?2, queue) AND "
    "(?3 OR state IN ('waiting', 'taken')) "
    "ORDER BY state = 'taken' DESC, state = 'waiting' DESC, "
    "iif(ended IS NULL, due, -ended), id LIMIT ?4";

static const char reply_sql[] =
    "UPDATE submissions SET callback_state = iif(?3, 'delivered', "
    "iif(?4 = 0, 'failed', 'due')), callback_tries = ?2, callback_due = ?4, "
    "callback_host = NULL WHERE id = ?1 AND callback_tries < ?2";

static const char replies_sql[] =
    "SELECT id, queue, user, callback, slot, callback_tries FROM submissions "
    "WHERE callback_state = 'due' AND callback_due <= ?1 "
    "ORDER BY callback_due LIMIT min(?2, max(0, ?3 - (SELECT count(*) FROM "
    "submissions WHERE callback_state = 'taken')))";

static const char reply_taken_sql[] =
    "UPDATE submissions SET callback_state = 'taken', callback_host = ?2 "
    "WHERE id = ?1 AND callback_state = 'due'";

static const char reply_next_sql[] =
    "SELECT min(callback_due) FROM submissions WHERE callback_state = 'due'";

static const char reply_back_sql[] =
    "UPDATE submissions SET callback_state = 'due', callback_host = NULL "
    "WHERE id = ?1 AND callback_state = 'taken'";

/*
 * What is answered must last: over a crash of the machine, too, which the
 * others' records need not. A no-op that fails shows at the next statement.
 */
static void
begin(struct sqlite_store *s)
{
	sqlite_forgive(s);
	sqlite_revive(s);
	if (s->db != NULL)
		sqlite3_exec(
		    s->db, "PRAGMA synchronous = FULL", NULL, NULL, NULL);
	sqlite_run(s, SQL_BEGIN, begin_sql, NULL, 0);
}

/* NULL, or what went wrong: then nothing was changed. */
static const struct err *
commit(struct sqlite_store *s, struct err *err)
{
	sqlite_run(s, SQL_COMMIT, commit_sql, NULL, 0);
	*err = s->err;
	if (s->db == NULL)
		return err;
	if (!sqlite3_get_autocommit(s->db)) {
		sqlite_forgive(s);
		sqlite_run(s, SQL_ROLLBACK, rollback_sql, NULL, 0);
		s->failed = true;
	}
	sqlite3_exec(s->db, "PRAGMA synchronous = NORMAL", NULL, NULL, NULL);
	return s->failed ? err : NULL;
}

/* The number of the only row, or none. */
static int64_t
get_number(struct sqlite_store *s, enum sqlite_sql which, const char *text,
    const struct sqlite_value *values, size_t n, int64_t none)
{
	sqlite3_stmt *st = sqlite_bind(s, which, text, values, n);
	int64_t number = none;

	while (sqlite_step(s, st))
		if (sqlite3_column_type(st, 0) != SQLITE_NULL)
			number = sqlite3_column_int64(st, 0);
	return number;
}

/* Has its user used its key? Then that one is told. */
static bool
is_known(struct sqlite_store *s, const struct submission *sub,
    store_submitted_cb *cb, void *arg)
{
	const struct sqlite_value values[] = {
	    value_text(sub->key),
	    value_text(sub->user),
	};
	struct store_submitted known = {.result = SUBMIT_KNOWN};
	bool found = false;
	sqlite3_stmt *st;

	if (*sub->key == '\0')
		return false;
	st = sqlite_bind(s, SQL_QUEUE_KEY, key_sql, values, 2);
	while (sqlite_step(s, st)) {
		known.id = sqlite_text(st, 0);
		known.due_ms = sqlite3_column_int64(st, 1);
		cb(arg, &known);
		found = true;
	}
	return found;
}

static int64_t
free_slot(struct sqlite_store *s, const struct submission *sub)
{
	struct sqlite_value values[] = {
	    value_text(sub->queue),
	    value_int(sub->due_ms),
	};

	while (get_number(
		   s, SQL_QUEUE_SLOT, slot_sql, values, nitems(values), 0) != 0)
		values[1].number++;
	return values[1].number;
}

static void
add(struct sqlite_store *s, const struct submission *sub)
{
	const struct sqlite_value values[] = {
	    value_text(sub->id),
	    value_text(sub->queue),
	    value_text(sub->command),
	    value_text(sub->user),
	    value_text(sub->who),
	    value_text_or_null(sub->key),
	    value_text_or_null(sub->callback),
	    value_int(free_slot(s, sub)),
	    value_int(sub->due_ms),
	    value_int(sub->created_ms),
	};

	const struct sqlite_value old =
	    value_int(sub->created_ms - CANCELLED_KEEP_MS);

	sqlite_run(s, SQL_QUEUE_ADD, add_sql, values, nitems(values));
	sqlite_run(s, SQL_QUEUE_FORGET_OLD, forget_old_sql, &old, 1);
}

void
sqlite_submit(struct store *store, const struct submission *sub, int64_t limit,
    store_submitted_cb *cb, store_done *done, void *arg)
{
	struct sqlite_store *s = sqlite_store(store);
	const struct sqlite_value queue = value_text(sub->queue);
	struct store_submitted answer = {
	    .result = SUBMIT_STORED,
	    .id = sub->id,
	    .due_ms = sub->due_ms,
	};
	const struct err *failure;
	struct err err;

	begin(s);
	if (is_known(s, sub, cb, arg)) {
		done(arg, commit(s, &err));
		return;
	}
	answer.waiting =
	    get_number(s, SQL_QUEUE_WAITING, waiting_sql, &queue, 1, 0);
	if (answer.waiting >= limit)
		answer.result = SUBMIT_FULL;
	else
		add(s, sub);
	failure = commit(s, &err);
	if (failure == NULL)
		cb(arg, &answer);
	done(arg, failure);
}

static void
get_submission(sqlite3_stmt *st, struct submission *sub)
{
	sub->id = sqlite_text(st, 0);
	sub->queue = sqlite_text(st, 1);
	sub->command = sqlite_text(st, 2);
	sub->user = sqlite_text(st, 3);
	sub->who = sqlite_text(st, 4);
	sub->key = sqlite_text(st, 5);
	sub->callback = sqlite_text(st, 6);
	sub->slot_ms = sqlite3_column_int64(st, 7);
	sub->due_ms = sqlite3_column_int64(st, 8);
	sub->created_ms = sqlite3_column_int64(st, 9);
}

static void
mark_taken(struct sqlite_store *s, enum sqlite_sql which, const char *text,
    const char *id, const char *host)
{
	const struct sqlite_value values[] = {
	    value_text(id),
	    value_text(host),
	};

	sqlite_run(s, which, text, values, nitems(values));
}

/*
 * Rows are told before they are committed. If that fails the master has a run
 * that is nobody's in the store, and the next take tells it again: it knows
 * what it has.
 */
void
sqlite_take(struct store *store, const struct store_take *take,
    store_submission_cb *row, store_take_done *done, void *arg)
{
	struct sqlite_store *s = sqlite_store(store);
	const struct sqlite_value values[] = {
	    value_text(take->queue),
	    value_int(take->now_ms),
	    value_int(take->most),
	    value_int(take->workers),
	};
	struct submission sub;
	const struct err *failure;
	struct err err;
	int64_t next;
	sqlite3_stmt *st;

	begin(s);
	st = sqlite_bind(s, SQL_QUEUE_TAKE, take_sql, values, nitems(values));
	while (!s->failed && sqlite_step(s, st)) {
		get_submission(st, &sub);
		mark_taken(s, SQL_QUEUE_TAKEN, taken_sql, sub.id, take->host);
		if (!s->failed)
			row(arg, &sub);
	}
	next = get_number(s, SQL_QUEUE_NEXT, next_sql, values, 1, INT64_MAX);
	failure = commit(s, &err);
	done(arg, next, failure);
}

void
sqlite_replies(struct store *store, const struct store_take *take,
    store_reply_cb *row, store_take_done *done, void *arg)
{
	struct sqlite_store *s = sqlite_store(store);
	const struct sqlite_value values[] = {
	    value_int(take->now_ms),
	    value_int(take->most),
	    value_int(take->workers),
	};
	struct submission_reply reply = {.body = ""};
	const struct err *failure;
	struct err err;
	int64_t next;
	sqlite3_stmt *st;

	begin(s);
	st = sqlite_bind(s, SQL_REPLIES, replies_sql, values, nitems(values));
	while (!s->failed && sqlite_step(s, st)) {
		reply.id = sqlite_text(st, 0);
		reply.queue = sqlite_text(st, 1);
		reply.user = sqlite_text(st, 2);
		reply.url = sqlite_text(st, 3);
		reply.slot_ms = sqlite3_column_int64(st, 4);
		reply.tries = sqlite3_column_int(st, 5);
		mark_taken(
		    s, SQL_REPLY_TAKEN, reply_taken_sql, reply.id, take->host);
		if (!s->failed)
			row(arg, &reply);
	}
	next =
	    get_number(s, SQL_REPLY_NEXT, reply_next_sql, NULL, 0, INT64_MAX);
	failure = commit(s, &err);
	done(arg, next, failure);
}

static bool
has_id(const char *const *ids, size_t n, const char *id)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(ids[i], id) == 0)
			return true;
	return false;
}

void
sqlite_keep(struct store *store, const char *host, const char *const *ids,
    size_t n, bool all, store_done *done, void *arg)
{
	struct sqlite_store *s = sqlite_store(store);
	struct sqlite_value id;
	sqlite3_stmt *st;
	struct err err;

	if (!all) {
		done(arg, NULL);
		return;
	}
	begin(s);
	st = sqlite_bind(s, SQL_QUEUE_MINE, mine_sql, NULL, 0);
	while (!s->failed && sqlite_step(s, st)) {
		id = value_text(sqlite_text(st, 0));
		if (has_id(ids, n, id.p))
			continue;
		sqlite_run(s, SQL_QUEUE_BACK, back_sql, &id, 1);
		sqlite_run(s, SQL_REPLY_BACK, reply_back_sql, &id, 1);
	}
	done(arg, commit(s, &err));
}

static void
list(struct sqlite_store *s, const struct store_queued_filter *filter,
    store_queued_cb *row, void *arg)
{
	const struct sqlite_value values[] = {
	    value_text(filter->id),
	    value_text(filter->queue),
	    value_int(filter->all || filter->id != NULL),
	    value_int(filter->limit),
	};
	struct store_queued queued;
	sqlite3_stmt *st;

	sqlite_forgive(s);
	st = sqlite_bind(s, SQL_QUEUE_LIST, list_sql, values, nitems(values));
	while (sqlite_step(s, st)) {
		get_submission(st, &queued.submission);
		queued.state = sqlite_text(st, 10);
		queued.host = sqlite_text(st, 11);
		queued.cancelled_by = sqlite_text(st, 12);
		queued.callback_state = sqlite_text(st, 13);
		queued.ended_ms = sqlite3_column_int64(st, 14);
		queued.callback_tries = sqlite3_column_int64(st, 15);
		row(arg, &queued);
	}
}

void
sqlite_queued(struct store *store, const struct store_queued_filter *filter,
    store_queued_cb *row, store_done *done, void *arg)
{
	struct sqlite_store *s = sqlite_store(store);

	list(s, filter, row, arg);
	done(arg, sqlite_failure(s));
}

void
sqlite_cancel(struct store *store, const char *id, const char *who,
    int64_t now_ms, store_queued_cb *row, store_done *done, void *arg)
{
	const struct store_queued_filter this = {.id = id, .limit = 1};
	struct sqlite_store *s = sqlite_store(store);
	const struct sqlite_value values[] = {
	    value_text(id),
	    value_int(now_ms),
	    value_text(who),
	};

	list(s, &this, row, arg);
	sqlite_run(s, SQL_QUEUE_CANCEL, cancel_sql, values, nitems(values));
	done(arg, sqlite_failure(s));
}

void
sqlite_reply(struct store *store, const struct record_reply *reply)
{
	const struct sqlite_value values[] = {
	    value_text(reply->id),
	    value_int(reply->tries),
	    value_int(reply->delivered),
	    value_int(reply->due_ms),
	};

	sqlite_run(
	    sqlite_store(store), SQL_REPLY, reply_sql, values, nitems(values));
}

void
sqlite_forget_submission(struct sqlite_store *s, const char *id)
{
	const struct sqlite_value value = value_text(id);

	if (submission_is_id(id))
		sqlite_run(s, SQL_QUEUE_FORGET, forget_sql, &value, 1);
}

void
sqlite_submission_end(struct sqlite_store *s, const char *id, int64_t ended_ms)
{
	const struct sqlite_value values[] = {
	    value_text(id),
	    value_int(ended_ms),
	};

	sqlite_run(s, SQL_QUEUE_END, end_sql, values, nitems(values));
}
