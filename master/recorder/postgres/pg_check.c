/* What explain and verify hold against each other. */
#include "recorder/postgres/pg_read.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define COLUMNS                                                                \
	"l.slot, l.until, l.count, l.outcome, l.reason, l.run, l.attempts, "   \
	"r.id, r.slot, r.attempt, r.trigger, r.outcome, r.started, "           \
	"r.finished, r.created, r.host, r.copy, r.twin"

struct check_list {
	store_check_job_cb *job;
	store_check_cb *check;
	store_plan_cb *plan;
	store_done *done;
	void *arg;
};

static struct check_list *
list_new(store_done *done, void *arg)
{
	struct check_list *list = xcalloc(1, sizeof(*list));

	list->done = done;
	list->arg = arg;
	return list;
}

static void
list_done(void *arg, const struct err *err)
{
	struct check_list *list = arg;

	list->done(list->arg, err);
	free(list);
}

static void
job_row(void *arg, const PGresult *res, int i)
{
	struct check_list *list = arg;

	list->job(list->arg, pg_text(res, i, 0), pg_int(res, i, 1, 0),
	    pg_int(res, i, 2, 0));
}

void
pg_check_job(struct store *store, const char *after, const char *only,
    store_check_job_cb *row, store_done *done, void *arg)
{
	struct check_list *list = list_new(done, arg);
	struct pg_question q = {0};

	list->job = row;
	pg_ask_text(&q,
	    "SELECT job, hwm, greatest(swept, (SELECT slot FROM swept)) "
	    "FROM jobs WHERE job > $",
	    after);
	if (only != NULL)
		pg_ask_text(&q, " AND job = $", only);
	pg_ask(&q, " ORDER BY job LIMIT 1");
	pg_ask_send(pg_store(store), &q, job_row, list_done, list);
}

static void
check_row(void *arg, const PGresult *res, int i)
{
	struct check_list *list = arg;
	const struct store_check check = {
	    .has_slot = !PQgetisnull(res, i, 0),
	    .slot_ms = pg_int(res, i, 0, 0),
	    .until_ms = pg_int(res, i, 1, 0),
	    .count = pg_int(res, i, 2, 0),
	    .outcome = pg_outcome(res, i, 3),
	    .reason = pg_text(res, i, 4),
	    .run = pg_text(res, i, 5),
	    .attempts = (int)pg_int(res, i, 6, 0),
	    .id = pg_text(res, i, 7),
	    .run_slot_ms = pg_int(res, i, 8, 0),
	    .attempt = (int)pg_int(res, i, 9, 0),
	    .trigger = pg_trigger(res, i, 10),
	    .run_outcome = pg_outcome(res, i, 11),
	    .started_us = pg_int(res, i, 12, 0),
	    .finished_us = pg_int(res, i, 13, 0),
	    .created_ms = pg_int(res, i, 14, 0),
	    .run_host = pg_text(res, i, 15),
	    .is_copy = *pg_text(res, i, 16) != '\0',
	    .is_twin = pg_bool(res, i, 17),
	};

	list->check(list->arg, &check);
}

static void
ask_slots(struct pg_question *q, const struct store_check_page *page)
{
	pg_ask_text(q,
	    "SELECT " COLUMNS " FROM ledger AS l "
	    "LEFT JOIN runs AS r ON r.id = l.run WHERE l.job = $",
	    page->job);
	pg_ask_int(q, " AND l.slot <= $", page->until_ms);
	/* A range of slots that began before counts, if it reaches there. */
	pg_ask_text(q,
	    " AND l.slot >= coalesce((SELECT min(b.slot) FROM (SELECT slot, "
	    "until FROM ledger WHERE job = $",
	    page->job);
	pg_ask_int(q, " AND slot < $", page->since_ms);
	pg_ask_int(q,
	    " ORDER BY slot DESC LIMIT " STORE_CHECK_BEFORE
	    ") AS b WHERE b.until >= $",
	    page->since_ms);
	pg_ask_int(q, "), $", page->since_ms);
	pg_ask_int(q, ") ORDER BY l.slot DESC LIMIT $", page->limit);
}

static void
ask_runs(struct pg_question *q, const struct store_check_page *page)
{
	pg_ask_text(q,
	    "SELECT " COLUMNS " FROM runs AS r LEFT JOIN ledger AS l "
	    "ON l.job = r.job AND l.slot = r.slot WHERE r.job = $",
	    page->job);
	pg_ask_text(q, " AND r.id < $", page->before);
	pg_ask_int(q, " ORDER BY r.id DESC LIMIT $", page->limit);
}

void
pg_check(struct store *store, const struct store_check_page *page,
    store_check_cb *row, store_done *done, void *arg)
{
	struct check_list *list = list_new(done, arg);
	struct pg_question q = {0};

	list->check = row;
	if (page->runs)
		ask_runs(&q, page);
	else
		ask_slots(&q, page);
	pg_ask_send(pg_store(store), &q, check_row, list_done, list);
}

static void
plan_row(void *arg, const PGresult *res, int i)
{
	struct check_list *list = arg;
	const struct store_plan plan = {
	    .since_ms = pg_int(res, i, 0, 0),
	    .seen_ms = pg_int(res, i, 1, 0),
	    .memo = pg_text(res, i, 2),
	    .ends_ms = pg_int(res, i, 3, 0),
	};

	list->plan(list->arg, &plan);
}

void
pg_plans(struct store *store, const char *job, int limit, store_plan_cb *row,
    store_done *done, void *arg)
{
	struct check_list *list = list_new(done, arg);
	struct pg_question q = {0};

	list->plan = row;
	pg_ask_text(&q,
	    "SELECT since, seen, memo, coalesce(ends, since) FROM schedules "
	    "WHERE job = $",
	    job);
	pg_ask_int(&q, " ORDER BY since DESC LIMIT $", limit);
	pg_ask_send(pg_store(store), &q, plan_row, list_done, list);
}
