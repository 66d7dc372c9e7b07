/* Since when a job's schedules are what they are. */
#include "recorder/sqlite/store_sqlite.h"

#include <time.h>

#include "base/mem.h"

/*
 * Only what is new: after a crash the same is said again. Of two changes
 * before the next slot the later one counts.
 */
static const char plan_sql[] =
    "INSERT INTO schedules (job, since, seen, memo, ends) "
    "SELECT ?1, ?2, ?3, ?4, (SELECT hwm FROM jobs WHERE job = ?1) "
    "WHERE ?4 IS NOT (SELECT memo FROM jobs WHERE job = ?1) "
    "ON CONFLICT (job, since) DO UPDATE SET seen = excluded.seen, "
    "memo = excluded.memo";

static const char plans_sql[] =
    "SELECT since, seen, memo, coalesce(ends, since) FROM schedules WHERE job = ?1 "
    "ORDER BY since DESC LIMIT ?2";

void
sqlite_plan(struct sqlite_store *s, const struct record_job *job)
{
	struct timespec now;
	struct sqlite_value values[4];

	clock_gettime(CLOCK_REALTIME, &now);
	values[0] = value_text(job->job);
	values[1] = value_int(job->hwm_ms);
	values[2] =
	    value_int((int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000);
	values[3] = value_text(job->memo);
	sqlite_run(s, SQL_PLAN, plan_sql, values, nitems(values));
}

void
sqlite_plans(struct store *store, const char *job, int limit,
    store_plan_cb *row, store_done *done, void *arg)
{
	struct sqlite_store *s = sqlite_store(store);
	const struct sqlite_value values[] = {
	    value_text(job),
	    value_int(limit),
	};
	struct store_plan plan;
	sqlite3_stmt *st;

	sqlite_forgive(s);
	st = sqlite_bind(s, SQL_PLANS, plans_sql, values, nitems(values));
	while (sqlite_step(s, st)) {
		plan.since_ms = sqlite3_column_int64(st, 0);
		plan.seen_ms = sqlite3_column_int64(st, 1);
		plan.memo = sqlite_text(st, 2);
		plan.ends_ms = sqlite3_column_int64(st, 3);
		row(arg, &plan);
	}
	done(arg, sqlite_failure(s));
}
