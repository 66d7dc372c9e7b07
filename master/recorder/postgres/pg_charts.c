/* What charts are drawn from. */
#include "recorder/postgres/pg_read.h"

#include <stdlib.h>

#include "base/mem.h"

/* Behind every run id. */
#define ID_END "\x7f"

struct bars {
	store_bar_cb *row;
	store_done *done;
	void *arg;
};

static void
bars_row(void *arg, const PGresult *res, int i)
{
	struct bars *bars = arg;
	const struct store_bar bar = {
	    .id = pg_text(res, i, 0),
	    .job = pg_text(res, i, 1),
	    .host = pg_text(res, i, 2),
	    .slot_ms = pg_int(res, i, 3, 0),
	    .due_ms = pg_int(res, i, 4, 0),
	    .created_ms = pg_int(res, i, 5, 0),
	    .outcome = pg_outcome(res, i, 6),
	    .started_us = pg_int(res, i, 7, 0),
	    .finished_us = pg_int(res, i, 8, 0),
	    .duration_us = pg_int(res, i, 9, 0),
	};

	bars->row(bars->arg, &bar);
}

static void
bars_done(void *arg, const struct err *err)
{
	struct bars *bars = arg;

	bars->done(bars->arg, err);
	free(bars);
}

void
pg_bars(struct store *store, const struct store_bars *which, store_bar_cb *row,
    store_done *done, void *arg)
{
	struct bars *bars = xcalloc(1, sizeof(*bars));
	struct pg_question q = {0};

	*bars = (struct bars){.row = row, .done = done, .arg = arg};
	pg_ask_text(&q,
	    "SELECT id, job, host, slot, due, created, outcome, started, "
	    "finished, duration_us FROM runs WHERE id >= $",
	    which->from);
	pg_ask_text(
	    &q, " AND id < $", *which->before != '\0' ? which->before : ID_END);
	if (which->job != NULL)
		pg_ask_text(&q, " AND job = $", which->job);
	pg_ask_int(&q, " ORDER BY id DESC LIMIT $", which->limit);
	pg_ask_send(pg_store(store), &q, bars_row, bars_done, bars);
}

struct hours {
	store_hour_cb *row;
	store_done *done;
	void *arg;
};

static void
hours_row(void *arg, const PGresult *res, int i)
{
	struct hours *hours = arg;
	const struct store_hour hour = {
	    .hour = pg_int(res, i, 0, 0),
	    .runs = pg_int(res, i, 1, 0),
	    .failures = pg_int(res, i, 2, 0),
	    .busy_us = pg_int(res, i, 3, 0),
	};

	hours->row(hours->arg, &hour);
}

static void
hours_done(void *arg, const struct err *err)
{
	struct hours *hours = arg;

	hours->done(hours->arg, err);
	free(hours);
}

void
pg_hours(struct store *store, int64_t from, int64_t to, store_hour_cb *row,
    store_done *done, void *arg)
{
	struct hours *hours = xcalloc(1, sizeof(*hours));
	struct pg_question q = {0};

	*hours = (struct hours){.row = row, .done = done, .arg = arg};
	pg_ask_int(&q,
	    "SELECT hour, sum(runs)::bigint, sum(failures)::bigint, "
	    "sum(busy_us)::bigint FROM hours WHERE hour >= $",
	    from);
	pg_ask_int(&q, " AND hour < $", to);
	pg_ask(&q, " GROUP BY hour ORDER BY hour");
	pg_ask_send(pg_store(store), &q, hours_row, hours_done, hours);
}
