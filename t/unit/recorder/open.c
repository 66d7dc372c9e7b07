/* Opening the store: what is refused, and what the error tells to do. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <fcntl.h>
#include <ftw.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/log.h"
#include "base/mem.h"
#include "recorder/sqlite/store_sqlite.h"

static struct {
	char dir[32];
	char path[64];
} fx;

static struct store *
open_store(void)
{
	struct err err = {""};
	struct store *store = store_sqlite_open(fx.path, &err);

	if (store == NULL)
		fail_msg("%s", err.text);
	return store;
}

static void
check_refused(const char *why, const char *remedy)
{
	struct err err = {""};

	assert_null(store_sqlite_open(fx.path, &err));
	if (strstr(err.text, why) == NULL || strstr(err.text, remedy) == NULL ||
	    strstr(err.text, fx.path) == NULL)
		fail_msg("%s\nexpected: %s ... %s", err.text, why, remedy);
}

static void
execute(const char *text)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open(fx.path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, text, NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static void
check_done(void *arg, const struct err *err)
{
	if (err != NULL)
		fail_msg("%s", err->text);
}

static void
add_runs(int n)
{
	struct store *store = open_store();
	struct record_end end = {
	    .begin = {.job = "j", .host = "h", .attempt = 1},
	    .result = {.outcome = OUTCOME_FAILURE, .reason = "exit code 1"},
	};

	store_sqlite.begin(store);
	for (int i = 0; i < n; i++) {
		snprintf(end.begin.id, sizeof(end.begin.id), "01%06d", i);
		end.begin.slot_ms = i;
		store_sqlite.run_end(store, &end);
	}
	store_sqlite.commit(store, check_done, NULL);
	store_sqlite.close(store);
}

static void
overwrite(const char *bytes, off_t offset, size_t n)
{
	int fd = open(fx.path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	for (size_t i = 0; i < n; i++)
		assert_int_equal(pwrite(fd, bytes, strlen(bytes),
				     offset + (off_t)(i * strlen(bytes))),
		    strlen(bytes));
	close(fd);
}

static void
test_new_and_again(void **state)
{
	struct stat st;

	store_sqlite.close(open_store());
	assert_int_equal(stat(fx.path, &st), 0);
	assert_int_equal(st.st_mode & 07777 & ~0640U, 0);
	store_sqlite.close(open_store());
}

/* People query these; a change of names breaks them. */
static void
test_names(void **state)
{
	add_runs(1);
	execute("SELECT id, job, slot, due, attempt, trigger, host, outcome, "
		"reason, exit_code, signal, started, finished, duration_us, "
		"cpu_us, max_rss_kb, fence, output_bytes, dropped_bytes, "
		"created, retry_ms FROM runs");
	execute("SELECT job, slot, until, count, outcome, reason, detail, "
		"run, attempts, host FROM ledger");
	execute("SELECT run, start, data FROM output");
	execute("SELECT job, memo, hwm, last_end, last_run, last_outcome, "
		"last_success, failures FROM jobs");
	execute("SELECT job, slot, outcome, seconds FROM history");
	execute("SELECT job, slot, outcome, reason, detail FROM slots");
}

static void
test_newer_version(void **state)
{
	store_sqlite.close(open_store());
	execute("PRAGMA user_version = 99");
	check_refused("version 99", "start the newer one");
}

static void
test_other_program(void **state)
{
	execute("CREATE TABLE notes (text)");
	check_refused("another program", "[store] path");
}

/* The damaged file is kept beside a new one, whose path it has with a time. */
static void
check_set_aside(off_t size)
{
	struct store *store;
	struct stat st;
	glob_t found;
	char pattern[80];

	log_init("t", LOG_LEVEL_ERROR, LOG_TARGET_STDERR);
	store = open_store();
	assert_int_equal(store->renewed, 1);
	store_sqlite.close(store);
	snprintf(pattern, sizeof(pattern), "%s.damaged-*Z", fx.path);
	assert_int_equal(glob(pattern, 0, NULL, &found), 0);
	assert_int_equal(found.gl_pathc, 1);
	assert_int_equal(stat(found.gl_pathv[0], &st), 0);
	assert_int_equal(st.st_size, size);
	assert_int_equal(unlink(found.gl_pathv[0]), 0);
	globfree(&found);
	store = open_store();
	assert_int_equal(store->renewed, 0);
	store_sqlite.close(store);
}

static void
test_no_database(void **state)
{
	overwrite("this is a letter, not a database. ", 0, 100);
	check_refused("is no database", "[store] path");
}

static void
test_no_database_of_our_name(void **state)
{
	char path[64];

	memcpy(path, fx.path, sizeof(path));
	snprintf(fx.path, sizeof(fx.path), "%s/belfry.db", fx.dir);
	overwrite("this is a letter, not a database. ", 0, 100);
	check_set_aside(3400);
	unlink(fx.path);
	memcpy(fx.path, path, sizeof(path));
}

static void
test_truncated(void **state)
{
	add_runs(2000);
	assert_int_equal(truncate(fx.path, 40960), 0);
	check_set_aside(40960);
}

static void
test_damaged_page(void **state)
{
	struct stat st;

	add_runs(2000);
	assert_int_equal(stat(fx.path, &st), 0);
	overwrite("belfry", 8 * 4096, 600);
	check_set_aside(st.st_size);
}

static void
test_damaged_page_of_another(void **state)
{
	add_runs(2000);
	execute("PRAGMA application_id = 4711");
	overwrite("belfry", 8 * 4096, 600);
	check_refused("another program", "[store] path");
}

static struct err failure;

static void
note_failure(void *arg, const struct err *err)
{
	failure = err != NULL ? *err : (struct err){""};
}

static void
record(struct store *store, const char *id)
{
	struct record_end end = {
	    .begin = {.job = "j", .host = "h", .attempt = 1},
	    .result = {.outcome = OUTCOME_FAILURE},
	};

	snprintf(end.begin.id, sizeof(end.begin.id), "%s", id);
	store_sqlite.begin(store);
	store_sqlite.run_end(store, &end);
	store_sqlite.commit(store, note_failure, NULL);
}

static long
count_runs(struct store *store)
{
	sqlite3_stmt *st;
	long n;

	assert_int_equal(sqlite3_prepare_v2(sqlite_store(store)->db,
			     "SELECT count(*) FROM runs", -1, &st, NULL),
	    SQLITE_OK);
	assert_int_equal(sqlite3_step(st), SQLITE_ROW);
	n = (long)sqlite3_column_int64(st, 0);
	sqlite3_finalize(st);
	return n;
}

/* What is recorded next is in a file that people see. */
static void
test_deleted(void **state)
{
	struct store *store = open_store();

	record(store, "01a");
	assert_string_equal(failure.text, "");
	assert_int_equal(store->renewed, 1);
	unlink(fx.path);
	record(store, "01b");
	assert_string_equal(failure.text, "");
	assert_int_equal(store->renewed, 3); /* new, and another */
	assert_int_equal(count_runs(store), 1);
	store_sqlite.close(store);
	assert_int_equal(access(fx.path, R_OK), 0);
}

static void
test_moved_and_back(void **state)
{
	struct store *store = open_store();
	char other[80], dir[80];

	record(store, "01a");
	snprintf(other, sizeof(other), "%s.moved", fx.path);
	snprintf(dir, sizeof(dir), "%s.dir", fx.path);
	assert_int_equal(rename(fx.path, other), 0);
	/* It cannot be begun anew for now. */
	assert_int_equal(mkdir(fx.path, 0700), 0);
	record(store, "01b");
	assert_non_null(strstr(failure.text, "cannot open store"));
	record(store, "01b");
	assert_non_null(strstr(failure.text, "cannot open store"));
	assert_int_equal(rmdir(fx.path), 0);
	assert_int_equal(rename(other, fx.path), 0);
	record(store, "01b");
	assert_string_equal(failure.text, "");
	assert_int_equal(count_runs(store), 2);
	store_sqlite.close(store);
}

/* Damage that shows only when the page is needed. */
static void
test_damaged_while_open(void **state)
{
	struct store *store;
	char id[RUN_ID_SIZE];
	int tries = 0;

	add_runs(5000);
	store = open_store();
	overwrite("belfry", 2 * 4096, 100000);
	sqlite3_db_release_memory(sqlite_store(store)->db);
	do {
		snprintf(id, sizeof(id), "00%06d", tries);
		record(store, id);
	} while (store->renewed == 0 && ++tries < 1000);
	assert_int_equal(store->renewed, 1);
	if (failure.text[0] != '\0')
		record(store, id);
	assert_string_equal(failure.text, "");
	assert_int_equal(count_runs(store), 1);
	store_sqlite.close(store);
}

static void
test_no_directory(void **state)
{
	char path[64];

	memcpy(path, fx.path, sizeof(path));
	snprintf(fx.path, sizeof(fx.path), "%s/none/db", fx.dir);
	check_refused("cannot open", "No such file or directory");
	memcpy(fx.path, path, sizeof(path));
}

static void
test_is_run_id(void **state)
{
	assert_true(store_is_run_id("01k3abcdefghjkmn0123"));
	assert_true(store_is_run_id("a"));
	assert_false(store_is_run_id(""));
	assert_false(store_is_run_id("01k3abcdefghjkmn01234"));
	assert_false(store_is_run_id("../../etc/passwd"));
	assert_false(store_is_run_id("a b"));
	assert_false(store_is_run_id("."));
	assert_false(store_is_run_id("\xc3\xa4"));
}

static int
setup(void **state)
{
	snprintf(fx.dir, sizeof(fx.dir), "/tmp/t-open.XXXXXX");
	assert_non_null(mkdtemp(fx.dir));
	snprintf(fx.path, sizeof(fx.path), "%s/db", fx.dir);
	return 0;
}

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	return remove(path);
}

static int
teardown(void **state)
{
	return nftw(fx.dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_new_and_again),
	    TEST(test_names),
	    TEST(test_newer_version),
	    TEST(test_other_program),
	    TEST(test_no_database),
	    TEST(test_truncated),
	    TEST(test_damaged_page),
	    TEST(test_damaged_page_of_another),
	    TEST(test_no_database_of_our_name),
	    TEST(test_deleted),
	    TEST(test_moved_and_back),
	    TEST(test_damaged_while_open),
	    TEST(test_no_directory),
	    TEST(test_is_run_id),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
