/* Text of others in messages, and what was probably meant. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "base/mem.h"
#include "config/quote.h"

static void
quotes_are_short_and_clean(void **state)
{
	char buf[QUOTE_SIZE], text[200];

	assert_string_equal(quote(buf, ""), "\"\"");
	assert_string_equal(quote(buf, "a\tb\x7f\x1b"), "\"a?b??\"");
	memset(text, 'x', sizeof(text));
	text[56] = '\0';
	assert_int_equal(strlen(quote(buf, text)), 58);
	text[56] = 'x';
	text[57] = '\0';
	assert_string_equal(quote(buf, text) + 50, "xxxxxxx...\"");
	/* Three bytes of one character across the cut. */
	memset(text, 'x', sizeof(text));
	memcpy(text + 54, "\xe2\x82\xac", 3);
	text[199] = '\0';
	assert_string_equal(quote(buf, text) + 50, "xxxxx...\"");
}

static void
suggestions_are_near(void **state)
{
	static const char *const words[] = {"command", "schedule", "timezone",
	    "kill-signal", "user", "nice", "retry-delay", "retries"};
	static const struct {
		const char *word, *text;
	} table[] = {
	    {"comand", "; did you mean command?"},
	    {"Command", "; did you mean command?"},
	    {"commadn", "; did you mean command?"},
	    {"schedul", "; did you mean schedule?"},
	    {"time-zone", "; did you mean timezone?"},
	    {"kill_signal", "; did you mean kill-signal?"},
	    {"usr", "; did you mean user?"},
	    {"retry", ""},
	    {"xyz", ""},
	    {"", ""},
	    {"group", ""},
	    {"nuke", ""},
	    {"nuice", "; did you mean nice?"},
	    {"an-extremely-long-key-that-nobody-has-ever-written", ""},
	};
	char buf[QUOTE_SIZE];
	struct suggest s;

	for (size_t i = 0; i < nitems(table); i++) {
		suggest_init(&s, table[i].word);
		for (size_t j = 0; j < nitems(words); j++)
			suggest_try(&s, words[j]);
		assert_string_equal(suggest_text(buf, &s), table[i].text);
	}
}

static void
one_pair_around_all(void **state)
{
	assert_true(quote_is_quoted("\"a b\""));
	assert_true(quote_is_quoted("'a \"b\"'"));
	assert_true(quote_is_quoted("\"\""));
	assert_false(quote_is_quoted("\"a\" \"b\""));
	assert_false(quote_is_quoted("\"a'"));
	assert_false(quote_is_quoted("\""));
	assert_false(quote_is_quoted("a"));
	assert_false(quote_is_quoted(""));
}

static void
what_other_files_allow_is_explained(void **state)
{
	static const struct {
		const char *value, *text;
	} table[] = {
	    {"3 # three", "no; a comment needs a line of its own"},
	    {"3\t; three", "no; a comment needs a line of its own"},
	    {"'3'", "no; a value is written without quotes"},
	    {"3#", "no"},
	    {"a b;c", "no"},
	    {"# ", "no"},
	    {"", "no"},
	};
	struct err err;

	for (size_t i = 0; i < nitems(table); i++) {
		err_set(&err, "no");
		quote_explain(table[i].value, &err);
		assert_string_equal(err.text, table[i].text);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(quotes_are_short_and_clean),
	    cmocka_unit_test(suggestions_are_near),
	    cmocka_unit_test(one_pair_around_all),
	    cmocka_unit_test(what_other_files_allow_is_explained),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
