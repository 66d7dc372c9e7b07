/* Values of http jobs: what is taken, what is not, what is shown. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "base/mem.h"
#include "kind/http.h"

static const struct {
	const char *value, *method, *url;
} lines[] = {
    {"http://h", "", "http://h"},
    {"HTTPS://h:1/x?y#z", "", "HTTPS://h:1/x?y#z"},
    {"GET http://h", "GET", "http://h"},
    {"M-SEARCH \t http://h/", "M-SEARCH", "http://h/"},
    {"POST ${BASE:raw}/x", "POST", "${BASE:raw}/x"},
    {"${BASE}", "", "${BASE}"},
    {"http://h/a@b", "", "http://h/a@b"},
    {"http://h?a@b", "", "http://h?a@b"},
    {"http://h:65535", "", "http://h:65535"},
    {"http://h:/x:y", "", "http://h:/x:y"},
    {"http://[::1]/", "", "http://[::1]/"},
    {"http://[::1]:8080/", "", "http://[::1]:8080/"},
    {"http://h:${PORT:-80}/", "", "http://h:${PORT:-80}/"},
};

static const char *const bad_lines[] = {"", "GET", "x", "get http://h",
    "G3T http://h", "ABCDEFGHIJKLMNOPQRSTU http://h", "GET ftp://h",
    "GET http://", "GET http:///x", "GET http://u:p@h/", "http://u@h",
    "GET http://h/a b", "GET http://h/\x01", "GET http://h/${", "http:h",
    "CONNECT http://h", "GET  POST http://h", "http://h:65536", "http://h:0/",
    "http://h:99999999999999999999", "http://h:http/", "http://[::1]:x"};

static void
method_and_url(void **state)
{
	struct http_line line;
	struct err err;

	for (size_t i = 0; i < nitems(lines); i++) {
		assert_int_equal(
		    http_line_parse(&line, lines[i].value, &err), 0);
		assert_string_equal(line.method, lines[i].method);
		assert_string_equal(line.url, lines[i].url);
	}
	for (size_t i = 0; i < nitems(bad_lines); i++)
		if (http_check_line(bad_lines[i], &err) != -1)
			fail_msg("%s is taken", bad_lines[i]);
}

static void
statuses(void **state)
{
	static const char *const wrong[] = {"", "2", "20", "2000", "99", "600",
	    "6xx", "2xxx", "2xy", "300-200", "200-", "200-6xx", "200,201",
	    "200 -300", "x"};
	struct http_statuses set;
	struct err err;

	assert_int_equal(
	    http_statuses_parse(&set, "2xx  304\t400-404 599", &err), 0);
	for (int i = 0; i < 1000; i++)
		assert_int_equal(http_statuses_has(&set, i),
		    (i >= 200 && i <= 299) || i == 304 ||
			(i >= 400 && i <= 404) || i == 599);
	for (size_t i = 0; i < nitems(wrong); i++)
		if (http_check_status(wrong[i], &err) != -1)
			fail_msg("%s is taken", wrong[i]);
	http_check_status("200 2x", &err);
	assert_memory_equal(err.text, "column 5: ", 10);
}

static const struct {
	int (*check)(const char *value, struct err *err);
	const char *good[4], *bad[9];
} values[] = {
    {http_check_header, {"A: b", "A:", "X-1_~: ${B} c"},
	{"", "A", ": b", "A b: c", "A: \x7f", "A: ${", "Content-Length: 1",
	    "transfer-encoding: chunked"}},
    {http_check_query, {"a=b", "a=", "${A}=${B}"}, {"", "a", "=b", "a=${"}},
    {http_check_pattern, {"a+(b|c)$", "."}, {"", "(", "a{2", "[[:x:]]"}},
    {http_check_proxy, {"http://p:1", "https://${U}:${P}@p"},
	{"", "p:1", "socks5://p", "http://p q", "http://${"}},
    {http_check_pin,
	{"sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
	    "sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=;"
	    "sha256//BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB="},
	{"", "sha256//", "sha1//AAAA=",
	    "sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=;",
	    "sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}},
};

static void
other_values(void **state)
{
	struct err err;

	for (size_t i = 0; i < nitems(values); i++) {
		for (const char *const *p = values[i].good; *p != NULL; p++)
			if (values[i].check(*p, &err) != 0)
				fail_msg("%s: %s", *p, err.text);
		for (const char *const *p = values[i].bad; *p != NULL; p++)
			if (values[i].check(*p, &err) != -1)
				fail_msg("%s is taken", *p);
	}
}

static const struct {
	void (*mask)(struct strbuf *b, const char *value);
	const char *value, *shown;
} masks[] = {
    {http_mask_header, "Accept: x", "Accept: x"},
    {http_mask_header, "Authorization: Basic abc", "Authorization: ***"},
    {http_mask_header, "AUTHORIZATION:abc", "AUTHORIZATION: ***"},
    {http_mask_header, "X-Api-Key: 1", "X-Api-Key: ***"},
    {http_mask_header, "X-Token: ${T}", "X-Token: ${T}"},
    {http_mask_header, "Cookie: id=1", "Cookie: ***"},
    {http_mask_header, "Authorization: Bearer ${T}",
	"Authorization: Bearer ${T}"},
    {http_mask_header, "Authorization: Bearer ${T:-abc}", "Authorization: ***"},
    {http_mask_password, "abc", "***"},
    {http_mask_password, "${P}", "${P}"},
    {http_mask_proxy, "http://p:1", "http://p:1"},
    {http_mask_proxy, "http://u:p@p:1", "http://***@p:1"},
    {http_mask_proxy, "https://u:p@x@p:1", "https://***@p:1"},
};

static void
secrets_are_masked(void **state)
{
	struct strbuf b = STRBUF_INIT;

	for (size_t i = 0; i < nitems(masks); i++) {
		strbuf_reset(&b);
		masks[i].mask(&b, masks[i].value);
		assert_string_equal(strbuf_str(&b), masks[i].shown);
	}
	strbuf_fini(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(method_and_url),
	    cmocka_unit_test(statuses),
	    cmocka_unit_test(other_values),
	    cmocka_unit_test(secrets_are_masked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
