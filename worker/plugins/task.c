/*
 * task: users who have not logged in for long are disabled.
 *
 * Only the status is written, and only where the row, locked and read again,
 * still says what made us choose it: a login that comes in between wins, and
 * nothing else that it writes is overwritten.
 */
#include "watcher.h"

/* 1 table, 2 id, 3 name, 4 status, 5 is admin, 6 last login */
#define INACTIVE                                                               \
	"%4$s = $1 AND (%6$s < now() - make_interval(days => $2::int) "        \
	"OR ($3::bool AND %6$s IS NULL)) "                                     \
	"AND NOT ($4::bool AND coalesce(%5$s::int, 0) <> 0)"

static const char disable[] =
    "UPDATE %1$s SET %4$s = $5 WHERE %2$s = ANY (ARRAY(SELECT %2$s FROM %1$s "
    "WHERE " INACTIVE " ORDER BY %2$s LIMIT $6::bigint "
    "FOR UPDATE SKIP LOCKED)) AND " INACTIVE " RETURNING %3$s";

static int
take_names(struct belfry_run *run, PGconn *db, struct names *names)
{
	static const char *const columns[] = {"column-id", "column-name",
	    "column-status", "column-is-admin", "column-logined-at"};

	if (names_add(run, db, names, "table", 1) != 0)
		return 1;
	for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++)
		if (names_add(run, db, names, columns[i], 0) != 0)
			return 1;
	return 0;
}

static int
run_task(struct belfry_run *run, void *state)
{
	const char *values[] = {belfry_text(run, "status-active"),
	    belfry_text(run, "max-inactive-days"),
	    belfry_text(run, "include-never-logged-in"),
	    belfry_text(run, "exempt-admins"),
	    belfry_text(run, "status-disabled"),
	    belfry_text(run, "batch-size")};
	struct names names = {.n = 0};
	char sql[SQL_SIZE];
	PGconn *db;
	int64_t rows;

	if (belfry_integer(run, "max-inactive-days") == 0) {
		belfry_log(run, BELFRY_INFO,
		    "max-inactive-days is 0: nobody is ever disabled");
		belfry_result(run, "rows", "0");
		return 0;
	}
	if (strcmp(values[0], values[4]) == 0)
		return belfry_fail(
		    run, "status-active and status-disabled are the same");
	db = belfry_database(run);
	if (db == NULL || take_names(run, db, &names) != 0)
		return 1;
	snprintf(sql, sizeof(sql), disable, names.quoted[0], names.quoted[1],
	    names.quoted[2], names.quoted[3], names.quoted[4], names.quoted[5]);
	rows = batches(run, db, sql, 6, values, "disabled", 1);
	if (rows == -1)
		return 1;
	belfry_log(run, BELFRY_INFO,
	    "%" PRId64 " users disabled who were inactive for more than %s "
	    "days",
	    rows, values[1]);
	return 0;
}

static const struct belfry_param params[] = {
    {"max-inactive-days", BELFRY_INTEGER, 0, 36500, "0",
	"users who did not log in for longer are disabled; 0: never", NULL},
    {"include-never-logged-in", BELFRY_FLAG, 0, 0, "no",
	"yes: those who never logged in, too", NULL},
    {"exempt-admins", BELFRY_FLAG, 0, 0, "yes", "no: administrators, too",
	NULL},
    {"status-active", BELFRY_TEXT, 1, 63, "1", "the status of the active",
	NULL},
    {"status-disabled", BELFRY_TEXT, 1, 63, "0", "that of the disabled", NULL},
    {"table", BELFRY_TEXT, 1, 127, "user", "the table", NULL},
    {"column-id", BELFRY_TEXT, 1, 63, "id", "its primary key", NULL},
    {"column-name", BELFRY_TEXT, 1, 63, "name", "of the user", NULL},
    {"column-status", BELFRY_TEXT, 1, 63, "status", "active or disabled", NULL},
    {"column-is-admin", BELFRY_TEXT, 1, 63, "is_admin",
	"not 0, or true, for administrators", NULL},
    {"column-logined-at", BELFRY_TEXT, 1, 63, "logined_at",
	"the last login, a timestamp; NULL: never", NULL},
    WATCHER_PARAMS,
    {0},
};

const struct belfry_plugin belfry_plugin = {
    .abi = BELFRY_PLUGIN_ABI,
    .flags = BELFRY_NEEDS_DATABASE,
    .name = "task",
    .help = "disables users who have not logged in for long",
    .schedule = "@every 1d",
    .params = params,
    .run = run_task,
};
