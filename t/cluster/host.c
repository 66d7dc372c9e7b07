/*
 * A host of a cluster without jobs, for the tests: does what it reads and
 * prints what it hears, one line each.
 *
 *   host NAME NODE FORMER REDIS...
 *
 *   claim ID JOB SLOT FLAGS     x l i s w as in claim.lua, - for none
 *   again ... FENCE             same, of a run that lives from before
 *   rerun ... INCARNATION LOST  same, in place of a lost run
 *   start
 *   finish ID | reopen ID | abandon ID
 *   marks JOB | take NAME LIMIT COUNT ID | give NAME ID
 *   post NODE TEXT | say TEXT | nodes | servers | bury | quit
 *
 * SLOT is +-MS from now. Times come from HEARTBEAT, TTL, LOCK_DELAY, PATIENCE
 * in the environment, ms.
 */
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "cluster/cluster.h"

#define CLAIMS_MAX 4096

static struct host {
	struct event_base *base;
	struct cluster *cluster;
	struct {
		char id[CLUSTER_ID_MAX];
		struct claim *claim;
	} claims[CLAIMS_MAX];
	int64_t patience_ms;
	bool bury;
} host;

static int64_t
env_ms(const char *name, int64_t otherwise)
{
	const char *s = getenv(name);

	return s != NULL ? strtoll(s, NULL, 10) : otherwise;
}

static void
joined(void *arg)
{
	printf("joined %s\n", cluster_incarnation(host.cluster));
}

static void
lost(void *arg)
{
	printf("lost\n");
}

static void
refused(const char *why, void *arg)
{
	printf("refused %s\n", why);
}

static void
taken(struct claim *claim, void *arg)
{
	for (size_t i = 0; i < CLAIMS_MAX; i++)
		if (host.claims[i].claim == claim)
			printf("taken %s\n", host.claims[i].id);
}

static void
reaped(const struct cluster_lost *l, void *arg)
{
	printf("reaped %s %s job=%s node=%s attempt=%d fence=%" PRIu64
	       " alo=%d\n",
	    l->id, l->incarnation, l->job, l->node, l->attempt, l->fence,
	    l->at_least_once);
	if (host.bury)
		cluster_bury(host.cluster, l);
}

static void
finished(enum claim_end end, int64_t due_ms, void *arg)
{
	static const char *const words[] = {"ended", "late", "superseded"};

	printf("finished %s %s\n", (char *)arg, words[end]);
	free(arg);
}

static void
owed(struct claim *claim, const struct cluster_owed *o, void *arg)
{
	printf("owed %s %" PRId64 " %s\n", o->job, o->slot_ms,
	    o->fate == CLUSTER_FATE_SKIPPED ? "skipped" : "missed");
	cluster_finish(host.cluster, claim, 0, finished, xstrdup(o->job));
}

static void
message(const char *from, const char *text, void *arg)
{
	printf("message %s %s\n", from, text);
}

static void
claimed(struct claim *claim, const struct claim_answer *a, void *arg)
{
	size_t i = (size_t)(uintptr_t)arg;

	printf(
	    "claim %s %s", host.claims[i].id, claim_verdict_name(a->verdict));
	if (a->verdict == CLAIM_WON)
		printf(" %" PRIu64 " %d", a->fence, a->attempt);
	if (a->verdict == CLAIM_DOWN && a->in_doubt)
		printf(" in-doubt");
	printf("\n");
	if (a->verdict != CLAIM_WON && a->verdict != CLAIM_SKIPPED &&
	    a->verdict != CLAIM_LAPSED)
		host.claims[i].claim = NULL;
}

static size_t
slot_of(const char *id)
{
	for (size_t i = 0; i < CLAIMS_MAX; i++)
		if (host.claims[i].claim != NULL &&
		    strcmp(host.claims[i].id, id) == 0)
			return i;
	return CLAIMS_MAX;
}

static size_t
free_slot(const char *id)
{
	for (size_t i = 0; i < CLAIMS_MAX; i++) {
		if (host.claims[i].claim != NULL)
			continue;
		snprintf(
		    host.claims[i].id, sizeof(host.claims[i].id), "%s", id);
		return i;
	}
	abort();
}

static int64_t
wall_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static void
do_claim(char **w, bool again)
{
	size_t i = free_slot(w[1]);
	const char *flags = w[4];
	int64_t slot = strtoll(w[3], NULL, 10);
	struct claim_ask ask = {
	    .id = w[1],
	    .job = w[2],
	    .slot_ms =
		w[3][0] == '+' || w[3][0] == '-' ? wall_ms() + slot : slot,
	    .extra = strchr(flags, 'x') != NULL,
	    .at_least_once = strchr(flags, 'l') != NULL,
	    .interval = strchr(flags, 'i') != NULL,
	    .overlap = strchr(flags, 's') != NULL ? CLAIM_SKIP_BUSY :
		strchr(flags, 'w') != NULL        ? CLAIM_WAIT_BUSY :
						    CLAIM_ALLOW,
	    .deadline_ms = 60000,
	    .patience_ms = host.patience_ms,
	    .arg = (void *)(uintptr_t)i,
	};

	if (strcmp(w[0], "rerun") == 0) {
		ask.lost_incarnation = w[5];
		ask.lost_id = w[6];
	}
	if (again)
		host.claims[i].claim = cluster_hold(
		    host.cluster, &ask, strtoull(w[5], NULL, 10), 1);
	else
		host.claims[i].claim =
		    cluster_claim(host.cluster, &ask, claimed);
}

static void
end_claim(char **w)
{
	size_t i = slot_of(w[1]);
	struct claim *claim;

	if (i == CLAIMS_MAX) {
		printf("unknown %s\n", w[1]);
		return;
	}
	claim = host.claims[i].claim;
	host.claims[i].claim = NULL;
	if (strcmp(w[0], "finish") == 0)
		cluster_finish(host.cluster, claim, 0, finished, xstrdup(w[1]));
	else if (strcmp(w[0], "reopen") == 0)
		cluster_reopen(host.cluster, claim);
	else
		cluster_abandon(host.cluster, claim);
}

static void
marked(const struct cluster_mark *marks, size_t n, void *arg)
{
	if (n == 0)
		printf("marks down\n");
	for (size_t i = 0; i < n; i++)
		printf("mark %" PRId64 " %" PRId64 "%s\n", marks[i].mark_ms,
		    marks[i].due_ms, marks[i].fresh ? " fresh" : "");
}

static void
took(enum cluster_taken taken, void *arg)
{
	static const char *const words[] = {"taken", "full", "unsure"};

	printf("take %s\n", words[taken]);
}

static void
show_nodes(void)
{
	const struct cluster_node *nodes;
	size_t n = cluster_nodes(host.cluster, &nodes);

	for (size_t i = 0; i < n; i++)
		printf("node %s %s %s\n", nodes[i].node,
		    nodes[i].alive ? "alive" : "dead", nodes[i].words);
	printf("nodes %zu\n", n);
}

static void
show_servers(void)
{
	struct cluster_server s;

	for (unsigned i = 0; i < cluster_server_count(host.cluster); i++) {
		cluster_server(host.cluster, i, &s);
		printf("server %s %s role=%s policy=%s aof=%s why=%s\n", s.url,
		    cluster_server_state_name(s.state), s.role, s.policy, s.aof,
		    s.why);
	}
}

static void
do_line(char *line)
{
	char none[] = "", *w[7] = {none, none, none, none, none, none, none};
	char *rest = strchr(line, ' ');
	int n = 0;

	rest = rest != NULL ? rest + 1 : line + strlen(line);
	if (strncmp(line, "say ", 4) == 0)
		return cluster_say(host.cluster, rest, true);
	for (char *save, *p = strtok_r(line, " ", &save); p != NULL && n < 7;
	     p = strtok_r(NULL, " ", &save))
		w[n++] = p;
	if (strcmp(w[0], "claim") == 0 || strcmp(w[0], "rerun") == 0)
		do_claim(w, false);
	else if (strcmp(w[0], "again") == 0)
		do_claim(w, true);
	else if (strcmp(w[0], "start") == 0)
		cluster_start(host.cluster, "cap=10");
	else if (strcmp(w[0], "marks") == 0)
		cluster_marks(
		    host.cluster, (const char *const *)&w[1], 1, marked, NULL);
	else if (strcmp(w[0], "take") == 0)
		cluster_take(host.cluster, w[1], (uint32_t)atoi(w[2]),
		    (uint32_t)atoi(w[3]), w[4], took, NULL);
	else if (strcmp(w[0], "give") == 0)
		cluster_give(host.cluster, w[1], w[2]);
	else if (strcmp(w[0], "post") == 0)
		cluster_post(host.cluster, w[1], w[2]);
	else if (strcmp(w[0], "nodes") == 0)
		show_nodes();
	else if (strcmp(w[0], "servers") == 0)
		show_servers();
	else if (strcmp(w[0], "bury") == 0)
		host.bury = true;
	else if (strcmp(w[0], "quit") == 0)
		event_base_loopbreak(host.base);
	else
		end_claim(w);
}

static void
readable(evutil_socket_t fd, short what, void *arg)
{
	static struct evbuffer *in;
	char *line;

	if (in == NULL)
		in = evbuffer_new();
	if (evbuffer_read(in, fd, -1) <= 0)
		event_base_loopbreak(host.base);
	while ((line = evbuffer_readln(in, NULL, EVBUFFER_EOL_LF)) != NULL) {
		do_line(line);
		free(line);
	}
}

int
main(int argc, char **argv)
{
	static const struct cluster_events events = {
	    .joined = joined,
	    .lost = lost,
	    .refused = refused,
	    .taken = taken,
	    .reaped = reaped,
	    .owed = owed,
	    .message = message,
	};
	struct cluster_settings settings = {
	    .name = argv[1],
	    .node = argv[2],
	    .former = argv[3],
	    .redis = (const char *const *)argv + 4,
	    .nredis = (size_t)argc - 4,
	    .heartbeat_ms = env_ms("HEARTBEAT", 200),
	    .session_ttl_ms = env_ms("TTL", 1000),
	    .lock_delay_ms = env_ms("LOCK_DELAY", 300),
	    .password_file = getenv("PASSWORD_FILE"),
	};
	struct err err;
	struct event *in;

	setvbuf(stdout, NULL, _IOLBF, 0);
	host.base = event_base_new();
	host.patience_ms = env_ms("PATIENCE", 20000);
	host.cluster = cluster_new(&settings, &events, NULL, host.base, &err);
	if (host.cluster == NULL) {
		printf("error %s\n", err.text);
		return 2;
	}
	in = event_new(host.base, 0, EV_READ | EV_PERSIST, readable, NULL);
	event_add(in, NULL);
	event_base_dispatch(host.base);
	cluster_free(host.cluster);
	event_free(in);
	event_base_free(host.base);
	return 0;
}
