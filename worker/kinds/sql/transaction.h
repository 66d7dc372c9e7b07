/* The statements of an sql job, as one transaction, in its own process. */
#ifndef BELFRY_WORKER_SQL_TRANSACTION_H
#define BELFRY_WORKER_SQL_TRANSACTION_H

#include <libpq-fe.h>

#include "kind/sql.h"
#include "kinds/inside.h"

/*
 * Runs them on a connection that has no transaction: all is committed, or
 * nothing. Results go to standard output. The exit code of the run.
 */
int transaction_run(
    PGconn *pq, const struct sql_script *script, struct inside_note *note);

#endif
