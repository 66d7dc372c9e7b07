/*
 * The file of the SQLite store: opening it, also again when it was moved away
 * or turns out to be damaged.
 *
 * WAL, so that people and backups read while we write; synchronous = NORMAL:
 * a commit survives every process, and a crash of the machine leaves the file
 * whole, at worst without the last transactions.
 */
#include "recorder/sqlite/store_sqlite.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/timestamp.h"

/* In the loop others wait for us. */
#define LOOP_BUSY_MS 100

/* What a file of ours begins with; the application's id is at 68. */
#define MAGIC        "SQLite format 3"
#define HEADER_SIZE  72
#define ID_OFFSET    68
#define DEFAULT_NAME "belfry.db"
#define SPOOL_NAME   "spool.db"

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

bool
sqlite_is_damage(int code)
{
	return (code & 0xff) == SQLITE_CORRUPT ||
	    (code & 0xff) == SQLITE_NOTADB;
}

/*
 * Output may be confidential. SQLite gives its other files the mode and owner
 * of this one.
 */
static int
create_file(const char *path, bool *is_new_r, struct err *err)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0640);
	struct stat st;

	if (fd == -1 || fstat(fd, &st) == -1) {
		err_errno(err, "cannot open store %s", path);
		fd_close(&fd);
		return -1;
	}
	*is_new_r = st.st_size == 0;
	fd_close(&fd);
	return 0;
}

static int
check_row(void *arg, int n, char **values, char **names)
{
	const char *text = n > 0 && values[0] != NULL ? values[0] : "ok";
	const char *line = strchr(text, '\n');

	/* The first line may say no more than that it is about "main". */
	if (strcmp(text, "ok") != 0)
		err_set(arg, "%s",
		    line != NULL && text[0] == '*' ? line + 1 : text);
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

static const char *
base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash != NULL ? slash + 1 : path;
}

/*
 * May it be renamed? Not the file of another program that somebody named by
 * mistake: ours says that it is, or has the name that ours has.
 */
static bool
is_ours(const char *path)
{
	uint8_t h[HEADER_SIZE] = {0};
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd != -1 ? pread(fd, h, sizeof(h), 0) : -1;
	uint32_t id = 0;

	fd_close(&fd);
	for (int i = 0; i < 4; i++)
		id = id << 8 | h[ID_OFFSET + i];
	if (n == sizeof(h) && memcmp(h, MAGIC, sizeof(MAGIC)) == 0)
		return id == STORE_APPLICATION_ID;
	return strcmp(base_name(path), DEFAULT_NAME) == 0 ||
	    strcmp(base_name(path), SPOOL_NAME) == 0;
}

/*
 * "PATH.damaged-2026-03-10T07:00:00Z", a second later where one has that name
 * already.
 */
static char *
aside_name(const char *path)
{
	char text[TIMESTAMP_TEXT_MAX], *name = NULL;
	int64_t s = (int64_t)time(NULL);

	do {
		free(name);
		name = xasprintf("%s.damaged-%s", path,
		    timestamp_format_ms(text, s++ * 1000));
	} while (access(name, F_OK) == 0);
	return name;
}

/*
 * Renames it with all that belongs to it, so that it can be looked into. The
 * file itself goes last: until then the next start finds it damaged again.
 */
static int
set_aside(const char *path, const struct err *why, struct err *err)
{
	static const char *const suffixes[] = {"-wal", "-shm", ""};
	char *aside = aside_name(path);
	int rc = 0;

	for (size_t i = 0; i < nitems(suffixes) && rc == 0; i++) {
		char *from = xasprintf("%s%s", path, suffixes[i]);
		char *to = xasprintf("%s%s", aside, suffixes[i]);

		if (rename(from, to) == -1 && errno != ENOENT)
			rc = err_errno(err, "cannot rename %s", from);
		free(from);
		free(to);
	}
	if (rc == 0)
		log_error("store %s is damaged (%s): it is kept as %s, and a "
			  "new one is begun with an empty history; to save "
			  "what can be saved: sqlite3 %s .recover | sqlite3 "
			  "NEW-FILE",
		    path, why->text, aside, aside);
	free(aside);
	return rc;
}

/* 0; else a code of SQLite with err. */
static int
open_db(struct sqlite_store *s, int busy_ms, struct err *err)
{
	int rc, code;

	rc = sqlite3_open_v2(s->path, &s->db,
	    SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX |
		SQLITE_OPEN_EXRESCODE,
	    NULL);
	if (s->db == NULL)
		fatalx("out of memory");
	if (rc == SQLITE_OK) {
		sqlite3_busy_timeout(s->db, busy_ms);
		rc = sqlite3_exec(s->db, pragmas, NULL, NULL, NULL);
	}
	if (rc != SQLITE_OK)
		err_set(err, "%s", sqlite3_errmsg(s->db));
	if (rc == SQLITE_OK && sqlite_migrate(s->db, s->path, err) == -1) {
		/* What it does not like is no error of SQLite. */
		code = sqlite3_extended_errcode(s->db);
		return code != SQLITE_OK ? code : SQLITE_ERROR;
	}
	return rc == SQLITE_OK ? check_content(s->db, s->path, err) : rc;
}

void
sqlite_disconnect(struct sqlite_store *s)
{
	for (size_t i = 0; i < nitems(s->statements); i++)
		sqlite3_finalize(s->statements[i]);
	memset(s->statements, 0, sizeof(s->statements));
	memset(&s->sweep, 0, sizeof(s->sweep));
	sqlite3_close(s->db);
	s->db = NULL;
}

/* Opens what is there, or a new file. 0, a code of SQLite, or -1. */
static int
open_file(struct sqlite_store *s, int busy_ms, struct err *err)
{
	bool is_new = false;
	int rc;

	if (create_file(s->path, &is_new, err) == -1)
		return -1;
	rc = open_db(s, busy_ms, err);
	if (rc != SQLITE_OK)
		sqlite_disconnect(s);
	else if (is_new)
		s->store.renewed++;
	if (rc == SQLITE_OK)
		sqlite3_busy_timeout(s->db, LOOP_BUSY_MS);
	return rc;
}

int
sqlite_connect(struct sqlite_store *s, int busy_ms, struct err *err)
{
	int rc = open_file(s, busy_ms, err);
	struct err why = *err;

	if (rc != SQLITE_OK && sqlite_is_damage(rc)) {
		if (!is_ours(s->path))
			return err_set(err,
			    "%s is no database (%s); set [store] path to a "
			    "file of belfry's own",
			    s->path, why.text);
		if (set_aside(s->path, &why, err) == -1)
			return -1;
		rc = open_file(s, busy_ms, err);
	}
	if (rc != SQLITE_OK && strstr(err->text, s->path) == NULL)
		return err_prefix(err, "cannot open store %s", s->path);
	return rc == SQLITE_OK ? 0 : -1;
}

/*
 * What was written last stands in the log beside the old place; SQLite would
 * leave it there when it closes a file that was moved.
 */
static void
complete_moved(struct sqlite_store *s)
{
	for (size_t i = 0; i < nitems(s->statements); i++)
		if (s->statements[i] != NULL)
			sqlite3_reset(s->statements[i]);
	if (sqlite3_wal_checkpoint_v2(s->db, NULL, SQLITE_CHECKPOINT_TRUNCATE,
		NULL, NULL) != SQLITE_OK)
		log_error("store %s: the file that was moved lacks its newest "
			  "records: %s",
		    s->path, sqlite3_errmsg(s->db));
}

static bool
is_moved(struct sqlite_store *s)
{
	int moved = 0;

	if (s->db == NULL ||
	    sqlite3_file_control(s->db, NULL, SQLITE_FCNTL_HAS_MOVED, &moved) !=
		SQLITE_OK ||
	    moved == 0)
		return false;
	log_error("store %s was moved or deleted while in use; what is there "
		  "now is used, or a new one begun",
	    s->path);
	complete_moved(s);
	return true;
}

void
sqlite_revive(struct sqlite_store *s)
{
	struct err why = s->err, err = {""};
	bool moved = is_moved(s), damaged = s->damaged && !moved;

	if (s->db != NULL && !moved && !damaged)
		return;
	/* Closed first: what closes removes the other files by their names. */
	sqlite_disconnect(s);
	s->damaged = false;
	if ((!damaged || set_aside(s->path, &why, &err) == 0) &&
	    sqlite_connect(s, LOOP_BUSY_MS, &err) == 0) {
		s->store.renewed += moved;
		return;
	}
	s->err = err;
	s->failed = true;
}
