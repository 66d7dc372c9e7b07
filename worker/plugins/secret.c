/*
 * secret: secrets that have expired are removed; those that never expire have
 * 0 and stay.
 */
#include "watcher.h"

/* What is prolonged while we look is checked again when its row is locked. */
#define EXPIRED                                                                \
	"%3$s <> 0 AND %3$s::bigint + $1::bigint < "                           \
	"extract(epoch FROM now())::bigint"

static const char delete_rows[] =
    "DELETE FROM %1$s WHERE %2$s = ANY (ARRAY(SELECT %2$s FROM %1$s "
    "WHERE " EXPIRED " ORDER BY %2$s LIMIT $2::bigint "
    "FOR UPDATE SKIP LOCKED)) AND " EXPIRED " "
    "RETURNING coalesce(%4$s::text, '-') || '/' || %5$s::text";

static int
run_secret(struct belfry_run *run, void *state)
{
	PGconn *db = belfry_database(run);
	struct names names = {.n = 0};
	char sql[SQL_SIZE], grace[24];
	const char *values[] = {grace, belfry_text(run, "batch-size")};
	int64_t rows;

	if (db == NULL || names_add(run, db, &names, "table", 1) != 0 ||
	    names_add(run, db, &names, "column-id", 0) != 0 ||
	    names_add(run, db, &names, "column-expires", 0) != 0 ||
	    names_add(run, db, &names, "column-username", 0) != 0 ||
	    names_add(run, db, &names, "column-name", 0) != 0)
		return 1;
	snprintf(grace, sizeof(grace), "%" PRId64,
	    belfry_integer(run, "grace") / 1000);
	snprintf(sql, sizeof(sql), delete_rows, names.quoted[0],
	    names.quoted[1], names.quoted[2], names.quoted[3], names.quoted[4]);
	rows = batches(run, db, sql, 2, values, "removed", 1);
	if (rows == -1)
		return 1;
	belfry_log(run, BELFRY_INFO, "%" PRId64 " secrets removed", rows);
	return 0;
}

static const struct belfry_param params[] = {
    {"grace", BELFRY_DURATION, 0, INT64_MAX, "7d",
	"how long an expired secret is kept", NULL},
    {"table", BELFRY_TEXT, 1, 127, "secret", "the table", NULL},
    {"column-id", BELFRY_TEXT, 1, 63, "id", "its primary key", NULL},
    {"column-name", BELFRY_TEXT, 1, 63, "name", "of the secret", NULL},
    {"column-username", BELFRY_TEXT, 1, 63, "username", "whose it is", NULL},
    {"column-expires", BELFRY_TEXT, 1, 63, "expires",
	"seconds since 1970, 0: never", NULL},
    WATCHER_PARAMS,
    {0},
};

const struct belfry_plugin belfry_plugin = {
    .abi = BELFRY_PLUGIN_ABI,
    .flags = BELFRY_NEEDS_DATABASE,
    .name = "secret",
    .help = "removes secrets that have expired",
    .schedule = "@every 1d",
    .params = params,
    .run = run_secret,
};
