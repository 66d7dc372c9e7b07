#include "kinds/sql/transaction.h"

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fault.h"
#include "kinds/sql/bind.h"
#include "kinds/sql/rows.h"
#include "kinds/sql/session.h"

struct transaction {
	PGconn *pq;
	const struct sql_script *script;
	struct inside_note *note;
	int64_t changed; /* rows */
	struct err err;
	int code; /* of the run, when err is set */
};

/* Rows that were changed, not those that were only read. */
static int64_t
count_changed(PGresult *result)
{
	static const char *const words[] = {
	    "INSERT ", "UPDATE ", "DELETE ", "MERGE "};

	for (size_t i = 0; i < 4; i++)
		if (strncmp(PQcmdStatus(result), words[i], strlen(words[i])) ==
		    0)
			return strtoll(PQcmdTuples(result), NULL, 10);
	return 0;
}

static int
refuse_copy(struct transaction *t)
{
	t->code = SQL_EXIT_FAILED;
	return err_set(&t->err,
	    "a job cannot COPY from or to its own side; copy from a file of "
	    "the server, or run psql as a command");
}

/* 0, or -1 with err. */
static int
take_result(struct transaction *t, struct rows *rows, PGresult *result)
{
	switch ((int)PQresultStatus(result)) {
	case PGRES_SINGLE_TUPLE:
		rows_print(rows, result);
		return 0;
	case PGRES_TUPLES_OK:
		rows_print(rows, result);
		rows_end(rows, result);
		t->changed += count_changed(result);
		return 0;
	case PGRES_COMMAND_OK:
		rows_say(PQcmdStatus(result));
		t->changed += count_changed(result);
		return 0;
	case PGRES_COPY_IN:
	case PGRES_COPY_OUT:
	case PGRES_COPY_BOTH:
		return refuse_copy(t);
	default:
		session_error(t->pq, result, &t->err);
		t->code = session_exit_code(t->pq, result);
		return -1;
	}
}

static int
run_statement(struct transaction *t, const struct sql_statement *statement)
{
	struct rows rows = {0, STRBUF_INIT};
	struct bind bind;
	PGresult *result;
	int rc = 0;

	t->code = SQL_EXIT_FAILED;
	if (bind_statement(&bind, statement, NULL, 0, &t->err) == -1)
		return -1;
	if (PQsendQueryParams(t->pq, statement->text, bind.n, NULL, bind.values,
		NULL, NULL, 0) == 0) {
		session_error(t->pq, NULL, &t->err);
		t->code = session_exit_code(t->pq, NULL);
		return -1;
	}
	PQsetSingleRowMode(t->pq); /* a row at a time is in our memory */
	while (rc == 0 && (result = PQgetResult(t->pq)) != NULL) {
		rc = take_result(t, &rows, result);
		PQclear(result);
	}
	strbuf_fini(&rows.text);
	return rc;
}

static int
run_statements(struct transaction *t)
{
	char doing[INSIDE_DOING_MAX];
	size_t n = t->script->n;

	for (size_t i = 0; i < n; i++) {
		snprintf(doing, sizeof(doing), "running statement %zu of %zu",
		    i + 1, n);
		inside_doing(t->note, doing);
		if (run_statement(t, &t->script->statements[i]) == 0)
			continue;
		return n > 1 ? err_prefix(&t->err, "statement %zu", i + 1) : -1;
	}
	return 0;
}

static int
execute(struct transaction *t, const char *text)
{
	PGresult *result =
	    session_query(t->pq, text, 0, NULL, &t->code, &t->err);

	if (result == NULL)
		return -1;
	PQclear(result);
	return 0;
}

/* Whether it was done is not known when the answer does not come. */
static int
commit(struct transaction *t)
{
	inside_doing(t->note, "committing");
	if (execute(t, "COMMIT") == 0)
		return 0;
	if (PQstatus(t->pq) == CONNECTION_BAD)
		return err_prefix(&t->err,
		    "the connection was lost while it committed, so all of it "
		    "was done, or nothing");
	return -1;
}

int
transaction_run(
    PGconn *pq, const struct sql_script *script, struct inside_note *note)
{
	struct transaction t = {.pq = pq, .script = script, .note = note};
	char rows[32];

	if (execute(&t, "BEGIN") == -1 || run_statements(&t) == -1 ||
	    commit(&t) == -1) {
		/* The rest is undone with the connection. */
		inside_tell(note, OUTCOME_FAILURE, "%s", t.err.text);
		return t.code;
	}
	fault_point(FAULT_JOB_SQL_COMMITTED);
	snprintf(rows, sizeof(rows), "%" PRId64, t.changed);
	inside_value(note, "rows", rows);
	return 0;
}
