/*
 * Runs: lists and finding one. Every list walks an index in its order and
 * stops by itself, so that no question reads more than SCAN_MAX rows.
 */
#include "recorder/sqlite/store_sqlite.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"

#define SCAN_MAX 20000

/* Behind every run id. */
#define ID_END "\x7f"

#define COLUMNS                                                                \
	"id, job, slot, due, attempt, trigger, host, fence, created, "         \
	"outcome, reason, exit_code, signal, started, finished, "              \
	"duration_us, cpu_us, max_rss_kb, output_bytes, dropped_bytes, "       \
	"retry_ms, "                                                           \
	"(SELECT params FROM params WHERE params.run = runs.id), "             \
	"chain, parent, "                                                      \
	"(SELECT parents FROM params WHERE params.run = runs.id), results"

/*
 * Each outcome is a range of the index in order of id; SQLite merges them
 * row by row. Ranges that nobody asked for are switched off by a parameter.
 */
#define ARM(index, job, number, test)                                          \
	"SELECT " COLUMNS " FROM runs INDEXED BY " index " WHERE ?" number     \
	" AND outcome " test " AND outcome IS NOT 'success' AND id < ?1" job
#define ARMS(index, job)                                                       \
	ARM(index, job, "3", "IS NULL")                                        \
	" UNION ALL " ARM(index, job, "4", "= 'failure'") " UNION ALL " ARM(   \
	    index, job, "5", "= 'timeout'") " UNION ALL " ARM(index, job, "6", \
	    "= 'killed'") " UNION ALL " ARM(index, job, "7",                   \
	    "= 'lost'") " UNION ALL " ARM(index, job, "8",                     \
	    "= 'launch-failed'") " ORDER BY 1 DESC"

static const enum outcome arms[] = {
    OUTCOME_NONE,
    OUTCOME_FAILURE,
    OUTCOME_TIMEOUT,
    OUTCOME_KILLED,
    OUTCOME_LOST,
    OUTCOME_LAUNCH_FAILED,
};

static const char runs_sql[] =
    "SELECT " COLUMNS " FROM runs WHERE id < ?1 ORDER BY id DESC";
static const char runs_job_sql[] =
    "SELECT " COLUMNS " FROM runs INDEXED BY runs_by_job "
    "WHERE job = ?2 AND id < ?1 ORDER BY id DESC";
static const char runs_outcome_sql[] = ARMS("runs_by_outcome", "");
static const char runs_job_outcome_sql[] =
    ARMS("runs_by_job_outcome", " AND job = ?2");
/* The first run of a chain has none itself. */
static const char runs_chain_sql[] =
    "SELECT " COLUMNS " FROM runs INDEXED BY runs_by_chain "
    "WHERE chain = ?2 AND id < ?1 UNION ALL "
    "SELECT " COLUMNS " FROM runs WHERE id = ?2 AND id < ?1 ORDER BY 1 DESC";
static const char find_id_sql[] = "SELECT " COLUMNS " FROM runs WHERE id = ?1";
static const char find_job_sql[] =
    "SELECT " COLUMNS " FROM runs INDEXED BY runs_by_job "
    "WHERE job = ?1 ORDER BY id DESC LIMIT 1";
static const char find_prefix_sql[] =
    "SELECT " COLUMNS " FROM runs WHERE id > ?1 AND id < ?2 ORDER BY id "
    "LIMIT 2";

/* NULL as none. */
static int64_t
get_int(sqlite3_stmt *st, int column, int64_t none)
{
	return sqlite3_column_type(st, column) == SQLITE_NULL ?
	    none :
	    sqlite3_column_int64(st, column);
}

static enum trigger
get_trigger(sqlite3_stmt *st, int column)
{
	const char *name = sqlite_text(st, column);

	for (int i = 0; i < TRIGGER_COUNT; i++)
		if (strcmp(trigger_name((enum trigger)i), name) == 0)
			return (enum trigger)i;
	return TRIGGER_SCHEDULE;
}

static void
read_run(sqlite3_stmt *st, struct store_run *run)
{
	struct run_begin *b = &run->begin;
	struct run_result *r = &run->result;

	memset(run, 0, sizeof(*run));
	snprintf(b->id, sizeof(b->id), "%s", sqlite_text(st, 0));
	snprintf(b->job, sizeof(b->job), "%s", sqlite_text(st, 1));
	b->slot_ms = sqlite3_column_int64(st, 2);
	b->due_ms = sqlite3_column_int64(st, 3);
	b->attempt = sqlite3_column_int(st, 4);
	b->trigger = get_trigger(st, 5);
	snprintf(b->host, sizeof(b->host), "%s", sqlite_text(st, 6));
	b->fence = (uint64_t)sqlite3_column_int64(st, 7);
	b->created_ms = sqlite3_column_int64(st, 8);
	r->outcome = sqlite_outcome(st, 9);
	snprintf(r->reason, sizeof(r->reason), "%s", sqlite_text(st, 10));
	r->exit_code = (int32_t)get_int(st, 11, -1);
	r->signal = (int32_t)get_int(st, 12, 0);
	r->started_us = get_int(st, 13, 0);
	r->finished_us = get_int(st, 14, 0);
	r->duration_us = get_int(st, 15, 0);
	r->cpu_us = get_int(st, 16, 0);
	r->max_rss_kb = get_int(st, 17, 0);
	r->output_bytes = (uint64_t)get_int(st, 18, 0);
	r->dropped_bytes = (uint64_t)get_int(st, 19, 0);
	run->retry_ms = get_int(st, 20, 0);
	run->params = sqlite_text(st, 21);
	snprintf(b->chain, sizeof(b->chain), "%s", sqlite_text(st, 22));
	snprintf(b->parent, sizeof(b->parent), "%s", sqlite_text(st, 23));
	run->parents = sqlite_text(st, 24);
	snprintf(r->values, sizeof(r->values), "%s", sqlite_text(st, 25));
}

/* Can the partial indexes answer it? Success is not in them. */
static bool
uses_arms(const struct store_filter *filter)
{
	return filter->outcomes != 0 &&
	    (filter->outcomes & (1U << OUTCOME_SUCCESS)) == 0;
}

/* end: of store_runs_end(); lives until the last step. */
static sqlite3_stmt *
bind_list(
    struct sqlite_store *s, const struct store_filter *filter, const char *end)
{
	struct sqlite_value values[2 + nitems(arms)];
	size_t n = 0;

	values[n++] = value_text(end);
	values[n++] =
	    value_text(filter->chain != NULL ? filter->chain : filter->job);
	if (filter->chain != NULL)
		return sqlite_bind(
		    s, SQL_RUNS_CHAIN, runs_chain_sql, values, n);
	if (!uses_arms(filter))
		return filter->job != NULL ?
		    sqlite_bind(s, SQL_RUNS_JOB, runs_job_sql, values, n) :
		    sqlite_bind(s, SQL_RUNS, runs_sql, values, 1);
	for (size_t i = 0; i < nitems(arms); i++)
		values[n++] = value_int(filter->outcomes >> arms[i] & 1);
	if (filter->job != NULL)
		return sqlite_bind(
		    s, SQL_RUNS_JOB_OUTCOME, runs_job_outcome_sql, values, n);
	return sqlite_bind(s, SQL_RUNS_OUTCOME, runs_outcome_sql, values, n);
}

/* What the statement did not look at. */
static bool
is_wanted(const struct store_filter *filter, const struct store_run *run)
{
	if (filter->chain != NULL && filter->job != NULL &&
	    strcmp(filter->job, run->begin.job) != 0)
		return false;
	if (filter->host != NULL && strcmp(filter->host, run->begin.host) != 0)
		return false;
	return filter->outcomes == 0 ||
	    (filter->outcomes >> run->result.outcome & 1) != 0;
}

/* Hands rows on. True when the list goes on behind *next. */
static bool
walk(struct sqlite_store *s, sqlite3_stmt *st,
    const struct store_filter *filter, store_run_cb *row, void *arg,
    struct store_cursor *next)
{
	struct store_run run;
	int matched = 0, scanned = 0;
	bool match;

	while (sqlite_step(s, st)) {
		read_run(st, &run);
		/* Ids sort by creation: all that follow are older still. */
		if (run.begin.created_ms < filter->since_ms)
			break;
		match = is_wanted(filter, &run);
		if ((match && matched == filter->limit) ||
		    scanned++ == SCAN_MAX) {
			sqlite_end(st);
			return true;
		}
		snprintf(next->key, sizeof(next->key), "%s", run.begin.id);
		if (!match)
			continue;
		matched++;
		row(arg, &run);
	}
	if (st != NULL)
		sqlite_end(st);
	return false;
}

void
sqlite_runs(struct store *store, const struct store_filter *filter,
    store_run_cb *row, store_list_done *done, void *arg)
{
	struct sqlite_store *s = sqlite_store(store);
	struct store_cursor next = {0};
	char end[JOB_NAME_MAX + 1];
	sqlite3_stmt *st;
	bool more;

	sqlite_forgive(s);
	store_runs_end(filter, end);
	st = bind_list(s, filter, end);
	more = walk(s, st, filter, row, arg, &next);
	done(arg, more ? &next : NULL, sqlite_failure(s));
}

/* Rows handed on. */
static int
each_run(struct sqlite_store *s, sqlite3_stmt *st, store_run_cb *row, void *arg)
{
	struct store_run run;
	int n = 0;

	for (; sqlite_step(s, st); n++) {
		read_run(st, &run);
		row(arg, &run);
	}
	return n;
}

static int
find_prefix(
    struct sqlite_store *s, const char *text, store_run_cb *row, void *arg)
{
	char end[RUN_ID_SIZE + 1];
	const struct sqlite_value values[] = {
	    value_text(text),
	    value_text(end),
	};

	if (strlen(text) < 4 || !store_is_run_id(text))
		return 0;
	snprintf(end, sizeof(end), "%s" ID_END, text);
	return each_run(s,
	    sqlite_bind(
		s, SQL_FIND_PREFIX, find_prefix_sql, values, nitems(values)),
	    row, arg);
}

void
sqlite_find(struct store *store, const char *text, store_run_cb *row,
    store_done *done, void *arg)
{
	struct sqlite_store *s = sqlite_store(store);
	const struct sqlite_value value = value_text(text);

	sqlite_forgive(s);
	if (each_run(s, sqlite_bind(s, SQL_FIND_ID, find_id_sql, &value, 1),
		row, arg) == 0 &&
	    each_run(s, sqlite_bind(s, SQL_FIND_JOB, find_job_sql, &value, 1),
		row, arg) == 0)
		find_prefix(s, text, row, arg);
	done(arg, sqlite_failure(s));
}
