/* The reader of INI text: what inih does with long lines, and all else. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/strbuf.h"
#include "config/ini.h"

/* Events as text: "S1 type|name", "K2 key|value", "E3 text", one a line. */
static void
record(void *arg, const struct ini_event *e)
{
	static const char letters[] = {
	    [INI_SECTION] = 'S',
	    [INI_KEY] = 'K',
	    [INI_ERROR] = 'E',
	    [INI_SECTION_ERROR] = 'X',
	    [INI_FILE_ERROR] = 'F',
	};
	struct strbuf *b = arg;

	strbuf_addf(b, "%c%u ", letters[e->type], e->line);
	if (e->type == INI_SECTION)
		strbuf_addf(b, "%s|%s\n", e->section, e->name);
	else if (e->type == INI_KEY)
		strbuf_addf(b, "%s|%s\n", e->key, e->value);
	else
		strbuf_addf(b, "%s\n", e->text);
}

static void
read_bytes(struct strbuf *b, const void *p, size_t n)
{
	const struct ini_reader reader = {"[job NAME]", record, b};
	char *text = xmalloc(n + 1);

	memcpy(text, p, n);
	text[n] = '\0';
	ini_read(&reader, text, n);
	free(text);
}

static const struct {
	const char *text, *events;
} table[] = {
    {"", ""},
    {"\n\n  \n\t\r\n", ""},
    {"[job a]\nk = v\n", "S1 job|a\nK2 k|v\n"},
    {"[job a]\nk=v", "S1 job|a\nK2 k|v\n"},
    {"[master]\nk =\n", "S1 master|\nK2 k|\n"},
    {" [ job \t a b ] \n", "S1 job|a b\n"},
    {"\xef\xbb\xbf[job a]\r\nk = v \r\n", "S1 job|a\nK2 k|v\n"},
    /* comments only as the first thing on a line */
    {"; c\n# c\n\t; c\n  # [x]\n[a]\nk = a ; b # c\n;k = v\n",
	"S5 a|\nK6 k|a ; b # c\n"},
    {"[a]\nk = ;\nl = # x\n", "S1 a|\nK2 k|;\nK3 l|# x\n"},
    /* an indented line is a line like any other */
    {"[a]\nk = 1\n  l = 2\n\tm = 3\n", "S1 a|\nK2 k|1\nK3 l|2\nK4 m|3\n"},
    {"[a]\nk = 1\n  more\n",
	"S1 a|\nK2 k|1\nE3 column 3: expected KEY = VALUE, found \"more\"\n"},
    /* the first "=" counts, ":" does not */
    {"[a]\nk = a = b\nk: v\nk:l = v\n",
	"S1 a|\nK2 k|a = b\nE3 column 1: expected KEY = VALUE, found \"k: v\"\n"
	"K4 k:l|v\n"},
    {"[a]\nk = \"x\"\nl = 'y' \\\n", "S1 a|\nK2 k|\"x\"\nK3 l|'y' \\\n"},
    {"[a]\nk = [b]\n", "S1 a|\nK2 k|[b]\n"},
    /* errors, and on with the next line */
    {"[a]\n= v\nk = v\n",
	"S1 a|\nE2 column 1: nothing stands before \"=\"; write KEY = VALUE\nK3 k|v\n"},
    {"k = v\nl = v\n[a]\nk = v\n",
	"E1 column 1: a key before the first section; write [job NAME] above it\n"
	"S3 a|\nK4 k|v\n"},
    {"[a\nk = v\n[b]\nl = v\n",
	"X1 column 3: \"]\" is missing; write [job NAME]\nS3 b|\nK4 l|v\n"},
    {"[a] ; c\nk = v\n",
	"X1 column 5: text behind \"]\"; a comment needs a line of its own; "
	"write [job NAME]\n"},
    {"[a]b\n",
	"X1 column 4: text behind \"]\"; a comment needs a line of its own; "
	"write [job NAME]\n"},
    {"[ ]\nk = v\n",
	"X1 column 3: a section without a name; write [job NAME]\n"},
    {"[]\n", "X1 column 2: a section without a name; write [job NAME]\n"},
    {"[a]\nword\n[b]\n",
	"S1 a|\nE2 column 1: expected KEY = VALUE, found \"word\"\nS3 b|\n"},
    {"[a]\n\tw\xc3\xb6rd\n[b]\n  [\xc3\xa4 x\n",
	"S1 a|\nE2 column 2: expected KEY = VALUE, found \"w\xc3\xb6rd\"\nS3 b|\n"
	"X4 column 7: \"]\" is missing; write [job NAME]\n"},
    {"[a]\nx\x01y\x1b[0m\n",
	"S1 a|\nE2 column 1: expected KEY = VALUE, found \"x?y?[0m\"\n"},
};

static void
lines_to_events(void **state)
{
	struct strbuf b = STRBUF_INIT;

	for (size_t i = 0; i < nitems(table); i++) {
		strbuf_reset(&b);
		read_bytes(&b, table[i].text, strlen(table[i].text));
		assert_string_equal(strbuf_str(&b), table[i].events);
	}
	strbuf_fini(&b);
}

static void
a_nul_is_no_text(void **state)
{
	struct strbuf b = STRBUF_INIT;

	read_bytes(&b, "[a]\nk = v\nl = \0x\n", 17);
	assert_string_equal(strbuf_str(&b),
	    "F3 column 5: binary data (a NUL byte); this must be a text file\n");
	strbuf_reset(&b);
	read_bytes(&b, "\0", 1);
	assert_string_equal(strbuf_str(&b),
	    "F1 column 1: binary data (a NUL byte); this must be a text file\n");
	strbuf_reset(&b);
	read_bytes(&b, "\xff\xfe[\0a\0]\0\n\0", 10);
	assert_string_equal(strbuf_str(&b),
	    "F1 column 4: this is UTF-16 text; save the file as UTF-8\n");
	strbuf_fini(&b);
}

/* "[a]\nk = xxx...\nl = v\n" */
static void
read_value(struct strbuf *b, size_t n, const char *between)
{
	struct strbuf text = STRBUF_INIT;

	strbuf_addf(&text, "[a]\nk = ");
	for (size_t i = 0; i < n; i++)
		strbuf_addch(&text, "abc ; def"[i % 9]);
	if (n > 0)
		text.s[text.len - 1] = '$';
	strbuf_addf(&text, "%s\nl = v\n", between);
	strbuf_reset(b);
	read_bytes(b, text.s, text.len);
	strbuf_fini(&text);
}

static void
values_to_64_kib(void **state)
{
	static const size_t sizes[] = {
	    190, 200, 201, 5000, INI_VALUE_MAX - 1, INI_VALUE_MAX};
	struct strbuf b = STRBUF_INIT;
	const char *value, *end;

	for (size_t i = 0; i < nitems(sizes); i++) {
		read_value(&b, sizes[i], " \r");
		value = strstr(b.s, "K2 k|") + 5;
		end = strstr(b.s, "\nK3 l|v\n");
		assert_non_null(end);
		assert_int_equal(end - value, sizes[i]);
		assert_int_equal(end[-1], '$');
	}
	read_value(&b, INI_VALUE_MAX + 1, "");
	assert_string_equal(b.s,
	    "S1 a|\nE2 column 65541: the value of \"k\" has 65537 bytes; "
	    "at most 65536 are possible\nK3 l|v\n");
	strbuf_fini(&b);
}

/* inih keeps 50 characters of a section and of a key. */
static void
names_are_not_cut(void **state)
{
	struct strbuf b = STRBUF_INIT, text = STRBUF_INIT, want = STRBUF_INIT;
	char name[400];

	memset(name, 'n', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	strbuf_addf(&text, "[job %s]\n%s = v\n", name, name);
	strbuf_addf(&want, "S1 job|%s\nK2 %s|v\n", name, name);
	read_bytes(&b, text.s, text.len);
	assert_string_equal(b.s, want.s);
	strbuf_fini(&b);
	strbuf_fini(&text);
	strbuf_fini(&want);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(lines_to_events),
	    cmocka_unit_test(a_nul_is_no_text),
	    cmocka_unit_test(values_to_64_kib),
	    cmocka_unit_test(names_are_not_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
