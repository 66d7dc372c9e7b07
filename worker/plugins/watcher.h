/*
 * What the watchers have in common: names of tables and columns that are
 * parameters, and work in batches, each a statement of its own.
 */
#ifndef BELFRY_PLUGIN_WATCHER_H
#define BELFRY_PLUGIN_WATCHER_H

#include <inttypes.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "belfry-plugin.h"

#define WATCHER_PARAMS                                                         \
	{                                                                      \
		"batch-size", BELFRY_INTEGER, 1, 100000, "1000",               \
		    "so many rows are changed at once", NULL                   \
	}

#define NAMES_MAX  8
#define SQL_SIZE   4096
#define QUOTED_MAX 256

/* Table and columns, quoted by libpq, for %1$s, %2$s ... of a statement. */
struct names {
	char quoted[NAMES_MAX][QUOTED_MAX];
	size_t n;
};

/*
 * Adds the value of a parameter: "schema.table" is two names if dotted. 0, or
 * 1 with the reason of the failure.
 */
static inline int
names_add(struct belfry_run *run, PGconn *db, struct names *names,
    const char *param, int dotted)
{
	const char *text = belfry_text(run, param);
	const char *dot = dotted ? strchr(text, '.') : NULL;
	char *to = names->quoted[names->n++];
	char *parts[2];

	parts[0] = PQescapeIdentifier(
	    db, text, dot != NULL ? (size_t)(dot - text) : strlen(text));
	parts[1] = dot != NULL ?
	    PQescapeIdentifier(db, dot + 1, strlen(dot + 1)) :
	    NULL;
	if (parts[0] != NULL && (dot == NULL || parts[1] != NULL))
		snprintf(to, QUOTED_MAX, "%s%s%s", parts[0],
		    dot != NULL ? "." : "", dot != NULL ? parts[1] : "");
	PQfreemem(parts[0]);
	PQfreemem(parts[1]);
	if (*to == '\0')
		return belfry_fail(
		    run, "%s is no name: %s", param, PQerrorMessage(db));
	return 0;
}

/*
 * Executes a statement with n values. NULL with the reason of the failure,
 * which is one line.
 */
static inline PGresult *
execute(struct belfry_run *run, PGconn *db, const char *sql, int n,
    const char *const *values)
{
	PGresult *result =
	    PQexecParams(db, sql, n, NULL, values, NULL, NULL, 0);
	ExecStatusType status = PQresultStatus(result);
	char text[400];

	if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK)
		return result;
	snprintf(text, sizeof(text), "%s", PQerrorMessage(db));
	for (char *p = text; *p != '\0'; p++)
		if (*p == '\n')
			*p = p[1] == '\0' ? '\0' : ' ';
	belfry_fail(run, "%s", text);
	PQclear(result);
	return NULL;
}

/*
 * Executes a statement again and again until it finds no more rows: its first
 * column is a row each, told as "WHAT name". How many in all; -1: failed, with
 * the reason.
 */
static inline int64_t
batches(struct belfry_run *run, PGconn *db, const char *sql, int n,
    const char *const *values, const char *what, int tell)
{
	int64_t all = 0, rows = 1;

	while (rows > 0 && !belfry_cancelled(run)) {
		PGresult *result = execute(run, db, sql, n, values);

		if (result == NULL)
			return -1;
		rows = PQntuples(result);
		for (int i = 0; tell && i < rows; i++)
			belfry_log(run, BELFRY_INFO, "%s %s", what,
			    PQgetvalue(result, i, 0));
		PQclear(result);
		all += rows;
		belfry_progress(run, all, 0, "%s", what);
		belfry_result(run, "rows", "%" PRId64, all);
	}
	if (belfry_cancelled(run)) {
		belfry_fail(run, "ended after %" PRId64 " rows", all);
		return -1;
	}
	return all;
}

#endif
