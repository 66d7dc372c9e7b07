/* The ledger's lists: as in store_sqlite_runs.c, bounded by themselves. */
#include "recorder/sqlite/store_sqlite.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"

#define SCAN_MAX 20000

/* Behind every job's name, which holds no such byte. */
#define JOB_END "\x7f"

#define COLUMNS                                                                \
	"job, slot, until, count, outcome, reason, detail, run, attempts, host"

/* ?1, ?2: the cursor; ?3: not before this slot. */
#define RANGE "(slot, job) < (?1, ?2) AND slot >= ?3"

#define ARM(number, test)                                                      \
	"SELECT " COLUMNS " FROM ledger INDEXED BY ledger_by_outcome "         \
	"WHERE ?" number " AND outcome " test                                  \
	" AND outcome IS NOT 'success' AND " RANGE

static const enum outcome arms[] = {
    OUTCOME_NONE,
    OUTCOME_FAILURE,
    OUTCOME_TIMEOUT,
    OUTCOME_KILLED,
    OUTCOME_LOST,
    OUTCOME_LAUNCH_FAILED,
    OUTCOME_SKIPPED,
    OUTCOME_MISSED,
};

static const char ledger_sql[] =
    "SELECT " COLUMNS " FROM ledger INDEXED BY ledger_by_slot WHERE " RANGE
    " ORDER BY slot DESC, job DESC";
static const char ledger_job_sql[] =
    "SELECT " COLUMNS " FROM ledger WHERE job = ?4 AND slot < ?1 "
    "AND slot >= ?3 ORDER BY slot DESC";
/* The row that began before a time and may reach it. */
static const char ledger_job_from_sql[] =
    "SELECT slot, until FROM ledger WHERE job = ?1 AND slot <= ?2 "
    "ORDER BY slot DESC LIMIT 1";
/* clang-format off */
static const char ledger_outcome_sql[] =
    ARM("4", "IS NULL")
    " UNION ALL " ARM("5", "= 'failure'")
    " UNION ALL " ARM("6", "= 'timeout'")
    " UNION ALL " ARM("7", "= 'killed'")
    " UNION ALL " ARM("8", "= 'lost'")
    " UNION ALL " ARM("9", "= 'launch-failed'")
    " UNION ALL " ARM("10", "= 'skipped'")
    " UNION ALL " ARM("11", "= 'missed'")
    " ORDER BY slot DESC, job DESC";
/* clang-format on */

static void
read_slot(sqlite3_stmt *st, struct store_slot *row)
{
	row->slot.job = sqlite_text(st, 0);
	row->slot.slot_ms = sqlite3_column_int64(st, 1);
	row->slot.until_ms = sqlite3_column_int64(st, 2);
	row->slot.count = sqlite3_column_int64(st, 3);
	row->slot.outcome = sqlite_outcome(st, 4);
	row->slot.reason = sqlite_text(st, 5);
	row->slot.detail = sqlite_text(st, 6);
	row->run = sqlite_text(st, 7);
	row->attempts = sqlite3_column_int(st, 8);
	row->slot.host = sqlite_text(st, 9);
}

static bool
matches(const struct store_filter *filter, const struct store_slot *row)
{
	if (filter->outcomes != 0 &&
	    (filter->outcomes >> row->slot.outcome & 1) == 0)
		return false;
	return filter->reason == NULL ||
	    strcmp(filter->reason, row->slot.reason) == 0;
}

/*
 * The first slot to list: since, or for one job the beginning of the row that
 * since falls into.
 */
static int64_t
first_slot(struct sqlite_store *s, const struct store_filter *filter)
{
	const struct sqlite_value values[] = {
	    value_text(filter->job),
	    value_int(filter->since_ms),
	};
	int64_t first = filter->since_ms;
	sqlite3_stmt *st;

	if (filter->job == NULL)
		return first;
	st = sqlite_bind(s, SQL_LEDGER_JOB_FROM, ledger_job_from_sql, values,
	    nitems(values));
	while (sqlite_step(s, st))
		if (sqlite3_column_int64(st, 1) >= filter->since_ms)
			first = sqlite3_column_int64(st, 0);
	return first;
}

/* Where to begin: behind the cursor, or at until. */
static struct store_cursor
start(const struct store_filter *filter)
{
	struct store_cursor c = filter->before;

	if (*c.key != '\0' && c.slot_ms <= filter->until_ms)
		return c;
	c.slot_ms = filter->until_ms;
	snprintf(c.key, sizeof(c.key), "%s", JOB_END);
	return c;
}

static sqlite3_stmt *
bind_list(struct sqlite_store *s, const struct store_filter *filter,
    const struct store_cursor *from)
{
	struct sqlite_value values[3 + nitems(arms)];
	bool at_end = strcmp(from->key, JOB_END) == 0;
	size_t n = 0;

	values[n++] = value_int(from->slot_ms);
	values[n++] = value_text(from->key);
	values[n++] = value_int(first_slot(s, filter));
	if (filter->job != NULL) {
		/* A job has one row a slot: the slot alone is its cursor. */
		if (at_end && from->slot_ms < INT64_MAX)
			values[0] = value_int(from->slot_ms + 1);
		values[n++] = value_text(filter->job);
		return sqlite_bind(
		    s, SQL_LEDGER_JOB, ledger_job_sql, values, n);
	}
	if (filter->outcomes == 0 ||
	    (filter->outcomes >> OUTCOME_SUCCESS & 1) != 0)
		return sqlite_bind(s, SQL_LEDGER, ledger_sql, values, n);
	for (size_t i = 0; i < nitems(arms); i++)
		values[n++] = value_int(filter->outcomes >> arms[i] & 1);
	return sqlite_bind(
	    s, SQL_LEDGER_OUTCOME, ledger_outcome_sql, values, n);
}

/* Hands rows on. True when the list goes on behind *next. */
static bool
walk(struct sqlite_store *s, sqlite3_stmt *st,
    const struct store_filter *filter, store_slot_cb *row, void *arg,
    struct store_cursor *next)
{
	struct store_slot slot;
	int matched = 0, scanned = 0;
	bool match;

	while (sqlite_step(s, st)) {
		read_slot(st, &slot);
		match = matches(filter, &slot);
		if ((match && matched == filter->limit) ||
		    scanned++ == SCAN_MAX) {
			sqlite_end(st);
			return true;
		}
		next->slot_ms = slot.slot.slot_ms;
		snprintf(next->key, sizeof(next->key), "%s", slot.slot.job);
		if (!match)
			continue;
		matched++;
		row(arg, &slot);
	}
	return false;
}

void
sqlite_slots(struct store *store, const struct store_filter *filter,
    store_slot_cb *row, store_list_done *done, void *arg)
{
	struct sqlite_store *s = sqlite_store(store);
	struct store_cursor from = start(filter), next = {0};
	sqlite3_stmt *st;
	bool more;

	sqlite_forgive(s);
	st = bind_list(s, filter, &from);
	more = walk(s, st, filter, row, arg, &next);
	done(arg, more ? &next : NULL, sqlite_failure(s));
}
