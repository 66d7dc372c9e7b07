#include "kinds/sql/session.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Of this version on a server looks whether its client is still there. */
#define CHECKS_CLIENT 140000
/* The server cancels a statement this long after the run should have ended. */
#define BACKSTOP_MS   5000

int
session_params(struct database_params *params, const struct run_spec *spec,
    struct err *err)
{
	const char *conninfo = run_spec_setting(spec, SPEC_CONNINFO);

	if (conninfo == NULL)
		return err_set(err, "it was given no database");
	return database_params_init(params, conninfo,
	    run_spec_setting(spec, SPEC_PASSWORD_FILE), "belfry", err);
}

/* "NOTICE:  ...\n" as the server has it. */
static void
notice_cb(void *arg, const char *message)
{
	ssize_t n = write(STDERR_FILENO, message, strlen(message));

	(void)n; /* whose output is gone has nobody to tell */
}

void
session_error(PGconn *pq, const PGresult *result, struct err *err)
{
	const char *state = NULL, *text = PQerrorMessage(pq);
	struct err why;

	if (result != NULL) {
		state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
		text = PQresultErrorMessage(result);
	}
	database_error(&why, text);
	if (state != NULL)
		err_set(err, "%.900s (SQLSTATE %s)", why.text, state);
	else
		*err = why;
}

int
session_exit_code(PGconn *pq, const PGresult *result)
{
	static const char *const again[] = {"40001", "40P01", "55P03"};
	const char *state = NULL;

	if (result != NULL)
		state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
	for (size_t i = 0; i < 3; i++)
		if (state != NULL && strcmp(state, again[i]) == 0)
			return SQL_EXIT_CONFLICT;
	return PQstatus(pq) == CONNECTION_BAD ? SQL_EXIT_CONNECT :
						SQL_EXIT_FAILED;
}

PGresult *
session_query(PGconn *pq, const char *text, int n, const char *const *values,
    int *code_r, struct err *err)
{
	PGresult *result =
	    PQexecParams(pq, text, n, NULL, values, NULL, NULL, 0);
	ExecStatusType status = PQresultStatus(result);

	if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK)
		return result;
	session_error(pq, result, err);
	if (code_r != NULL)
		*code_r = session_exit_code(pq, result);
	PQclear(result);
	return NULL;
}

/* A peer that is gone is noticed in a minute, also by the server. */
static int
set_up(PGconn *pq, const struct run_spec *spec, struct err *err)
{
	char text[400];
	PGresult *result;
	int64_t ms = spec->timeout_ms;

	/*
	 * For the case that nobody is here to cancel: later than the run's own
	 * time-out, so that this is what is told. What the server counts in 32
	 * bits is no limit any more.
	 */
	if (ms > 0)
		ms += BACKSTOP_MS;
	snprintf(text, sizeof(text),
	    "SET tcp_keepalives_idle = 30; SET tcp_keepalives_interval = 10; "
	    "SET tcp_keepalives_count = 3; SET statement_timeout = %" PRId64
	    "%s",
	    ms <= INT32_MAX ? ms : 0,
	    PQserverVersion(pq) >= CHECKS_CLIENT ?
		"; SET client_connection_check_interval = '2s'" :
		"");
	result = PQexec(pq, text);
	if (PQresultStatus(result) != PGRES_COMMAND_OK) {
		session_error(pq, result, err);
		PQclear(result);
		return -1;
	}
	PQclear(result);
	return 0;
}

int
session_reset(PGconn *pq, const struct run_spec *spec, struct err *err)
{
	PQreset(pq);
	if (PQstatus(pq) == CONNECTION_OK)
		return set_up(pq, spec, err);
	session_error(pq, NULL, err);
	return -1;
}

PGconn *
session_open(struct database_params *params, const struct run_spec *spec,
    struct inside_note *note)
{
	struct err err = {""};
	PGconn *pq;

	inside_doing(note, "connecting to the database");
	pq = PQconnectdbParams(params->keywords, params->values, 1);
	database_params_fini(params);
	if (pq == NULL)
		err_set(&err, "out of memory");
	else if (PQstatus(pq) != CONNECTION_OK)
		session_error(pq, NULL, &err);
	else
		set_up(pq, spec, &err);
	if (err.text[0] == '\0') {
		PQsetNoticeProcessor(pq, notice_cb, NULL);
		return pq;
	}
	inside_tell(
	    note, OUTCOME_FAILURE, "cannot use the database: %s", err.text);
	PQfinish(pq);
	return NULL;
}
