/* Entity tags and gzip: what clients send, and what is done about it. */
#include "api/http/http_encoding.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include <cmocka.h>

#include "base/mem.h"

static void
test_takes_gzip(void **state)
{
	static const struct {
		const char *text;
		bool takes;
	} cases[] = {
	    {NULL, false},
	    {"", false},
	    {"gzip", true},
	    {"GZip", true},
	    {"gzip, deflate, br", true},
	    {"deflate,gzip;q=0.5", true},
	    {"gzip;q=0", false},
	    {"gzip; q=0.000", false},
	    {"gzip;q=0, *", false},
	    {"*", true},
	    {"*;q=0", false},
	    {"*;q=0, gzip", true},
	    {"identity", false},
	    {"x-gzip-2", false},
	    {",,,", false},
	    {"gzip;q=", false},
	};

	for (size_t i = 0; i < nitems(cases); i++)
		if (http_takes_gzip(cases[i].text) != cases[i].takes)
			fail_msg("Accept-Encoding: %s", cases[i].text);
}

static void
test_etag(void **state)
{
	char a[HTTP_ETAG_SIZE], b[HTTP_ETAG_SIZE], text[128];
	const char *bare;

	http_etag(a, "abc", 3);
	http_etag(b, "abd", 3);
	bare = a + 2;
	assert_string_not_equal(a, b);
	assert_false(http_etag_matches(NULL, a));
	assert_false(http_etag_matches("", a));
	assert_true(http_etag_matches("*", a));
	assert_true(http_etag_matches(a, a));
	assert_true(http_etag_matches(bare, a));
	assert_false(http_etag_matches(b, a));
	snprintf(text, sizeof(text), "\"x,y\", W/\"z\" ,%s", a);
	assert_true(http_etag_matches(text, a));
	assert_false(http_etag_matches(text, b));
	snprintf(text, sizeof(text), "\"no end, %s", a);
	assert_false(http_etag_matches("\"", a));
	assert_false(http_etag_matches(text, b));
}

static void
test_gzip(void **state)
{
	char *text = xmalloc(200000), back[200001];
	struct strbuf b = STRBUF_INIT;
	z_stream z = {0};

	for (int i = 0; i < 200000; i++)
		text[i] = (char)('a' + i % 7 + i % 11);
	strbuf_adds(&b, "x");
	assert_false(http_gzip(&b, text, 100));
	assert_int_equal(b.len, 1);
	strbuf_cut(&b, 0);
	assert_true(http_gzip(&b, text, 200000));
	assert_in_range(b.len, 1, 20000);
	assert_int_equal(inflateInit2(&z, 15 + 16), Z_OK);
	z.next_in = (Bytef *)b.s;
	z.avail_in = (uInt)b.len;
	z.next_out = (Bytef *)back;
	z.avail_out = sizeof(back);
	assert_int_equal(inflate(&z, Z_FINISH), Z_STREAM_END);
	assert_int_equal(z.total_out, 200000);
	assert_memory_equal(back, text, 200000);
	inflateEnd(&z);
	strbuf_fini(&b);
	free(text);
}

/* What does not become smaller stays as it is. */
static void
test_gzip_of_noise(void **state)
{
	struct strbuf b = STRBUF_INIT;
	uint32_t noise[1024], x = 1;

	for (size_t i = 0; i < nitems(noise); i++) {
		x ^= x << 13;
		x ^= x >> 17;
		x ^= x << 5;
		noise[i] = x;
	}
	assert_false(http_gzip(&b, noise, sizeof(noise)));
	assert_int_equal(b.len, 0);
	strbuf_fini(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_takes_gzip),
	    cmocka_unit_test(test_etag),
	    cmocka_unit_test(test_gzip),
	    cmocka_unit_test(test_gzip_of_noise),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
