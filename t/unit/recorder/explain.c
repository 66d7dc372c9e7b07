/* Explanations: from records and memos to a verdict and its words. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/timestamp.h"
#include "rig.h"

static struct rig rig;
static uint64_t seq;

static int64_t
at(const char *text)
{
	int64_t ms = 0;

	assert_int_equal(timestamp_parse_ms(text, &ms, NULL), 0);
	return ms;
}

static void
memo(const char *job, const char *text, const char *since)
{
	struct wire_writer w = WIRE_WRITER_INIT;
	struct record_job record = {
	    .job = job,
	    .memo = text,
	    .hwm_ms = at(since),
	    .last_run = "",
	};

	record_job_encode(&record, &w);
	rig_send(&rig, MSG_RECORD_JOB, ++seq, &w);
}

static void
slots(const char *job, const char *from, const char *until, int64_t count,
    enum outcome outcome, const char *reason)
{
	struct wire_writer w = WIRE_WRITER_INIT;
	struct record_slot record = {
	    .job = job,
	    .slot_ms = at(from),
	    .until_ms = at(until),
	    .count = count,
	    .outcome = outcome,
	    .reason = reason,
	    .detail = "",
	    .host = "here",
	};

	record_slot_encode(&record, &w);
	rig_send(&rig, MSG_RECORD_SLOT, ++seq, &w);
}

static void
run(const char *job, int n, const char *slot)
{
	struct run_begin begin = rig_run(job, n);
	struct record_end end;

	begin.slot_ms = begin.due_ms = begin.created_ms = at(slot);
	end = rig_result(&begin);
	rig_end(&rig, ++seq, &end);
}

static void
fill(void)
{
	memo("gap", "-\tEurope/Berlin\t30 2 * * *\n", "2026-03-20T00:00:00Z");
	run("gap", 1, "2026-03-28T01:30:00Z");
	slots("gap", "2026-03-29T01:00:00Z", "2026-03-29T01:00:00Z", 1,
	    OUTCOME_MISSED, "dst-gap");
	memo("down", "-\tUTC\t0 * * * *\n", "2026-01-01T00:00:00Z");
	run("down", 2, "2026-01-01T01:00:00Z");
	slots("down", "2026-01-01T02:00:00Z", "2026-01-01T05:00:00Z", 4,
	    OUTCOME_MISSED, "late");
	memo("down", "-\tUTC\t15 * * * *\n", "2026-01-01T05:30:00Z");
	run("down", 4, "2026-01-01T07:15:00Z");
	memo("down", "-\tUTC\t15 * * * *\n=\t\tgone=yes\n",
	    "2026-01-01T07:15:00Z");
	memo("every",
	    "1767225600000\tUTC\t@every 90m\n=\t\toverlap=skip "
	    "enabled=no\n",
	    "2026-01-01T00:00:00Z");
	slots("every", "2026-01-01T01:30:00Z", "2026-01-01T01:30:00Z", 1,
	    OUTCOME_SKIPPED, "disabled");
	slots("old", "2026-01-01T01:30:00Z", "2026-01-01T01:30:00Z", 1,
	    OUTCOME_SKIPPED, "new-word");
	memo("worse", "-\tNo/Where\t?\n", "2026-01-01T00:00:00Z");
	memo("window",
	    "1767225600000\tUTC 0,0,0,0,1767232800,1767240000\t@every 1h\n"
	    "-\tUTC 0,0,0,0,1767232800,1767240000\t30 * * * *\n",
	    "2026-01-01T00:00:00Z");
	memo("moved",
	    "-\tUTC 1,0,0,0,-9223372036854775808,"
	    "9223372036854775807,2,ab\t0 0 0 ? * MON\n",
	    "2026-01-01T00:00:00Z");
	memo("after", "-\tUTC\t@after 5m\n", "2026-01-01T00:00:00Z");
	run("after", 3, "2026-01-01T00:05:00Z");
}

static const struct {
	const char *args, *verdict, *words;
} cases[] = {
    {"job=gap&at=2026-03-28T01:30:00Z", "ran",
	"its schedule \"30 2 * * *\" (Europe/Berlin)"},
    {"job=gap&at=2026-03-29T01:00:00Z", "missed", "clocks were put forward"},
    {"job=gap&until=2026-03-29T12:00:00Z", "missed", "clocks were put forward"},
    {"job=gap&until=2026-03-28T12:00:00Z", "ran", "02:30:00+01:00: success"},
    {"job=gap&at=2026-03-30T00:30:00Z", "no-record", "has no row of it"},
    {"job=gap&at=2026-03-28T01:31:00Z", "not-due",
	"after it: 2026-03-29T03:00:00+02:00"},
    {"job=gap&at=2026-03-20T00:00:00Z", "before-first-seen", "first seen"},
    {"job=gap&at=2199-03-28T01:30:00Z", "future", "will run then, in"},
    {"job=gap&at=2199-03-28T01:31:00Z", "future", "not due then"},
    {"job=down&at=2026-01-01T04:00:00Z", "missed",
	"4 slots from 2026-01-01T02:00:00Z to 2026-01-01T05:00:00Z"},
    {"job=down&at=2026-01-01T04:00:00Z", "missed",
	"the last that ran before was slot 2026-01-01T01:00:00Z of down"},
    {"job=down&at=2026-01-01T04:01:00Z", "not-due", "the slot before it"},
    {"job=down&at=2026-01-01T06:00:00Z", "not-due", "\"15 * * * *\""},
    {"job=down&at=2026-01-01T06:15:00Z", "no-record", "\"15 * * * *\""},
    {"job=down&at=2026-01-01T08:15:00Z", "removed", "in no job file since"},
    {"job=down", "ran", "2026-01-01T07:15:00Z"},
    {"job=every&at=2026-01-01T01:30:00Z", "skipped", "enabled = no"},
    {"job=every&at=2026-01-01T03:00:00Z", "no-record", "@every 90m"},
    {"job=every&at=2026-01-01T02:00:00Z", "not-due",
	"after it: 2026-01-01T03:00:00Z"},
    {"job=every&at=2026-01-01T00:00:00Z", "before-first-seen", ""},
    {"job=old", "skipped", "did not run: new-word"},
    {"job=old&at=2026-01-01T01:00:00Z", "not-due", "only the history"},
    {"job=old&at=2199-01-01T01:00:00Z", "future", "in no job file"},
    {"job=worse", "nothing-yet", "nothing was due yet"},
    {"job=worse&at=2026-01-02T00:00:00Z", "not-due", "\"?\""},
    {"job=window&at=2026-01-01T01:00:00Z", "not-due",
	"after it: 2026-01-01T02:00:00Z"},
    {"job=window&at=2026-01-01T03:30:00Z", "no-record", "\"30 * * * *\""},
    {"job=window&at=2026-01-01T03:00:00Z", "no-record", "@every 1h"},
    {"job=window&at=2026-01-01T04:00:00Z", "not-due",
	"before it: 2026-01-01T03:30:00Z"},
    {"job=moved&at=2026-01-05T00:00:00Z", "no-record", "0 0 0 ? * MON"},
    {"job=after", "ran", "2026-01-01T00:05:00Z"},
    {"job=after&at=2199-01-01T00:00:00Z", "future", "other things happen"},
};

static void
check(const char *args, const char *verdict, const char *words)
{
	json_t *json = rig_json(&rig, 200, "explain", args), *line;
	const char *got;
	bool found = false;
	size_t i;

	got = json_string_value(json_object_get(json, "verdict"));
	if (strcmp(got, verdict) != 0)
		fail_msg("%s: %s, not %s", args, got, verdict);
	json_array_foreach(json_object_get(json, "text"), i,
	    line) if (strstr(json_string_value(line), words) != NULL) found =
	    true;
	if (!found)
		fail_msg("%s: no \"%s\" in %s", args, words,
		    json_dumps(json, JSON_INDENT(1)));
	json_decref(json);
}

static void
test_verdicts(void **state)
{
	rig_start(&rig);
	fill();
	for (size_t i = 0; i < nitems(cases); i++)
		check(cases[i].args, cases[i].verdict, cases[i].words);
	rig_fini(&rig);
}

static void
test_errors(void **state)
{
	static const struct {
		const char *args;
		int status;
	} errors[] = {
	    {"job=nothing", 404},
	    {"job=nothing&at=2026-01-01T00:00:00Z", 404},
	    {"job=", 400},
	    {"at=2026-01-01T00:00:00Z", 400},
	    {"job=a&at=noon", 400},
	    {"job=a&until=99999999999999999999", 400},
	    {"job=a&since=0", 400},
	};

	rig_start(&rig);
	for (size_t i = 0; i < nitems(errors); i++)
		json_decref(rig_json(
		    &rig, errors[i].status, "explain", errors[i].args));
	rig_fini(&rig);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_verdicts),
	    cmocka_unit_test(test_errors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
