/* Request heads: what is read, and what is refused. */
#include "api/http_head.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/strbuf.h"

struct head_case {
	const char *text;
	int status; /* 0: it is good */
	const char *path;
	const char *query;
	uint64_t length;
	bool keep_alive;
};

#define H "Host: x\r\n"

static const struct head_case cases[] = {
    {"GET / HTTP/1.1\r\n" H "\r\n", 0, "/", "", 0, true},
    {"GET /a/b?c=d&e HTTP/1.1\r\n" H "\r\n", 0, "/a/b", "c=d&e", 0, true},
    {"GET http://h:1/a?b HTTP/1.1\r\n" H "\r\n", 0, "/a", "b", 0, true},
    {"GET /a HTTP/1.0\r\n\r\n", 0, "/a", "", 0, false},
    {"GET /a HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", 0, "/a", "", 0, true},
    {"GET /a HTTP/1.1\r\n" H "connection: foo, Close\r\n\r\n", 0, "/a", "", 0,
	false},
    {"GET /a HTTP/1.1\r\n" H "connection: closed\r\n\r\n", 0, "/a", "", 0,
	true},
    {"POST /a HTTP/1.1\r\n" H "Content-Length: 012\r\n\r\n", 0, "/a", "", 12,
	true},
    {"POST /a HTTP/1.1\r\n" H "Content-Length:\t7 \t\r\n\r\n", 0, "/a", "", 7,
	true},
    {"GET /a HTTP/1.1\r\n" H "X:\r\n\r\n", 0, "/a", "", 0, true},
    /* the request line */
    {"\r\n\r\n", 400, NULL, NULL, 0, false},
    {"GET\r\n\r\n", 400, NULL, NULL, 0, false},
    {"GET /\r\n\r\n", 400, NULL, NULL, 0, false},
    {"GET  / HTTP/1.1\r\n" H "\r\n", 400, NULL, NULL, 0, false},
    {"GET / HTTP/1.1 \r\n" H "\r\n", 400, NULL, NULL, 0, false},
    {" GET / HTTP/1.1\r\n" H "\r\n", 400, NULL, NULL, 0, false},
    {"G(T / HTTP/1.1\r\n" H "\r\n", 400, NULL, NULL, 0, false},
    {"GET a HTTP/1.1\r\n" H "\r\n", 400, NULL, NULL, 0, false},
    {"GET * HTTP/1.1\r\n" H "\r\n", 400, NULL, NULL, 0, false},
    {"GET http://h HTTP/1.1\r\n" H "\r\n", 400, NULL, NULL, 0, false},
    {"GET http://h?/ HTTP/1.1\r\n" H "\r\n", 400, NULL, NULL, 0, false},
    {"GET /a#b HTTP/1.1\r\n" H "\r\n", 400, NULL, NULL, 0, false},
    {"GET /\x80 HTTP/1.1\r\n" H "\r\n", 400, NULL, NULL, 0, false},
    {"GET /\x01 HTTP/1.1\r\n" H "\r\n", 400, NULL, NULL, 0, false},
    {"GET / HTTP/2.0\r\n" H "\r\n", 505, NULL, NULL, 0, false},
    {"GET / HTTP/1.2\r\n" H "\r\n", 505, NULL, NULL, 0, false},
    {"GET / FTP/1.1\r\n" H "\r\n", 400, NULL, NULL, 0, false},
    /* lines */
    {"GET / HTTP/1.1\n" H "\r\n", 400, NULL, NULL, 0, false},
    {"GET / HTTP/1.1\r\nHost: x\n\r\n", 400, NULL, NULL, 0, false},
    {"GET / HTTP/1.1\n\n", 400, NULL, NULL, 0, false},
    {"GET / HTTP/1.1\r\nHost: x\ry: z\r\n\r\n", 400, NULL, NULL, 0, false},
    /* fields */
    {"GET / HTTP/1.1\r\n" H "Foo\r\n\r\n", 400, NULL, NULL, 0, false},
    {"GET / HTTP/1.1\r\n" H "Foo : b\r\n\r\n", 400, NULL, NULL, 0, false},
    {"GET / HTTP/1.1\r\n" H ": b\r\n\r\n", 400, NULL, NULL, 0, false},
    {"GET / HTTP/1.1\r\n" H "A: b\r\n c\r\n\r\n", 400, NULL, NULL, 0, false},
    {"GET / HTTP/1.1\r\n" H "A: b\x01\r\n\r\n", 400, NULL, NULL, 0, false},
    {"GET / HTTP/1.1\r\n" H "A: b\x7f\r\n\r\n", 400, NULL, NULL, 0, false},
    {"GET / HTTP/1.1\r\n\r\n", 400, NULL, NULL, 0, false},
    {"GET / HTTP/1.1\r\n" H H "\r\n", 400, NULL, NULL, 0, false},
    /* how long the body is */
    {"POST / HTTP/1.1\r\n" H "Content-Length: -1\r\n\r\n", 400, NULL, NULL, 0,
	false},
    {"POST / HTTP/1.1\r\n" H "Content-Length: +1\r\n\r\n", 400, NULL, NULL, 0,
	false},
    {"POST / HTTP/1.1\r\n" H "Content-Length: 1, 1\r\n\r\n", 400, NULL, NULL, 0,
	false},
    {"POST / HTTP/1.1\r\n" H "Content-Length:\r\n\r\n", 400, NULL, NULL, 0,
	false},
    {"POST / HTTP/1.1\r\n" H "Content-Length: 1\r\ncontent-length: 1\r\n\r\n",
	400, NULL, NULL, 0, false},
    {"POST / HTTP/1.1\r\n" H "Content-Length: 99999999999999999999999\r\n\r\n",
	400, NULL, NULL, 0, false},
    {"POST / HTTP/1.1\r\n" H
     "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n",
	400, NULL, NULL, 0, false},
    {"POST / HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\n", 411, NULL,
	NULL, 0, false},
};

static void
test_cases(void **state)
{
	struct http_problem problem;
	struct http_head head;
	char *text;
	size_t i;
	int rc;

	for (i = 0; i < nitems(cases); i++) {
		text = xstrdup(cases[i].text);
		assert_int_equal(
		    http_head_length(text, strlen(text)), strlen(text));
		rc = http_head_parse(text, strlen(text), &head, &problem);
		if ((rc == -1 ? problem.status : 0) != cases[i].status)
			fail_msg("%s: %d %s", cases[i].text, rc,
			    rc == -1 ? problem.err.text : "good");
		if (rc == 0) {
			assert_string_equal(head.path, cases[i].path);
			assert_string_equal(head.query, cases[i].query);
			assert_int_equal(head.content_length, cases[i].length);
			assert_int_equal(head.keep_alive, cases[i].keep_alive);
		}
		free(text);
	}
}

static void
test_incomplete(void **state)
{
	static const char text[] = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
	size_t n;

	for (n = 0; n < sizeof(text) - 1; n++)
		assert_int_equal(http_head_length(text, n), 0);
	assert_int_equal(http_head_length(text, n), n);
}

static void
test_nul(void **state)
{
	char text[] = "GET / HTTP/1.1\r\nHost: \0\r\n\r\n";
	struct http_problem problem;
	struct http_head head;

	assert_int_equal(
	    http_head_parse(text, sizeof(text) - 1, &head, &problem), -1);
	assert_int_equal(problem.status, 400);
}

static void
test_many_fields(void **state)
{
	struct strbuf text = STRBUF_INIT;
	struct http_problem problem;
	struct http_head head;
	int i;

	strbuf_adds(&text, "GET / HTTP/1.1\r\nHost: x\r\n");
	for (i = 0; i < HTTP_FIELDS_MAX; i++)
		strbuf_adds(&text, "a: b\r\n");
	strbuf_adds(&text, "\r\n");
	assert_int_equal(
	    http_head_parse(text.s, text.len, &head, &problem), -1);
	assert_int_equal(problem.status, 431);
	strbuf_fini(&text);
}

static void
test_percent(void **state)
{
	static const struct {
		const char *in;
		bool plus;
		const char *out; /* NULL: broken */
	} texts[] = {
	    {"abc", false, "abc"},
	    {"a%20b%2Fc", false, "a b/c"},
	    {"a+b", false, "a+b"},
	    {"a+b", true, "a b"},
	    {"%", false, NULL},
	    {"%4", false, NULL},
	    {"%4g", false, NULL},
	    {"%g4", false, NULL},
	    {"a%00b", false, NULL},
	    {"%c3%BC", false, "\xc3\xbc"},
	};
	char *text;
	size_t i;
	int rc;

	for (i = 0; i < nitems(texts); i++) {
		text = xstrdup(texts[i].in);
		rc = http_percent_decode(text, texts[i].plus);
		assert_int_equal(rc, texts[i].out != NULL ? 0 : -1);
		if (rc == 0)
			assert_string_equal(text, texts[i].out);
		free(text);
	}
}

static void
test_field(void **state)
{
	char text[] = "GET / HTTP/1.1\r\nHost: x\r\nFoo-BAR:  a b \r\n\r\n";
	struct http_problem problem;
	struct http_head head;

	assert_int_equal(
	    http_head_parse(text, strlen(text), &head, &problem), 0);
	assert_string_equal(http_head_field(&head, "foo-bar"), "a b");
	assert_null(http_head_field(&head, "foo"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_cases),
	    cmocka_unit_test(test_incomplete),
	    cmocka_unit_test(test_nul),
	    cmocka_unit_test(test_many_fields),
	    cmocka_unit_test(test_percent),
	    cmocka_unit_test(test_field),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
