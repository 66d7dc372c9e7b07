/* Mail in ASCII and short lines. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "notify/encode.h"

typedef void
encoder(struct strbuf *b, const char *s, size_t len, const char *eol);

static void
check(encoder *encode, const char *text, size_t len, const char *wanted)
{
	struct strbuf b = STRBUF_INIT;

	encode(&b, text, len, "\r\n");
	assert_string_equal(strbuf_str(&b), wanted);
	strbuf_fini(&b);
}

#define CHECK(encode, text, wanted)                                            \
	check(encode, text, sizeof(text) - 1, wanted)

static bool
is_plain(const char *text)
{
	return encode_is_plain(text, strlen(text));
}

static void
test_plain(void **state)
{
	char line[1000];

	assert_true(is_plain(""));
	assert_true(is_plain("a\nb\r\nc"));
	assert_false(is_plain("gr\xc3\xbc\xc3\x9f"));
	assert_false(is_plain("a\rb"));
	assert_false(is_plain("a\r"));
	assert_false(encode_is_plain("a\0b", 3));
	memset(line, 'x', sizeof(line));
	line[990] = '\0';
	assert_true(is_plain(line));
	line[990] = 'x';
	line[991] = '\0';
	assert_false(is_plain(line));
	line[500] = '\n';
	assert_true(is_plain(line));
}

static void
test_lines(void **state)
{
	CHECK(encode_lines, "", "");
	CHECK(encode_lines, "a\nb\r\nc", "a\r\nb\r\nc");
}

static void
test_quoted(void **state)
{
	CHECK(encode_quoted, "", "");
	CHECK(encode_quoted, "a=b\tc\x7f\n", "a=3Db\tc=7F\r\n");
	CHECK(encode_quoted, "\xc3\xa4\r\n\rx\r", "=C3=A4\r\n=0Dx=0D");
	/* What may be cut off at the end of a line. */
	CHECK(encode_quoted, "a \nb\t\r\nc ", "a=20\r\nb=09\r\nc=20");
	CHECK(encode_quoted, "a\0b", "a=00b");
	CHECK(encode_quoted,
	    "123456789 123456789 123456789 123456789 123456789 123456789 "
	    "123456789 123\xc3\xa4",
	    "123456789 123456789 123456789 123456789 123456789 123456789 "
	    "123456789 12=\r\n3=C3=A4");
}

static void
test_base64(void **state)
{
	CHECK(encode_base64, "", "");
	CHECK(encode_base64, "a", "YQ==\r\n");
	CHECK(encode_base64, "ab", "YWI=\r\n");
	CHECK(encode_base64, "a\0\xff", "YQD/\r\n");
	CHECK(encode_base64,
	    "123456789 123456789 123456789 123456789 123456789 1234567x",
	    "MTIzNDU2Nzg5IDEyMzQ1Njc4OSAxMjM0NTY3ODkgMTIzNDU2Nzg5IDEyMzQ1Njc4"
	    "OSAxMjM0NTY3\r\neA==\r\n");
}

static void
test_foreign(void **state)
{
	assert_false(encode_is_foreign("", 0));
	assert_false(encode_is_foreign("plain\n\n\n", 8));
	assert_false(encode_is_foreign("na\xc3\xafve as they were", 17));
	assert_true(encode_is_foreign("\xe5\xa4\x87\xe4\xbb\xbd\n", 7));
}

static void
check_field(const char *value, const char *wanted)
{
	struct strbuf b = STRBUF_INIT;

	encode_field(&b, "X", value, "\r\n");
	assert_string_equal(strbuf_str(&b), wanted);
	strbuf_fini(&b);
}

static void
test_field(void **state)
{
	check_field("", "X: \r\n");
	check_field("a b", "X: a b\r\n");
	check_field("\xc3\xa4", "X: =?UTF-8?B?w6Q=?=\r\n");
	/* No word ends in the middle of a character, if there are any. */
	check_field("1234567890123456789012345678901234567890123\xe5\xa4\x87x",
	    "X: =?UTF-8?B?"
	    "MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDEyMw==?=\r\n"
	    " =?UTF-8?B?5aSHeA==?=\r\n");
	check_field("\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80"
		    "\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80"
		    "\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80"
		    "\x80\x80\x80\x80",
	    "X: =?UTF-8?B?"
	    "gICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICA?=\r\n"
	    " =?UTF-8?B?gA==?=\r\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_plain),
	    cmocka_unit_test(test_lines),
	    cmocka_unit_test(test_quoted),
	    cmocka_unit_test(test_base64),
	    cmocka_unit_test(test_foreign),
	    cmocka_unit_test(test_field),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
