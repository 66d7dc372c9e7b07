/* The ledger's lists. */
#include "recorder/postgres/pg_read.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* Behind every job's name, which holds no such byte. */
#define JOB_END "\x7f"

#define COLUMNS                                                                \
	"job, slot, until, count, outcome, reason, detail, run, attempts, host"

struct slot_list {
	store_slot_cb *row;
	store_list_done *done;
	void *arg;
	int limit, rows;
	bool more;
	struct store_cursor next;
};

static void
list_row(void *arg, const PGresult *res, int i)
{
	struct slot_list *list = arg;
	struct store_slot row;

	/* One more than the limit was asked for. */
	if (list->rows++ == list->limit) {
		list->more = true;
		return;
	}
	row.slot.job = pg_text(res, i, 0);
	row.slot.slot_ms = pg_int(res, i, 1, 0);
	row.slot.until_ms = pg_int(res, i, 2, 0);
	row.slot.count = pg_int(res, i, 3, 0);
	row.slot.outcome = pg_outcome(res, i, 4);
	row.slot.reason = pg_text(res, i, 5);
	row.slot.detail = pg_text(res, i, 6);
	row.run = pg_text(res, i, 7);
	row.attempts = (int32_t)pg_int(res, i, 8, 0);
	row.slot.host = pg_text(res, i, 9);
	list->next.slot_ms = row.slot.slot_ms;
	snprintf(list->next.key, sizeof(list->next.key), "%s", row.slot.job);
	list->row(list->arg, &row);
}

static void
list_done(void *arg, const struct err *err)
{
	struct slot_list *list = arg;

	list->done(
	    list->arg, err == NULL && list->more ? &list->next : NULL, err);
	free(list);
}

/*
 * From since on; for one job from the beginning of the row that since falls
 * into.
 */
static void
ask_since(struct pg_question *q, const struct store_filter *filter)
{
	if (filter->since_ms == INT64_MIN)
		return;
	if (filter->job == NULL) {
		pg_ask_int(q, " AND slot >= $", filter->since_ms);
		return;
	}
	pg_ask_int(q, " AND (slot >= $", filter->since_ms);
	pg_ask_text(q,
	    " OR (slot = (SELECT max(o.slot) FROM ledger AS o "
	    "WHERE o.job = $",
	    filter->job);
	pg_ask_int(q, " AND o.slot <= $)", filter->since_ms);
	pg_ask_int(q, " AND until >= $))", filter->since_ms);
}

/* Where to begin: behind the cursor, or at until. */
static struct store_cursor
start(const struct store_filter *filter)
{
	struct store_cursor c = filter->before;

	if (*c.key != '\0' && c.slot_ms <= filter->until_ms)
		return c;
	c.slot_ms = filter->until_ms;
	snprintf(c.key, sizeof(c.key), "%s", JOB_END);
	return c;
}

static void
ask_outcomes(
    struct pg_question *q, const struct store_filter *filter, struct strbuf *b)
{
	if (filter->outcomes == 0)
		return;
	pg_outcomes(filter->outcomes, b);
	pg_ask_text(q, " AND coalesce(outcome, 'running') = ANY($::text[])",
	    strbuf_str(b));
	/* Then a small index has them all. */
	if ((filter->outcomes >> OUTCOME_SUCCESS & 1) == 0)
		pg_ask(q, " AND outcome IS DISTINCT FROM 'success'");
}

void
pg_slots(struct store *store, const struct store_filter *filter,
    store_slot_cb *row, store_list_done *done, void *arg)
{
	struct slot_list *list = xcalloc(1, sizeof(*list));
	struct store_cursor from = start(filter);
	struct strbuf outcomes = STRBUF_INIT;
	struct pg_question q = {0};

	*list = (struct slot_list){
	    .row = row, .done = done, .arg = arg, .limit = filter->limit};
	pg_ask_int(&q, "SELECT " COLUMNS " FROM ledger WHERE (slot, job) < ($",
	    from.slot_ms);
	pg_ask_text(&q, ", $)", from.key);
	if (filter->job != NULL)
		pg_ask_text(&q, " AND job = $", filter->job);
	ask_since(&q, filter);
	ask_outcomes(&q, filter, &outcomes);
	if (filter->reason != NULL)
		pg_ask_text(&q, " AND reason = $", filter->reason);
	pg_ask_int(&q, " ORDER BY slot DESC, job DESC LIMIT $",
	    (int64_t)filter->limit + 1);
	pg_ask_send(pg_store(store), &q, list_row, list_done, list);
	strbuf_fini(&outcomes);
}
