#include "recorder/postgres/pg_read.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

void
pg_ask(struct pg_question *q, const char *text)
{
	strbuf_adds(&q->text, text);
}

/* Appends text, the number of the parameter in place of its $. */
static void
add_bound(struct pg_question *q, const char *text)
{
	const char *dollar = strchr(text, '$');

	strbuf_add(&q->text, text, (size_t)(dollar - text) + 1);
	strbuf_addf(&q->text, "%d%s", q->n, dollar + 1);
}

void
pg_ask_text(struct pg_question *q, const char *text, const char *value)
{
	/* No id and no name has bytes that the server would refuse. */
	if (!pg_is_utf8(value))
		value = "\xef\xbf\xbd";
	q->params[q->n++] = (struct pg_param){value, 0, false};
	add_bound(q, text);
}

void
pg_ask_int(struct pg_question *q, const char *text, int64_t value)
{
	char *number = q->numbers[q->n];

	snprintf(number, sizeof(q->numbers[0]), "%" PRId64, value);
	pg_ask_text(q, text, number);
}

void
pg_ask_send(struct pg_store *s, struct pg_question *q, pg_row_cb *row,
    pg_done_cb *done, void *arg)
{
	pg_conn_query(s->reading, strbuf_str(&q->text), q->params, q->n, false);
	strbuf_fini(&q->text);
	q->n = 0;
	pg_conn_send(s->reading, row, done, arg);
}

const char *
pg_text(const PGresult *result, int row, int column)
{
	return PQgetvalue(result, row, column);
}

int64_t
pg_int(const PGresult *result, int row, int column, int64_t none)
{
	return PQgetisnull(result, row, column) ?
	    none :
	    strtoll(PQgetvalue(result, row, column), NULL, 10);
}

enum outcome
pg_outcome(const PGresult *result, int row, int column)
{
	int outcome = outcome_parse(PQgetvalue(result, row, column));

	return outcome != -1 ? (enum outcome)outcome : OUTCOME_NONE;
}

enum trigger
pg_trigger(const PGresult *result, int row, int column)
{
	int trigger = trigger_parse(PQgetvalue(result, row, column));

	return trigger != -1 ? (enum trigger)trigger : TRIGGER_SCHEDULE;
}

bool
pg_bool(const PGresult *result, int row, int column)
{
	return PQgetvalue(result, row, column)[0] == 't';
}

void
pg_outcomes(uint32_t outcomes, struct strbuf *b)
{
	const char *comma = "";

	strbuf_addch(b, '{');
	for (int i = 0; i < OUTCOME_COUNT; i++)
		if (outcomes >> i & 1) {
			strbuf_addf(
			    b, "%s%s", comma, outcome_name((enum outcome)i));
			comma = ",";
		}
	strbuf_addch(b, '}');
}
