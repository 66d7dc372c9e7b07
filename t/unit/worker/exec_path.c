/* The search along PATH. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "exec_path.h"

/* found: the candidates, joined by blanks. */
static const struct {
	const char *name, *path, *found;
} table[] = {
    {"ls", "/bin", "/bin/ls"},
    {"ls", "/bin:/usr/bin", "/bin/ls /usr/bin/ls"},
    {"ls", NULL, "/usr/local/bin/ls /usr/bin/ls /bin/ls"},
    {"ls", "", ""},
    {"ls", ":", ""},
    {"ls", ":/bin::/usr/bin:", "/bin/ls /usr/bin/ls"},
    {"ls", "bin:.", "bin/ls ./ls"},
    {"/bin/ls", "/usr", "/bin/ls"},
    {"./ls", "/usr", "./ls"},
    {"a/b", NULL, "a/b"},
    {"", "/bin", ""},
    {"ls", "/a-directory-of-33-characters-here:/b", "/b/ls"},
    {"/a-name-that-has-no-room-in-the-buffer", "/b", ""},
    /* 32 bytes with the NUL, and one more */
    {"ls", "/4567890123456789012345678:/x",
	"/4567890123456789012345678/ls "
	"/x/ls"},
    {"ls", "/456789012345678901234567890:/x",
	"/456789012345678901234567890/ls /x/ls"},
    {"ls", "/4567890123456789012345678901:/x", "/x/ls"},
};

static void
test_table(void **state)
{
	struct exec_path search;
	char found[512], buf[32];

	for (size_t i = 0; i < nitems(table); i++) {
		found[0] = '\0';
		exec_path_init(&search, table[i].name, table[i].path);
		while (exec_path_next(&search, buf, sizeof(buf)))
			snprintf(found + strlen(found),
			    sizeof(found) - strlen(found), "%s%s",
			    found[0] != '\0' ? " " : "", buf);
		assert_string_equal(found, table[i].found);
		assert_false(exec_path_next(&search, buf, sizeof(buf)));
	}
}

static void
test_of(void **state)
{
	static const char *const with[] = {
	    "A=1", "XPATH=/x", "PATH=/p", "PATH=/q", NULL};
	static const char *const without[] = {"PATHX=/x", "PATH", NULL};

	assert_string_equal(exec_path_of(with), "/p");
	assert_null(exec_path_of(without));
	assert_null(exec_path_of(without + 2));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_table),
	    cmocka_unit_test(test_of),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
