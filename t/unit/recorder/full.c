/* A full disk: all of a batch waits, nothing of it is there, nothing is lost. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "recorder/intake/batch.h"
#include "recorder/sqlite/store_sqlite.h"

static struct {
	struct store *store;
	struct batch *batch;
	int failures;
	uint64_t seq;
	int ended;
} fx;

static void
ended(void *arg, const char *run)
{
	fx.ended++;
}

static void
flushed(void *arg, uint64_t seq, const struct err *err)
{
	if (err == NULL) {
		fx.seq = seq;
		return;
	}
	fx.failures++;
	assert_non_null(strstr(err->text, "full"));
}

static long
query(const char *text)
{
	sqlite3_stmt *st;
	long n;

	assert_int_equal(
	    sqlite3_prepare_v2(sqlite_store(fx.store)->db, text, -1, &st, NULL),
	    SQLITE_OK);
	assert_int_equal(sqlite3_step(st), SQLITE_ROW);
	n = (long)sqlite3_column_int64(st, 0);
	sqlite3_finalize(st);
	return n;
}

static void
add_end(int n)
{
	struct record_end end = {
	    .begin = {.job = "j", .attempt = 1, .slot_ms = n},
	    .result = {.outcome = OUTCOME_FAILURE},
	};
	struct wire_writer w = WIRE_WRITER_INIT;
	struct message message = {.type = MSG_RECORD_END, .id = (uint64_t)n};
	struct err err = {""};

	snprintf(end.begin.id, sizeof(end.begin.id), "01%06d", n);
	memset(end.result.reason, 'r', sizeof(end.result.reason) - 1);
	record_end_encode(&end, &w);
	wire_reader_init(&message.body, w.p, w.len);
	assert_int_equal(batch_add(fx.batch, &message, &err), 0);
	wire_writer_fini(&w);
}

static void
test_full(void **state)
{
	char dir[] = "/tmp/t-full.XXXXXX", path[64], limit[64];
	struct batch_config config = {
	    .runs_fd = -1, .ended_cb = ended, .flushed_cb = flushed};
	struct err err = {""};

	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/db", dir);
	config.store = fx.store = store_sqlite_open(path, &err);
	assert_non_null(fx.store);
	fx.batch = batch_new(&config);
	snprintf(limit, sizeof(limit), "PRAGMA max_page_count = %ld",
	    query("PRAGMA page_count") + 20);
	query(limit);
	for (int n = 1; n <= 1000; n++)
		add_end(n);
	for (int i = 1; i <= 3; i++) {
		batch_flush(fx.batch);
		assert_int_equal(fx.failures, i);
		assert_int_equal(batch_count(fx.batch), 1000);
		assert_int_equal(query("SELECT count(*) FROM runs"), 0);
		assert_int_equal(fx.ended, 0);
	}
	/* What comes meanwhile waits behind it. */
	add_end(1001);
	query("PRAGMA max_page_count = 100000");
	batch_flush(fx.batch);
	assert_int_equal(fx.failures, 3);
	assert_int_equal(batch_count(fx.batch), 0);
	assert_int_equal(fx.seq, 1001);
	assert_int_equal(fx.ended, 1001);
	assert_int_equal(query("SELECT count(*) FROM runs"), 1001);
	assert_int_equal(query("SELECT failures FROM jobs"), 1001);
	batch_free(fx.batch);
	store_sqlite.close(fx.store);
	unlink(path);
	assert_int_equal(rmdir(dir), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_full),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
