/* Ends of parents that the jobs after them have not used up yet. */
#include "recorder/sqlite/store_sqlite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* After a crash the same is said again, when it may be used up by now. */
static const char add_sql[] =
    "INSERT INTO ends (job, mark, parent, run, outcome, exit_code, ended, "
    "chain, params, results) "
    "SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10 "
    "WHERE ?2 > coalesce((SELECT joined FROM jobs WHERE job = ?1), 0) "
    "ON CONFLICT (job, mark) DO NOTHING";

static const char replace_sql[] =
    "DELETE FROM ends WHERE job = ?1 AND mark = ?2";

static const char use_sql[] = "DELETE FROM ends WHERE job = ?1 AND mark <= ?2";

static const char joined_sql[] =
    "INSERT INTO jobs (job, joined) VALUES (?1, ?2) "
    "ON CONFLICT (job) DO UPDATE SET joined = excluded.joined "
    "WHERE excluded.joined > jobs.joined";

static const char ends_sql[] =
    "SELECT job, mark, parent, run, outcome, exit_code, ended, chain, params, "
    "results FROM ends WHERE (job, mark) > (?1, ?2) ORDER BY job, mark LIMIT ?3";

void
sqlite_use_ends(struct sqlite_store *s, const char *job, uint64_t mark)
{
	const struct sqlite_value values[] = {
	    value_text(job),
	    value_int((int64_t)mark),
	};

	if (mark == 0)
		return;
	sqlite_run(s, SQL_ENDS_USE, use_sql, values, nitems(values));
	sqlite_run(s, SQL_ENDS_JOINED, joined_sql, values, nitems(values));
}

void
sqlite_after(struct store *store, const struct record_after *after)
{
	struct sqlite_store *s = sqlite_store(store);
	const struct sqlite_value values[] = {
	    value_text(after->job),
	    value_int((int64_t)after->mark),
	    value_text(after->parent),
	    value_text(after->run),
	    value_outcome(after->outcome),
	    value_int_or_null(after->exit_code, -1),
	    value_int(after->end_ms),
	    value_text(after->chain),
	    value_text(after->params),
	    value_text_or_null(after->results),
	};
	const struct sqlite_value replaced[] = {
	    value_text(after->job),
	    value_int((int64_t)after->replaces),
	};

	if (*after->run != '\0')
		sqlite_run(s, SQL_ENDS_ADD, add_sql, values, nitems(values));
	if (after->replaces != 0)
		sqlite_run(s, SQL_ENDS_REPLACE, replace_sql, replaced,
		    nitems(replaced));
	sqlite_use_ends(s, after->job, after->used);
}

/* A key is "JOB MARK". */
void
sqlite_afters(struct store *store, const char *after, int limit,
    store_after_cb *row, store_done *done, void *arg)
{
	struct sqlite_store *s = sqlite_store(store);
	char job[JOB_NAME_MAX + 1];
	struct record_after end = {.replaces = 0};
	sqlite3_stmt *st;

	snprintf(job, sizeof(job), "%.*s", (int)strcspn(after, " "), after);
	const struct sqlite_value values[] = {
	    value_text(job),
	    value_int(strtoll(after + strcspn(after, " "), NULL, 10)),
	    value_int(limit),
	};

	sqlite_forgive(s);
	st = sqlite_bind(s, SQL_ENDS, ends_sql, values, nitems(values));
	while (sqlite_step(s, st)) {
		end.job = sqlite_text(st, 0);
		end.mark = (uint64_t)sqlite3_column_int64(st, 1);
		end.parent = sqlite_text(st, 2);
		end.run = sqlite_text(st, 3);
		end.outcome = sqlite_outcome(st, 4);
		end.exit_code = sqlite3_column_type(st, 5) == SQLITE_NULL ?
		    -1 :
		    sqlite3_column_int(st, 5);
		end.end_ms = sqlite3_column_int64(st, 6);
		end.chain = sqlite_text(st, 7);
		end.params = sqlite_text(st, 8);
		end.results = sqlite_text(st, 9);
		row(arg, &end);
	}
	done(arg, sqlite_failure(s));
}
