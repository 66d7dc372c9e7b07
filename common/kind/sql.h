/*
 * Statements of sql and watch jobs: cut into single ones, with ":name" in
 * them turned into "$1" and so on, as PostgreSQL binds parameters. Pure.
 *
 * Quoted text and names, dollar quotes and comments are passed over. ":name"
 * is a parameter unless something that can be sliced or cast stands right in
 * front of it: "a[i:j]" and "x::int" are what they are in SQL.
 */
#ifndef BELFRY_KIND_SQL_H
#define BELFRY_KIND_SQL_H

#include <stddef.h>

#include "base/err.h"

#define SQL_NAMES_MAX      100 /* parameters of one statement */
#define SQL_STATEMENTS_MAX 100
#define SQL_IDENTIFIER_MAX 63 /* PostgreSQL's NAMEDATALEN, without the NUL */

struct sql_statement {
	char *text;   /* owned; with $1 ... $nnames */
	char **names; /* owned; of the parameters, each once */
	size_t nnames;
	size_t names_cap;
};

struct sql_script {
	struct sql_statement *statements; /* owned */
	size_t n;
	size_t cap;
};

#define SQL_SCRIPT_INIT                                                        \
	{                                                                      \
		NULL, 0, 0                                                     \
	}

/*
 * Cuts text at its semicolons; what is empty between them is left out. 0, or
 * -1 with err, which names the column: a quote that is not closed, $1 instead
 * of a name, BEGIN and the like, for a job is one transaction anyway, or no
 * statement at all. Free script in both cases.
 */
int
sql_script_parse(struct sql_script *script, const char *text, struct err *err);
void sql_script_fini(struct sql_script *script);

/* Values in a job file. 0, or -1 with err. */
int sql_check(const char *value, struct err *err);
int sql_check_single(const char *value, struct err *err);
int sql_check_query(const char *value, struct err *err);
int sql_check_identifier(const char *value, struct err *err);

#endif
