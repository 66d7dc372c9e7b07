/*
 * clean: rows that were marked as deleted long ago are removed.
 *
 * Each batch picks its rows by deleted_at and locks them; rows that another
 * transaction holds are left to the next batch or run, so that two of us never
 * wait for each other and nobody waits long for us.
 */
#include "watcher.h"

static const char select_index[] =
    "SELECT 1 FROM pg_index AS i JOIN pg_attribute AS a "
    "ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0] "
    "WHERE i.indrelid = $1::regclass AND i.indisvalid "
    "AND a.attname = $2";

static const char delete_rows[] =
    "DELETE FROM %1$s WHERE %2$s = ANY (ARRAY(SELECT %2$s FROM %1$s "
    "WHERE %3$s < now() - make_interval(days => $1::int) "
    "ORDER BY %3$s LIMIT $2::bigint FOR UPDATE SKIP LOCKED)) "
    "AND %3$s < now() - make_interval(days => $1::int) RETURNING %2$s";

/* Without an index each batch would read the whole table. */
static int
make_index(struct belfry_run *run, PGconn *db, const struct names *names)
{
	const char *values[] = {
	    names->quoted[0], belfry_text(run, "column-deleted-at")};
	PGresult *result = execute(run, db, select_index, 2, values);
	char sql[SQL_SIZE];
	int found;

	if (result == NULL)
		return 1;
	found = PQntuples(result) > 0;
	PQclear(result);
	if (found)
		return 0;
	snprintf(sql, sizeof(sql), "CREATE INDEX CONCURRENTLY ON %s (%s)",
	    names->quoted[0], names->quoted[2]);
	belfry_log(run, BELFRY_INFO, "making an index: %s", sql);
	result = execute(run, db, sql, 0, NULL);
	PQclear(result);
	return result == NULL;
}

static int
run_clean(struct belfry_run *run, void *state)
{
	const char *values[] = {belfry_text(run, "max-reserve-days"),
	    belfry_text(run, "batch-size")};
	PGconn *db = belfry_database(run);
	struct names names = {.n = 0};
	char sql[SQL_SIZE];
	int64_t rows;

	if (db == NULL || names_add(run, db, &names, "table", 1) != 0 ||
	    names_add(run, db, &names, "column-id", 0) != 0 ||
	    names_add(run, db, &names, "column-deleted-at", 0) != 0)
		return 1;
	if (belfry_integer(run, "make-index") &&
	    make_index(run, db, &names) != 0)
		return 1;
	snprintf(sql, sizeof(sql), delete_rows, names.quoted[0],
	    names.quoted[1], names.quoted[2]);
	rows = batches(run, db, sql, 2, values, "rows removed", 0);
	if (rows == -1)
		return 1;
	belfry_log(run, BELFRY_INFO,
	    "%" PRId64 " rows removed that were deleted more than %s days ago",
	    rows, values[0]);
	return 0;
}

static const struct belfry_param params[] = {
    {"max-reserve-days", BELFRY_INTEGER, 1, 36500, "180",
	"rows deleted longer ago are removed", NULL},
    {"make-index", BELFRY_FLAG, 0, 0, "no",
	"yes: an index on the time of deletion is made if there is none", NULL},
    {"table", BELFRY_TEXT, 1, 127, "policy_audit", "the table", NULL},
    {"column-id", BELFRY_TEXT, 1, 63, "id", "its primary key", NULL},
    {"column-deleted-at", BELFRY_TEXT, 1, 63, "deleted_at",
	"when the row was deleted, a timestamp", NULL},
    WATCHER_PARAMS,
    {0},
};

const struct belfry_plugin belfry_plugin = {
    .abi = BELFRY_PLUGIN_ABI,
    .flags = BELFRY_NEEDS_DATABASE,
    .name = "clean",
    .help = "removes rows that were deleted long ago",
    .schedule = "@every 1d",
    .params = params,
    .run = run_clean,
};
