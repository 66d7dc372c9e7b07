/* Runs: lists and finding one. */
#include "recorder/postgres/pg_read.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* Behind every run id. */
#define ID_END "\x7f"

#define COLUMNS                                                                \
	"id, job, slot, due, attempt, trigger, host, fence, created, "         \
	"outcome, reason, exit_code, signal, started, finished, "              \
	"duration_us, cpu_us, max_rss_kb, output_bytes, dropped_bytes, "       \
	"retry_ms, (SELECT p.params FROM params AS p WHERE p.run = runs.id), " \
	"chain, parent, "                                                      \
	"(SELECT p.parents FROM params AS p WHERE p.run = runs.id), results"

struct run_list {
	store_run_cb *row;
	store_list_done *list_done;
	store_done *find_done;
	void *arg;
	int limit, rows;
	bool more;
	struct store_cursor next;
};

static void
read_begin(const PGresult *res, int i, struct run_begin *b)
{
	snprintf(b->id, sizeof(b->id), "%s", pg_text(res, i, 0));
	snprintf(b->job, sizeof(b->job), "%s", pg_text(res, i, 1));
	b->slot_ms = pg_int(res, i, 2, 0);
	b->due_ms = pg_int(res, i, 3, 0);
	b->attempt = (int32_t)pg_int(res, i, 4, 0);
	b->trigger = pg_trigger(res, i, 5);
	snprintf(b->host, sizeof(b->host), "%s", pg_text(res, i, 6));
	b->fence = (uint64_t)pg_int(res, i, 7, 0);
	b->created_ms = pg_int(res, i, 8, 0);
	snprintf(b->chain, sizeof(b->chain), "%s", pg_text(res, i, 22));
	snprintf(b->parent, sizeof(b->parent), "%s", pg_text(res, i, 23));
}

static void
read_run(const PGresult *res, int i, struct store_run *run)
{
	struct run_result *r = &run->result;

	memset(run, 0, sizeof(*run));
	read_begin(res, i, &run->begin);
	r->outcome = pg_outcome(res, i, 9);
	snprintf(r->reason, sizeof(r->reason), "%s", pg_text(res, i, 10));
	r->exit_code = (int32_t)pg_int(res, i, 11, -1);
	r->signal = (int32_t)pg_int(res, i, 12, 0);
	r->started_us = pg_int(res, i, 13, 0);
	r->finished_us = pg_int(res, i, 14, 0);
	r->duration_us = pg_int(res, i, 15, 0);
	r->cpu_us = pg_int(res, i, 16, 0);
	r->max_rss_kb = pg_int(res, i, 17, 0);
	r->output_bytes = (uint64_t)pg_int(res, i, 18, 0);
	r->dropped_bytes = (uint64_t)pg_int(res, i, 19, 0);
	run->retry_ms = pg_int(res, i, 20, 0);
	run->params = pg_text(res, i, 21);
	run->parents = pg_text(res, i, 24);
	snprintf(r->values, sizeof(r->values), "%s", pg_text(res, i, 25));
}

static void
list_row(void *arg, const PGresult *res, int i)
{
	struct run_list *list = arg;
	struct store_run run;

	/* One more than the limit was asked for. */
	if (list->rows++ == list->limit) {
		list->more = true;
		return;
	}
	read_run(res, i, &run);
	snprintf(list->next.key, sizeof(list->next.key), "%s", run.begin.id);
	list->row(list->arg, &run);
}

static void
list_done(void *arg, const struct err *err)
{
	struct run_list *list = arg;

	list->list_done(
	    list->arg, err == NULL && list->more ? &list->next : NULL, err);
	free(list);
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
pg_runs(struct store *store, const struct store_filter *filter,
    store_run_cb *row, store_list_done *done, void *arg)
{
	struct run_list *list = xcalloc(1, sizeof(*list));
	struct strbuf outcomes = STRBUF_INIT;
	char end[JOB_NAME_MAX + 1];
	struct pg_question q = {0};

	*list = (struct run_list){
	    .row = row, .list_done = done, .arg = arg, .limit = filter->limit};
	store_runs_end(filter, end);
	pg_ask_text(&q, "SELECT " COLUMNS " FROM runs WHERE id < $", end);
	if (filter->host != NULL)
		pg_ask_text(&q, " AND host = $", filter->host);
	if (filter->job != NULL)
		pg_ask_text(&q, " AND job = $", filter->job);
	/* The first run of a chain has none itself. */
	if (filter->chain != NULL) {
		pg_ask_text(&q, " AND (chain = $", filter->chain);
		pg_ask_text(&q, " OR id = $)", filter->chain);
	}
	if (filter->since_ms != INT64_MIN)
		pg_ask_int(&q, " AND created >= $", filter->since_ms);
	ask_outcomes(&q, filter, &outcomes);
	pg_ask_int(&q, " ORDER BY id DESC LIMIT $", (int64_t)filter->limit + 1);
	pg_ask_send(pg_store(store), &q, list_row, list_done, list);
	strbuf_fini(&outcomes);
}

static void
find_row(void *arg, const PGresult *res, int i)
{
	struct run_list *list = arg;
	struct store_run run;

	read_run(res, i, &run);
	list->row(list->arg, &run);
}

static void
find_done(void *arg, const struct err *err)
{
	struct run_list *list = arg;

	list->find_done(list->arg, err);
	free(list);
}

/* By id, else the newest of a job, else what begins so. */
void
pg_find(struct store *store, const char *text, store_run_cb *row,
    store_done *done, void *arg)
{
	struct run_list *list = xcalloc(1, sizeof(*list));
	bool prefix = strlen(text) >= 4 && store_is_run_id(text);
	char end[RUN_ID_SIZE + 1];
	struct pg_question q = {0};

	*list = (struct run_list){.row = row, .find_done = done, .arg = arg};
	snprintf(end, sizeof(end), "%.*s" ID_END, RUN_ID_SIZE - 1,
	    prefix ? text : "");
	pg_ask_text(&q, "WITH a AS (SELECT id FROM runs WHERE id = $), ", text);
	pg_ask_text(&q,
	    "b AS (SELECT id FROM runs WHERE job = $ AND "
	    "NOT EXISTS (SELECT FROM a) ORDER BY id DESC LIMIT 1), ",
	    text);
	pg_ask_text(&q, "c AS (SELECT id FROM runs WHERE id > $",
	    prefix ? text : ID_END);
	pg_ask_text(&q,
	    " AND id < $ AND NOT EXISTS (SELECT FROM a) "
	    "AND NOT EXISTS (SELECT FROM b) ORDER BY id LIMIT 2) "
	    "SELECT " COLUMNS " FROM runs WHERE id IN (SELECT id FROM a "
	    "UNION ALL SELECT id FROM b UNION ALL SELECT id FROM c) "
	    "ORDER BY id",
	    end);
	pg_ask_send(pg_store(store), &q, find_row, find_done, list);
}
