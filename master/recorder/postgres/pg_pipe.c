#include "recorder/postgres/pg_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "database/params.h"

#define PARAMS_MAX 32

/* Names of prepared statements. */
#define PREFIX "s"

static void
name_statement(char *name, size_t size, int statement)
{
	snprintf(name, size, PREFIX "%d", statement);
}

static void
split_params(const struct pg_param *params, int n, const char **values,
    int *lengths, int *formats)
{
	for (int i = 0; i < n; i++) {
		values[i] = params[i].p;
		lengths[i] = params[i].n;
		formats[i] = params[i].binary ? 1 : 0;
	}
}

void
pg_conn_execute(
    struct pg_conn *conn, int statement, const struct pg_param *params, int n)
{
	const char *values[PARAMS_MAX];
	int lengths[PARAMS_MAX], formats[PARAMS_MAX];
	char name[16];

	if (conn->state != PG_READY || conn->broken)
		return;
	name_statement(name, sizeof(name), statement);
	split_params(params, n, values, lengths, formats);
	if (PQsendQueryPrepared(
		conn->pq, name, n, values, lengths, formats, 0) != 1)
		conn->broken = true;
}

void
pg_conn_query(struct pg_conn *conn, const char *text,
    const struct pg_param *params, int n, bool binary)
{
	const char *values[PARAMS_MAX];
	int lengths[PARAMS_MAX], formats[PARAMS_MAX];

	if (conn->state != PG_READY || conn->broken)
		return;
	split_params(params, n, values, lengths, formats);
	if (PQsendQueryParams(conn->pq, text, n, NULL, values, lengths, formats,
		binary ? 1 : 0) != 1)
		conn->broken = true;
}

static void
command_add(struct pg_conn *conn, pg_row_cb *row, pg_done_cb *done, void *arg)
{
	struct pg_command *command = xcalloc(1, sizeof(*command));

	command->row = row;
	command->done = done;
	command->arg = arg;
	STAILQ_INSERT_TAIL(&conn->commands, command, link);
}

void
pg_conn_send(struct pg_conn *conn, pg_row_cb *row, pg_done_cb *done, void *arg)
{
	struct err err;

	if (conn->state != PG_READY) {
		done(arg, &conn->why);
		return;
	}
	if (conn->broken || PQpipelineSync(conn->pq) != 1) {
		/* A part of it may be on its way: it must not go on. */
		conn->broken = false;
		database_error(&err, PQerrorMessage(conn->pq));
		pg_conn_lose(conn, &err);
		done(arg, &err);
		return;
	}
	command_add(conn, row, done, arg);
	pg_conn_flush(conn);
}

int
pg_pipe_prepare(struct pg_conn *conn, pg_done_cb *done, struct err *err)
{
	const char *const *texts = conn->config.statements;
	bool good = PQenterPipelineMode(conn->pq) == 1;
	char name[16];

	for (int i = 0; good && texts[i] != NULL; i++) {
		name_statement(name, sizeof(name), i);
		good = PQsendPrepare(conn->pq, name, texts[i], 0, NULL) == 1;
	}
	if (!good || PQpipelineSync(conn->pq) != 1) {
		database_error(err, PQerrorMessage(conn->pq));
		return -1;
	}
	conn->broken = false;
	command_add(conn, NULL, done, conn);
	return 0;
}

/* The first error of a command counts: the others follow from it. */
static void
note_error(struct pg_command *command, const PGresult *result)
{
	const char *primary =
	    PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);

	if (command->failed)
		return;
	command->failed = true;
	database_error(&command->err,
	    primary != NULL ? primary : PQresultErrorMessage(result));
}

static void
hand_on_rows(struct pg_command *command, const PGresult *result)
{
	if (command->row == NULL || command->failed)
		return;
	for (int i = 0; i < PQntuples(result); i++)
		command->row(command->arg, result, i);
}

static void
end_command(struct pg_conn *conn)
{
	struct pg_command *command = STAILQ_FIRST(&conn->commands);

	STAILQ_REMOVE_HEAD(&conn->commands, link);
	command->done(command->arg, command->failed ? &command->err : NULL);
	free(command);
}

/* False: the connection is lost. */
static bool
take_result(struct pg_conn *conn, const PGresult *result)
{
	struct pg_command *command = STAILQ_FIRST(&conn->commands);

	switch (PQresultStatus(result)) {
	case PGRES_PIPELINE_SYNC:
		end_command(conn);
		break;
	case PGRES_TUPLES_OK:
		hand_on_rows(command, result);
		break;
	case PGRES_FATAL_ERROR:
	case PGRES_BAD_RESPONSE:
		note_error(command, result);
		return PQstatus(conn->pq) != CONNECTION_BAD;
	case PGRES_PIPELINE_ABORTED:
	case PGRES_COMMAND_OK:
	case PGRES_EMPTY_QUERY:
	case PGRES_NONFATAL_ERROR:
	case PGRES_SINGLE_TUPLE:
	case PGRES_COPY_OUT:
	case PGRES_COPY_IN:
	case PGRES_COPY_BOTH:
		break;
	}
	return true;
}

int
pg_pipe_read(struct pg_conn *conn, struct err *err)
{
	PGresult *result;
	bool good = true;

	/* A callback may end the connection: it is looked at each time. */
	while (good && conn->pq != NULL && !STAILQ_EMPTY(&conn->commands) &&
	    !PQisBusy(conn->pq)) {
		result = PQgetResult(conn->pq);
		if (result == NULL)
			continue;
		good = take_result(conn, result);
		PQclear(result);
	}
	if (good)
		return 0;
	database_error(err, PQerrorMessage(conn->pq));
	return -1;
}

void
pg_pipe_fail(struct pg_conn *conn, const struct err *err)
{
	struct pg_commands commands = STAILQ_HEAD_INITIALIZER(commands);
	struct pg_command *command;
	struct err copy = *err;

	/* What they begin anew is not of these. */
	STAILQ_CONCAT(&commands, &conn->commands);
	while ((command = STAILQ_FIRST(&commands)) != NULL) {
		STAILQ_REMOVE_HEAD(&commands, link);
		if (command->arg != conn)
			command->done(command->arg, &copy);
		free(command);
	}
}
