/* Who changed what by hand. */
#include "recorder/postgres/pg_read.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"

struct audit_list {
	store_audit_cb *row;
	store_done *done;
	void *arg;
};

/* Few: each by itself. */
void
pg_audit(struct store *store, const struct record_audit *audit)
{
	struct pg_store *s = pg_store(store);
	char at[24];
	const struct pg_param params[] = {
	    {audit->id, 0, false},
	    {at, 0, false},
	    {audit->host, 0, false},
	    {audit->who, 0, false},
	    {audit->from, 0, false},
	    {audit->action, 0, false},
	    {audit->object, 0, false},
	    {audit->was, 0, false},
	    {audit->became, 0, false},
	};
	const struct pg_param forget[] = {{audit->forget, 0, false}};

	snprintf(at, sizeof(at), "%" PRId64, audit->at_ms);
	pg_conn_execute(
	    s->writing, STATEMENT_AUDIT, params, (int)nitems(params));
	pg_conn_execute(s->writing, STATEMENT_AUDIT_FORGET, forget, 1);
}

static void
audit_row(void *arg, const PGresult *res, int i)
{
	struct audit_list *list = arg;
	const struct record_audit audit = {
	    .id = pg_text(res, i, 0),
	    .at_ms = pg_int(res, i, 1, 0),
	    .host = pg_text(res, i, 2),
	    .who = pg_text(res, i, 3),
	    .from = pg_text(res, i, 4),
	    .action = pg_text(res, i, 5),
	    .object = pg_text(res, i, 6),
	    .was = pg_text(res, i, 7),
	    .became = pg_text(res, i, 8),
	    .forget = "",
	};

	list->row(list->arg, &audit);
}

static void
audits_done(void *arg, const struct err *err)
{
	struct audit_list *list = arg;

	list->done(list->arg, err);
	free(list);
}

static void
add_equal(struct pg_question *q, const char *text, const char *value)
{
	if (*value != '\0')
		pg_ask_text(q, text, value);
}

void
pg_audits(struct store *store, const struct store_audit *which,
    store_audit_cb *row, store_done *done, void *arg)
{
	struct audit_list *list = xcalloc(1, sizeof(*list));
	struct pg_question q = {0};

	list->row = row;
	list->done = done;
	list->arg = arg;
	pg_ask_text(&q,
	    "SELECT id, at, host, who, origin, action, object, was, became "
	    "FROM audit WHERE id >= $",
	    which->since);
	add_equal(&q, " AND id < $", which->before);
	add_equal(&q, " AND who = $", which->who);
	add_equal(&q, " AND action = $", which->action);
	add_equal(&q, " AND object = $", which->object);
	pg_ask_int(&q, " ORDER BY id DESC LIMIT $", which->limit);
	pg_ask_send(pg_store(store), &q, audit_row, audits_done, list);
}
