#include "cluster/protocol/internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* --------------------------------------------------------------- fetching */

/* A message comes from each server that it was put on: told once. */
static bool
is_new(struct protocol *p, const char *id)
{
	for (size_t i = 0; i < nitems(p->recent); i++)
		if (strcmp(p->recent[i], id) == 0)
			return false;
	snprintf(p->recent[p->nrecent++ % nitems(p->recent)],
	    sizeof(p->recent[0]), "%s", id);
	return true;
}

/* "ID SENDER TEXT" */
static void
tell(struct protocol *p, struct server *s, const char *line)
{
	char id[CLUSTER_ID_MAX], from[CLUSTER_NAME_MAX + 1];

	line_word(line, 0, id, sizeof(id));
	line_word(line, 1, from, sizeof(from));
	snprintf(s->fetched, sizeof(s->fetched), "%s", id);
	if (is_new(p, id) && p->events.message != NULL)
		p->events.message(from, line_skip(line, 2), p->events_arg);
}

static void
fetched(struct protocol *p, struct request *request,
    const struct protocol_reply *reply, int64_t now_ms)
{
	struct server *s = &p->servers[request->server];

	s->fetching = false;
	if (!protocol_is_ok(p, request, reply, now_ms))
		return;
	/* Once more drops what has arrived, and shows what came since. */
	s->wake |= reply->n > 1;
	for (size_t i = 1; i < reply->n; i++)
		tell(p, s, reply->s[i]);
}

static void
fetch(struct protocol *p, unsigned server)
{
	struct server *s = &p->servers[server];
	struct args args = {0};

	s->wake = false;
	s->fetching = true;
	protocol_guard(p, server, &args);
	args_add(&args, p->node);
	args_add(&args, s->fetched);
	protocol_send(
	    p, server, SCRIPTS_FETCH, &args, request_new(fetched, NULL));
	args_fini(&args);
}

void
box_tick(struct protocol *p)
{
	for (unsigned i = 0; i < p->settings.nservers; i++) {
		struct server *s = &p->servers[i];

		if (server_is_ready(s) && s->wake && !s->fetching)
			fetch(p, i);
	}
}

void
protocol_wake(struct protocol *p, unsigned server)
{
	p->servers[server].wake = true;
	p->wanted = true;
}

/* ---------------------------------------------------------------- posting */

static void
words_done(struct protocol *p, struct poll *poll)
{
	args_fini(poll->arg);
	free(poll->arg);
}

static void
words_fill(struct protocol *p, unsigned server, struct args *args, void *arg)
{
	const struct args *words = arg;

	protocol_guard(p, server, args);
	for (size_t i = 0; i < words->n; i++)
		args_add(args, args_get(words, i));
}

static const struct poll_ops words_ops = {NULL, words_done};

int
protocol_post(struct protocol *p, const char *node, const char *text)
{
	struct args *words;
	char id[24];

	if (protocol_count_ready(p) == 0)
		return -1;
	snprintf(
	    id, sizeof(id), "%016" PRIx64, p->driver.random(p->driver.arg));
	words = xcalloc(1, sizeof(*words));
	args_add(words, node);
	args_add(words, id);
	args_add(words, p->node);
	args_add(words, text);
	poll_send(p, poll_new(&words_ops, words), SCRIPTS_POST, words_fill);
	return 0;
}

/* ------------------------------------------------------------- semaphores */

struct taking {
	char *name;
	char *id;
	uint32_t limit;
	uint32_t count;
	cluster_take_cb *cb;
	void *arg;
};

/* What was sent over an earlier connection must not count any more. */
static void
token_head(struct protocol *p, unsigned server, struct args *args)
{
	protocol_head(p, server, args);
	args_add_uint(args, p->servers[server].connection);
}

static void
take_fill(struct protocol *p, unsigned server, struct args *args, void *arg)
{
	const struct taking *taking = arg;

	token_head(p, server, args);
	args_add(args, taking->name);
	args_add_uint(args, taking->limit);
	args_add_uint(args, taking->count);
	args_add(args, taking->id);
}

static void
tokens_fill(struct protocol *p, unsigned server, struct args *args, void *arg)
{
	const struct args *words = arg;

	token_head(p, server, args);
	for (size_t i = 0; i < words->n; i++)
		args_add(args, args_get(words, i));
}

static void
take_done(struct protocol *p, struct poll *poll)
{
	struct taking *taking = poll->arg;
	enum cluster_taken taken = CLUSTER_UNSURE;

	if (poll->yes >= p->quorum)
		taken = CLUSTER_TAKEN;
	else if (poll->full > p->settings.nservers - p->quorum)
		taken = CLUSTER_FULL;
	if (taken != CLUSTER_TAKEN)
		protocol_give(p, taking->name, taking->id);
	if (!p->mute)
		taking->cb(taken, taking->arg);
	free(taking->name);
	free(taking->id);
	free(taking);
}

static const struct poll_ops take_ops = {NULL, take_done};

void
protocol_take(struct protocol *p, const char *name, uint32_t limit,
    uint32_t count, const char *id, cluster_take_cb *cb, void *arg)
{
	struct taking *taking = xcalloc(1, sizeof(*taking));

	*taking = (struct taking){
	    .name = xstrdup(name),
	    .id = xstrdup(id),
	    .limit = limit,
	    .count = count,
	    .cb = cb,
	    .arg = arg,
	};
	poll_send(p, poll_new(&take_ops, taking), SCRIPTS_TAKE, take_fill);
}

void
protocol_give(struct protocol *p, const char *name, const char *id)
{
	struct args *words = xcalloc(1, sizeof(*words));

	args_add(words, name);
	args_add(words, id);
	poll_send(p, poll_new(&words_ops, words), SCRIPTS_GIVE, tokens_fill);
}

void
protocol_keep(struct protocol *p, const char *const *tokens, size_t n)
{
	struct args *words = xcalloc(1, sizeof(*words));

	for (size_t i = 0; i < n; i++)
		args_add(words, tokens[i]);
	poll_send(p, poll_new(&words_ops, words), SCRIPTS_KEEP, tokens_fill);
}

/* ------------------------------------------------------------------ marks */

struct marking {
	size_t n;
	char **jobs;
	struct cluster_mark *marks;
	cluster_marks_cb *cb;
	void *arg;
};

static void
marks_fill(struct protocol *p, unsigned server, struct args *args, void *arg)
{
	const struct marking *marking = arg;

	protocol_guard(p, server, args);
	for (size_t i = 0; i < marking->n; i++) {
		args_add(args, marking->jobs[i]);
		args_add_int(args, 0);
	}
}

/* "MARK DUE SEEN": the highest of all; fresh if so everywhere. */
static void
marks_yes(
    struct poll *poll, unsigned server, const struct protocol_reply *reply)
{
	struct marking *marking = poll->arg;

	(void)server;
	for (size_t i = 0; i < marking->n && i + 1 < reply->n; i++) {
		struct cluster_mark *mark = &marking->marks[i];
		const char *line = reply->s[i + 1];
		int64_t at = strtoll(line, NULL, 10);
		int64_t due = strtoll(line_skip(line, 1), NULL, 10);

		if (at > mark->mark_ms)
			mark->mark_ms = at;
		if (due > mark->due_ms)
			mark->due_ms = due;
		if (line_skip(line, 2)[0] != '2')
			mark->fresh = false;
		if (line_skip(line, 2)[0] == '0')
			mark->claimed = true;
	}
}

static void
marks_done(struct protocol *p, struct poll *poll)
{
	struct marking *marking = poll->arg;
	bool good = poll->yes >= p->quorum;

	if (!p->mute)
		marking->cb(good ? marking->marks : NULL, good ? marking->n : 0,
		    marking->arg);
	for (size_t i = 0; i < marking->n; i++)
		free(marking->jobs[i]);
	free(marking->jobs);
	free(marking->marks);
	free(marking);
}

static const struct poll_ops marks_ops = {marks_yes, marks_done};

void
protocol_marks(struct protocol *p, const char *const *jobs, size_t n,
    cluster_marks_cb *cb, void *arg)
{
	struct marking *marking = xcalloc(1, sizeof(*marking));

	marking->n = n;
	marking->jobs = xcalloc(n + 1, sizeof(*marking->jobs));
	marking->marks = xcalloc(n + 1, sizeof(*marking->marks));
	marking->cb = cb;
	marking->arg = arg;
	for (size_t i = 0; i < n; i++) {
		marking->jobs[i] = xstrdup(jobs[i]);
		marking->marks[i].fresh = true;
	}
	poll_send(p, poll_new(&marks_ops, marking), SCRIPTS_MARKS, marks_fill);
}
