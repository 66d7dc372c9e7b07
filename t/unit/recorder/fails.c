/*
 * The n-th allocation or the n-th system call of SQLite fails, for n = 1, 2, 3
 * ... until all goes well: a transaction is there as a whole or not at all, who
 * waits for it is told which, and the same again makes it good.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "recorder/sqlite/store_sqlite.h"

#define N_MAX 20000
#define RUNS  20

/* How many may still go well; -1: all. */
static long left = -1;
static bool failed, of_memory;

static bool
fails_now(bool memory)
{
	if (left < 0 || memory != of_memory)
		return false;
	if (left-- > 0)
		return false;
	left = -1;
	failed = true;
	return true;
}

static sqlite3_mem_methods real;

static void *
fail_malloc(int n)
{
	return fails_now(true) ? NULL : real.xMalloc(n);
}

static void *
fail_realloc(void *p, int n)
{
	return fails_now(true) ? NULL : real.xRealloc(p, n);
}

static ssize_t
fail_pwrite(int fd, const void *p, size_t n, off_t offset)
{
	if (!fails_now(false))
		return pwrite(fd, p, n, offset);
	errno = ENOSPC;
	/* Half of it went to the disk. */
	return n > 1 ? pwrite(fd, p, n / 2, offset) : -1;
}

static int
fail_fdatasync(int fd)
{
	if (!fails_now(false))
		return 0;
	errno = EIO;
	return -1;
}

static int
fail_ftruncate(int fd, off_t n)
{
	if (!fails_now(false))
		return ftruncate(fd, n);
	errno = EIO;
	return -1;
}

static void
break_calls(sqlite3_vfs *vfs, bool on)
{
	static const struct {
		const char *name;
		sqlite3_syscall_ptr call;
	} calls[] = {
	    {"pwrite", (sqlite3_syscall_ptr)fail_pwrite},
	    {"pwrite64", (sqlite3_syscall_ptr)fail_pwrite},
	    {"fsync", (sqlite3_syscall_ptr)fail_fdatasync},
	    {"ftruncate", (sqlite3_syscall_ptr)fail_ftruncate},
	};

	for (size_t i = 0; i < nitems(calls); i++)
		vfs->xSetSystemCall(
		    vfs, calls[i].name, on ? calls[i].call : NULL);
}

static struct {
	char dir[32];
	char path[64];
	struct store *store;
	struct err err;
	int answers;
} fx;

static void
committed(void *arg, const struct err *err)
{
	fx.answers++;
	fx.err = err != NULL ? *err : (struct err){""};
}

/* All kinds of records, output that fills pages among them. */
static void
record_all(void)
{
	static const char text[8000] = "output";
	struct store *s = fx.store;
	const struct record_job job = {
	    .job = "j", .memo = "-\tUTC\t@every 1s\n", .hwm_ms = 7};
	const struct record_slot slot = {.job = "j",
	    .slot_ms = 500,
	    .until_ms = 900,
	    .count = 5,
	    .outcome = OUTCOME_MISSED,
	    .reason = "late",
	    .detail = "",
	    .host = "h"};
	struct record_end end = {
	    .begin = {.job = "j", .host = "h", .attempt = 1},
	    .result = {.outcome = OUTCOME_FAILURE, .reason = "exit code 1"},
	    .retry_ms = 99,
	};

	s->ops->begin(s);
	s->ops->job(s, &job);
	s->ops->slot(s, &slot);
	for (int i = 1; i <= RUNS; i++) {
		snprintf(end.begin.id, sizeof(end.begin.id), "01%06d", i);
		end.begin.slot_ms = 1000 + i;
		s->ops->run_begin(s, &end.begin);
		s->ops->run_end(s, &end);
		s->ops->params(s, end.begin.id, "{}", "");
		s->ops->piece(s, end.begin.id, 0, text, sizeof(text));
	}
	s->ops->commit(s, committed, NULL);
}

/* By a connection of its own, as anybody would. */
static long
count(const char *sql)
{
	sqlite3 *db;
	sqlite3_stmt *st;
	long n;

	assert_int_equal(sqlite3_open(fx.path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &st, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(st), SQLITE_ROW);
	n = (long)sqlite3_column_int64(st, 0);
	sqlite3_finalize(st);
	sqlite3_close(db);
	return n;
}

static void
check_whole(bool there)
{
	long n = there ? RUNS : 0;

	assert_int_equal(count("SELECT count(*) FROM runs"), n);
	assert_int_equal(count("SELECT count(*) FROM output"), n);
	assert_int_equal(count("SELECT count(*) FROM params"), n);
	assert_int_equal(
	    count("SELECT count(*) FROM ledger"), there ? n + 1 : 0);
	assert_int_equal(
	    count("SELECT coalesce(max(failures), 0) FROM jobs"), n);
}

static void
remove_files(void)
{
	static const char *const suffixes[] = {"", "-wal", "-shm"};
	char path[80];

	for (size_t i = 0; i < nitems(suffixes); i++) {
		snprintf(path, sizeof(path), "%s%s", fx.path, suffixes[i]);
		unlink(path);
	}
}

/* One transaction whose n-th call fails. False: it has fewer. */
static bool
try_nth(long n)
{
	struct err err = {""};
	int failures = 0;

	fx.store = store_sqlite_open(fx.path, &err);
	if (fx.store == NULL)
		fail_msg("%s", err.text);
	failed = false;
	left = n;
	do {
		fx.answers = 0;
		record_all();
		assert_int_equal(fx.answers, 1);
		if (fx.err.text[0] != '\0' && failures++ == 0)
			check_whole(false);
		assert_in_range(failures, 0, 1);
	} while (fx.err.text[0] != '\0');
	left = -1;
	check_whole(true);
	store_sqlite.close(fx.store);
	check_whole(true);
	remove_files();
	return failed;
}

/* Behind the first hundreds the same comes again for each record. */
static void
try_all(bool memory)
{
	long n = 0;

	of_memory = memory;
	while (n < N_MAX && try_nth(n))
		n += n < 300 ? 1 : 13;
	assert_in_range(n, 10, N_MAX - 1);
}

static void
test_allocations(void **state)
{
	try_all(true);
}

static void
test_calls(void **state)
{
	try_all(false);
}

/* Without a disk: it is made and removed thousands of times. */
static int
setup(void **state)
{
	snprintf(fx.dir, sizeof(fx.dir), "%s/t-fails.XXXXXX",
	    access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	assert_non_null(mkdtemp(fx.dir));
	snprintf(fx.path, sizeof(fx.path), "%s/db", fx.dir);
	break_calls(sqlite3_vfs_find(NULL), true);
	return 0;
}

static int
teardown(void **state)
{
	break_calls(sqlite3_vfs_find(NULL), false);
	return rmdir(fx.dir);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_allocations, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_calls, setup, teardown),
	};
	sqlite3_mem_methods failing;

	/* Before its first use. */
	sqlite3_config(SQLITE_CONFIG_GETMALLOC, &real);
	failing = real;
	failing.xMalloc = fail_malloc;
	failing.xRealloc = fail_realloc;
	sqlite3_config(SQLITE_CONFIG_MALLOC, &failing);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
