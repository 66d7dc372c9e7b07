/* From method, path, query and body to a question, or to what is wrong. */
#include "api/http/http_route.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/strbuf.h"

#define JSON "application/json"
#define A64  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

struct route_case {
	const char *method, *path, *query;
	const char *type, *body;
	int status;       /* 0: it is good */
	const char *want; /* "verb key=value ...", or a part of the message */
};

static const struct route_case cases[] = {
    {"GET", "/v1/status", "", NULL, "", 0, "status"},
    {"HEAD", "/v1/status", "", NULL, "", 0, "status"},
    {"GET", "/healthz", "", NULL, "", 0, "status"},
    {"GET", "/v1/jobs", "", NULL, "", 0, "jobs"},
    {"GET", "/v1/jobs", "after=a%2Eb&limit=5", NULL, "", 0,
	"jobs after=a.b limit=5"},
    {"GET", "/v1/jobs", "&limit=5&", NULL, "", 0, "jobs limit=5"},
    {"GET", "/v1/jobs", "limit", NULL, "", 0, "jobs limit="},
    {"GET", "/v1/jobs/a-b", "", NULL, "", 0, "job job=a-b"},
    {"GET", "/v1/jobs/a%2Db", "", NULL, "", 0, "job job=a-b"},
    {"GET", "/v1/jobs/next/next", "n=3", NULL, "", 0, "next job=next n=3"},
    {"GET", "/v1/jobs/a-b/explain", "at=2026-03-10T07:00:00Z", NULL, "", 0,
	"explain job=a-b at=2026-03-10T07:00:00Z"},
    {"GET", "/v1/verify", "job=a&since=5&after=1,2", NULL, "", 0,
	"verify job=a since=5 after=1,2"},
    {"POST", "/v1/jobs/x/run", "", NULL, "", 0, "run job=x"},
    {"POST", "/v1/jobs/x/run", "", JSON, "{}", 0, "run job=x"},
    {"POST", "/v1/jobs/x/run", "", JSON "; charset=utf-8", "{}", 0,
	"run job=x"},
    {"GET", "/v1/runs", "job=a&outcome=failure%2Clost&since=2026%2B", NULL, "",
	0, "runs job=a outcome=failure,lost since=2026+"},
    {"GET", "/v1/runs/01k3/output", "offset=3&follow=1", NULL, "", 0,
	"output run=01k3 offset=3 follow=1"},
    {"POST", "/v1/runs/01k3/kill", "", NULL, "", 0, "kill run=01k3"},
    {"POST", "/v1/jobs/x/run", "", JSON, "{\"params\":{\"A\": \"b\"}}", 0,
	"run job=x params={\"A\":\"b\"}"},
    {"POST", "/v1/jobs/x/run", "", JSON, "{\"params\":\"A=b\"}", 400,
	"\"params\" in the body must be an object"},
    {"POST", "/v1/jobs/x/pause", "", NULL, "", 0, "pause job=x"},
    {"POST", "/v1/jobs/x/pause", "", JSON,
	"{\"until\":\"2026-03-10T07:00:00Z\",\"reason\":null}", 0,
	"pause job=x until=2026-03-10T07:00:00Z"},
    {"POST", "/v1/pause", "", JSON, "{\"reason\":\"a b\"}", 0,
	"pause-all reason=a b"},
    {"POST", "/v1/resume", "", NULL, "", 0, "resume-all"},
    {"POST", "/v1/pause", "", JSON, "{\"until\":5}", 400,
	"\"until\" in the body must be a string"},
    {"POST", "/v1/pause", "", JSON, "{\"why\":\"x\"}", 400,
	"unknown key \"why\""},
    {"POST", "/v1/jobs/x/resume", "", JSON, "{\"until\":\"x\"}", 400,
	"unknown key \"until\""},
    {"POST", "/v1/reload", "", NULL, "", 0, "reload"},
    /* no such thing */
    {"GET", "/", "", NULL, "", 404, "there is no /"},
    {"GET", "/v1", "", NULL, "", 404, "there is no"},
    {"GET", "/v1/", "", NULL, "", 404, "there is no"},
    {"GET", "/v1/status/", "", NULL, "", 404, "there is no"},
    {"GET", "//v1/status", "", NULL, "", 404, "there is no"},
    {"GET", "/v1/jobs//next", "", NULL, "", 404, "there is no"},
    {"GET", "/v1/jobs/a/b", "", NULL, "", 404, "there is no"},
    {"GET", "/v1/%73tatus", "", NULL, "", 404, "there is no"},
    {"GET", "/v1/jobs/a%2Fb", "", NULL, "", 404, "no job \"a/b\""},
    {"GET", "/v1/jobs/..", "", NULL, "", 0, "job job=.."},
    {"GET", "/v1/jobs/a b", "", NULL, "", 404, "no job"},
    {"GET", "/v1/jobs/%C3%BC", "", NULL, "", 404, "no job"},
    {"GET", "/v1/jobs/" A64 A64, "", NULL, "", 0, "job job=" A64 A64},
    {"GET", "/v1/jobs/" A64 A64 "a", "", NULL, "", 404, "no job"},
    /* methods */
    {"POST", "/v1/status", "", NULL, "", 405, "GET is"},
    {"GET", "/v1/jobs/x/run", "", NULL, "", 405, "POST is"},
    {"get", "/v1/status", "", NULL, "", 405, "GET is"},
    /* arguments */
    {"GET", "/v1/status", "a=b", NULL, "", 400, "\"a\"; none is taken"},
    {"GET", "/v1/jobs", "Limit=5", NULL, "", 400, "\"Limit\"; known are"},
    {"GET", "/v1/jobs", "limi=5", NULL, "", 400, "\"limi\""},
    {"GET", "/v1/jobs", "=5", NULL, "", 400, "\"\""},
    {"GET", "/v1/jobs", "limit=5&limit=5", NULL, "", 400, "given twice"},
    {"GET", "/v1/runs/r", "run=s", NULL, "", 400, "unknown argument"},
    {"GET", "/v1/jobs", "after=%", NULL, "", 400, "escape"},
    {"GET", "/v1/jobs", "after=%00", NULL, "", 400, "escape"},
    {"GET", "/v1/jobs/%zz", "", NULL, "", 400, "escape"},
    /* bodies */
    {"POST", "/v1/reload", "", NULL, "{}", 415, "application/json"},
    {"POST", "/v1/reload", "", "text/plain", "{}", 415, "application/json"},
    {"POST", "/v1/reload", "", JSON "x", "{}", 415, "application/json"},
    {"POST", "/v1/reload", "", JSON, "{", 400, "not JSON"},
    {"POST", "/v1/reload", "", JSON, "{} {}", 400, "not JSON"},
    {"POST", "/v1/reload", "", JSON, "[]", 400, "must be a JSON object"},
    {"POST", "/v1/reload", "", JSON, "{\"a\":1}", 400, "unknown key \"a\""},
    {"POST", "/v1/reload", "", JSON, "{\"a\":1,\"a\":1}", 400, "not JSON"},
    {"POST", "/v1/reload", "", JSON, "\xff", 400, "not JSON"},
};

static char *
describe(const struct route_call *call)
{
	struct strbuf b = STRBUF_INIT;
	unsigned i;

	strbuf_adds(&b, call->route->verb);
	for (i = 0; i < call->nargs; i++)
		strbuf_addf(&b, " %s=%s", call->keys[i], call->values[i]);
	return strbuf_take(&b);
}

static void
check(const struct route_case *c)
{
	struct route_request request = {
	    .method = c->method,
	    .path = c->path,
	    .query = c->query,
	    .content_type = c->type,
	    .body = c->body,
	    .body_len = strlen(c->body),
	};
	struct http_problem problem = {0};
	struct route_call call;
	char allow[64], *got;
	int rc;

	rc = route_match(&request, &call, allow, sizeof(allow), &problem);
	if (problem.status != c->status)
		fail_msg("%s %s?%s %s: %d %s", c->method, c->path, c->query,
		    c->body, problem.status, problem.err.text);
	assert_int_equal(rc, c->status == 0 ? 0 : -1);
	got = rc == 0 ? describe(&call) : xstrdup(problem.err.text);
	if (rc == 0)
		assert_string_equal(got, c->want);
	else if (strstr(got, c->want) == NULL)
		fail_msg("%s: \"%s\" is not in \"%s\"", c->path, c->want, got);
	if (c->status == 405)
		assert_string_equal(
		    allow, strcmp(c->want, "GET is") == 0 ? "GET" : "POST");
	free(got);
	route_call_fini(&call);
}

static void
test_cases(void **state)
{
	size_t i;

	for (i = 0; i < nitems(cases); i++)
		check(&cases[i]);
}

/* A name of another length, and what is as long as can be. */
static void
test_long_value(void **state)
{
	struct route_case c = {
	    "GET", "/v1/runs", NULL, NULL, "", 400, "longer than"};
	char *query = xcalloc(1, 2048);

	memset(query, 'x', 2000);
	memcpy(query, "job=", 4);
	c.query = query;
	check(&c);
	free(query);
}

static void
test_json_problem(void **state)
{
	struct http_problem problem;
	char *text;

	http_problem_set(&problem, 400, "bad", "a \"b\" \xff %d", 3);
	text = http_problem_json(&problem);
	assert_string_equal(text,
	    "{\"error\":{\"code\":\"bad\",\"message\":\"a \\\"b\\\" ? 3\"}}");
	free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_cases),
	    cmocka_unit_test(test_long_value),
	    cmocka_unit_test(test_json_problem),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
