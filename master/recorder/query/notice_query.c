#include "recorder/query/notice_query.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "json_text.h"
#include "recorder/query/query_filter.h"

#define LIMIT_DEFAULT 100
#define LIMIT_MAX     1000

/* One question on its way. */
struct notice_query {
	struct query_env *env;
	uint64_t id;
	uint64_t connection; /* who asked */
	char *job, *receiver, *state;
	struct store_notice_filter filter;
	json_t *rows;
};

static void
query_free(struct notice_query *q)
{
	free(q->job);
	free(q->receiver);
	free(q->state);
	json_decref(q->rows);
	free(q);
}

bool
store_notice_matches(const struct store_notice_filter *filter,
    const struct record_notice *notice)
{
	if (filter->job != NULL && strcmp(filter->job, notice->job) != 0)
		return false;
	if (filter->receiver != NULL &&
	    strcmp(filter->receiver, notice->receiver) != 0)
		return false;
	return filter->states == 0 ||
	    (filter->states >> notice->state & 1) != 0;
}

static json_t *
time_or_null(int64_t ms)
{
	return ms != 0 ? json_time(ms) : json_null();
}

static void
list_row(void *arg, const struct record_notice *n)
{
	struct notice_query *q = arg;
	json_t *facts = json_loads(n->facts, 0, NULL);
	bool waits = n->state == NOTICE_WAITING;

	json_array_append_new(q->rows,
	    json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:s, s:i, s:o, s:o, "
		      "s:o, s:o}",
		"id", json_text(n->id), "created", json_time(n->created_ms),
		"receiver", json_text(n->receiver), "event",
		json_text(n->event), "job", json_text_or_null(n->job), "run",
		json_text_or_null(n->run), "host", json_text(n->host), "state",
		notice_state_name(n->state), "tries", (int)n->tries, "next",
		waits ? time_or_null(n->next_ms) : json_null(), "done",
		time_or_null(n->done_ms), "error", json_text_or_null(n->error),
		"facts", facts != NULL ? facts : json_object()));
}

/* The same question, going on at next. Words of it need no escape. */
static char *
next_page(const struct notice_query *q, const struct store_cursor *next)
{
	struct strbuf b = STRBUF_INIT;

	if (q->job != NULL)
		strbuf_addf(&b, "job=%s&", q->job);
	if (q->receiver != NULL)
		strbuf_addf(&b, "receiver=%s&", q->receiver);
	if (q->state != NULL)
		strbuf_addf(&b, "state=%s&", q->state);
	strbuf_addf(&b, "limit=%d&before=%lld,%s", q->filter.limit,
	    (long long)next->slot_ms, next->key);
	return strbuf_take(&b);
}

static void
list_done(void *arg, const struct store_cursor *next, const struct err *err)
{
	struct notice_query *q = arg;
	struct channel *channel = q->env->channel;
	char *text, *link;

	if (channel == NULL || q->connection != q->env->connection) {
		query_free(q);
		return;
	}
	if (err != NULL) {
		answer_error(channel, q->id, 503, "store_unavailable",
		    "the store cannot be read now: %s", err->text);
	} else {
		link = next != NULL ? next_page(q, next) : xstrdup("");
		text = json_take_dump(json_incref(q->rows));
		answer_begin(channel, q->id, 200, "application/json");
		answer_data(channel, q->id, text, strlen(text));
		answer_end(channel, q->id, link);
		free(text);
		free(link);
	}
	query_free(q);
}

static int
bad(const struct ask *ask, const char *what)
{
	answer_error(ask->channel, ask->id, 400, "bad_request", "%s", what);
	return -1;
}

/* "MS,ID" as a page gave it. */
static int
parse_before(const struct ask *ask, struct store_cursor *c)
{
	const char *text = ask_arg(ask, "before"), *comma;
	size_t digits;

	if (text == NULL)
		return 0;
	digits = strspn(text, "0123456789");
	comma = text + digits;
	if (digits == 0 || digits > 18 || *comma != ',' ||
	    strlen(comma + 1) != NOTICE_ID_SIZE - 1)
		return bad(ask, "before: expected MS,ID as a page gave it");
	c->slot_ms = strtoll(text, NULL, 10);
	snprintf(c->key, sizeof(c->key), "%s", comma + 1);
	return 0;
}

static int
parse_states(const struct ask *ask, uint32_t *states_r)
{
	const char *p = ask_arg(ask, "state");
	char word[16];
	int state;

	for (; p != NULL && *p != '\0'; p += strspn(p, ",")) {
		snprintf(word, sizeof(word), "%.*s", (int)strcspn(p, ","), p);
		state = notice_state_parse(word);
		if (state == -1)
			return bad(ask,
			    "state: write one or more of waiting,sent,failed");
		*states_r |= 1U << state;
		p += strcspn(p, ",");
	}
	return 0;
}

static char *
copy_arg(const struct ask *ask, const char *key)
{
	const char *value = ask_arg(ask, key);

	return value != NULL && *value != '\0' ? xstrdup(value) : NULL;
}

static int
parse(struct notice_query *q, const struct ask *ask)
{
	static const char *const args[] = {
	    "job", "receiver", "state", "limit", "before", NULL};
	int64_t limit;

	if (!query_knows_args(ask, args) ||
	    ask_arg_int(ask, "limit", 1, LIMIT_MAX, LIMIT_DEFAULT, &limit) ==
		-1 ||
	    parse_states(ask, &q->filter.states) == -1 ||
	    parse_before(ask, &q->filter.before) == -1)
		return -1;
	q->job = copy_arg(ask, "job");
	q->receiver = copy_arg(ask, "receiver");
	q->state = copy_arg(ask, "state");
	q->filter.job = q->job;
	q->filter.receiver = q->receiver;
	q->filter.limit = (int)limit;
	return 0;
}

void
notice_query_answer(struct query_env *env, const struct ask *ask)
{
	struct notice_query *q = xcalloc(1, sizeof(*q));

	q->env = env;
	q->id = ask->id;
	q->connection = env->connection;
	q->rows = json_array();
	if (parse(q, ask) == -1) {
		query_free(q);
		return;
	}
	env->store->ops->notices(
	    env->store, &q->filter, list_row, list_done, q);
}
