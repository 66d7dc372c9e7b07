/*
 * The values of a statement's parameters: ":name" is a column of the row at
 * hand, if there is one, or else the run's parameter of that name, a variable
 * of its environment, or with "belfry_" in front one of belfry's in small
 * letters, such as :belfry_fence.
 */
#ifndef BELFRY_WORKER_SQL_BIND_H
#define BELFRY_WORKER_SQL_BIND_H

#include <libpq-fe.h>

#include "base/err.h"
#include "kind/sql.h"

/* Values are borrowed: from the row and the environment. NULL is SQL's. */
struct bind {
	const char *values[SQL_NAMES_MAX + 8];
	int n;
};

/*
 * result, or NULL, has the row at hand. 0, or -1 with err: there is no value
 * for a name.
 */
int bind_statement(struct bind *bind, const struct sql_statement *statement,
    const PGresult *result, int row, struct err *err);

#endif
