/* Questions to the reading connection: text put together, values bound. */
#ifndef BELFRY_MASTER_RECORDER_PG_READ_H
#define BELFRY_MASTER_RECORDER_PG_READ_H

#include "base/strbuf.h"
#include "recorder/postgres/store_postgres.h"

#define QUESTION_PARAMS_MAX 12

/* Zero it; texts are borrowed until it is asked. */
struct pg_question {
	struct strbuf text;
	struct pg_param params[QUESTION_PARAMS_MAX];
	char numbers[QUESTION_PARAMS_MAX][24];
	int n;
};

/* Appends text; $ stands for the value that is bound. */
void pg_ask(struct pg_question *q, const char *text);
void pg_ask_text(struct pg_question *q, const char *text, const char *value);
void pg_ask_int(struct pg_question *q, const char *text, int64_t value);

/* Sends and empties it. done may be called at once. */
void pg_ask_send(struct pg_store *s, struct pg_question *q, pg_row_cb *row,
    pg_done_cb *done, void *arg);

/* Columns of a row: NULL as "", as none, as OUTCOME_NONE. */
const char *pg_text(const PGresult *result, int row, int column);
int64_t pg_int(const PGresult *result, int row, int column, int64_t none);
enum outcome pg_outcome(const PGresult *result, int row, int column);
enum trigger pg_trigger(const PGresult *result, int row, int column);
bool pg_bool(const PGresult *result, int row, int column);

/* The words of outcomes, as an array of SQL: "{failure,running}". */
void pg_outcomes(uint32_t outcomes, struct strbuf *b);

#endif
