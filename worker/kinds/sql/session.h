/*
 * A connection of a job to its database, in the job's own process. It waits
 * as libpq does: nothing else happens in that process.
 */
#ifndef BELFRY_WORKER_SQL_SESSION_H
#define BELFRY_WORKER_SQL_SESSION_H

#include <libpq-fe.h>

#include "base/err.h"
#include "database/params.h"
#include "kinds/inside.h"
#include "run/spec.h"

/*
 * Exit codes of a run with a database, apart from 0: those of psql, and
 * EX_TEMPFAIL for what may go well when it is done again.
 */
#define SQL_EXIT_FAILED   1
#define SQL_EXIT_CONNECT  2
#define SQL_EXIT_CONFLICT 75 /* deadlock, serialization, lock time-out */

/*
 * In the worker, whose rights the password file needs: where the database of
 * the run is. 0, or -1 with err. database_params_fini() forgets the password.
 */
int session_params(struct database_params *params, const struct run_spec *spec,
    struct err *err);

/*
 * In the job's process: connects and sets the session up, with the time-out of
 * the run for each statement, so that the server ends what nobody waits for
 * any more; notices go to standard error. NULL: the note was told why.
 */
PGconn *session_open(struct database_params *params,
    const struct run_spec *spec, struct inside_note *note);

/* Connects again, as before. 0, or -1 with err. */
int session_reset(PGconn *pq, const struct run_spec *spec, struct err *err);

/* The exit code for what a result says, or the connection (result NULL). */
int session_exit_code(PGconn *pq, const PGresult *result);

/* What went wrong, in one line, with SQLSTATE if there is one. */
void session_error(PGconn *pq, const PGresult *result, struct err *err);

/*
 * A statement with parameters as text. Its result, which the caller clears;
 * NULL with err: it failed. Code: the exit code then; may be NULL.
 */
PGresult *session_query(PGconn *pq, const char *text, int n,
    const char *const *values, int *code_r, struct err *err);

#endif
