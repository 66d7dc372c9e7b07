/* SQL of jobs: statements, their parameters, and what is wrong. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "base/mem.h"
#include "base/strbuf.h"
#include "kind/sql.h"

/* Statements as "TEXT[NAME NAME]", with "|" between them. */
static const struct {
	const char *text, *result;
} good[] = {
    {"SELECT 1", "SELECT 1[]"},
    {" SELECT 1 ; ;; SELECT 2; ", "SELECT 1[]|SELECT 2[]"},
    {"x = :a AND y=:b2_", "x = $1 AND y=$2[a b2_]"},
    {":a,:b,:a", "$1,$2,$1[a b]"},
    {"x::int, :a::int", "x::int, $1::int[a]"},
    {"a[1:n], a[i:n], b[:n]", "a[1:n], a[i:n], b[$1][n]"},
    {"f(x):y, \"q\":y, 'q':y", "f(x):y, \"q\":y, 'q':y[]"},
    {"f(p := 1, q:=:r)", "f(p := 1, q:=$1)[r]"},
    {"f(q:= :r)", "f(q:= $1)[r]"},
    {"';:a' , :b", "';:a' , $1[b]"},
    {"'it''s ;', :b", "'it''s ;', $1[b]"},
    {"E'\\';:a', :b", "E'\\';:a', $1[b]"},
    {"'\\', :b", "'\\', $1[b]"},
    {"table'\\', :b", "table'\\', $1[b]"},
    {"\";:a\"\"\", :b", "\";:a\"\"\", $1[b]"},
    {"$$;:a$$, $x$ $$ ; $x$, :b", "$$;:a$$, $x$ $$ ; $x$, $1[b]"},
    {"a$1 = :b", "a$1 = $1[b]"},
    {"SELECT 1 -- :a; 'x", "SELECT 1[]"},
    {"SELECT /* ; /* :a */ ' */ :b", "SELECT   $1[b]"},
    {"/* nothing */; SELECT 1", "SELECT 1[]"},
    {"SAVEPOINT a; ROLLBACK TO a", "SAVEPOINT a[]|ROLLBACK TO a[]"},
    {"ENDING", "ENDING[]"},
    {"\xc3\xa9:a", "\xc3\xa9:a[]"},
};

static const struct {
	const char *text, *error;
} bad[] = {
    {"", "a statement is missing"},
    {" ; -- x", "a statement is missing"},
    {"SELECT 'a", "column 8: the quote is not closed"},
    {"SELECT \"a''", "column 8: the quote is not closed"},
    {"SELECT E'\\'", "column 9: the quote is not closed"},
    {"SELECT $x$ $$", "column 8: the dollar quote is not closed"},
    {"SELECT 1 /* /* */", "column 10: the comment is not closed"},
    {"x = $1", "column 5: write :NAME"},
    {"begin; SELECT 1", "column 1: the statements of a job are one"},
    {"SELECT 1; COMMIT", "column 11: the statements of a job are one"},
    {"ROLLBACK", "column 1: the statements of a job are one"},
};

static void
print(struct strbuf *b, const struct sql_script *script)
{
	for (size_t i = 0; i < script->n; i++) {
		const struct sql_statement *s = &script->statements[i];

		strbuf_addf(b, "%s%s[", i > 0 ? "|" : "", s->text);
		for (size_t j = 0; j < s->nnames; j++)
			strbuf_addf(b, "%s%s", j > 0 ? " " : "", s->names[j]);
		strbuf_addch(b, ']');
	}
}

static void
is_cut(void **state)
{
	struct strbuf b = STRBUF_INIT;
	struct sql_script script;
	struct err err;

	for (size_t i = 0; i < nitems(good); i++) {
		assert_int_equal(
		    sql_script_parse(&script, good[i].text, &err), 0);
		strbuf_reset(&b);
		print(&b, &script);
		assert_string_equal(strbuf_str(&b), good[i].result);
		sql_script_fini(&script);
	}
	strbuf_fini(&b);
}

static void
is_refused(void **state)
{
	struct sql_script script;
	struct err err;

	for (size_t i = 0; i < nitems(bad); i++) {
		assert_int_equal(
		    sql_script_parse(&script, bad[i].text, &err), -1);
		assert_memory_equal(
		    err.text, bad[i].error, strlen(bad[i].error));
		sql_script_fini(&script);
	}
}

static void
has_bounds(void **state)
{
	struct strbuf b = STRBUF_INIT;
	struct err err;

	for (int i = 0; i < SQL_NAMES_MAX; i++)
		strbuf_addf(&b, " :p%d", i);
	assert_int_equal(sql_check(strbuf_str(&b), &err), 0);
	strbuf_adds(&b, " :more");
	assert_int_equal(sql_check(strbuf_str(&b), &err), -1);
	assert_non_null(strstr(err.text, "at most 100 parameters"));
	strbuf_reset(&b);
	for (int i = 0; i < SQL_STATEMENTS_MAX; i++)
		strbuf_adds(&b, "x;");
	assert_int_equal(sql_check(strbuf_str(&b), &err), 0);
	strbuf_adds(&b, "x");
	assert_int_equal(sql_check(strbuf_str(&b), &err), -1);
	assert_non_null(strstr(err.text, "at most 100 statements"));
	strbuf_fini(&b);
}

static void
is_one(void **state)
{
	struct err err;

	assert_int_equal(sql_check_single("UPDATE t SET a = 1;", &err), 0);
	assert_int_equal(sql_check_single("UPDATE t; UPDATE u", &err), -1);
	assert_string_equal(err.text, "one statement is possible here, not 2");
	assert_int_equal(sql_check_query("select id FROM t", &err), 0);
	assert_int_equal(sql_check_query("TABLE t", &err), 0);
	assert_int_equal(sql_check_query("UPDATE t", &err), -1);
	assert_int_equal(sql_check_query("SELECTED", &err), -1);
}

static void
is_identifier(void **state)
{
	char longest[SQL_IDENTIFIER_MAX + 2];
	struct err err;

	memset(longest, 'a', sizeof(longest));
	longest[SQL_IDENTIFIER_MAX] = '\0';
	assert_int_equal(sql_check_identifier(longest, &err), 0);
	longest[SQL_IDENTIFIER_MAX] = 'a';
	longest[SQL_IDENTIFIER_MAX + 1] = '\0';
	assert_int_equal(sql_check_identifier(longest, &err), -1);
	assert_int_equal(sql_check_identifier("tenant_2", &err), 0);
	assert_int_equal(sql_check_identifier("2tenant", &err), -1);
	assert_int_equal(sql_check_identifier("a b", &err), -1);
	assert_int_equal(sql_check_identifier("", &err), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(is_cut),
	    cmocka_unit_test(is_refused),
	    cmocka_unit_test(has_bounds),
	    cmocka_unit_test(is_one),
	    cmocka_unit_test(is_identifier),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
