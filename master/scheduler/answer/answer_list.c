/*
 * The list of jobs: filtered, in one of several orders, a page at a time. One
 * walk over all jobs and at most a page of JSON, however many match.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/escape.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "placement/hosts.h"
#include "scheduler/answer/answer.h"
#include "scheduler/master.h"
#include "scheduler/member/member.h"

#define LIMIT_DEFAULT 500
#define LIMIT_MAX     1000
#define SEARCH_MAX    100

/* Behind all that have a time. */
#define KEY_NONE INT64_MAX

struct list_order {
	const char *name;
	int64_t (*key)(const struct master *m, const struct job *job);
	bool reverse;
};

/* What was asked for; borrows from the question. */
struct list_wanted {
	const char *label, *search, *state;
	const char *outcome_text, *sort_text;
	struct hosts_host host; /* name NULL: any */
	int outcome;            /* of the last run; -1 any, NONE it has none */
	const struct list_order *order;
	int64_t after_key;
	const char *after; /* NULL: from the first */
	size_t limit;
};

struct list_entry {
	int64_t key;
	const struct job *job;
};

/* The first of those that match, in order. */
struct list_page {
	struct list_entry *entries; /* owned; room for limit of them */
	size_t n;
	bool more;
};

static int64_t
by_name(const struct master *m, const struct job *job)
{
	return 0;
}

static int64_t
by_next(const struct master *m, const struct job *job)
{
	if (job->timer.pos == 0 || !job->def->options->enabled)
		return KEY_NONE;
	return m->heap.entries[job->timer.pos - 1].at;
}

static int64_t
by_last(const struct master *m, const struct job *job)
{
	return -job->last_end_ms;
}

static int64_t
by_failures(const struct master *m, const struct job *job)
{
	return -(int64_t)job->failures;
}

/* The newest end, and most failures, come first. */
static const struct list_order orders[] = {
    {"name", by_name, false},
    {"next", by_next, false},
    {"last", by_last, false},
    {"failures", by_failures, false},
    {"-name", by_name, true},
    {"-next", by_next, true},
    {"-last", by_last, true},
    {"-failures", by_failures, true},
};

static int
bad(const struct ask *ask, const char *key, const char *what)
{
	answer_error(
	    ask->channel, ask->id, 400, "bad_request", "%s: %s", key, what);
	return -1;
}

static int
take_order(struct list_wanted *w, const struct ask *ask)
{
	w->sort_text = ask_arg(ask, "sort");
	w->order = &orders[0];
	if (w->sort_text == NULL)
		return 0;
	for (size_t i = 0; i < nitems(orders); i++)
		if (strcmp(orders[i].name, w->sort_text) == 0) {
			w->order = &orders[i];
			return 0;
		}
	return bad(ask, "sort",
	    "expected name, next, last or failures, or one of them behind a -");
}

static int
take_state(struct list_wanted *w, const struct ask *ask)
{
	static const char *const states[] = {"running", "waiting", "retrying",
	    "paused", "disabled", "idle", "failing"};

	w->state = ask_arg(ask, "state");
	if (w->state == NULL)
		return 0;
	for (size_t i = 0; i < nitems(states); i++)
		if (strcmp(states[i], w->state) == 0)
			return 0;
	return bad(ask, "state",
	    "expected running, waiting, retrying, paused, disabled, idle or "
	    "failing");
}

static int
take_outcome(struct list_wanted *w, const struct ask *ask)
{
	w->outcome_text = ask_arg(ask, "outcome");
	w->outcome = -1;
	if (w->outcome_text == NULL)
		return 0;
	if (strcmp(w->outcome_text, "none") == 0) {
		w->outcome = OUTCOME_NONE;
		return 0;
	}
	w->outcome = outcome_parse(w->outcome_text);
	if (w->outcome >= OUTCOME_SUCCESS &&
	    w->outcome <= OUTCOME_LAUNCH_FAILED)
		return 0;
	return bad(ask, "outcome",
	    "expected how the last run ended (success, failure, timeout, "
	    "killed, lost, launch-failed), or none");
}

static int
take_host(struct list_wanted *w, const struct master *m, const struct ask *ask)
{
	w->host.name = ask_arg(ask, "host");
	if (w->host.name == NULL)
		return 0;
	if (!hosts_is_word(w->host.name))
		return bad(ask, "host", "expected the name of a host");
	w->host.tags = member_tags_of(m, w->host.name);
	return 0;
}

/* "NAME", or "KEY,NAME" in an order that is not by name. */
static int
take_after(struct list_wanted *w, const struct ask *ask)
{
	const char *text = ask_arg(ask, "after");
	char *end;

	w->after = text;
	if (text == NULL || w->order->key == by_name)
		return 0;
	errno = 0;
	w->after_key = strtoll(text, &end, 10);
	w->after = end + 1;
	if (end != text && errno == 0 && *end == ',')
		return 0;
	return bad(ask, "after", "expected NUMBER,NAME as a page gave it");
}

static int
take_texts(struct list_wanted *w, const struct ask *ask)
{
	w->label = ask_arg(ask, "label");
	w->search = ask_arg(ask, "search");
	if (w->label != NULL && !job_is_label(w->label))
		return bad(ask, "label",
		    "expected a label, such as nightly or team=data");
	if (w->search != NULL && strlen(w->search) > SEARCH_MAX)
		return bad(ask, "search", "expected at most 100 bytes of text");
	return 0;
}

static int
take_wanted(
    struct list_wanted *w, const struct master *m, const struct ask *ask)
{
	int64_t limit;

	memset(w, 0, sizeof(*w));
	if (ask_arg_int(ask, "limit", 1, LIMIT_MAX, LIMIT_DEFAULT, &limit) ==
		-1 ||
	    take_texts(w, ask) == -1 || take_state(w, ask) == -1 ||
	    take_outcome(w, ask) == -1 || take_host(w, m, ask) == -1 ||
	    take_order(w, ask) == -1)
		return -1;
	w->limit = (size_t)limit;
	return take_after(w, ask);
}

static bool
has_text(const struct job *job, const char *text)
{
	const struct job_options *o = job->def->options;

	return strcasestr(job->name, text) != NULL ||
	    strcasestr(job_def_description(job->def), text) != NULL ||
	    strcasestr(o->labels, text) != NULL ||
	    strcasestr(o->owner, text) != NULL;
}

static bool
has_state(const struct master *m, const struct job *job, const char *state)
{
	if (strcmp(state, "failing") == 0)
		return job->failures > 0;
	return strcmp(answer_job_state(m, job), state) == 0;
}

static bool
has_outcome(const struct job *job, int outcome)
{
	return (job->last_run[0] != '\0' ? job->last_outcome : OUTCOME_NONE) ==
	    outcome;
}

static bool
matches(
    const struct list_wanted *w, const struct master *m, const struct job *job)
{
	if (w->label != NULL && !job_def_has_label(job->def, w->label))
		return false;
	if (w->outcome != -1 && !has_outcome(job, w->outcome))
		return false;
	if (w->state != NULL && !has_state(m, job, w->state))
		return false;
	if (w->host.name != NULL &&
	    !hosts_match(job->def->options->hosts, &w->host))
		return false;
	return w->search == NULL || has_text(job, w->search);
}

/* Below 0: a comes first. */
static int
compare(const struct list_order *order, int64_t a_key, const char *a_name,
    int64_t b_key, const char *b_name)
{
	int d;

	if (a_key != b_key)
		d = a_key < b_key ? -1 : 1;
	else
		d = strcmp(a_name, b_name);
	return order->reverse ? -d : d;
}

/* Where it belongs among the entries. */
static size_t
place_of(const struct list_page *page, const struct list_order *order,
    const struct list_entry *e)
{
	size_t low = 0, high = page->n, mid;

	while (low < high) {
		mid = (low + high) / 2;
		if (compare(order, page->entries[mid].key,
			page->entries[mid].job->name, e->key, e->job->name) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* Keeps it when it is among the first. */
static void
put(struct list_page *page, const struct list_wanted *w,
    const struct list_entry *e)
{
	size_t at = place_of(page, w->order, e);

	if (page->n == w->limit)
		page->more = true;
	else
		page->n++;
	if (at >= page->n)
		return;
	memmove(&page->entries[at + 1], &page->entries[at],
	    (page->n - 1 - at) * sizeof(*page->entries));
	page->entries[at] = *e;
}

/* By name they come in order, or just the other way round. */
static void
collect(struct master *m, const struct list_wanted *w, struct list_page *page)
{
	struct job **sorted = jobs_sorted(&m->jobs);
	bool by_names = w->order->key == by_name;
	struct list_entry e;

	page->entries = xreallocarray(NULL, w->limit, sizeof(*page->entries));
	for (size_t i = 0; i < m->jobs.n; i++) {
		e.job = sorted[w->order->reverse ? m->jobs.n - 1 - i : i];
		e.key = w->order->key(m, e.job);
		if (w->after != NULL &&
		    compare(w->order, e.key, e.job->name, w->after_key,
			w->after) <= 0)
			continue;
		if (!matches(w, m, e.job))
			continue;
		put(page, w, &e);
		if (by_names && page->more)
			return;
	}
}

/* Percent-encodes what a query cannot hold (RFC 3986). */
static void
add_arg(struct strbuf *b, const char *key, const char *value)
{
	if (value == NULL)
		return;
	strbuf_addf(b, "&%s=", key);
	escape_url(b, value, strlen(value), "");
}

static void
add_next(
    struct strbuf *b, const struct list_wanted *w, const struct list_page *page)
{
	const struct list_entry *last = &page->entries[page->n - 1];

	strbuf_adds(b, "after=");
	if (w->order->key != by_name)
		strbuf_addf(b, "%" PRId64 ",", last->key);
	strbuf_addf(b, "%s&limit=%zu", last->job->name, w->limit);
	add_arg(b, "label", w->label);
	add_arg(b, "search", w->search);
	add_arg(b, "state", w->state);
	add_arg(b, "outcome", w->outcome_text);
	add_arg(b, "host", w->host.name);
	add_arg(b, "sort", w->sort_text);
}

static void
answer_page(const struct master *m, const struct ask *ask,
    const struct list_wanted *w, const struct list_page *page)
{
	struct strbuf next = STRBUF_INIT;
	json_t *list = json_array();
	char *text;

	for (size_t i = 0; i < page->n; i++)
		json_array_append_new(
		    list, answer_job_row(m, page->entries[i].job));
	if (page->more)
		add_next(&next, w, page);
	text = json_dumps(list, JSON_COMPACT);
	answer_begin(ask->channel, ask->id, 200, "application/json");
	answer_data(ask->channel, ask->id, text, strlen(text));
	answer_end(ask->channel, ask->id, strbuf_str(&next));
	strbuf_fini(&next);
	free(text);
	json_decref(list);
}

void
answer_jobs(struct master *m, struct ask *ask)
{
	struct list_page page = {NULL, 0, false};
	struct list_wanted wanted;

	if (take_wanted(&wanted, m, ask) == -1)
		return;
	collect(m, &wanted, &page);
	answer_page(m, ask, &wanted, &page);
	free(page.entries);
}
