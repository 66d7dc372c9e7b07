/* What verify holds against each other: ledger and runs, newest first. */
#include "recorder/sqlite/store_sqlite.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"

static const char job_sql[] =
    "SELECT job, hwm, max(swept, (SELECT slot FROM swept)) FROM jobs "
    "WHERE job > ?1 AND (?2 IS NULL OR job = ?2) ORDER BY job LIMIT 1";

#define COLUMNS                                                                \
	"l.slot, l.until, l.count, l.outcome, l.reason, l.run, l.attempts, "   \
	"r.id, r.slot, r.attempt, r.trigger, r.outcome, r.started, r.finished, r.created, r.host"

/* A range of slots that began before counts, if it reaches to ?3. */
static const char slots_sql[] =
    "SELECT " COLUMNS " FROM ledger AS l LEFT JOIN runs AS r ON r.id = l.run "
    "WHERE l.job = ?1 AND l.slot <= ?2 AND l.slot >= coalesce("
    "(SELECT min(slot) FROM (SELECT slot, until FROM ledger WHERE job = ?1 "
    "AND slot < ?3 ORDER BY slot DESC LIMIT " STORE_CHECK_BEFORE ") "
    "WHERE until >= ?3), ?3) ORDER BY l.slot DESC LIMIT ?4";
static const char runs_sql[] =
    "SELECT " COLUMNS " FROM runs AS r INDEXED BY runs_by_job "
    "LEFT JOIN ledger AS l ON l.job = r.job AND l.slot = r.slot "
    "WHERE r.job = ?1 AND r.id < ?2 ORDER BY r.id DESC LIMIT ?4";

void
sqlite_check_job(struct store *store, const char *after, const char *only,
    store_check_job_cb *row, store_done *done, void *arg)
{
	struct sqlite_store *s = sqlite_store(store);
	const struct sqlite_value values[] = {
	    value_text(after),
	    value_text(only),
	};
	sqlite3_stmt *st;

	sqlite_forgive(s);
	st = sqlite_bind(s, SQL_CHECK_JOB, job_sql, values, nitems(values));
	while (sqlite_step(s, st))
		row(arg, sqlite_text(st, 0), sqlite3_column_int64(st, 1),
		    sqlite3_column_int64(st, 2));
	done(arg, sqlite_failure(s));
}

static void
read_check(sqlite3_stmt *st, struct store_check *c)
{
	int trigger = trigger_parse(sqlite_text(st, 10));

	memset(c, 0, sizeof(*c));
	c->has_slot = sqlite3_column_type(st, 0) != SQLITE_NULL;
	c->slot_ms = sqlite3_column_int64(st, 0);
	c->until_ms = sqlite3_column_int64(st, 1);
	c->count = sqlite3_column_int64(st, 2);
	c->outcome = sqlite_outcome(st, 3);
	c->reason = sqlite_text(st, 4);
	c->run = sqlite_text(st, 5);
	c->attempts = sqlite3_column_int(st, 6);
	c->id = sqlite_text(st, 7);
	c->run_slot_ms = sqlite3_column_int64(st, 8);
	c->attempt = sqlite3_column_int(st, 9);
	c->trigger = trigger != -1 ? (enum trigger)trigger : TRIGGER_SCHEDULE;
	c->run_outcome = sqlite_outcome(st, 11);
	c->started_us = sqlite3_column_int64(st, 12);
	c->finished_us = sqlite3_column_int64(st, 13);
	c->created_ms = sqlite3_column_int64(st, 14);
	c->run_host = sqlite_text(st, 15);
}

void
sqlite_check(struct store *store, const struct store_check_page *page,
    store_check_cb *row, store_done *done, void *arg)
{
	struct sqlite_store *s = sqlite_store(store);
	const struct sqlite_value values[] = {
	    value_text(page->job),
	    page->runs ? value_text(page->before) : value_int(page->until_ms),
	    value_int(page->since_ms),
	    value_int(page->limit),
	};
	struct store_check check;
	sqlite3_stmt *st;

	sqlite_forgive(s);
	st = page->runs ?
	    sqlite_bind(s, SQL_CHECK_RUNS, runs_sql, values, nitems(values)) :
	    sqlite_bind(s, SQL_CHECK_SLOTS, slots_sql, values, nitems(values));
	while (sqlite_step(s, st)) {
		read_check(st, &check);
		row(arg, &check);
	}
	done(arg, sqlite_failure(s));
}
