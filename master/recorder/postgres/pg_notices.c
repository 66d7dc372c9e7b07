/* Notifications: written one by one, and listed. */
#include "recorder/postgres/pg_read.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* They are few beside the runs: each goes by itself, in its order. */
void
pg_notice(struct store *store, const struct record_notice *notice)
{
	char created[24], tries[16], next[24], done[24];
	const struct pg_param params[] = {
	    {notice->id, 0, false},
	    {notice->receiver, 0, false},
	    {notice->event, 0, false},
	    {notice->job, 0, false},
	    {notice->run, 0, false},
	    {notice->host, 0, false},
	    {created, 0, false},
	    {notice_state_name(notice->state), 0, false},
	    {tries, 0, false},
	    {next, 0, false},
	    {done, 0, false},
	    {pg_is_utf8(notice->error) ? notice->error : "?", 0, false},
	    {pg_is_utf8(notice->facts) ? notice->facts : "{}", 0, false},
	};

	snprintf(created, sizeof(created), "%" PRId64, notice->created_ms);
	snprintf(tries, sizeof(tries), "%" PRId32, notice->tries);
	snprintf(next, sizeof(next), "%" PRId64, notice->next_ms);
	snprintf(done, sizeof(done), "%" PRId64, notice->done_ms);
	pg_conn_execute(pg_store(store)->writing, STATEMENT_NOTICE, params,
	    (int)nitems(params));
}

struct notice_list {
	store_notice_cb *row;
	store_list_done *done;
	void *arg;
	int limit, rows;
	bool more;
	struct store_cursor next;
};

static void
list_row(void *arg, const PGresult *res, int i)
{
	struct notice_list *list = arg;
	int state = notice_state_parse(pg_text(res, i, 7));
	const struct record_notice notice = {
	    .id = pg_text(res, i, 0),
	    .receiver = pg_text(res, i, 1),
	    .event = pg_text(res, i, 2),
	    .job = pg_text(res, i, 3),
	    .run = pg_text(res, i, 4),
	    .host = pg_text(res, i, 5),
	    .created_ms = pg_int(res, i, 6, 0),
	    .state = state == -1 ? NOTICE_FAILED : (enum notice_state)state,
	    .tries = (int32_t)pg_int(res, i, 8, 0),
	    .next_ms = pg_int(res, i, 9, 0),
	    .done_ms = pg_int(res, i, 10, 0),
	    .error = pg_text(res, i, 11),
	    .facts = pg_text(res, i, 12),
	};

	/* One more than the limit was asked for. */
	if (list->rows++ == list->limit) {
		list->more = true;
		return;
	}
	list->next.slot_ms = notice.created_ms;
	snprintf(list->next.key, sizeof(list->next.key), "%s", notice.id);
	list->row(list->arg, &notice);
}

static void
list_done(void *arg, const struct err *err)
{
	struct notice_list *list = arg;

	list->done(
	    list->arg, list->more && err == NULL ? &list->next : NULL, err);
	free(list);
}

static void
ask_states(struct pg_question *q, uint32_t states)
{
	const char *comma = " AND state IN (";

	for (int i = 0; i < NOTICE_STATES && states != 0; i++)
		if ((states >> i & 1) != 0) {
			pg_ask(q, comma);
			pg_ask_text(q, "$::text",
			    notice_state_name((enum notice_state)i));
			comma = ", ";
		}
	if (states != 0)
		pg_ask(q, ")");
}

void
pg_notices(struct store *store, const struct store_notice_filter *filter,
    store_notice_cb *row, store_list_done *done, void *arg)
{
	struct notice_list *list = xcalloc(1, sizeof(*list));
	struct pg_question q = {.n = 0};

	list->row = row;
	list->done = done;
	list->arg = arg;
	list->limit = filter->limit;
	pg_ask(&q,
	    "SELECT id, receiver, event, job, run, host, created, state, "
	    "tries, next, done, error, facts FROM notifications WHERE true");
	if (filter->before.key[0] != '\0') {
		pg_ask_int(&q, " AND (created, id) < ($::bigint",
		    filter->before.slot_ms);
		pg_ask_text(&q, ", $::text)", filter->before.key);
	}
	if (filter->job != NULL)
		pg_ask_text(&q, " AND job = $::text", filter->job);
	if (filter->receiver != NULL)
		pg_ask_text(&q, " AND receiver = $::text", filter->receiver);
	ask_states(&q, filter->states);
	pg_ask_int(&q, " ORDER BY created DESC, id DESC LIMIT $::bigint",
	    filter->limit + 1);
	pg_ask_send(pg_store(store), &q, list_row, list_done, list);
}
