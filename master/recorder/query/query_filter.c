#include "recorder/query/query_filter.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/escape.h"
#include "base/mem.h"
#include "base/timestamp.h"

#define LIMIT_DEFAULT 100
#define LIMIT_MAX     1000
#define REASON_MAX    64
#define HOST_MAX      255

#define RUN_OUTCOMES                                                           \
	(1U << OUTCOME_NONE | 1U << OUTCOME_SUCCESS | 1U << OUTCOME_FAILURE |  \
	    1U << OUTCOME_TIMEOUT | 1U << OUTCOME_KILLED |                     \
	    1U << OUTCOME_LOST | 1U << OUTCOME_LAUNCH_FAILED)
#define SLOT_OUTCOMES                                                          \
	(RUN_OUTCOMES | 1U << OUTCOME_SKIPPED | 1U << OUTCOME_MISSED)

static int
bad(const struct ask *ask, const char *key, const char *what)
{
	answer_error(
	    ask->channel, ask->id, 400, "bad_request", "%s: %s", key, what);
	return -1;
}

bool
query_knows_args(const struct ask *ask, const char *const *names)
{
	struct strbuf known = STRBUF_INIT;
	size_t n;

	for (unsigned i = 0; i < ask->nargs; i++) {
		for (n = 0; names[n] != NULL; n++)
			if (strcmp(ask->keys[i], names[n]) == 0)
				break;
		if (names[n] != NULL)
			continue;
		for (n = 0; names[n] != NULL; n++)
			strbuf_addf(
			    &known, "%s%s", n > 0 ? ", " : "", names[n]);
		answer_error(ask->channel, ask->id, 400, "bad_request",
		    "%.64s: unknown argument of %s, which knows %s",
		    ask->keys[i], ask->verb, strbuf_str(&known));
		strbuf_fini(&known);
		return false;
	}
	return true;
}

/* A whole decimal number of milliseconds. */
static bool
parse_number(const char *text, int64_t *value_r)
{
	char *end;

	if (*text == '\0' || strspn(text, "0123456789") != strlen(text))
		return false;
	errno = 0;
	*value_r = strtoll(text, &end, 10);
	return errno == 0;
}

int
query_parse_time(const struct ask *ask, const char *key, int64_t *ms_r)
{
	const char *text = ask_arg(ask, key);
	struct err err = {""};

	if (text == NULL || parse_number(text, ms_r) ||
	    timestamp_parse_ms(text, ms_r, &err) == 0)
		return 0;
	return bad(ask, key, err.text);
}

static int
bad_outcome(const struct ask *ask, const char *word, uint32_t allowed)
{
	struct strbuf b = STRBUF_INIT;
	const char *comma = "";

	strbuf_addf(&b, "\"%.32s\" is none; write one or more of ", word);
	for (int i = 0; i < OUTCOME_COUNT; i++)
		if (allowed >> i & 1) {
			strbuf_addf(
			    &b, "%s%s", comma, outcome_name((enum outcome)i));
			comma = ",";
		}
	bad(ask, "outcome", strbuf_str(&b));
	strbuf_fini(&b);
	return -1;
}

static int
parse_outcomes(const struct ask *ask, uint32_t allowed, uint32_t *outcomes_r)
{
	const char *p = ask_arg(ask, "outcome");
	char word[33];
	size_t n;
	int outcome;

	while (p != NULL) {
		n = strcspn(p, ",");
		snprintf(word, sizeof(word), "%.*s",
		    (int)(n < sizeof(word) ? n : sizeof(word) - 1), p);
		outcome = outcome_parse(word);
		if (outcome == -1 || (allowed >> outcome & 1) == 0)
			return bad_outcome(ask, word, allowed);
		*outcomes_r |= 1U << outcome;
		p = p[n] == ',' ? p + n + 1 : NULL;
	}
	return 0;
}

static int
parse_before_run(const struct ask *ask, struct store_cursor *c)
{
	const char *text = ask_arg(ask, "before");

	if (text == NULL)
		return 0;
	if (!store_is_run_id(text))
		return bad(ask, "before", "expected the id of a run");
	snprintf(c->key, sizeof(c->key), "%s", text);
	return 0;
}

/* "SLOT,JOB", the slot in milliseconds. */
static int
parse_before_slot(const struct ask *ask, struct store_cursor *c)
{
	const char *text = ask_arg(ask, "before"), *comma;
	char number[24];

	if (text == NULL)
		return 0;
	comma = strchr(text, ',');
	if (comma == NULL || comma - text >= (ptrdiff_t)sizeof(number) ||
	    comma[1] == '\0' || strlen(comma + 1) > JOB_NAME_MAX)
		return bad(
		    ask, "before", "expected SLOT,JOB as a page gave it");
	snprintf(number, sizeof(number), "%.*s", (int)(comma - text), text);
	if (!parse_number(number, &c->slot_ms))
		return bad(
		    ask, "before", "expected SLOT,JOB as a page gave it");
	snprintf(c->key, sizeof(c->key), "%s", comma + 1);
	return 0;
}

static int
parse_texts(struct query_filter *f, const struct ask *ask)
{
	const char *job = ask_arg(ask, "job"), *reason = ask_arg(ask, "reason");
	const char *chain = ask_arg(ask, "chain"), *host = ask_arg(ask, "host");

	if (job != NULL && (*job == '\0' || strlen(job) > JOB_NAME_MAX))
		return bad(ask, "job", "expected the name of a job");
	if (reason != NULL && (*reason == '\0' || strlen(reason) > REASON_MAX))
		return bad(ask, "reason", "expected a word, such as overlap");
	if (chain != NULL && !store_is_run_id(chain))
		return bad(ask, "chain", "expected the id of a run");
	if (host != NULL && (*host == '\0' || strlen(host) > HOST_MAX))
		return bad(ask, "host", "expected the name of a host");
	f->host = host != NULL ? xstrdup(host) : NULL;
	f->filter.host = f->host;
	f->chain = chain != NULL ? xstrdup(chain) : NULL;
	f->filter.chain = f->chain;
	f->job = job != NULL ? xstrdup(job) : NULL;
	f->reason = reason != NULL ? xstrdup(reason) : NULL;
	f->filter.job = f->job;
	f->filter.reason = f->reason;
	return 0;
}

int
query_filter_parse(
    struct query_filter *f, enum filter_kind kind, const struct ask *ask)
{
	static const char *const run_args[] = {"job", "chain", "host", "since",
	    "until", "outcome", "limit", "before", NULL};
	static const char *const ledger_args[] = {"job", "since", "until",
	    "outcome", "reason", "limit", "before", NULL};
	bool runs = kind == FILTER_RUNS;
	int64_t limit;

	memset(f, 0, sizeof(*f));
	f->kind = kind;
	f->filter.since_ms = INT64_MIN;
	f->filter.until_ms = INT64_MAX;
	if (!query_knows_args(ask, runs ? run_args : ledger_args) ||
	    parse_texts(f, ask) == -1 ||
	    query_parse_time(ask, "since", &f->filter.since_ms) == -1 ||
	    query_parse_time(ask, "until", &f->filter.until_ms) == -1 ||
	    parse_outcomes(ask, runs ? RUN_OUTCOMES : SLOT_OUTCOMES,
		&f->filter.outcomes) == -1 ||
	    ask_arg_int(ask, "limit", 1, LIMIT_MAX, LIMIT_DEFAULT, &limit) ==
		-1)
		return -1;
	f->filter.limit = (int)limit;
	return runs ? parse_before_run(ask, &f->filter.before) :
		      parse_before_slot(ask, &f->filter.before);
}

void
query_filter_fini(struct query_filter *f)
{
	free(f->job);
	free(f->reason);
	free(f->chain);
	free(f->host);
}

void
query_add_arg(struct strbuf *b, const char *key, const char *value)
{
	strbuf_addf(b, "%s%s=", b->len > 0 ? "&" : "", key);
	escape_url(b, value, strlen(value), ",");
}

static void
add_number(struct strbuf *b, const char *key, int64_t v)
{
	strbuf_addf(b, "%s%s=%" PRId64, b->len > 0 ? "&" : "", key, v);
}

static void
add_outcomes(struct strbuf *b, uint32_t outcomes)
{
	struct strbuf list = STRBUF_INIT;

	for (int i = 0; i < OUTCOME_COUNT; i++)
		if (outcomes >> i & 1)
			strbuf_addf(&list, "%s%s", list.len > 0 ? "," : "",
			    outcome_name((enum outcome)i));
	if (list.len > 0)
		query_add_arg(b, "outcome", strbuf_str(&list));
	strbuf_fini(&list);
}

void
query_filter_next(const struct query_filter *f, const struct store_cursor *next,
    struct strbuf *b)
{
	const struct store_filter *filter = &f->filter;
	char cursor[JOB_NAME_MAX + 32];

	if (f->job != NULL)
		query_add_arg(b, "job", f->job);
	if (f->chain != NULL)
		query_add_arg(b, "chain", f->chain);
	if (f->host != NULL)
		query_add_arg(b, "host", f->host);
	if (filter->since_ms != INT64_MIN)
		add_number(b, "since", filter->since_ms);
	if (filter->until_ms != INT64_MAX)
		add_number(b, "until", filter->until_ms);
	add_outcomes(b, filter->outcomes);
	if (f->reason != NULL)
		query_add_arg(b, "reason", f->reason);
	add_number(b, "limit", filter->limit);
	if (f->kind == FILTER_RUNS)
		snprintf(cursor, sizeof(cursor), "%s", next->key);
	else
		snprintf(cursor, sizeof(cursor), "%" PRId64 ",%s",
		    next->slot_ms, next->key);
	query_add_arg(b, "before", cursor);
}
