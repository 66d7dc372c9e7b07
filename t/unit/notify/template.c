/* Values in the texts of receivers: what they become, and what is wrong. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "base/mem.h"
#include "notify/template.h"

/* Two values: one that is odd, one that is never escaped by its place. */
static const char *
value(void *arg, const char *name, size_t len, bool *raw_r)
{
	if (len == 3 && strncmp(name, "job", 3) == 0)
		return "a\"b<c>&'\n%\x01\\";
	*raw_r = true;
	return len == 4 && strncmp(name, "json", 4) == 0 ? "{\"a\":1}" : "";
}

static const struct {
	const char *text;
	enum notice_escape usual;
	const char *result;
} good[] = {
    {"", NOTICE_RAW, ""},
    {"{job}", NOTICE_RAW, "a\"b<c>&'\n%?\\"},
    {"{job}", NOTICE_URL, "a%22b%3Cc%3E%26%27%0A%25%01%5C"},
    {"{\"x\": \"{job}\"}", NOTICE_JSON,
	"{\"x\": \"a\\\"b<c>&'\\n%\\u0001\\\\\"}"},
    {"<b>{job}</b>", NOTICE_HTML, "<b>a&quot;b&lt;c&gt;&amp;&#39;\n%?\\</b>"},
    {"X: {job}", NOTICE_HEADER, "X: a\"b<c>&' % \\"},
    {"{job}", NOTICE_SLACK, "a\\\"b&lt;c&gt;&amp;'\\n%\\u0001\\\\"},
    {"{job:url} {job:raw}", NOTICE_JSON,
	"a%22b%3Cc%3E%26%27%0A%25%01%5C a\"b<c>&'\n%?\\"},
    {"{json}", NOTICE_JSON, "{\"a\":1}"},
    {"{json:url}", NOTICE_RAW, "%7B%22a%22%3A1%7D"},
    {"{{job} { job} {} }{", NOTICE_RAW, "{job} { job} {} }{"},
    {"{\"a\":{\"b\":[{}]}}", NOTICE_JSON, "{\"a\":{\"b\":[{}]}}"},
};

static const struct {
	const char *text, *error;
} bad[] = {
    {"{jobs}", "column 1: there is nothing called {jobs}"},
    {"ab {host} {nonsense}", "column 11: there is nothing called {nonsense}"},
    {"{job:xml}", "column 1: a value can be escaped as"},
};

static void
is_expanded(void **state)
{
	struct strbuf b = STRBUF_INIT;
	struct err err;

	for (size_t i = 0; i < nitems(good); i++) {
		strbuf_reset(&b);
		assert_int_equal(notice_template_check(good[i].text, &err), 0);
		notice_template_expand(
		    &b, good[i].text, good[i].usual, value, NULL);
		assert_string_equal(strbuf_str(&b), good[i].result);
	}
	strbuf_fini(&b);
}

static void
is_refused(void **state)
{
	struct err err;

	for (size_t i = 0; i < nitems(bad); i++) {
		assert_int_equal(notice_template_check(bad[i].text, &err), -1);
		assert_ptr_equal(strstr(err.text, bad[i].error), err.text);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(is_expanded),
	    cmocka_unit_test(is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
