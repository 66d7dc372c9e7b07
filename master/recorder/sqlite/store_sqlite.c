/*
 * The SQLite store: statements and errors. Opening, what it writes and what it
 * asks is in store_sqlite_*.c.
 */
#include "recorder/sqlite/store_sqlite.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/*
 * The statements are ours and the tables were made for them. Of the code,
 * which is that of many other errors, nothing can be told.
 */
static bool
has_lost_table(sqlite3 *db)
{
	const char *text = sqlite3_errmsg(db);

	return (sqlite3_errcode(db) & 0xff) == SQLITE_ERROR &&
	    (strncmp(text, "no such table", 13) == 0 ||
		strncmp(text, "no such column", 14) == 0);
}

void
sqlite_fail(struct sqlite_store *s)
{
	if (s->db != NULL &&
	    (sqlite_is_damage(sqlite3_extended_errcode(s->db)) ||
		has_lost_table(s->db)))
		s->damaged = true;
	if (!s->failed)
		err_set(&s->err, "%s: %s", s->path,
		    s->db != NULL ? sqlite3_errmsg(s->db) : "it is not open");
	s->failed = true;
}

void
sqlite_forgive(struct sqlite_store *s)
{
	s->failed = false;
}

const struct err *
sqlite_failure(const struct sqlite_store *s)
{
	return s->failed ? &s->err : NULL;
}

static int
bind_value(sqlite3_stmt *st, int i, const struct sqlite_value *v)
{
	switch (v->type) {
	case VALUE_INT:
		return sqlite3_bind_int64(st, i, v->number);
	case VALUE_TEXT:
		return sqlite3_bind_text(st, i, v->p, -1, SQLITE_STATIC);
	case VALUE_BLOB:
		return sqlite3_bind_blob64(
		    st, i, v->p, (sqlite3_uint64)v->number, SQLITE_STATIC);
	case VALUE_NULL:
		break;
	}
	return sqlite3_bind_null(st, i);
}

sqlite3_stmt *
sqlite_bind(struct sqlite_store *s, enum sqlite_sql which, const char *text,
    const struct sqlite_value *values, size_t n)
{
	sqlite3_stmt **st = &s->statements[which];

	if (s->db == NULL) {
		sqlite_fail(s);
		return NULL;
	}
	if (*st == NULL &&
	    sqlite3_prepare_v3(s->db, text, -1, SQLITE_PREPARE_PERSISTENT, st,
		NULL) != SQLITE_OK) {
		sqlite_fail(s);
		return NULL;
	}
	for (size_t i = 0; i < n; i++)
		if (bind_value(*st, (int)i + 1, &values[i]) != SQLITE_OK) {
			sqlite_fail(s);
			return NULL;
		}
	return *st;
}

void
sqlite_end(sqlite3_stmt *statement)
{
	sqlite3_reset(statement);
	sqlite3_clear_bindings(statement);
}

bool
sqlite_step(struct sqlite_store *s, sqlite3_stmt *statement)
{
	int rc;

	if (statement == NULL)
		return false;
	rc = sqlite3_step(statement);
	if (rc == SQLITE_ROW)
		return true;
	if (rc != SQLITE_DONE)
		sqlite_fail(s);
	sqlite_end(statement);
	return false;
}

int
sqlite_run(struct sqlite_store *s, enum sqlite_sql which, const char *text,
    const struct sqlite_value *values, size_t n)
{
	sqlite3_stmt *st;

	if (s->failed)
		return 0;
	st = sqlite_bind(s, which, text, values, n);
	while (sqlite_step(s, st))
		;
	return s->failed ? 0 : sqlite3_changes(s->db);
}

const char *
sqlite_text(sqlite3_stmt *statement, int column)
{
	const unsigned char *s = sqlite3_column_text(statement, column);

	return s != NULL ? (const char *)s : "";
}

enum outcome
sqlite_outcome(sqlite3_stmt *statement, int column)
{
	int outcome = outcome_parse(sqlite_text(statement, column));

	return outcome != -1 ? (enum outcome)outcome : OUTCOME_NONE;
}

bool
store_is_run_id(const char *text)
{
	size_t n = strspn(text,
	    "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");

	return n > 0 && n < RUN_ID_SIZE && text[n] == '\0';
}

struct store *
store_sqlite_open(const char *path, struct err *err)
{
	struct sqlite_store *s = xcalloc(1, sizeof(*s));

	s->store.ops = &store_sqlite;
	s->path = xstrdup(path);
	if (sqlite_connect(s, SQLITE_START_BUSY_MS, err) == 0)
		return &s->store;
	free(s->path);
	free(s);
	return NULL;
}

static void
sqlite_close(struct store *store)
{
	struct sqlite_store *s = sqlite_store(store);

	if (s == NULL)
		return;
	sqlite_disconnect(s);
	free(s->path);
	free(s);
}

const struct store_ops store_sqlite = {
    .name = "sqlite",
    .close = sqlite_close,
    .begin = sqlite_begin,
    .job = sqlite_job,
    .run_begin = sqlite_run_begin,
    .run_end = sqlite_run_end,
    .slot = sqlite_slot,
    .piece = sqlite_piece,
    .commit = sqlite_commit,
    .runs = sqlite_runs,
    .slots = sqlite_slots,
    .bars = sqlite_bars,
    .hours = sqlite_hours,
    .metrics = sqlite_metrics,
    .find = sqlite_find,
    .sweep = sqlite_sweep,
    .check_job = sqlite_check_job,
    .check = sqlite_check,
    .plans = sqlite_plans,
    .output = sqlite_output,
    .jobs = sqlite_jobs,
    .retries = sqlite_retries,
    .open_runs = sqlite_open_runs,
    .params = sqlite_params,
    .pause = sqlite_pause,
    .audit = sqlite_audit,
    .audits = sqlite_audits,
    .pauses = sqlite_pauses,
    .after = sqlite_after,
    .afters = sqlite_afters,
    .notice = sqlite_notice,
    .notices = sqlite_notices,
    .waiting_notices = sqlite_waiting_notices,
    .submit = sqlite_submit,
    .take = sqlite_take,
    .replies = sqlite_replies,
    .keep = sqlite_keep,
    .queued = sqlite_queued,
    .waiting = sqlite_waiting,
    .cancel = sqlite_cancel,
    .reply = sqlite_reply,
};
