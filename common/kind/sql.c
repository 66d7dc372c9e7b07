#include "kind/sql.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "base/strbuf.h"

static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
			      "abcdefghijklmnopqrstuvwxyz_";
static const char word_chars[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				 "abcdefghijklmnopqrstuvwxyz_0123456789";

struct lexer {
	struct sql_script *script;
	struct sql_statement *statement; /* that is being read; NULL none */
	struct strbuf text;              /* of it */
	const char *begin, *p;
	struct err *err;
};

static bool
is_in(char c, const char *set)
{
	return c != '\0' && strchr(set, c) != NULL;
}

static bool
is_space(char c)
{
	return is_in(c, " \t\r\n\f\v");
}

/* Part of a word; all that is not ASCII is. */
static bool
is_word(char c)
{
	return is_in(c, word_chars) || (unsigned char)c >= 0x80;
}

static int
fail(struct lexer *lexer, const char *at, const char *text)
{
	return err_set(
	    lexer->err, "column %d: %s", (int)(at - lexer->begin) + 1, text);
}

/* Behind the quote that ends what p begins; NULL: there is none. */
static const char *
skip_quoted(const char *p, bool backslash)
{
	char quote = *p++;

	for (; *p != '\0'; p++) {
		if (backslash && p[0] == '\\' && p[1] != '\0')
			p++;
		else if (p[0] == quote && p[1] == quote)
			p++;
		else if (p[0] == quote)
			return p + 1;
	}
	return NULL;
}

/* "E'...'" has backslashes in it. */
static bool
has_backslashes(const struct lexer *lexer)
{
	const char *p = lexer->p;

	return *p == '\'' && p > lexer->begin && is_in(p[-1], "eE") &&
	    (p - 1 == lexer->begin || !is_word(p[-2]));
}

/* The length of "$tag$" at p; 0: it is none. */
static size_t
dollar_tag(const char *p)
{
	size_t n = 1;

	if (is_in(p[1], letters))
		n += strspn(p + 1, word_chars);
	return p[n] == '$' ? n + 1 : 0;
}

static const char *
skip_dollars(const char *p, size_t tag)
{
	const char *end = p + tag;

	for (; *end != '\0'; end++)
		if (strncmp(end, p, tag) == 0)
			return end + tag;
	return NULL;
}

/* They may be one in another. */
static const char *
skip_comment(const char *p)
{
	int depth = 0;

	while (*p != '\0') {
		if (p[0] == '/' && p[1] == '*') {
			depth++;
			p += 2;
		} else if (p[0] == '*' && p[1] == '/') {
			p += 2;
			if (--depth == 0)
				return p;
		} else {
			p++;
		}
	}
	return NULL;
}

/* Words that begin or end a transaction. */
static bool
is_transaction(const char *text)
{
	static const char *const words[] = {
	    "BEGIN", "START", "COMMIT", "END", "ROLLBACK", "ABORT"};
	size_t len = strspn(text, word_chars);
	const char *next = text + len + strspn(text + len, " \t");

	for (size_t i = 0; i < nitems(words); i++)
		if (strlen(words[i]) == len &&
		    strncasecmp(text, words[i], len) == 0)
			return strncasecmp(next, "TO", 2) != 0;
	return false;
}

/* The first word of a statement was found at p. */
static int
begin_statement(struct lexer *lexer, const char *p)
{
	struct sql_script *script = lexer->script;

	if (is_transaction(p))
		return fail(lexer, p,
		    "the statements of a job are one transaction already; "
		    "leave BEGIN, COMMIT and ROLLBACK out");
	if (script->n == SQL_STATEMENTS_MAX)
		return fail(lexer, p, "a job has at most 100 statements");
	array_reserve(&script->statements, &script->cap, script->n + 1,
	    sizeof(*script->statements));
	lexer->statement = &script->statements[script->n++];
	memset(lexer->statement, 0, sizeof(*lexer->statement));
	strbuf_reset(&lexer->text);
	return 0;
}

static void
end_statement(struct lexer *lexer)
{
	struct strbuf *b = &lexer->text;

	if (lexer->statement == NULL)
		return;
	while (b->len > 0 && is_space(b->s[b->len - 1]))
		b->s[--b->len] = '\0';
	lexer->statement->text = xstrdup(strbuf_str(b));
	lexer->statement = NULL;
}

/* The number of a parameter, which has one from its first use. 0: too many. */
static size_t
number_of(struct sql_statement *s, const char *name, size_t len)
{
	for (size_t i = 0; i < s->nnames; i++)
		if (strlen(s->names[i]) == len &&
		    strncmp(s->names[i], name, len) == 0)
			return i + 1;
	if (s->nnames == SQL_NAMES_MAX)
		return 0;
	array_reserve(
	    &s->names, &s->names_cap, s->nnames + 1, sizeof(*s->names));
	s->names[s->nnames++] = xstrndup(name, len);
	return s->nnames;
}

static int
take_parameter(struct lexer *lexer)
{
	const char *name = lexer->p + 1;
	size_t len = strspn(name, word_chars);
	size_t number = number_of(lexer->statement, name, len);

	if (number == 0)
		return fail(
		    lexer, lexer->p, "a statement has at most 100 parameters");
	strbuf_addf(&lexer->text, "$%zu", number);
	lexer->p = name + len;
	return 0;
}

/* A colon that does not belong to what is right in front of it. */
static bool
is_parameter(const struct lexer *lexer)
{
	const char *p = lexer->p;

	return p[0] == ':' && is_in(p[1], letters) &&
	    (p == lexer->begin || (!is_word(p[-1]) && !is_in(p[-1], ":)]\"'")));
}

/* Takes all up to end as it is; NULL: that was not found. */
static int
take_to(struct lexer *lexer, const char *end, const char *what)
{
	if (end == NULL)
		return fail(lexer, lexer->p, what);
	strbuf_add(&lexer->text, lexer->p, (size_t)(end - lexer->p));
	lexer->p = end;
	return 0;
}

static int
take_dollar(struct lexer *lexer)
{
	const char *p = lexer->p;
	bool begins = p == lexer->begin || !is_word(p[-1]);
	size_t tag = begins ? dollar_tag(p) : 0;

	if (tag > 0)
		return take_to(lexer, skip_dollars(p, tag),
		    "the dollar quote is not closed");
	if (begins && is_in(p[1], "0123456789"))
		return fail(
		    lexer, p, "write :NAME for a parameter, as in id = :id");
	return take_to(lexer, p + 1, "");
}

/* What is at p, which is no blank between statements. */
static int
take(struct lexer *lexer)
{
	const char *p = lexer->p;

	if (*p == '\'' || *p == '"')
		return take_to(lexer, skip_quoted(p, has_backslashes(lexer)),
		    "the quote is not closed");
	if (*p == '$')
		return take_dollar(lexer);
	if (is_parameter(lexer))
		return take_parameter(lexer);
	return take_to(lexer, p + 1, "");
}

/* Comments are left out; 1: there was one. */
static int
pass_comment(struct lexer *lexer)
{
	const char *p = lexer->p, *end;

	if (p[0] == '-' && p[1] == '-') {
		lexer->p += strcspn(p, "\n");
		return 1;
	}
	if (p[0] != '/' || p[1] != '*')
		return 0;
	end = skip_comment(p);
	if (end == NULL)
		return fail(lexer, p, "the comment is not closed");
	if (lexer->statement != NULL)
		strbuf_addch(&lexer->text, ' ');
	lexer->p = end;
	return 1;
}

/* One step. 0, or -1 with err. */
static int
step(struct lexer *lexer)
{
	int rc = pass_comment(lexer);

	if (rc != 0)
		return rc == 1 ? 0 : -1;
	if (*lexer->p == ';') {
		end_statement(lexer);
		lexer->p++;
		return 0;
	}
	if (lexer->statement == NULL) {
		if (is_space(*lexer->p)) {
			lexer->p++;
			return 0;
		}
		if (begin_statement(lexer, lexer->p) == -1)
			return -1;
	}
	return take(lexer);
}

int
sql_script_parse(struct sql_script *script, const char *text, struct err *err)
{
	struct lexer lexer = {
	    .script = script,
	    .begin = text,
	    .p = text,
	    .err = err,
	};
	int rc = 0;

	memset(script, 0, sizeof(*script));
	while (rc == 0 && *lexer.p != '\0')
		rc = step(&lexer);
	end_statement(&lexer);
	strbuf_fini(&lexer.text);
	if (rc == 0 && script->n == 0)
		return err_set(err, "a statement is missing");
	return rc;
}

void
sql_script_fini(struct sql_script *script)
{
	for (size_t i = 0; i < script->n; i++) {
		struct sql_statement *s = &script->statements[i];

		for (size_t j = 0; j < s->nnames; j++)
			free(s->names[j]);
		free(s->names);
		free(s->text);
	}
	free(script->statements);
	memset(script, 0, sizeof(*script));
}

int
sql_check(const char *value, struct err *err)
{
	struct sql_script script;
	int rc = sql_script_parse(&script, value, err);

	sql_script_fini(&script);
	return rc;
}

int
sql_check_single(const char *value, struct err *err)
{
	struct sql_script script;
	int rc = sql_script_parse(&script, value, err);

	if (rc == 0 && script.n != 1)
		rc = err_set(
		    err, "one statement is possible here, not %zu", script.n);
	sql_script_fini(&script);
	return rc;
}

/* Rows are locked with FOR UPDATE around the query. */
int
sql_check_query(const char *value, struct err *err)
{
	static const char *const words[] = {"SELECT", "TABLE"};
	size_t len = strspn(value, word_chars);

	if (sql_check_single(value, err) == -1)
		return -1;
	for (size_t i = 0; i < nitems(words); i++)
		if (strlen(words[i]) == len &&
		    strncasecmp(value, words[i], len) == 0)
			return 0;
	return err_set(
	    err, "write a query like SELECT id FROM t WHERE state = 'new'");
}

int
sql_check_identifier(const char *value, struct err *err)
{
	size_t len = strspn(value, word_chars);

	if (is_in(*value, letters) && value[len] == '\0' &&
	    len <= SQL_IDENTIFIER_MAX)
		return 0;
	return err_set(err,
	    "write a name of letters, digits and \"_\", at most %d of them",
	    SQL_IDENTIFIER_MAX);
}
