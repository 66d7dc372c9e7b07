/*
 * The SQLite store: opening, statements, errors. What it writes and what it
 * asks is in store_sqlite_*.c.
 *
 * WAL, so that people and backups read while we write; synchronous = NORMAL:
 * a commit survives every process, and a crash of the machine leaves the file
 * whole, at worst without the last transactions.
 */
#include "recorder/sqlite/store_sqlite.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/mem.h"

/* At start there is time; in the loop others wait for us. */
#define OPEN_BUSY_MS 5000
#define LOOP_BUSY_MS 100

/* A file up to this size is checked as a whole at start, in some 50 ms. */
#define CHECK_SIZE_MAX (16 << 20)

/*
 * auto_vacuum counts for new files only, and there before all else. Debian's
 * SQLite would write zeros over all that is deleted: as much as was recorded.
 */
static const char pragmas[] = "PRAGMA auto_vacuum = INCREMENTAL;"
			      "PRAGMA journal_mode = WAL;"
			      "PRAGMA synchronous = NORMAL;"
			      "PRAGMA cache_size = -16384;"
			      "PRAGMA wal_autocheckpoint = 4000;"
			      "PRAGMA journal_size_limit = 67108864;"
			      "PRAGMA temp_store = MEMORY;"
			      "PRAGMA secure_delete = FAST;"
			      "PRAGMA trusted_schema = OFF;";

void
sqlite_fail(struct sqlite_store *s)
{
	if (!s->failed)
		err_set(&s->err, "%s: %s", s->path, sqlite3_errmsg(s->db));
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

/*
 * Output may be confidential. SQLite gives its other files the mode and owner
 * of this one.
 */
static int
create_file(const char *path, struct err *err)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0640);

	if (fd == -1)
		return err_errno(err, "cannot open store %s", path);
	fd_close(&fd);
	return 0;
}

static int
check_row(void *arg, int n, char **values, char **names)
{
	if (n > 0 && values[0] != NULL && strcmp(values[0], "ok") != 0)
		err_set(arg, "%s", values[0]);
	return 0;
}

/* 0, or a code of SQLite with err. */
static int
check_content(sqlite3 *db, const char *path, struct err *err)
{
	const char *check = "SELECT max(id) FROM runs";
	struct err found = {""};
	struct stat st;
	int rc;

	if (stat(path, &st) == 0 && st.st_size <= CHECK_SIZE_MAX)
		check = "PRAGMA quick_check(1)";
	rc = sqlite3_exec(db, check, check_row, &found, NULL);
	if (rc == SQLITE_OK && strcmp(check, "PRAGMA quick_check(1)") == 0 &&
	    found.text[0] != '\0') {
		*err = found;
		return SQLITE_CORRUPT;
	}
	if (rc != SQLITE_OK)
		err_set(err, "%s", sqlite3_errmsg(db));
	return rc;
}

/* Says what a person can do. */
static int
explain(const char *path, int rc, struct err *err)
{
	struct err why = *err;

	if ((rc & 0xff) != SQLITE_CORRUPT && (rc & 0xff) != SQLITE_NOTADB)
		return err_set(err, "cannot open store %s: %s", path, why.text);
	return err_set(err,
	    "store %s is damaged (%.200s); stop belfryd, keep a copy of it, "
	    "then restore a backup, or try: sqlite3 %s .recover | sqlite3 "
	    "NEW-FILE; or move it away to begin with an empty history",
	    path, why.text, path);
}

static int
open_db(sqlite3 **db_r, const char *path, struct err *err)
{
	int rc;

	rc = sqlite3_open_v2(path, db_r,
	    SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX |
		SQLITE_OPEN_EXRESCODE,
	    NULL);
	if (*db_r == NULL)
		fatalx("out of memory");
	if (rc == SQLITE_OK) {
		sqlite3_busy_timeout(*db_r, OPEN_BUSY_MS);
		rc = sqlite3_exec(*db_r, pragmas, NULL, NULL, NULL);
	}
	if (rc != SQLITE_OK) {
		err_set(err, "%s", sqlite3_errmsg(*db_r));
		return explain(path, rc, err);
	}
	if (sqlite_migrate(*db_r, path, err) == -1) {
		rc = sqlite3_extended_errcode(*db_r);
		return (rc & 0xff) == SQLITE_CORRUPT ? explain(path, rc, err) :
						       -1;
	}
	rc = check_content(*db_r, path, err);
	return rc == SQLITE_OK ? 0 : explain(path, rc, err);
}

struct store *
store_sqlite_open(const char *path, struct err *err)
{
	struct sqlite_store *s;
	sqlite3 *db = NULL;

	if (create_file(path, err) == -1)
		return NULL;
	if (open_db(&db, path, err) == -1) {
		sqlite3_close(db);
		return NULL;
	}
	sqlite3_busy_timeout(db, LOOP_BUSY_MS);
	s = xcalloc(1, sizeof(*s));
	s->store.ops = &store_sqlite;
	s->path = xstrdup(path);
	s->db = db;
	return &s->store;
}

static void
sqlite_close(struct store *store)
{
	struct sqlite_store *s = sqlite_store(store);

	if (s == NULL)
		return;
	for (size_t i = 0; i < nitems(s->statements); i++)
		sqlite3_finalize(s->statements[i]);
	sqlite3_close(s->db);
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
    .pauses = sqlite_pauses,
};
