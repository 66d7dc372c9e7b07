/*
 * The schema's versions: schema/N.sql brings version N-1 to N, each in one
 * transaction. Files that were released are never changed.
 */
#include "recorder/sqlite/store_sqlite.h"

#include <errno.h>
#include <unistd.h>

#include "base/mem.h"

/* Another process has the file open and works on it. */
#define KNOWN_BUSY_MS 5000

static const char *const migrations[] = {
#include "schema_1.h"
    ,
#include "schema_2.h"
    ,
#include "schema_3.h"
    ,
#include "schema_4.h"
    ,
#include "schema_5.h"
    ,
#include "schema_6.h"
    ,
#include "schema_7.h"
    ,
#include "schema_8.h"
    ,
#include "schema_9.h"
    ,
#include "schema_10.h"
    ,
#include "schema_11.h"
    ,
#include "schema_12.h"
};

/* A number from the first row. 0, or -1 with err. */
static int
get_int(sqlite3 *db, const char *text, int64_t *value_r, struct err *err)
{
	sqlite3_stmt *st = NULL;
	int rc;

	*value_r = 0;
	rc = sqlite3_prepare_v2(db, text, -1, &st, NULL);
	if (rc == SQLITE_OK) {
		rc = sqlite3_step(st);
		if (rc == SQLITE_ROW)
			*value_r = sqlite3_column_int64(st, 0);
	}
	if (rc != SQLITE_ROW)
		err_set(err, "%s", sqlite3_errmsg(db));
	sqlite3_finalize(st);
	return rc == SQLITE_ROW ? 0 : -1;
}

static int
execute(sqlite3 *db, const char *text, struct err *err)
{
	if (sqlite3_exec(db, text, NULL, NULL, NULL) == SQLITE_OK)
		return 0;
	return err_set(err, "%s", sqlite3_errmsg(db));
}

static int
apply(sqlite3 *db, size_t version, struct err *err)
{
	char mark[128];

	sqlite3_snprintf(sizeof(mark), mark,
	    "PRAGMA application_id = %d; PRAGMA user_version = %d",
	    STORE_APPLICATION_ID, (int)version);
	if (execute(db, migrations[version - 1], err) == -1)
		return -1;
	return execute(db, mark, err);
}

/* Is it ours, and of a version that we know? 0 or -1. */
static int
check_version(
    sqlite3 *db, const char *path, int64_t *version_r, struct err *err)
{
	int64_t application, objects;

	if (get_int(db, "PRAGMA user_version", version_r, err) == -1 ||
	    get_int(db, "PRAGMA application_id", &application, err) == -1 ||
	    get_int(db, "SELECT count(*) FROM sqlite_schema", &objects, err) ==
		-1)
		return err_prefix(err, "store %s", path);
	if (application != STORE_APPLICATION_ID &&
	    (objects > 0 || *version_r != 0))
		return err_set(err,
		    "store %s is a database of another program; "
		    "set [store] path to a file of belfry's own",
		    path);
	if (*version_r > (int64_t)nitems(migrations))
		return err_set(err,
		    "store %s was written by a newer belfryd: its schema has "
		    "version %d, this belfryd knows up to %zu; start the newer "
		    "one, or move the file away to begin with an empty history",
		    path, (int)*version_r, nitems(migrations));
	return 0;
}

/* Inside a transaction: nobody else migrates at the same time. */
static int
migrate_locked(sqlite3 *db, const char *path, struct err *err)
{
	int64_t version;

	if (check_version(db, path, &version, err) == -1)
		return -1;
	for (size_t v = (size_t)version + 1; v <= nitems(migrations); v++)
		if (apply(db, v, err) == -1)
			return err_prefix(
			    err, "store %s: migration %zu", path, v);
	return 0;
}

int
store_sqlite_is_known(const char *path, struct err *err)
{
	sqlite3 *db = NULL;
	int64_t version;
	int rc = -1;

	if (access(path, F_OK) == -1 && errno == ENOENT)
		return 0;
	if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL) !=
	    SQLITE_OK) {
		err_set(
		    err, "cannot open store %s: %s", path, sqlite3_errmsg(db));
	} else {
		sqlite3_busy_timeout(db, KNOWN_BUSY_MS);
		rc = check_version(db, path, &version, err);
	}
	sqlite3_close(db);
	return rc;
}

int
sqlite_migrate(sqlite3 *db, const char *path, struct err *err)
{
	if (execute(db, "BEGIN IMMEDIATE", err) == -1)
		return err_prefix(err, "store %s", path);
	if (migrate_locked(db, path, err) == -1) {
		sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
		return -1;
	}
	if (execute(db, "COMMIT", err) == -1)
		return err_prefix(err, "store %s", path);
	return 0;
}
