/* Answers "audit": who changed what by hand. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "json_text.h"
#include "recorder/query/query.h"
#include "recorder/query/query_filter.h"
#include "run/run_bound.h"

#define LIMIT_DEFAULT 100
#define LIMIT_MAX     1000

/* One question on its way; the strings of which are its own. */
struct audit_query {
	struct query_env *env;
	uint64_t id;
	uint64_t connection;
	struct store_audit which;
	char *who, *action, *object, *before;
	int64_t since_ms; /* 0 all */
	char since[RUN_ID_SIZE];
	json_t *rows;
	char last[RUN_ID_SIZE]; /* the oldest of the page */
	int n;
};

static void
query_free(struct audit_query *q)
{
	json_decref(q->rows);
	free(q->who);
	free(q->action);
	free(q->object);
	free(q->before);
	free(q);
}

/* What was "" is null. */
static json_t *
value_of(const char *text)
{
	json_t *json = json_loads(text, JSON_DECODE_ANY, NULL);

	return json != NULL ? json : json_null();
}

static void
add_row(void *arg, const struct record_audit *audit)
{
	struct audit_query *q = arg;

	q->n++;
	snprintf(q->last, sizeof(q->last), "%s", audit->id);
	json_array_append_new(q->rows,
	    json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "id",
		json_text(audit->id), "time", json_time(audit->at_ms), "host",
		json_text(audit->host), "who", json_text(audit->who), "from",
		json_text(audit->from), "action", json_text(audit->action),
		"object", json_text_or_null(audit->object), "before",
		value_of(audit->was), "after", value_of(audit->became)));
}

static void
add_given(struct strbuf *b, const char *key, const char *value)
{
	if (*value != '\0')
		query_add_arg(b, key, value);
}

/* The query of the next page; "" when this was the last. */
static void
add_next(const struct audit_query *q, struct strbuf *b)
{
	char number[24];

	if (q->n < q->which.limit)
		return;
	add_given(b, "who", q->which.who);
	add_given(b, "action", q->which.action);
	add_given(b, "object", q->which.object);
	snprintf(number, sizeof(number), "%" PRId64, q->since_ms);
	add_given(b, "since", q->since_ms > 0 ? number : "");
	snprintf(number, sizeof(number), "%d", q->which.limit);
	query_add_arg(b, "limit", number);
	query_add_arg(b, "before", q->last);
}

static void
audits_done(void *arg, const struct err *err)
{
	struct audit_query *q = arg;
	struct channel *channel = q->env->channel;
	struct strbuf next = STRBUF_INIT;
	char *text;

	if (channel == NULL || q->connection != q->env->connection) {
		query_free(q);
		return;
	}
	if (err != NULL) {
		answer_error(channel, q->id, 503, "store_unavailable",
		    "the store cannot be read now: %s", err->text);
	} else {
		add_next(q, &next);
		text = json_take_dump(json_incref(q->rows));
		answer_begin(channel, q->id, 200, "application/json");
		answer_data(channel, q->id, text, strlen(text));
		answer_end(channel, q->id, strbuf_str(&next));
		free(text);
	}
	strbuf_fini(&next);
	query_free(q);
}

static char *
copy(const struct ask *ask, const char *key)
{
	const char *text = ask_arg(ask, key);

	return xstrdup(text != NULL ? text : "");
}

static int
take_arguments(struct audit_query *q, const struct ask *ask)
{
	static const char *const known[] = {
	    "who", "action", "object", "since", "limit", "before", NULL};
	int64_t limit;

	if (!query_knows_args(ask, known) ||
	    query_parse_time(ask, "since", &q->since_ms) == -1 ||
	    ask_arg_int(ask, "limit", 1, LIMIT_MAX, LIMIT_DEFAULT, &limit) ==
		-1)
		return -1;
	if (q->since_ms > 0)
		run_bound(q->since_ms, q->since);
	q->who = copy(ask, "who");
	q->action = copy(ask, "action");
	q->object = copy(ask, "object");
	q->before = copy(ask, "before");
	if (*q->before != '\0' && !store_is_run_id(q->before)) {
		answer_error(ask->channel, ask->id, 400, "bad_request",
		    "before: expected the id of an entry");
		return -1;
	}
	q->which = (struct store_audit){
	    .before = q->before,
	    .since = q->since,
	    .who = q->who,
	    .action = q->action,
	    .object = q->object,
	    .limit = (int)limit,
	};
	return 0;
}

void
audit_answer(struct query_env *env, const struct ask *ask)
{
	struct audit_query *q = xcalloc(1, sizeof(*q));
	struct store *store = env->store;

	q->env = env;
	q->id = ask->id;
	q->connection = env->connection;
	if (take_arguments(q, ask) == -1) {
		query_free(q);
		return;
	}
	q->rows = json_array();
	store->ops->audits(store, &q->which, add_row, audits_done, q);
}
