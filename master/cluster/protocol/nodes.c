#include "cluster/protocol/internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* Hosts look after a dead one in turn, so that one of them acts alone. */
#define REAP_TURN_MS  500
#define REAP_AGAIN_MS 1000

/* ---------------------------------------------------------- who there is */

static struct node *
find_node(struct protocol *p, const char *incarnation)
{
	for (size_t i = 0; i < p->nnodes; i++)
		if (strcmp(p->nodes[i]->pub.incarnation, incarnation) == 0)
			return p->nodes[i];
	return NULL;
}

static struct node *
add_node(struct protocol *p, const char *incarnation)
{
	struct node *node = xcalloc(1, sizeof(*node));

	array_reserve(
	    &p->nodes, &p->nodes_cap, p->nnodes + 1, sizeof(*p->nodes));
	p->nodes[p->nnodes++] = node;
	snprintf(node->pub.incarnation, sizeof(node->pub.incarnation), "%s",
	    incarnation);
	node->pub.words = xstrdup("");
	node->pub.alive = true;
	return node;
}

static void
node_free(struct node *node)
{
	free(node->pub.words);
	free(node);
}

/* "INCARNATION EXPIRY BEAT CONNECTION NODE WORDS". True: there is something new. */
static bool
read_line(struct protocol *p, unsigned server, const char *line, int64_t now_ms)
{
	char incarnation[CLUSTER_INCARNATION_MAX];
	uint64_t beat = strtoull(line_skip(line, 2), NULL, 10);
	const char *words = line_skip(line, 5);
	struct node *node;
	bool changed = false;

	line_word(line, 0, incarnation, sizeof(incarnation));
	node = find_node(p, incarnation);
	if (node == NULL) {
		node = add_node(p, incarnation);
		line_word(line, 4, node->pub.node, sizeof(node->pub.node));
		node->pub.changed_ms = now_ms;
		changed = true;
	}
	node->seen_on |= UINT32_C(1) << server;
	if (beat <= node->pub.beat && !changed)
		return false;
	node->pub.beat = beat;
	node->pub.changed_ms = now_ms;
	changed |= !node->pub.alive || strcmp(node->pub.words, words) != 0;
	node->pub.alive = true;
	free(node->pub.words);
	node->pub.words = xstrdup(words);
	return changed;
}

/* How long a node must be silent until it is dead. */
static int64_t
silence_ms(const struct protocol *p)
{
	return p->settings.session_ttl_ms + p->settings.lock_delay_ms;
}

/* This host could not hear it for a while, and it may not have joined yet. */
static bool
is_awaited(const struct protocol *p, const struct node *node)
{
	return node->watch_ms != 0 &&
	    p->now_ms < node->watch_ms + silence_ms(p);
}

void
nodes_watch(struct protocol *p)
{
	for (size_t i = 0; i < p->nnodes; i++)
		if (p->nodes[i]->pub.alive)
			p->nodes[i]->watch_ms = p->now_ms;
}

static bool
drop_unseen(struct protocol *p)
{
	size_t n = 0;
	bool changed = false;

	for (size_t i = 0; i < p->nnodes; i++) {
		if (p->nodes[i]->seen_on != 0 || p->nodes[i]->buried ||
		    is_awaited(p, p->nodes[i])) {
			p->nodes[n++] = p->nodes[i];
			continue;
		}
		node_free(p->nodes[i]);
		changed = true;
	}
	p->nnodes = n;
	return changed;
}

static void
tell_nodes(struct protocol *p)
{
	if (p->events.nodes != NULL)
		p->events.nodes(p->events_arg);
}

void
nodes_list(struct protocol *p, unsigned server,
    const struct protocol_reply *reply, int64_t now_ms)
{
	bool changed = false;

	for (size_t i = 0; i < p->nnodes; i++)
		p->nodes[i]->seen_on &= ~(UINT32_C(1) << server);
	for (size_t i = 1; i < reply->n; i++)
		changed |= read_line(p, server, reply->s[i], now_ms);
	changed |= drop_unseen(p);
	if (changed)
		tell_nodes(p);
}

static int
by_name(const void *a, const void *b)
{
	const struct cluster_node *x = a, *y = b;
	int order = strcmp(x->node, y->node);

	return order != 0 ? order : strcmp(x->incarnation, y->incarnation);
}

size_t
protocol_nodes(const struct protocol *p, const struct cluster_node **nodes_r)
{
	struct protocol *own = (struct protocol *)(uintptr_t)p;

	free(own->shown);
	own->shown = xcalloc(p->nnodes + 1, sizeof(*own->shown));
	for (size_t i = 0; i < p->nnodes; i++)
		own->shown[i] = p->nodes[i]->pub;
	qsort(own->shown, p->nnodes, sizeof(*own->shown), by_name);
	*nodes_r = own->shown;
	return p->nnodes;
}

void
nodes_free(struct protocol *p)
{
	for (size_t i = 0; i < p->nnodes; i++)
		node_free(p->nodes[i]);
	free(p->nodes);
	free(p->shown);
}

/* ---------------------------------------------------------------- burying */

static void
bury_done(struct protocol *p, struct poll *poll)
{
	args_fini(poll->arg);
	free(poll->arg);
}

static const struct poll_ops bury_ops = {NULL, bury_done};

static void
bury_fill(struct protocol *p, unsigned server, struct args *args, void *arg)
{
	const struct args *words = arg;

	protocol_guard(p, server, args);
	args_add(args, p->incarnation);
	for (size_t i = 0; i < words->n; i++)
		args_add(args, args_get(words, i));
}

/* id is NULL when it had nothing. */
static void
bury(struct protocol *p, const char *incarnation, char state, const char *id)
{
	struct args *words = xcalloc(1, sizeof(*words));

	args_add(words, incarnation);
	if (id != NULL) {
		args_add(words, (const char[]){state, '\0'});
		args_add(words, id);
	}
	poll_send(p, poll_new(&bury_ops, words), SCRIPTS_BURY, bury_fill);
}

void
protocol_bury(struct protocol *p, const struct cluster_lost *lost)
{
	static const char states[] = {
	    [CLUSTER_FATE_STARTED] = 'R',
	    [CLUSTER_FATE_SKIPPED] = 'S',
	    [CLUSTER_FATE_MISSED] = 'M',
	};

	bury(p, lost->incarnation, states[lost->fate], lost->id);
}

/* ---------------------------------------------------------------- reaping */

/* What is asked about one dead host. */
struct reaping {
	char incarnation[CLUSTER_INCARNATION_MAX];
	char node[CLUSTER_NAME_MAX + 1];
	uint64_t beat;
	char **lines; /* of its runs, each once */
	size_t n;
	size_t cap;
};

static void
reaping_free(struct reaping *reaping)
{
	for (size_t i = 0; i < reaping->n; i++)
		free(reaping->lines[i]);
	free(reaping->lines);
	free(reaping);
}

/* The place of a run in the list; n: it is not there. */
static size_t
find_run(const struct reaping *reaping, const char *line)
{
	size_t n = strcspn(line, " ") + 1, i;

	for (i = 0; i < reaping->n; i++)
		if (strncmp(reaping->lines[i], line, n) == 0)
			break;
	return i;
}

/* One server knows more than another: what is further on in this. */
static long
progress(const char *line)
{
	static const char order[] = "CRSM";
	const char *at = strchr(order, line_skip(line, 1)[0]);

	return at != NULL ? at - order : -1;
}

static void
note_run(struct reaping *reaping, const char *line)
{
	size_t i = find_run(reaping, line);

	if (i == reaping->n) {
		array_reserve(&reaping->lines, &reaping->cap, reaping->n + 1,
		    sizeof(*reaping->lines));
		reaping->lines[reaping->n++] = xstrdup(line);
	} else if (progress(line) > progress(reaping->lines[i])) {
		free(reaping->lines[i]);
		reaping->lines[i] = xstrdup(line);
	}
}

static void
reap_yes(struct poll *poll, unsigned server, const struct protocol_reply *reply)
{
	(void)server;
	for (size_t i = 1; i < reply->n; i++)
		note_run(poll->arg, reply->s[i]);
}

static enum cluster_fate
fate_of(char state)
{
	if (state == 'S')
		return CLUSTER_FATE_SKIPPED;
	return state == 'M' ? CLUSTER_FATE_MISSED : CLUSTER_FATE_STARTED;
}

/* "ID STATE ATTEMPT FENCE SLOT BEFORE FLAGS JOB" */
static void
tell_lost(struct protocol *p, const struct reaping *reaping, const char *line)
{
	char id[CLUSTER_ID_MAX + 8], flags[FLAGS_SIZE];
	struct cluster_lost lost = {
	    .incarnation = reaping->incarnation,
	    .node = reaping->node,
	    .fate = fate_of(line_skip(line, 1)[0]),
	    .job = line_skip(line, 7),
	    .id = id,
	    .slot_ms = strtoll(line_skip(line, 4), NULL, 10),
	    .before_ms = strtoll(line_skip(line, 5), NULL, 10),
	    .attempt = (int32_t)strtol(line_skip(line, 2), NULL, 10),
	    .fence = strtoull(line_skip(line, 3), NULL, 10),
	};

	line_word(line, 0, id, sizeof(id));
	line_word(line, 6, flags, sizeof(flags));
	lost.at_least_once = strchr(flags, 'l') != NULL;
	lost.extra = strchr(flags, 'x') != NULL;
	/* Claimed and not started: nothing was lost. */
	if (line_skip(line, 1)[0] == 'C')
		bury(p, reaping->incarnation, 'C', id);
	else
		p->events.reaped(&lost, p->events_arg);
}

static void
reap_done(struct protocol *p, struct poll *poll)
{
	struct reaping *reaping = poll->arg;
	struct node *node = find_node(p, reaping->incarnation);

	if (node != NULL) {
		node->buried = false;
		node->reap_ms =
		    p->now_ms + REAP_AGAIN_MS + protocol_random(p, 500);
	}
	/* Where it is gone it was buried: what others have is left over. */
	if (poll->yes > 0 && poll->yes + poll->gone >= p->quorum) {
		for (size_t i = 0; i < reaping->n; i++)
			tell_lost(p, reaping, reaping->lines[i]);
		if (reaping->n == 0)
			bury(p, reaping->incarnation, 'C', NULL);
		if (node != NULL)
			node->reap_ms = p->now_ms + CLUSTER_OVERRIDE_MS +
			    p->settings.lock_delay_ms;
	}
	reaping_free(reaping);
}

static const struct poll_ops reap_ops = {reap_yes, reap_done};

static void
reap_fill(struct protocol *p, unsigned server, struct args *args, void *arg)
{
	const struct reaping *reaping = arg;

	protocol_head(p, server, args);
	args_add(args, reaping->incarnation);
	args_add_uint(args, reaping->beat);
	args_add_int(args, p->settings.session_ttl_ms);
	args_add_int(args, p->settings.lock_delay_ms);
	args_add_int(args, CLUSTER_OVERRIDE_MS);
}

static void
reap(struct protocol *p, struct node *node)
{
	struct reaping *reaping = xcalloc(1, sizeof(*reaping));

	snprintf(reaping->incarnation, sizeof(reaping->incarnation), "%s",
	    node->pub.incarnation);
	snprintf(reaping->node, sizeof(reaping->node), "%s", node->pub.node);
	reaping->beat = node->pub.beat;
	node->buried = true;
	poll_send(p, poll_new(&reap_ops, reaping), SCRIPTS_REAP, reap_fill);
}

/* Its beat did not move for the session's TTL and the lock delay. */
static int64_t
dead_ms(const struct protocol *p, const struct node *node)
{
	int64_t since_ms = node->pub.changed_ms;

	if (node->watch_ms > since_ms)
		since_ms = node->watch_ms;
	return since_ms + silence_ms(p);
}

/* How many live hosts come before this one. */
static unsigned
turn(const struct protocol *p)
{
	unsigned n = 0;

	for (size_t i = 0; i < p->nnodes; i++)
		n += p->nodes[i]->pub.alive &&
		    strcmp(p->nodes[i]->pub.incarnation, p->incarnation) < 0;
	return n;
}

void
nodes_tick(struct protocol *p, int64_t now_ms)
{
	bool changed = false;

	/* While nobody can be heard all are as they were. */
	if (!p->joined)
		return;
	for (size_t i = 0; i < p->nnodes; i++) {
		struct node *node = p->nodes[i];

		if (now_ms < dead_ms(p, node) ||
		    strcmp(node->pub.incarnation, p->incarnation) == 0)
			continue;
		if (node->pub.alive) {
			node->pub.alive = false;
			node->reap_ms = now_ms + turn(p) * REAP_TURN_MS;
			changed = true;
		}
		if (now_ms >= node->reap_ms && !node->buried &&
		    protocol_count_ready(p) >= p->quorum)
			reap(p, node);
	}
	if (changed)
		tell_nodes(p);
}

int64_t
nodes_next_ms(const struct protocol *p)
{
	bool can_reap = protocol_count_ready(p) >= p->quorum;
	int64_t next = INT64_MAX;

	for (size_t i = 0; p->joined && i < p->nnodes; i++) {
		const struct node *node = p->nodes[i];

		if (strcmp(node->pub.incarnation, p->incarnation) == 0)
			continue;
		if (node->pub.alive)
			next = earlier_ms(next, dead_ms(p, node));
		else if (!node->buried && can_reap)
			next = earlier_ms(next, node->reap_ms);
	}
	return next;
}
