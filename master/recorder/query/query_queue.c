#include "recorder/query/query_queue.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/log.h"
#include "base/mem.h"
#include "json_text.h"
#include "recorder/query/query_filter.h"

#define LIST_DEFAULT 200
#define LIST_MAX     1000

/* One question on its way. The ask itself is gone when the answer comes. */
struct question {
	struct query_env *env;
	uint64_t id;
	uint64_t connection;
	char *text, *queue, *who, *from; /* owned */
	json_t *rows;
	bool one;    /* not a list */
	bool cancel; /* what waits */
};

static struct question *
question_new(struct query_env *env, const struct ask *ask)
{
	struct question *q = xcalloc(1, sizeof(*q));
	const char *run = ask_arg(ask, "run"), *queue = ask_arg(ask, "queue");

	q->env = env;
	q->id = ask->id;
	q->connection = env->connection;
	q->text = run != NULL ? xstrdup(run) : NULL;
	q->queue = queue != NULL ? xstrdup(queue) : NULL;
	q->who = xstrdup(ask->who);
	q->from = xstrdup(ask->from);
	q->rows = json_array();
	return q;
}

static void
question_free(struct question *q)
{
	json_decref(q->rows);
	free(q->text);
	free(q->queue);
	free(q->who);
	free(q->from);
	free(q);
}

static json_t *
queued_json(const struct store_queued *queued)
{
	const struct submission *s = &queued->submission;
	json_t *o = json_object();

	json_object_set_new(o, "id", json_text(s->id));
	json_object_set_new(o, "queue", json_text(s->queue));
	json_object_set_new(o, "state",
	    json_string(strcmp(queued->state, "taken") == 0 ? "running" :
							      queued->state));
	json_object_set_new(o, "command", json_text(s->command));
	json_object_set_new(o, "user", json_text_or_null(s->user));
	json_object_set_new(o, "who", json_text(s->who));
	json_object_set_new(o, "key", json_text_or_null(s->key));
	json_object_set_new(o, "due", json_time(s->due_ms));
	json_object_set_new(o, "submitted", json_time(s->created_ms));
	json_object_set_new(o, "host", json_text_or_null(queued->host));
	json_object_set_new(o, "ended",
	    queued->ended_ms != 0 ? json_time(queued->ended_ms) : json_null());
	json_object_set_new(
	    o, "cancelled_by", json_text_or_null(queued->cancelled_by));
	json_object_set_new(o, "callback", json_text_or_null(s->callback));
	json_object_set_new(
	    o, "callback_state", json_text_or_null(queued->callback_state));
	json_object_set_new(
	    o, "callback_tries", json_integer(queued->callback_tries));
	return o;
}

static void
take_row(void *arg, const struct store_queued *queued)
{
	struct question *q = arg;

	json_array_append_new(q->rows, queued_json(queued));
}

static void
answer(const struct question *q, const json_t *json)
{
	char *text = json_dumps(json, JSON_COMPACT);

	answer_json(q->env->channel, q->id, 200, text);
	free(text);
}

static int64_t
now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static bool
waits(const json_t *row)
{
	const char *state = json_string_value(json_object_get(row, "state"));

	return strcmp(state, "waiting") == 0;
}

/* For the audit log, which the master has: row waited until now. */
static void
tell_master(const struct question *q, const json_t *row)
{
	static const char became[] = "{\"state\":\"cancelled\"}";
	const char *queue = json_string_value(json_object_get(row, "queue"));
	char *was = json_take_dump(
	    json_pack("{s:s, s:s}", "state", "waiting", "queue", queue));
	const struct record_audit audit = {
	    .at_ms = now_ms(),
	    .who = q->who,
	    .from = q->from,
	    .action = "cancel",
	    .object = q->text,
	    .was = was,
	    .became = became,
	};

	intake_tell_audit(q->env->intake, &audit);
	free(was);
}

static void
tell_cancelled(const struct question *q, json_t *row)
{
	const char *state = json_string_value(json_object_get(row, "state"));

	if (!waits(row)) {
		answer_error(q->env->channel, q->id, 409, "refused",
		    "%s does not wait any more: it is %s%s", q->text, state,
		    strcmp(state, "running") == 0 ?
			"; \"belfry kill\" ends its run" :
			"");
		return;
	}
	log_info("queue %s: %s cancelled by %s",
	    json_string_value(json_object_get(row, "queue")), q->text, q->who);
	json_object_set_new(row, "state", json_string("cancelled"));
	json_object_set_new(row, "cancelled_by", json_text(q->who));
	answer(q, row);
}

static void
done(void *arg, const struct err *err)
{
	struct question *q = arg;
	json_t *row = json_array_get(q->rows, 0);

	if (q->cancel && err == NULL && row != NULL && waits(row))
		tell_master(q, row);
	if (q->env->channel == NULL || q->connection != q->env->connection)
		;
	else if (err != NULL)
		answer_error(q->env->channel, q->id, 503, "store_unavailable",
		    "the store cannot be used now: %s", err->text);
	else if (!q->one)
		answer(q, q->rows);
	else if (row == NULL)
		answer_error(q->env->channel, q->id, 404, "not_found",
		    "nothing with the id %s was submitted to a queue", q->text);
	else if (q->cancel)
		tell_cancelled(q, row);
	else
		answer(q, row);
	question_free(q);
}

void
queue_answer_list(struct query_env *env, const struct ask *ask)
{
	static const char *const args[] = {"queue", "all", "limit", NULL};
	struct store_queued_filter filter = {.id = NULL};
	struct question *q;
	int64_t all;

	if (!query_knows_args(ask, args) ||
	    ask_arg_int(ask, "all", 0, 1, 0, &all) == -1 ||
	    ask_arg_int(
		ask, "limit", 1, LIST_MAX, LIST_DEFAULT, &filter.limit) == -1)
		return;
	q = question_new(env, ask);
	filter.queue = q->queue;
	filter.all = all != 0;
	env->store->ops->queued(env->store, &filter, take_row, done, q);
}

void
queue_answer_show(struct query_env *env, const struct ask *ask)
{
	static const char *const args[] = {"run", NULL};
	struct store_queued_filter filter = {.limit = 1};
	struct question *q;

	if (!query_knows_args(ask, args))
		return;
	q = question_new(env, ask);
	q->one = true;
	filter.id = q->text;
	env->store->ops->queued(env->store, &filter, take_row, done, q);
}

void
queue_answer_cancel(struct query_env *env, const struct ask *ask)
{
	static const char *const args[] = {"run", NULL};
	struct question *q;

	if (!query_knows_args(ask, args))
		return;
	q = question_new(env, ask);
	q->one = q->cancel = true;
	env->store->ops->cancel(
	    env->store, q->text, q->who, now_ms(), take_row, done, q);
}
