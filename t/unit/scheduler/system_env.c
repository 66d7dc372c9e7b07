/* /etc/environment and /etc/default/locale as pam_env reads them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/strbuf.h"
#include "scheduler/runs/system_env.h"

static void
check(const char *text, const char *wanted)
{
	struct strbuf lines = STRBUF_INIT;

	system_env_parse(text, &lines);
	assert_string_equal(strbuf_str(&lines), wanted);
	strbuf_fini(&lines);
}

static void
test_lines(void **state)
{
	check("", "");
	check("# a comment\n\n  \n", "");
	check("A=b\nC=d e", "A=b\nC=d e\n");
	check("  A=b # and c\nexport B=2\n", "A=b \nB=2\n");
	check("A=\n", "A=\n");
	check("no variable\nA-B=c\n=x\nA b=c\n", "");
	check("A=x=y\nA=z\n", "A=x=y\nA=z\n");
}

static void
test_quotes(void **state)
{
	check("A=\"b c\"\nB='d'\n", "A=b c\nB=d\n");
	check("A=\"b\"c\"\n", "A=b\"c\n");
	check("A=\"\nB=b\"c\"\n", "A=\nB=b\"c\"\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_lines),
	    cmocka_unit_test(test_quotes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
