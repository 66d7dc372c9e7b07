/* Which commands need a shell, and the words of those that do not. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/strbuf.h"
#include "config/job/command.h"

static void
direct_as_make_decides(void **state)
{
	static const struct {
		const char *command;
		bool direct;
	} table[] = {
	    {"/usr/bin/backup --all /srv", true},
	    {"backup", true},
	    {"  backup\t-v  ", true},
	    {"true", true},
	    {"false", true},
	    {"rsync -a user@host:/srv/ /backup/", true},
	    {"date +%s", true},
	    {"env A=b printenv", true},
	    {"cd.sh", true},
	    {"echoer x", true},
	    {"caf\xc3\xa9", true},
	    {"", false},
	    {"   ", false},
	    {"A=b printenv", false},
	    {"cd /tmp", false},
	    {"echo hello", false},
	    {"echo", false},
	    {"exec x", false},
	    {". ./env", false},
	    {": x", false},
	    {"[ -f x ]", false},
	    {"test -f x", false},
	    {"if x", false},
	    {"while", false},
	    {"kill 1", false},
	    {"ulimit -n", false},
	    {"source x", false},
	    {"typeset x", false},
	    {"! x", false},
	    {"a; b", false},
	    {"a && b", false},
	    {"a | b", false},
	    {"a > b", false},
	    {"a < b", false},
	    {"a $B", false},
	    {"a `b`", false},
	    {"a 'b'", false},
	    {"a \"b\"", false},
	    {"a \\b", false},
	    {"a *", false},
	    {"a b?", false},
	    {"a [b]", false},
	    {"a ~/b", false},
	    {"a {b,c}", false},
	    {"a (b)", false},
	    {"a # b", false},
	    {"a b^c", false},
	    {"a !b", false},
	    {"a\nb", false},
	};

	for (size_t i = 0; i < nitems(table); i++)
		if (job_command_is_direct(table[i].command, "/bin/sh") !=
		    table[i].direct)
			fail_msg("%s", table[i].command);
}

static void
direct_goes_by_the_shell(void **state)
{
	static const struct {
		const char *shell;
		bool plain, syntax;
	} table[] = {
	    {"/bin/sh", true, false},
	    {"/usr/local/bin/bash", true, false},
	    {"/bin/dash", true, false},
	    {"/bin/ksh", true, false},
	    {"/usr/bin/zsh", true, false},
	    {"/usr/bin/fish", false, false},
	    {"/usr/bin/python3", false, false},
	    {"none", true, true},
	};

	for (size_t i = 0; i < nitems(table); i++) {
		assert_int_equal(job_command_is_direct("a b", table[i].shell),
		    table[i].plain);
		assert_int_equal(job_command_is_direct("a $b", table[i].shell),
		    table[i].syntax);
	}
}

/* Each word in angle brackets, or the error. */
static void
split(struct strbuf *b, const char *command)
{
	struct err err = {""};
	uint32_t n = 0;
	char **words = job_command_split(command, &n, &err);

	strbuf_reset(b);
	if (words == NULL) {
		strbuf_adds(b, err.text);
		return;
	}
	for (uint32_t i = 0; i < n; i++)
		strbuf_addf(b, "<%s>", words[i]);
	assert_null(words[n]);
	free(words);
}

static void
words_as_a_shell_has_them(void **state)
{
	static const struct {
		const char *command, *words;
	} table[] = {
	    {"a b c", "<a><b><c>"},
	    {" \ta  b\t", "<a><b>"},
	    {"a", "<a>"},
	    {"a 'b c' d", "<a><b c><d>"},
	    {"a \"b c\" d", "<a><b c><d>"},
	    {"a b'c d'e\"f g\"h", "<a><bc def gh>"},
	    {"a '' \"\" b", "<a><><><b>"},
	    {"''", "<>"},
	    {"a 'it'\\''s'", "<a><it's>"},
	    {"a '\\n' \"\\n\" \\n", "<a><\\n><\\n><n>"},
	    {"a \"\\\"\\\\\\$\\`\"", "<a><\"\\$`>"},
	    {"a '$HOME' \"$HOME\" $HOME", "<a><$HOME><$HOME><$HOME>"},
	    {"a \\  b\\ c", "<a>< ><b c>"},
	    {"a *.c ; b", "<a><*.c><;><b>"},
	    {"a 'b \"c\" d'", "<a><b \"c\" d>"},
	    {"", "column 1: a program is missing"},
	    {"  ", "column 1: a program is missing"},
	    {"a 'b", "column 3: this single quote is not closed"},
	    {"a b\"c", "column 4: this double quote is not closed"},
	    {"a \"b\\\"", "column 3: this double quote is not closed"},
	    {"a 'b' '", "column 7: this single quote is not closed"},
	    {"a b\\", "column 4: a backslash at the end stands before nothing"},
	};
	struct strbuf b = STRBUF_INIT;

	for (size_t i = 0; i < nitems(table); i++) {
		split(&b, table[i].command);
		assert_string_equal(strbuf_str(&b), table[i].words);
	}
	strbuf_fini(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(direct_as_make_decides),
	    cmocka_unit_test(direct_goes_by_the_shell),
	    cmocka_unit_test(words_as_a_shell_has_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
