/* Lines of the log as JSON: whole, valid, and with their ids as fields. */
#include "base/log_json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"

#define HEAD                                                                   \
	"{\"time\":\"T\",\"level\":\"info\",\"process\":\"master\",\"pid\":7," \
	"\"message\":\""

static void
check(const char *message, const char *want)
{
	const struct log_json line = {"T", "info", "master", 7, message};
	char buf[4096];
	size_t n = log_json_line(buf, sizeof(buf), &line);

	assert_string_equal(buf, want);
	assert_int_equal(n, strlen(want));
}

static void
test_lines(void **state)
{
	check("", HEAD "\"}");
	check("plain words", HEAD "plain words\"}");
	check("job a.b: run=01k3 success attempt=1 exit=0: ok; x=y,",
	    HEAD "job a.b: run=01k3 success attempt=1 exit=0: ok; x=y,\","
		 "\"job\":\"a.b\",\"run\":\"01k3\",\"attempt\":\"1\","
		 "\"exit\":\"0\",\"x\":\"y\"}");
	/* Not the line's own, none twice, none without a name or a value. */
	check("time=1 pid=2 a=1 a=2 =3 b= C=4 c=5=6",
	    HEAD "time=1 pid=2 a=1 a=2 =3 b= C=4 c=5=6\","
		 "\"a\":\"1\",\"c\":\"5=6\"}");
	check("job a b: x", HEAD "job a b: x\"}");
	check("job : x", HEAD "job : x\"}");
}

static void
test_escapes(void **state)
{
	check("\"\\\n\x01\x7f", HEAD "\\\"\\\\\\u000a\\u0001\\u007f\"}");
	check("\xc3\xa9\xe4\xb8\xad\xf0\x9f\x94\x94",
	    HEAD "\xc3\xa9\xe4\xb8\xad\xf0\x9f\x94\x94\"}");
	check("\xff\xc3(\xed\xa0\x80\xc0\xaf",
	    HEAD "\\ufffd\\ufffd(\\ufffd\\ufffd\\ufffd\\ufffd\\ufffd\"}");
	check(
	    "a=\xe4\xb8", HEAD "a=\\ufffd\\ufffd\",\"a\":\"\\ufffd\\ufffd\"}");
}

/* However little room there is, the line is whole. */
static void
test_cut(void **state)
{
	struct log_json line = {"T", "info", "master", 7, NULL};
	char message[2000], buf[600];
	size_t n;

	memset(message, '"', sizeof(message));
	memcpy(message, "run=1 ", 6);
	message[sizeof(message) - 1] = '\0';
	line.message = message;
	for (size_t size = 512; size <= sizeof(buf); size++) {
		memset(buf, 'x', sizeof(buf));
		n = log_json_line(buf, size, &line);
		assert_in_range(n, size - 12, size - 1);
		assert_int_equal(strlen(buf), n);
		assert_string_equal(buf + n - 2, "\"}");
		/* Escapes are not cut: as many \" as fit, then the end. */
		assert_true(buf[n - 3] == '"' && buf[n - 4] == '\\');
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_lines),
	    cmocka_unit_test(test_escapes),
	    cmocka_unit_test(test_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
