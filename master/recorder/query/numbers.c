/* Answers "metrics": the recorder's part of /metrics. */
#include <event2/event.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/mem.h"
#include "prom.h"
#include "recorder/query/query.h"

/* A server that is slower than this is left out: the rest is no less true. */
#define PATIENCE_MS 1000

struct numbers {
	struct query_env *env;
	uint64_t id, connection;
	struct event *timer; /* NULL: it was answered */
	struct strbuf text, waiting;
};

static void
answer(struct numbers *n, bool is_known)
{
	struct channel *channel = n->env->channel;

	event_free(n->timer);
	n->timer = NULL;
	if (channel == NULL || n->connection != n->env->connection)
		return;
	if (is_known)
		strbuf_add(&n->text, strbuf_str(&n->waiting), n->waiting.len);
	answer_begin(channel, n->id, 200, "text/plain");
	answer_data(channel, n->id, strbuf_str(&n->text), n->text.len);
	answer_end(channel, n->id, NULL);
}

static void
late_cb(evutil_socket_t fd, short what, void *arg)
{
	answer(arg, false);
}

static void
waiting_row(void *arg, const char *queue, int64_t count)
{
	struct numbers *n = arg;

	prom_sample(
	    &n->waiting, "belfry_queue_waiting", "queue", queue, (double)count);
}

static void
waiting_done(void *arg, const struct err *err)
{
	struct numbers *n = arg;

	if (n->timer != NULL)
		answer(n, err == NULL);
	strbuf_fini(&n->text);
	strbuf_fini(&n->waiting);
	free(n);
}

void
numbers_answer(struct query_env *env, const struct ask *ask)
{
	const struct timeval patience = {.tv_sec = PATIENCE_MS / 1000};
	struct numbers *n = xcalloc(1, sizeof(*n));

	n->env = env;
	n->id = ask->id;
	n->connection = env->connection;
	intake_add_metrics(env->intake, &n->text);
	env->store->ops->metrics(env->store, &n->text);
	prom_family(&n->waiting, "belfry_queue_waiting", "gauge",
	    "Submitted commands that wait.");
	n->timer = evtimer_new(env->base, late_cb, n);
	if (n->timer == NULL || evtimer_add(n->timer, &patience) == -1)
		fatalx("cannot make a timer");
	env->store->ops->waiting(env->store, waiting_row, waiting_done, n);
}
