/* The recorder role as the master sees it, in good and bad times. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "kind.h"
#include "rig.h"

static void
ask_state(struct rig *rig)
{
	time_t end = time(NULL) + 20;

	strbuf_reset(&rig->state);
	rig->state_end = false;
	rig_send(rig, MSG_STATE_ASK, 0, NULL);
	while (!rig->state_end) {
		rig_turn(rig);
		assert_true(time(NULL) < end);
	}
}

static void
send_job(struct rig *rig, uint64_t seq, const char *job, int64_t hwm)
{
	const struct record_job record = {
	    .job = job, .memo = "m", .hwm_ms = hwm, .last_run = ""};
	struct wire_writer w = WIRE_WRITER_INIT;

	record_job_encode(&record, &w);
	rig_send(rig, MSG_RECORD_JOB, seq, &w);
}

static long
count(struct rig *rig, const char *text)
{
	rig_settle(rig);
	return kind_number(rig->store_path, text);
}

static void
test_empty_state(void **state)
{
	struct rig rig;

	rig_start(&rig);
	ask_state(&rig);
	assert_string_equal(strbuf_str(&rig.state), "");
	rig_fini(&rig);
}

static void
test_state(void **state)
{
	static const char expected[] =
	    "job a memo=m hwm=5 end=0 run= running success=0 failures=0\n"
	    "job b memo= hwm=1000001000 end=1000001502 run=01k3000000000001 "
	    "failure success=0 failures=1\n"
	    "job c memo= hwm=1000002000 end=0 run= running success=0 "
	    "failures=0\n"
	    "retry 01k3000000000001 b slot=1000001000 attempt=2 "
	    "due=1000009000\n"
	    "open 01k3000000000002\n";
	struct rig rig;
	struct run_begin first = rig_run("b", 1), second = rig_run("c", 2);
	struct record_end end = rig_result(&first);

	rig_start(&rig);
	send_job(&rig, 1, "a", 5);
	end.result.outcome = OUTCOME_FAILURE;
	end.retry_ms = 1000009000;
	rig_end(&rig, 2, &end);
	rig_begin(&rig, 3, &second);
	/* What was said before is in the answer, on disk or not. */
	ask_state(&rig);
	assert_string_equal(strbuf_str(&rig.state), expected);
	ask_state(&rig);
	assert_string_equal(strbuf_str(&rig.state), expected);
	rig_stop(&rig);
	rig_restart(&rig);
	ask_state(&rig);
	assert_string_equal(strbuf_str(&rig.state), expected);
	rig_fini(&rig);
}

static void
send_pause(struct rig *rig, uint64_t seq, const char *job, bool on, int until)
{
	const struct record_pause record = {
	    .job = job,
	    .on = on,
	    .who = "uid 0",
	    .reason = on ? "why" : "",
	    .since_ms = 5,
	    .until_ms = until,
	};
	struct wire_writer w = WIRE_WRITER_INIT;

	record_pause_encode(&record, &w);
	rig_send(rig, MSG_RECORD_PAUSE, seq, &w);
}

/* Kept over restarts; the last word counts, however often it is said. */
static void
test_pauses(void **state)
{
	struct rig rig;

	rig_start(&rig);
	send_pause(&rig, 1, "a", true, 0);
	send_pause(&rig, 2, PAUSE_ALL, true, 9);
	send_pause(&rig, 3, "b", true, 7);
	send_pause(&rig, 4, "a", true, 8);
	send_pause(&rig, 5, "b", false, 0);
	send_pause(&rig, 6, "b", false, 0);
	ask_state(&rig);
	assert_string_equal(strbuf_str(&rig.state),
	    "pause * by uid 0 5-9: why\npause a by uid 0 5-8: why\n");
	rig_stop(&rig);
	rig_restart(&rig);
	send_pause(&rig, 1, PAUSE_ALL, false, 0);
	ask_state(&rig);
	assert_string_equal(
	    strbuf_str(&rig.state), "pause a by uid 0 5-8: why\n");
	rig_fini(&rig);
}

static size_t
count_lines(const char *s)
{
	size_t n = 0;

	for (; *s != '\0'; s++)
		n += *s == '\n';
	return n;
}

/* A state of many pages, in order, each job once. */
static void
test_large_state(void **state)
{
	enum {
		JOBS = 5000
	};
	struct rig rig;
	char name[32];

	rig_start(&rig);
	for (int i = 0; i < JOBS; i++) {
		snprintf(name, sizeof(name), "tenant-%05d.report", i);
		send_job(&rig, (uint64_t)i + 1, name, i + 1);
	}
	ask_state(&rig);
	assert_int_equal(count_lines(strbuf_str(&rig.state)), JOBS);
	snprintf(name, sizeof(name), "job tenant-%05d.report ", JOBS - 1);
	assert_non_null(strstr(strbuf_str(&rig.state), name));
	rig_fini(&rig);
}

/* A master that died has said more than was read of it. */
static void
test_dead_master(void **state)
{
	struct rig rig;
	struct run_begin begin;

	rig_start(&rig);
	for (int i = 1; i <= 100; i++) {
		begin = rig_run("j", i);
		rig_begin(&rig, (uint64_t)i, &begin);
	}
	rig_connect_master(&rig);
	ask_state(&rig);
	assert_int_equal(count_lines(strbuf_str(&rig.state)), 101);
	/* Its numbers are not acknowledged to its successor. */
	for (int i = 0; i < 100; i++)
		rig_turn(&rig);
	assert_int_equal(rig.recorded, 0);
	rig_fini(&rig);
}

static void
test_guardian_gone(void **state)
{
	struct rig rig;
	struct run_begin begin;

	rig_start(&rig);
	for (int i = 1; i <= 100; i++) {
		begin = rig_run("j", i);
		rig_begin(&rig, (uint64_t)i, &begin);
	}
	rig_stop(&rig);
	rig_restart(&rig);
	assert_int_equal(count(&rig, "SELECT count(*) FROM runs"), 100);
	rig_fini(&rig);
}

static void
check_bad(uint16_t type, struct wire_writer *w, const char *why)
{
	struct rig rig;

	rig_start(&rig);
	rig_send(&rig, type, 1, w);
	for (int i = 0; i < 100 && !rig.master_closed; i++)
		rig_turn(&rig);
	assert_true(rig.master_closed);
	if (strstr(rig_bad, why) == NULL)
		fail_msg("%s, not %s", rig_bad, why);
	rig_fini(&rig);
}

static void
test_bad_records(void **state)
{
	struct wire_writer w = WIRE_WRITER_INIT;
	struct run_begin begin = rig_run("j", 1);
	struct record_end end = rig_result(&begin);
	struct record_slot slot = {
	    "j", 20, 10, 1, OUTCOME_MISSED, "late", "", "here"};

	snprintf(begin.id, sizeof(begin.id), "../../etc");
	run_begin_encode(&begin, &w);
	check_bad(MSG_RECORD_BEGIN, &w, "no run id");
	begin = rig_run("", 1);
	run_begin_encode(&begin, &w);
	check_bad(MSG_RECORD_BEGIN, &w, "a job's name of 0 bytes");
	end.result.outcome = OUTCOME_NONE;
	record_end_encode(&end, &w);
	check_bad(MSG_RECORD_END, &w, "cannot end as running");
	record_slot_encode(&slot, &w);
	check_bad(MSG_RECORD_SLOT, &w, "end before they begin");
	slot.outcome = OUTCOME_SUCCESS;
	record_slot_encode(&slot, &w);
	check_bad(MSG_RECORD_SLOT, &w, "cannot be success");
	for (int i = 0; i < 20; i++)
		wire_put_u8(&w, 0xff);
	check_bad(MSG_RECORD_JOB, &w, "malformed");
}

/* Somebody holds the database: nothing is lost, all is acknowledged later. */
static void
test_locked(void **state)
{
	struct rig rig;
	struct run_begin begin = rig_run("j", 1);
	struct record_end end = rig_result(&begin);
	struct runfile_output out;
	sqlite3 *db;

	rig_start(&rig);
	rig_file(&rig, &begin, &out, "hello");
	assert_int_equal(sqlite3_open(rig.store_path, &db), SQLITE_OK);
	assert_int_equal(
	    sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
	rig_begin(&rig, 1, &begin);
	end.has_file = true;
	end.result.output_bytes = 5;
	rig_end(&rig, 2, &end);
	for (int i = 0; i < 200; i++)
		rig_turn(&rig);
	assert_int_equal(rig.acks, 0);
	/* Who asks hears what is on disk, at once. */
	json_decref(rig_json(&rig, 404, "show", "run=j"));
	/* Who starts must not decide without it. */
	rig_send(&rig, MSG_STATE_ASK, 0, NULL);
	for (int i = 0; i < 50; i++)
		rig_turn(&rig);
	assert_false(rig.state_end);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
	rig_wait_recorded(&rig, 2);
	while (!rig.state_end)
		rig_turn(&rig);
	assert_non_null(strstr(strbuf_str(&rig.state), "job j "));
	assert_string_equal(rig_text(&rig, "output", "run=j"), "hello");
	rig_fini(&rig);
}

/* What a dead master said is written late, and acknowledged to nobody. */
static void
test_locked_dead_master(void **state)
{
	struct rig rig;
	struct run_begin begin = rig_run("j", 1);
	sqlite3 *db;

	rig_start(&rig);
	assert_int_equal(sqlite3_open(rig.store_path, &db), SQLITE_OK);
	assert_int_equal(
	    sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
	rig_begin(&rig, 5000, &begin);
	rig_connect_master(&rig);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
	ask_state(&rig);
	assert_int_equal(count_lines(strbuf_str(&rig.state)), 2);
	assert_int_equal(rig.acks, 0);
	send_job(&rig, 1, "k", 0);
	rig_wait_recorded(&rig, 1);
	assert_int_equal(rig.recorded, 1);
	rig_fini(&rig);
}

/* Sends memos of 60 kB until the channel takes no more. Returns how many. */
static uint64_t
flood(struct rig *rig, uint64_t most)
{
	static char memo[60001];
	const struct record_job record = {
	    .job = "big", .memo = memo, .last_run = ""};
	struct wire_writer w = WIRE_WRITER_INIT;
	uint64_t seq = 0;
	int turns = 0;

	memset(memo, 'm', sizeof(memo) - 1);
	record_job_encode(&record, &w);
	while (seq < most && turns < 100) {
		if (packet_send_one(
			rig->master, MSG_RECORD_JOB, seq + 1, &w, -1) == 0) {
			seq++;
			turns = 0;
			continue;
		}
		rig_turn(rig);
		turns++;
	}
	wire_writer_fini(&w);
	return seq;
}

/* What cannot be written takes so much memory and no more. */
static void
test_bounded(void **state)
{
	struct rig rig;
	sqlite3 *db;
	uint64_t sent;

	rig_start(&rig);
	assert_int_equal(sqlite3_open(rig.store_path, &db), SQLITE_OK);
	assert_int_equal(
	    sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
	sent = flood(&rig, 3000);
	assert_in_range(sent, (32 << 20) / 60000, 1000);
	assert_int_equal(rig.acks, 0);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
	rig_wait_recorded(&rig, sent);
	rig_fini(&rig);
}

/* Its run file stays until its output is in the store. */
static void
test_file_stays(void **state)
{
	struct rig rig;
	struct run_begin begin = rig_run("j", 1);
	struct record_end end = rig_result(&begin);
	struct runfile_output out;

	rig_start(&rig);
	rig_file(&rig, &begin, &out, "hello");
	end.has_file = true;
	end.result.output_bytes = 5;
	rig_end(&rig, 1, &end);
	rig_wait_recorded(&rig, 1);
	/* It crashed behind the commit; the master finds the file again. */
	rig_file(&rig, &begin, &out, "hello");
	rig_end(&rig, 2, &end);
	rig_wait_recorded(&rig, 2);
	assert_false(rig_has_file(&rig, &begin));
	assert_string_equal(rig_text(&rig, "output", "run=j"), "hello");
	assert_int_equal(count(&rig, "SELECT failures FROM jobs"), 0);
	rig_fini(&rig);
}

/* A run file that is rubbish loses its output, not its run. */
static void
test_damaged_file(void **state)
{
	struct rig rig;
	struct run_begin begin = rig_run("j", 1);
	struct record_end end = rig_result(&begin);
	int fd;

	rig_start(&rig);
	fd = openat(rig.runs_fd, runfile_name(begin.id),
	    O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_int_equal(write(fd, "rubbish", 7), 7);
	close(fd);
	end.has_file = true;
	end.result.output_bytes = 5;
	rig_end(&rig, 1, &end);
	rig_wait_recorded(&rig, 1);
	assert_string_equal(
	    rig_text(&rig, "output", "run=j"), "[belfry: 5 bytes dropped]\n");
	rig_fini(&rig);
}

/* One transaction for what comes together; no timer when nothing waits. */
static void
test_batches(void **state)
{
	struct rig rig;
	struct run_begin begin;

	rig_start(&rig);
	for (int i = 1; i <= 100; i++) {
		begin = rig_run("j", i);
		rig_begin(&rig, (uint64_t)i, &begin);
	}
	rig_wait_recorded(&rig, 100);
	/* A slow machine has time for more than one; never one for each. */
	assert_in_range(rig.acks, 1, 25);
	rig_settle(&rig);
	/* The two channels; and two connections, and when the spool is swept. */
	assert_int_equal(
	    event_base_get_num_events(rig.role.base, EVENT_BASE_COUNT_ADDED),
	    kind_conninfo() != NULL ? 5 : 2);
	rig_fini(&rig);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_empty_state),
	    cmocka_unit_test(test_state),
	    cmocka_unit_test(test_large_state),
	    cmocka_unit_test(test_pauses),
	    cmocka_unit_test(test_dead_master),
	    cmocka_unit_test(test_guardian_gone),
	    cmocka_unit_test(test_bad_records),
	    cmocka_unit_test(test_locked),
	    cmocka_unit_test(test_locked_dead_master),
	    cmocka_unit_test(test_bounded),
	    cmocka_unit_test(test_file_stays),
	    cmocka_unit_test(test_damaged_file),
	    cmocka_unit_test(test_batches),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
