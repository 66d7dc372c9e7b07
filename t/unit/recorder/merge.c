/* Explanations of several hosts become one. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <setjmp.h>
#include <cmocka.h>

#include "base/mem.h"
#include "recorder/explain/explain_internal.h"

#define SLOT "\"slot\":\"2026-03-10T07:00:00Z\","
#define NO_ROW                                                                 \
	"{" SLOT "\"verdict\":\"no-record\",\"runs\":[],\"text\":[\"no\"]}"

/* One run: of that host, with that attempt and outcome. */
#define RAN(id, attempt, outcome)                                              \
	"{" SLOT "\"verdict\":\"ran\",\"outcome\":\"" outcome "\","            \
	"\"runs\":[{\"id\":\"" id "\",\"attempt\":" attempt "}],"              \
	"\"text\":[\"title\",\"due\",\"run " id "\"]}"

static const struct {
	const char *own;
	const char *answers; /* of hosts b and c */
	const char *silent;
	const char *verdict;
	const char *runs; /* their ids */
	const char *text;
} cases[] = {
    /* Nobody knows of it, or says so. */
    {NO_ROW, "[]", "[]", "no-record", "", "[\"no\"]"},
    {NO_ROW, "[{\"host\":\"b\",\"status\":200,\"body\":" NO_ROW "}]", "[\"c\"]",
	"no-record", "",
	"[\"no\",\"host c does not answer; what its ledger has of it is not "
	"known here\"]"},
    /* Another has it; this one; both. */
    {NO_ROW,
	"[{\"host\":\"b\",\"status\":200,\"body\":" RAN(
	    "B", "1", "success") "}]",
	"[]", "ran", "B", "[\"title\",\"due\",\"run B\"]"},
    {RAN("A", "1", "success"),
	"[{\"host\":\"b\",\"status\":200,\"body\":" NO_ROW "}]", "[]", "ran",
	"A", "[\"title\",\"due\",\"run A\"]"},
    {RAN("A", "1", "success"),
	"[{\"host\":\"b\",\"status\":200,\"body\":" RAN(
	    "B", "1", "failure") "}]",
	"[]", "ran", "AB",
	"[\"title\",\"due\",\"run A\",\"in the ledger of b: failure\",\"run "
	"B\"]"},
    /* The latest attempt is told first; what is said twice is told once. */
    {RAN("A", "1", "lost"),
	"[{\"host\":\"b\",\"status\":200,\"body\":" RAN(
	    "B", "2", "success") "}]",
	"[]", "ran", "AB",
	"[\"title\",\"due\",\"run B\",\"in the ledger of this host: lost\","
	"\"run A\"]"},
    {RAN("A", "1", "lost"),
	"[{\"host\":\"b\",\"status\":200,\"body\":" RAN("A", "1", "lost") "}]",
	"[]", "ran", "A",
	"[\"title\",\"due\",\"run A\",\"in the ledger of b: lost\"]"},
    /* Of different slots the later one, whether it has a fraction or not. */
    {RAN("A", "1", "success"),
	"[{\"host\":\"b\",\"status\":200,\"body\":{\"slot\":"
	"\"2026-03-10T07:00:00.5Z\",\"verdict\":\"skipped\",\"runs\":[],"
	"\"text\":[\"later\"]}}]",
	"[]", "skipped", "", "[\"later\"]"},
    /* What is no explanation is nothing. */
    {NO_ROW,
	"[{\"host\":\"b\",\"status\":404,\"body\":{\"error\":{}}},"
	"{\"host\":\"c\",\"status\":200,\"body\":null}]",
	"[]", "no-record", "", "[\"no\"]"},
    {NO_ROW,
	"[{\"host\":\"b\",\"status\":200,\"body\":{\"verdict\":\"ran\"}},"
	"{\"host\":\"c\",\"status\":200,\"body\":{\"verdict\":\"ran\"}}]",
	"[\"d\"]", "ran", "", "null"},
};

static json_t *
parse(const char *text)
{
	json_t *json = json_loads(text, 0, NULL);

	if (json == NULL)
		fail_msg("no JSON: %s", text);
	return json;
}

static char *
ids(const json_t *runs)
{
	struct strbuf b = STRBUF_INIT;
	const json_t *run;
	size_t i;

	json_array_foreach(runs, i, run)
	    strbuf_adds(&b, json_string_value(json_object_get(run, "id")));
	strbuf_addch(&b, '\0');
	return strbuf_take(&b);
}

static void
check(size_t i)
{
	json_t *answers = parse(cases[i].answers);
	json_t *silent = parse(cases[i].silent), *merged;
	char *text, *runs;

	merged = explain_merge(parse(cases[i].own), answers, silent);
	assert_string_equal(
	    json_string_value(json_object_get(merged, "verdict")),
	    cases[i].verdict);
	runs = ids(json_object_get(merged, "runs"));
	assert_string_equal(runs, cases[i].runs);
	text = json_dumps(
	    json_object_get(merged, "text"), JSON_COMPACT | JSON_ENCODE_ANY);
	assert_string_equal(text != NULL ? text : "null", cases[i].text);
	assert_true(json_equal(json_object_get(merged, "silent"), silent));
	free(text);
	free(runs);
	json_decref(merged);
	json_decref(answers);
	json_decref(silent);
}

static void
test_merge(void **state)
{
	for (size_t i = 0; i < nitems(cases); i++)
		check(i);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_merge),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
