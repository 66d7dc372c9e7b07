/* Rows of a result on standard output, for people; not all when many. */
#ifndef BELFRY_WORKER_SQL_ROWS_H
#define BELFRY_WORKER_SQL_ROWS_H

#include <libpq-fe.h>
#include <stdint.h>

#include "base/strbuf.h"

#define ROWS_SHOWN  1000 /* of one statement */
#define VALUE_SHOWN 1000 /* bytes of one value */

struct rows {
	int64_t n; /* so far, shown or not */
	struct strbuf text;
};

/*
 * The rows of result, which are the next of those of the statement: a line
 * with the names of the columns before the first, then one for each, with
 * " | " in between; control characters become "?" and a line feed "\n".
 */
void rows_print(struct rows *rows, const PGresult *result);

/* How many they were, and forgets them. */
void rows_end(struct rows *rows, const PGresult *result);

/* A line of our own. */
void rows_say(const char *text);

#endif
