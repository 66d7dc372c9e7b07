/* Environment files: what each line gives, and what is wrong with it. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "envfile.h"

/* vars are joined by "|". */
static const struct {
	const char *text, *vars;
} good[] = {
    {"", ""},
    {"\n\n \t\n", ""},
    {"# A=1\n;B=2\n  # C=3", ""},
    {"A=1", "A=1"},
    {"A=1\n", "A=1"},
    {"A=1\r\nB=2\r\n", "A=1|B=2"},
    {"A=1\r", "A=1"},
    {"A=\nB=\r\n", "A=|B="},
    {"  A=1  \n", "A=1"},
    {"A=  1 2  \t\n", "A=1 2"},
    {"A=a#b ; c\n", "A=a#b ; c"},
    {"A=x=y\n", "A=x=y"},
    {"_a1=x\n", "_a1=x"},
    {"export A=1\nexport\tB=2\n", "A=1|B=2"},
    {"export=1\n", "export=1"},
    {"A='a b'\n", "A=a b"},
    {"A=\"a b\"  \n", "A=a b"},
    {"A='a\\'\n", "A=a\\"},
    {"A=\"\\\"\\\\\\$\\`\\n\"\n", "A=\"\\$`\\n"},
    {"A=''\nB=\"\"\n", "A=|B="},
    {"A=' # '\n", "A= # "},
    {"A=don't\n", "A=don't"},
    {"\xef\xbb\xbf"
     "A=1\n",
	"A=1"},
    {"A=\xc3\xa9\n", "A=\xc3\xa9"},
    {"A=1\nA=2\n", "A=1|A=2"},
};

static const struct {
	const char *text;
	size_t len; /* 0: of the text */
	const char *error;
} bad[] = {
    {"A", 0, "line 1: expected NAME=VALUE"},
    {"\n\nA b=1\n", 0, "line 3: expected NAME=VALUE"},
    {"=1\n", 0, "line 1: expected NAME=VALUE"},
    {"1A=1\n", 0, "line 1: expected NAME=VALUE"},
    {"A-B=1\n", 0, "line 1: expected NAME=VALUE"},
    {"A =1\n", 0, "line 1: expected NAME=VALUE"},
    {"export\n", 0, "line 1: expected NAME=VALUE"},
    {"export export A=1\n", 0, "line 1: expected NAME=VALUE"},
    {"A='1\nB=2'\n", 0, "line 1: the closing ' is missing"},
    {"A=\"1\\\"\n", 0, "line 1: the closing \" is missing"},
    {"A=\"1\" x\n", 0, "line 1: there is text behind the closing \""},
    {"A='1''2'\n", 0, "line 1: there is text behind the closing '"},
    {"B=1\nA=1\0x\n", 10, "line 2: it has a NUL byte"},
    {"A=1\0\n", 5, "line 1: it has a NUL byte"},
    {"A=1\0", 4, "line 1: it has a NUL byte"},
};

/* Text of exactly len bytes and NUL on the heap, for sanitizers. */
static char *
copy(const char *text, size_t len)
{
	char *s = xmalloc(len + 1);

	memcpy(s, text, len);
	s[len] = '\0';
	return s;
}

static void
test_good(void **state)
{
	struct envfile file;
	struct err err;
	char joined[256], *text;

	for (size_t i = 0; i < nitems(good); i++) {
		text = copy(good[i].text, strlen(good[i].text));
		err.text[0] = joined[0] = '\0';
		if (envfile_parse(&file, text, strlen(text), &err) == -1)
			fail_msg("%s: %s", good[i].text, err.text);
		for (size_t j = 0; j < file.n; j++)
			snprintf(joined + strlen(joined),
			    sizeof(joined) - strlen(joined), "%s%s",
			    j > 0 ? "|" : "", file.vars[j]);
		assert_string_equal(joined, good[i].vars);
		envfile_fini(&file);
		free(text);
	}
}

static void
test_bad(void **state)
{
	struct envfile file;
	struct err err;
	size_t len;
	char *text;

	for (size_t i = 0; i < nitems(bad); i++) {
		len = bad[i].len > 0 ? bad[i].len : strlen(bad[i].text);
		text = copy(bad[i].text, len);
		if (envfile_parse(&file, text, len, &err) != -1)
			fail_msg("%s is accepted", bad[i].text);
		assert_string_equal(err.text, bad[i].error);
		envfile_fini(&file);
		free(text);
	}
}

static void
test_too_many(void **state)
{
	size_t n = ENVFILE_VARS_MAX + 1;
	char *text = xmalloc(n * 4 + 1);
	struct envfile file;
	struct err err;

	for (size_t i = 0; i < n; i++)
		memcpy(text + i * 4, "A=1\n", 5);
	assert_int_equal(envfile_parse(&file, text, (n - 1) * 4, &err), 0);
	assert_int_equal(file.n, ENVFILE_VARS_MAX);
	envfile_fini(&file);
	for (size_t i = 0; i < n; i++)
		memcpy(text + i * 4, "A=1\n", 5);
	assert_int_equal(envfile_parse(&file, text, n * 4, &err), -1);
	assert_string_equal(err.text, "line 4097: more than 4096 variables");
	envfile_fini(&file);
	free(text);
}

static void
test_merge(void **state)
{
	static const char *const base[] = {"A=1", "AB=2", "B=3"};
	char a1[] = "B=x", a2[] = "C=4", a3[] = "A=y", a4[] = "C=5";
	char *vars[] = {a1, a2, a3, a4};
	struct envfile file = {vars, nitems(vars)};
	const char **env = envfile_merge(base, nitems(base), &file);

	assert_string_equal(env[0], "A=y");
	assert_string_equal(env[1], "AB=2");
	assert_string_equal(env[2], "B=x");
	assert_string_equal(env[3], "C=5");
	assert_null(env[4]);
	free(env);
	file.n = 0;
	env = envfile_merge(NULL, 0, &file);
	assert_null(env[0]);
	free(env);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_good),
	    cmocka_unit_test(test_bad),
	    cmocka_unit_test(test_too_many),
	    cmocka_unit_test(test_merge),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
