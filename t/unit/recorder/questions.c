/* The recorder role as the api sees it. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "rig.h"

static void
check_run_json(json_t *run)
{
	static const char expected[] =
	    "{\"id\":\"01k3000000000001\",\"job\":\"backup\","
	    "\"slot\":\"1970-01-12T13:46:41Z\",\"attempt\":1,"
	    "\"trigger\":\"schedule\",\"host\":\"here\","
	    "\"outcome\":\"success\",\"reason\":null,\"exit_code\":0,"
	    "\"signal\":null,\"started\":\"1970-01-12T13:46:41.002Z\","
	    "\"finished\":\"1970-01-12T13:46:41.502Z\",\"duration_ms\":500,"
	    "\"lateness_ms\":2,\"cpu_ms\":12,\"max_rss_kb\":2048,"
	    "\"fence\":0,\"output_bytes\":6,\"dropped_bytes\":0,"
	    "\"chain\":\"01k3000000000001\",\"parent\":null,"
	    "\"results\":{\"rows\":\"3\"},\"rows\":3}";
	char *text = json_dumps(run, JSON_COMPACT);

	assert_string_equal(text, expected);
	free(text);
	json_decref(run);
}

/* From its beginning to the history, by the channels. */
static void
test_run(void **state)
{
	struct rig rig;
	struct run_begin begin = rig_run("backup", 1);
	struct record_end end = rig_result(&begin);
	struct runfile_output out;
	json_t *json;

	rig_start(&rig);
	rig_file(&rig, &begin, &out, "hello\n");
	rig_begin(&rig, 1, &begin);
	json = rig_json(&rig, 200, "show", "run=backup");
	assert_true(json_is_null(json_object_get(json, "outcome")));
	assert_string_equal(json_string_value(json_object_get(json, "started")),
	    "1970-01-12T13:46:41.002Z");
	json_decref(json);
	assert_string_equal(rig_text(&rig, "output", "run=backup"), "hello\n");
	end.has_file = true;
	end.result.output_bytes = 6;
	strcpy(end.result.values, "{\"rows\":\"3\"}");
	rig_end(&rig, 2, &end);
	check_run_json(rig_json(&rig, 200, "show", "run=01k3000000000001"));
	rig_wait_recorded(&rig, 2);
	assert_false(rig_has_file(&rig, &begin));
	assert_string_equal(rig_text(&rig, "output", "run=01k3"), "hello\n");
	assert_string_equal(rig.type, "text/plain; charset=utf-8");
	rig_fini(&rig);
}

static long
get_int(json_t *o, const char *key)
{
	return (long)json_integer_value(json_object_get(o, key));
}

static const char *
get_string(json_t *o, const char *key)
{
	return json_string_value(json_object_get(o, key));
}

/* The ids of a list. */
static void
check_ids(json_t *list, const char *ids)
{
	struct strbuf b = STRBUF_INIT;

	for (size_t i = 0; i < json_array_size(list); i++)
		strbuf_addf(
		    &b, "%s,", get_string(json_array_get(list, i), "id"));
	assert_string_equal(strbuf_str(&b), ids);
	strbuf_fini(&b);
	json_decref(list);
}

static void
check_error(struct rig *rig, int status, const char *verb, const char *args,
    const char *code, const char *text)
{
	json_t *json = rig_json(rig, status, verb, args);
	json_t *error = json_object_get(json, "error");

	assert_string_equal(get_string(error, "code"), code);
	if (strstr(get_string(error, "message"), text) == NULL)
		fail_msg("%s %s: %s", verb, args, get_string(error, "message"));
	json_decref(json);
}

static void
test_lists(void **state)
{
	struct rig rig;
	struct run_begin begin;
	struct record_end end;
	char args[1100];

	rig_start(&rig);
	for (int i = 1; i <= 5; i++) {
		begin = rig_run(i % 2 ? "odd" : "even", i);
		end = rig_result(&begin);
		end.result.outcome = i == 2 ? OUTCOME_FAILURE : OUTCOME_SUCCESS;
		rig_end(&rig, (uint64_t)i, &end);
	}
	check_ids(rig_json(&rig, 200, "runs", "job=odd&limit=2"),
	    "01k3000000000005,01k3000000000003,");
	assert_string_equal(
	    rig.next, "job=odd&limit=2&before=01k3000000000003");
	snprintf(args, sizeof(args), "%s", rig.next);
	check_ids(rig_json(&rig, 200, "runs", args), "01k3000000000001,");
	assert_string_equal(rig.next, "");
	check_ids(rig_json(&rig, 200, "runs", "outcome=failure,lost"),
	    "01k3000000000002,");
	check_ids(rig_json(&rig, 200, "runs", "since=1970-01-12T13:46:44Z"),
	    "01k3000000000005,01k3000000000004,");
	check_ids(rig_json(&rig, 200, "runs", "since=1000005000"),
	    "01k3000000000005,");
	check_ids(rig_json(&rig, 200, "runs", "job=none"), "");
	check_ids(rig_json(&rig, 200, "runs", "host=none"), "");
	check_ids(rig_json(&rig, 200, "runs", "job=' OR 1=1 --"), "");
	rig_fini(&rig);
}

static void
test_ledger(void **state)
{
	struct rig rig;
	struct run_begin begin = rig_run("j", 1);
	struct record_slot slot = {"j", 2000000, 5000000, 4, OUTCOME_MISSED,
	    "late", "the machine slept \xff", "here"};
	struct wire_writer w = WIRE_WRITER_INIT;
	json_t *list, *row;

	rig_start(&rig);
	rig_begin(&rig, 1, &begin);
	record_slot_encode(&slot, &w);
	rig_send(&rig, MSG_RECORD_SLOT, 2, &w);
	list = rig_json(&rig, 200, "ledger", "job=j");
	assert_int_equal(json_array_size(list), 2);
	row = json_array_get(list, 0);
	assert_string_equal(get_string(row, "run"), begin.id);
	assert_true(json_is_null(json_object_get(row, "outcome")));
	row = json_array_get(list, 1);
	assert_string_equal(get_string(row, "slot"), "1970-01-01T00:33:20Z");
	assert_string_equal(get_string(row, "until"), "1970-01-01T01:23:20Z");
	assert_int_equal(get_int(row, "count"), 4);
	assert_string_equal(get_string(row, "outcome"), "missed");
	assert_string_equal(get_string(row, "reason"), "late");
	assert_string_equal(
	    get_string(row, "detail"), "the machine slept \xef\xbf\xbd");
	assert_true(json_is_null(json_object_get(row, "run")));
	json_decref(list);
	json_decref(rig_json(&rig, 200, "ledger", "limit=1&outcome=missed"));
	assert_string_equal(rig.next, "");
	json_decref(rig_json(&rig, 200, "ledger", "limit=1&since=5"));
	assert_string_equal(rig.next, "since=5&limit=1&before=1000001000,j");
	rig_fini(&rig);
}

static void
test_errors(void **state)
{
	static const struct {
		int status;
		const char *verb, *args, *code, *text;
	} cases[] = {
	    {404, "show", "run=nothing", "not_found", "no run \"nothing\""},
	    {404, "output", "run=01k4", "not_found", "no run \"01k4\""},
	    {404, "dance", "", "not_found", "dance"},
	    {400, "show", "", "bad_request", "run: expected"},
	    {400, "show", "run=01k30000", "bad_request", "several runs"},
	    {400, "show", "run=a&job=b", "bad_request", "job: unknown"},
	    {400, "runs", "limit=0", "bad_request", "limit: "},
	    {400, "runs", "limit=1001", "bad_request", "limit: "},
	    {400, "runs", "limit=1x", "bad_request", "limit: "},
	    {400, "runs", "limit= 1", "bad_request", "limit: "},
	    {400, "runs", "outcome=good", "bad_request", "outcome: \"good\""},
	    {400, "runs", "outcome=skipped", "bad_request", "outcome: "},
	    {400, "runs", "outcome=", "bad_request", "outcome: "},
	    {400, "runs", "since=yesterday", "bad_request", "since: "},
	    {400, "runs", "until=x", "bad_request", "until: "},
	    {400, "runs", "host=", "bad_request", "host: "},
	    {400, "runs", "reason=late", "bad_request", "reason: unknown"},
	    {400, "runs", "before=a/b", "bad_request", "before: "},
	    {400, "runs", "job=", "bad_request", "job: "},
	    {400, "ledger", "before=5", "bad_request", "before: "},
	    {400, "ledger", "before=x,j", "bad_request", "before: "},
	    {400, "ledger", "reason=", "bad_request", "reason: "},
	    {400, "output", "run=a&offset=-1", "bad_request", "offset: "},
	    {400, "output", "run=a&follow=2", "bad_request", "follow: "},
	};
	struct rig rig;
	struct run_begin begin;

	rig_start(&rig);
	for (int i = 1; i <= 2; i++) {
		begin = rig_run("j", i);
		rig_begin(&rig, (uint64_t)i, &begin);
	}
	for (size_t i = 0; i < nitems(cases); i++)
		check_error(&rig, cases[i].status, cases[i].verb, cases[i].args,
		    cases[i].code, cases[i].text);
	rig_fini(&rig);
}

/* What jobs say is theirs: JSON stays JSON, output stays as it is. */
static void
test_any_bytes(void **state)
{
	static const char bytes[] = "\xff\xfe\x80 \"\\\x01\n";
	struct rig rig;
	struct run_begin begin = rig_run("j", 1);
	struct record_end end = rig_result(&begin);
	struct runfile_output out;
	json_t *json;

	rig_start(&rig);
	rig_file(&rig, &begin, &out, bytes);
	end.has_file = true;
	end.result.output_bytes = strlen(bytes);
	end.result.outcome = OUTCOME_FAILURE;
	snprintf(end.result.reason, sizeof(end.result.reason), "%s", bytes);
	rig_end(&rig, 1, &end);
	json = rig_json(&rig, 200, "show", "run=j");
	assert_string_equal(get_string(json, "reason"),
	    "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd \"\\\x01\n");
	json_decref(json);
	assert_string_equal(rig_text(&rig, "output", "run=j"), bytes);
	rig_fini(&rig);
}

static void
check_dropped(struct rig *rig)
{
	assert_string_equal(rig_text(rig, "output", "run=j"),
	    "01234\n[belfry: 20 bytes dropped]\n56789");
	/* Positions of what the job wrote; nothing is put in. */
	assert_string_equal(
	    rig_text(rig, "output", "run=j&offset=1"), "123456789");
	assert_string_equal(rig_text(rig, "output", "run=j&offset=27"), "789");
	assert_string_equal(rig_text(rig, "output", "run=j&offset=30"), "");
}

/* Head and tail are kept; the hole is shown, from the file and the store. */
static void
test_dropped(void **state)
{
	struct rig rig;
	struct run_begin begin = rig_run("j", 1);
	struct record_end end;
	struct runfile_output out;

	rig_start(&rig);
	begin.output_limit = 10;
	end = rig_result(&begin);
	rig_file(&rig, &begin, &out, "01234");
	rig_write(&rig, &begin, &out, "abcdefghijklmnopqrst56789", 25);
	rig_begin(&rig, 1, &begin);
	check_dropped(&rig);
	end.has_file = true;
	end.result.output_bytes = 30;
	end.result.dropped_bytes = 20;
	rig_end(&rig, 2, &end);
	rig_wait_recorded(&rig, 2);
	assert_false(rig_has_file(&rig, &begin));
	check_dropped(&rig);
	rig_fini(&rig);
}

/* More than a piece and more than a message. */
static void
test_long_output(void **state)
{
	enum {
		SIZE = 300000
	};
	struct rig rig;
	struct run_begin begin = rig_run("j", 1);
	struct record_end end = rig_result(&begin);
	struct runfile_output out;
	char *text = xmalloc(SIZE + 1);

	for (int i = 0; i < SIZE; i++)
		text[i] = (char)('a' + i % 23);
	text[SIZE] = '\0';
	rig_start(&rig);
	rig_file(&rig, &begin, &out, text);
	rig_begin(&rig, 1, &begin);
	assert_string_equal(rig_text(&rig, "output", "run=j"), text);
	end.has_file = true;
	end.result.output_bytes = SIZE;
	rig_end(&rig, 2, &end);
	rig_wait_recorded(&rig, 2);
	assert_string_equal(rig_text(&rig, "output", "run=j"), text);
	assert_string_equal(
	    rig_text(&rig, "output", "run=j&offset=65535"), text + 65535);
	rig_fini(&rig);
	free(text);
}

static void
turn_until_body(struct rig *rig, const char *text)
{
	for (int i = 0; i < 5000; i++) {
		if (strcmp(strbuf_str(&rig->body), text) == 0)
			return;
		rig_turn(rig);
	}
	fail_msg("%s, not %s", strbuf_str(&rig->body), text);
}

static void
test_follow(void **state)
{
	struct rig rig;
	struct run_begin begin = rig_run("j", 1);
	struct record_end end = rig_result(&begin);
	struct runfile_output out;

	rig_start(&rig);
	rig_file(&rig, &begin, &out, "one\n");
	rig_begin(&rig, 1, &begin);
	rig_ask(&rig, "output", "run=j&follow=1");
	turn_until_body(&rig, "one\n");
	rig_write(&rig, &begin, &out, "two\n", 4);
	turn_until_body(&rig, "one\ntwo\n");
	assert_false(rig.answered);
	/* The last words come with the end. */
	rig_write(&rig, &begin, &out, "three\n", 6);
	end.has_file = true;
	end.result.output_bytes = 14;
	rig_end(&rig, 2, &end);
	rig_wait_answer(&rig);
	assert_string_equal(strbuf_str(&rig.body), "one\ntwo\nthree\n");
	assert_string_equal(
	    rig_text(&rig, "output", "run=j&follow=1"), "one\ntwo\nthree\n");
	rig_fini(&rig);
}

/* Who went away costs nothing; the others go on. */
static void
test_follow_cancelled(void **state)
{
	struct rig rig;
	struct run_begin begin = rig_run("j", 1);
	struct record_end end = rig_result(&begin);
	struct runfile_output out;

	rig_start(&rig);
	rig_file(&rig, &begin, &out, "one\n");
	rig_begin(&rig, 1, &begin);
	rig_ask(&rig, "output", "run=j&follow=1");
	turn_until_body(&rig, "one\n");
	assert_int_equal(
	    packet_send_one(rig.api, MSG_ASK_CANCEL, rig.ask_id, NULL, -1), 0);
	rig_ask(&rig, "output", "run=j&follow=1");
	turn_until_body(&rig, "one\n");
	rig_write(&rig, &begin, &out, "two\n", 4);
	turn_until_body(&rig, "one\ntwo\n");
	assert_int_equal(rig.strays, 0);
	/* A new api: what the old one followed is gone. */
	rig_connect_api(&rig);
	rig_ask(&rig, "output", "run=j&follow=1");
	turn_until_body(&rig, "one\ntwo\n");
	rig_end(&rig, 2, &end);
	rig_wait_answer(&rig);
	rig_fini(&rig);
}

/* A run whose file is gone: its follower waits for what is recorded. */
static void
test_follow_without_file(void **state)
{
	struct rig rig;
	struct run_begin begin = rig_run("j", 1);
	struct record_end end = rig_result(&begin);

	rig_start(&rig);
	rig_begin(&rig, 1, &begin);
	assert_string_equal(rig_text(&rig, "output", "run=j"), "");
	rig_ask(&rig, "output", "run=j&follow=1");
	for (int i = 0; i < 20; i++)
		rig_turn(&rig);
	assert_int_equal(rig.status, 200);
	assert_false(rig.answered);
	end.result.outcome = OUTCOME_LOST;
	rig_end(&rig, 2, &end);
	rig_wait_answer(&rig);
	assert_string_equal(strbuf_str(&rig.body), "");
	rig_fini(&rig);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_run),
	    cmocka_unit_test(test_lists),
	    cmocka_unit_test(test_ledger),
	    cmocka_unit_test(test_errors),
	    cmocka_unit_test(test_any_bytes),
	    cmocka_unit_test(test_dropped),
	    cmocka_unit_test(test_long_output),
	    cmocka_unit_test(test_follow),
	    cmocka_unit_test(test_follow_cancelled),
	    cmocka_unit_test(test_follow_without_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
