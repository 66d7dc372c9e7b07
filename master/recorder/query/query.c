#include "recorder/query/query.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "json_text.h"
#include "recorder/charts/chart.h"
#include "recorder/explain/explain.h"
#include "recorder/explain/verify.h"
#include "recorder/query/notice_query.h"
#include "recorder/query/piece.h"
#include "recorder/query/query_filter.h"
#include "recorder/query/query_queue.h"
#include "recorder/query/row_json.h"

/* One question on its way. The ask itself is gone when the answer comes. */
struct query {
	struct query_env *env;
	uint64_t id;
	uint64_t connection; /* who asked */
	char *text;          /* the run that was asked for */
	struct query_filter filter;
	json_t *rows;
	struct store_run found[2];
	char *params, *parents; /* of the first */
	int nfound;
	/* What to do with the run that was found. */
	void (*found_cb)(struct query *q);
	/* ... or that another host has, as that one shows it. */
	void (*elsewhere_cb)(
	    struct query *q, const char *host, const json_t *run);
	uint64_t offset;
	bool follow;
};

static struct query *
query_new(struct query_env *env, const struct ask *ask)
{
	struct query *q = xcalloc(1, sizeof(*q));

	q->env = env;
	q->id = ask->id;
	q->connection = env->connection;
	return q;
}

static void
query_free(struct query *q)
{
	query_filter_fini(&q->filter);
	json_decref(q->rows);
	free(q->text);
	free(q->params);
	free(q->parents);
	free(q);
}

/* Is whoever asked still there, and did the store answer? */
static bool
can_answer(struct query *q, const struct err *err)
{
	if (q->env->channel == NULL || q->connection != q->env->connection)
		return false;
	if (err == NULL)
		return true;
	answer_error(q->env->channel, q->id, 503, "store_unavailable",
	    "the store cannot be read now: %s", err->text);
	return false;
}

int64_t
query_live_start_us(const struct query_env *env, const char *run)
{
	struct runfile file;
	struct err err;
	int64_t started_us;

	if (runfile_open(&file, env->runs_fd, run, &err) == -1)
		return 0;
	started_us = file.started_us;
	runfile_close(&file);
	return started_us;
}

void
query_add_live_start(const struct query_env *env, struct store_run *run)
{
	if (run->result.outcome == OUTCOME_NONE)
		run->result.started_us =
		    query_live_start_us(env, run->begin.id);
}

static void
list_run(void *arg, const struct store_run *run)
{
	struct query *q = arg;
	struct store_run copy = *run;
	json_t *row;

	query_add_live_start(q->env, &copy);
	row = row_json_run(&copy);
	row_json_add_params(row, run->params, run->parents);
	json_array_append_new(q->rows, row);
}

static void
list_slot(void *arg, const struct store_slot *slot)
{
	struct query *q = arg;

	json_array_append_new(q->rows, row_json_slot(slot));
}

static void
list_done(void *arg, const struct store_cursor *next, const struct err *err)
{
	struct query *q = arg;
	struct channel *channel = q->env->channel;
	struct strbuf link = STRBUF_INIT;
	char *text;

	if (can_answer(q, err)) {
		if (next != NULL)
			query_filter_next(&q->filter, next, &link);
		text = json_take_dump(json_incref(q->rows));
		answer_begin(channel, q->id, 200, "application/json");
		answer_data(channel, q->id, text, strlen(text));
		answer_end(channel, q->id, strbuf_str(&link));
		free(text);
		strbuf_fini(&link);
	}
	query_free(q);
}

static void
answer_list(struct query_env *env, const struct ask *ask, enum filter_kind kind)
{
	struct query *q = query_new(env, ask);
	struct store *store = env->store;

	if (query_filter_parse(&q->filter, kind, ask) == -1) {
		query_free(q);
		return;
	}
	q->rows = json_array();
	if (kind == FILTER_RUNS)
		store->ops->runs(
		    store, &q->filter.filter, list_run, list_done, q);
	else
		store->ops->slots(
		    store, &q->filter.filter, list_slot, list_done, q);
}

static void
answer_runs(struct query_env *env, const struct ask *ask)
{
	answer_list(env, ask, FILTER_RUNS);
}

static void
answer_ledger(struct query_env *env, const struct ask *ask)
{
	answer_list(env, ask, FILTER_LEDGER);
}

static void
found_run(void *arg, const struct store_run *run)
{
	struct query *q = arg;

	if (q->nfound == 0) {
		q->params = xstrdup(run->params);
		q->parents = xstrdup(run->parents);
	}
	if (q->nfound < (int)nitems(q->found))
		q->found[q->nfound++] = *run;
}

static void
answer_none(const struct query *q, const json_t *silent)
{
	struct strbuf hosts = STRBUF_INIT;
	const json_t *name;
	size_t i;

	json_array_foreach(silent, i, name) strbuf_addf(&hosts, "%s%s",
	    i > 0 ? ", " : "; these hosts do not answer, and may have it: ",
	    json_string_value(name));
	answer_error(q->env->channel, q->id, 404, "not_found",
	    "no run \"%.128s\"; give the id of a run, its first 4 "
	    "characters or more, or a job that has run%s",
	    q->text, strbuf_str(&hosts));
	strbuf_fini(&hosts);
}

/* The newest of what they found: of a job they may all have one. */
static void
others_told(void *arg, const json_t *answers, const json_t *silent)
{
	const json_t *answer, *body, *run = NULL;
	const char *host = "", *id, *newest = "";
	struct query *q = arg;
	size_t i;

	json_array_foreach(answers, i, answer)
	{
		body = json_object_get(answer, "body");
		id = json_string_value(json_object_get(body, "id"));
		if (id == NULL || strcmp(id, newest) <= 0)
			continue;
		run = body;
		newest = id;
		host = json_string_value(json_object_get(answer, "host"));
	}
	if (can_answer(q, NULL) && run != NULL)
		q->elsewhere_cb(q, host, run);
	else if (can_answer(q, NULL))
		answer_none(q, silent);
	query_free(q);
}

/* Takes q over. */
static void
ask_others(struct query *q)
{
	const struct ask ask = {
	    .verb = "show",
	    .who = "",
	    .from = "",
	    .nargs = 1,
	    .keys = {"run"},
	    .values = {q->text},
	};

	others_ask(q->env->others, &ask, others_told, q);
}

static void
find_done(void *arg, const struct err *err)
{
	struct query *q = arg;
	struct channel *channel = q->env->channel;

	if (!can_answer(q, err))
		;
	else if (q->nfound == 1)
		q->found_cb(q);
	else if (q->nfound == 0 && q->env->others != NULL) {
		ask_others(q);
		return;
	} else if (q->nfound == 0)
		answer_none(q, NULL);
	else
		answer_error(channel, q->id, 400, "bad_request",
		    "run: \"%s\" is the beginning of several runs, such as %s "
		    "and %s; give more of it",
		    q->text, q->found[0].begin.id, q->found[1].begin.id);
	query_free(q);
}

/* Takes q over. */
static void
find_run(struct query *q, const struct ask *ask, void (*cb)(struct query *q))
{
	const char *text = ask_arg(ask, "run");
	struct store *store = q->env->store;

	if (text == NULL || *text == '\0') {
		answer_error(ask->channel, ask->id, 400, "bad_request",
		    "run: expected the id of a run, or a job");
		query_free(q);
		return;
	}
	q->text = xstrdup(text);
	q->found_cb = cb;
	store->ops->find(store, q->text, found_run, find_done, q);
}

static void
show_found(struct query *q)
{
	json_t *row;
	char *text;

	query_add_live_start(q->env, &q->found[0]);
	row = row_json_run(&q->found[0]);
	row_json_add_params(row, q->params, q->parents);
	text = json_take_dump(row);
	answer_json(q->env->channel, q->id, 200, text);
	free(text);
}

static void
show_elsewhere(struct query *q, const char *host, const json_t *run)
{
	char *text = json_take_dump(json_deep_copy(run));

	answer_json(q->env->channel, q->id, 200, text);
	free(text);
}

static void
answer_show(struct query_env *env, const struct ask *ask)
{
	static const char *const args[] = {"run", NULL};
	struct query *q;

	if (!query_knows_args(ask, args))
		return;
	q = query_new(env, ask);
	q->elsewhere_cb = show_elsewhere;
	find_run(q, ask, show_found);
}

/* Is it in progress on another host, which has its output until then? */
static bool
runs_elsewhere(const struct query *q)
{
	const struct store_run *run = &q->found[0];
	struct runfile file;
	struct err err;

	if (run->result.outcome != OUTCOME_NONE ||
	    strcmp(run->begin.host, q->env->node_name) == 0)
		return false;
	/* The host may have had another name when it began. */
	if (runfile_open(&file, q->env->runs_fd, run->begin.id, &err) == -1)
		return true;
	runfile_close(&file);
	return false;
}

static void
answer_elsewhere(const struct query *q, const char *run, const char *host)
{
	answer_error(q->env->channel, q->id, 409, "elsewhere",
	    "run %s is in progress on host %s, which has its output until it "
	    "ends; ask there",
	    run, host);
}

static void
output_found(struct query *q)
{
	const struct streams_request request = {
	    .id = q->id,
	    .offset = q->offset,
	    .follow = q->follow,
	    .run = &q->found[0],
	};

	if (runs_elsewhere(q))
		answer_elsewhere(
		    q, request.run->begin.id, request.run->begin.host);
	else
		streams_open(q->env->streams, &request);
}

/* One that has ended is read there. */
static void
output_elsewhere(struct query *q, const char *host, const json_t *run)
{
	const char *id = json_string_value(json_object_get(run, "id"));
	const char *outcome =
	    json_string_value(json_object_get(run, "outcome"));
	const struct streams_request request = {
	    .id = q->id,
	    .offset = q->offset,
	    .host = host,
	    .run = &q->found[0],
	};
	struct store_run *found = &q->found[0];

	if (outcome == NULL) {
		answer_elsewhere(q, id, host);
		return;
	}
	snprintf(found->begin.id, sizeof(found->begin.id), "%s", id);
	found->result.outcome = (enum outcome)outcome_parse(outcome);
	found->result.output_bytes =
	    (uint64_t)json_integer_value(json_object_get(run, "output_bytes"));
	streams_open(q->env->streams, &request);
}

static void
answer_output(struct query_env *env, const struct ask *ask)
{
	static const char *const args[] = {"run", "offset", "follow", NULL};
	int64_t offset, follow;
	struct query *q;

	if (!query_knows_args(ask, args) ||
	    ask_arg_int(ask, "offset", 0, INT64_MAX, 0, &offset) == -1 ||
	    ask_arg_int(ask, "follow", 0, 1, 0, &follow) == -1)
		return;
	q = query_new(env, ask);
	q->offset = (uint64_t)offset;
	q->follow = follow != 0;
	q->elsewhere_cb = output_elsewhere;
	find_run(q, ask, output_found);
}

static const struct {
	const char *verb;
	void (*answer)(struct query_env *env, const struct ask *ask);
} verbs[] = {
    {"runs", answer_runs},
    {"show", answer_show},
    {"output", answer_output},
    {"piece", piece_answer},
    {"ledger", answer_ledger},
    {"metrics", numbers_answer},
    {"stats", stats_answer},
    {"strips", strips_answer},
    {"timeline", timeline_answer},
    {"heat", heat_answer},
    {"explain", explain_answer},
    {"verify", verify_answer},
    {"audit", audit_answer},
    {"notifications", notice_query_answer},
    {"queue", queue_answer_list},
    {"queued", queue_answer_show},
    {"cancel", queue_answer_cancel},
};

void
query_answer(struct query_env *env, const struct ask *ask)
{
	for (size_t i = 0; i < nitems(verbs); i++)
		if (strcmp(ask->verb, verbs[i].verb) == 0) {
			verbs[i].answer(env, ask);
			return;
		}
	answer_error(ask->channel, ask->id, 404, "not_found",
	    "the recorder has no answer to \"%.64s\"", ask->verb);
}
