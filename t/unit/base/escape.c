/* Text as it must stand in URLs and JSON. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "base/escape.h"

static void
urls(void **state)
{
	struct strbuf b = STRBUF_INIT;

	escape_url(&b, "aZ09-._~", 8, "");
	escape_url(&b, " /?&=+%,\0\xc3\xa9\x7f", 12, ",");
	assert_string_equal(
	    strbuf_str(&b), "aZ09-._~%20%2F%3F%26%3D%2B%25,%00%C3%A9%7F");
	strbuf_fini(&b);
}

static void
json(void **state)
{
	struct strbuf b = STRBUF_INIT;

	escape_json(&b, "a\"b\\c/\n\t\r\0\x1f\x7f\xc3\xa9", 14);
	assert_string_equal(strbuf_str(&b),
	    "a\\\"b\\\\c/\\n\\t\\u000d\\u0000\\u001f\\u007f\xc3\xa9");
	strbuf_fini(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(urls),
	    cmocka_unit_test(json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
