/*
 * Claims a second over one connection to one Redis: by cluster_claim(), and by
 * a raw loop that does nothing but EVALSHA of the same script with the same
 * words, as deep and in batches as large. Interleaved rounds, medians, their
 * quotient.
 *
 *   bench-claim redis://HOST:PORT [ROUNDS [SECONDS]]
 *
 * The server is flushed.
 */
#include <hiredis/adapters/libevent.h>
#include <hiredis/async.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/mem.h"
#include "cluster/cluster.h"
#include "cluster/scripts/scripts.h"
#include "redis/url.h"

#define ROUNDS_MAX 31
#define BATCH_MAX  128
#define ITEM_WORDS 7
#define HEAD_WORDS 11

static struct bench {
	struct event_base *base;
	struct cluster *cluster;
	redisAsyncContext *ac;
	char marker[64];
	unsigned depth, batch;
	unsigned long long made, done;
	double end; /* of this round */
	unsigned out;
} bench;

static double
now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static long long
wall_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (long long)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* ------------------------------------------------------------------ ours */

static void claim_one(void);

static void
claimed(struct claim *claim, const struct claim_answer *answer, void *arg)
{
	if (answer->verdict != CLAIM_WON) {
		fprintf(stderr, "not won: %s\n",
		    claim_verdict_name(answer->verdict));
		exit(1);
	}
	cluster_finish(bench.cluster, claim, 0, NULL, NULL);
	bench.done++;
	bench.out--;
	if (now() < bench.end)
		claim_one();
	else if (bench.out == 0)
		event_base_loopbreak(bench.base);
}

static void
claim_one(void)
{
	char job[32], id[32];
	struct claim_ask ask = {
	    .job = job,
	    .id = id,
	    .slot_ms = wall_ms(),
	    .deadline_ms = 60000,
	    .patience_ms = 10000,
	};

	snprintf(job, sizeof(job), "job%llu", bench.made % 100000);
	snprintf(id, sizeof(id), "c%llu", bench.made++);
	bench.out++;
	cluster_claim(bench.cluster, &ask, claimed);
}

/* ------------------------------------------------------------------- raw */

struct raw {
	const char *words[HEAD_WORDS + ITEM_WORDS * BATCH_MAX];
	char jobs[BATCH_MAX][32], ids[BATCH_MAX][32], slot[24];
};

static void raw_one(struct raw *raw);

static void
raw_finished(redisAsyncContext *ac, void *r, void *arg)
{
	const redisReply *reply = r;

	if (reply == NULL || reply->type == REDIS_REPLY_ERROR) {
		fprintf(stderr, "raw: %s\n", reply ? reply->str : ac->errstr);
		exit(1);
	}
}

/* As ours: the end of what was claimed travels without being waited for. */
static void
raw_finish(const struct raw *raw)
{
	const char *words[8 + 4 * BATCH_MAX] = {"EVALSHA",
	    scripts[SCRIPTS_FINISH].sha, "1", raw->words[3], bench.marker, "0",
	    raw->words[6], raw->words[7]};
	int n = 8;

	for (unsigned i = 0; i < bench.batch; i++) {
		words[n++] = raw->jobs[i];
		words[n++] = raw->slot;
		words[n++] = raw->ids[i];
		words[n++] = "";
	}
	redisAsyncCommandArgv(bench.ac, raw_finished, NULL, n, words, NULL);
}

static void
raw_answered(redisAsyncContext *ac, void *r, void *arg)
{
	const redisReply *reply = r;

	if (reply == NULL || reply->type != REDIS_REPLY_ARRAY ||
	    reply->elements != bench.batch + 1 ||
	    strncmp(reply->element[1]->str, "OK ", 3) != 0) {
		fprintf(stderr, "raw: no claims\n");
		exit(1);
	}
	raw_finish(arg);
	bench.done += bench.batch;
	bench.out--;
	if (now() < bench.end)
		raw_one(arg);
	else if (bench.out == 0)
		event_base_loopbreak(bench.base);
}

static void
raw_one(struct raw *raw)
{
	int n = HEAD_WORDS;

	snprintf(raw->slot, sizeof(raw->slot), "%lld", wall_ms());
	for (unsigned i = 0; i < bench.batch; i++) {
		snprintf(raw->jobs[i], sizeof(raw->jobs[i]), "job%llu",
		    bench.made % 100000);
		snprintf(
		    raw->ids[i], sizeof(raw->ids[i]), "c%llu", bench.made++);
		raw->words[n++] = raw->jobs[i];
		raw->words[n++] = raw->slot;
		raw->words[n++] = raw->ids[i];
		raw->words[n++] = "c";
		raw->words[n++] = "60000";
		raw->words[n++] = "";
		raw->words[n++] = "";
	}
	bench.out++;
	redisAsyncCommandArgv(bench.ac, raw_answered, raw, n, raw->words, NULL);
}

static struct raw *
raw_new(void)
{
	const char *head[HEAD_WORDS] = {"EVALSHA", scripts[SCRIPTS_CLAIM].sha,
	    "1", "belfry:{bench}", bench.marker, "0",
	    cluster_incarnation(bench.cluster), "bench", "500", "3000", "R"};
	struct raw *raw = xcalloc(1, sizeof(*raw));

	memcpy(raw->words, head, sizeof(head));
	return raw;
}

/* ---------------------------------------------------------------- rounds */

static double
one_round(bool ours, double seconds, struct raw **raws)
{
	double begin = now();

	bench.done = 0;
	bench.end = begin + seconds;
	if (ours)
		for (unsigned i = 0; i < bench.depth * bench.batch; i++)
			claim_one();
	else
		for (unsigned i = 0; i < bench.depth; i++)
			raw_one(raws[i]);
	event_base_dispatch(bench.base);
	return (double)bench.done / (now() - begin);
}

static int
by_size(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static void
measure(unsigned depth, unsigned batch, int rounds, double seconds)
{
	double ours[ROUNDS_MAX], raw[ROUNDS_MAX];
	struct raw *raws[128];

	bench.depth = depth;
	bench.batch = batch;
	for (unsigned i = 0; i < depth; i++)
		raws[i] = raw_new();
	for (int r = 0; r < rounds; r++) {
		raw[r] = one_round(false, seconds, raws);
		ours[r] = one_round(true, seconds, raws);
	}
	qsort(ours, (size_t)rounds, sizeof(*ours), by_size);
	qsort(raw, (size_t)rounds, sizeof(*raw), by_size);
	printf("claims/s depth %3u batch %3u: belfry %8.0f raw %8.0f "
	       "ratio %.2f\n",
	    depth, batch, ours[rounds / 2], raw[rounds / 2],
	    ours[rounds / 2] / raw[rounds / 2]);
	for (unsigned i = 0; i < depth; i++)
		free(raws[i]);
}

static void
joined(void *arg)
{
	event_base_loopbreak(bench.base);
}

static void
lost(void *arg)
{
	fprintf(stderr, "the session was lost\n");
	exit(1);
}

static void
reaped(const struct cluster_lost *run, void *arg)
{
}

/* A slot from before the first mark of a new cluster is refused. */
static void
pass_first_mark(void)
{
	const struct timeval wait = {
	    .tv_usec = CLUSTER_EARLY_MS * 1000 + 50000};

	event_base_loopexit(bench.base, &wait);
	event_base_dispatch(bench.base);
}

static void
connect_both(const char *text)
{
	static const struct cluster_events events = {
	    .joined = joined, .lost = lost, .reaped = reaped};
	struct cluster_settings settings = {.name = "bench",
	    .node = "bench",
	    .redis = &text,
	    .nredis = 1,
	    .command_timeout_ms = 5000};
	struct err err = {""};
	struct redis_url *url = redis_url_parse(text, &err);
	redisContext *c;
	redisReply *reply;

	if (url == NULL || url->host == NULL) {
		fprintf(stderr, "%s\n", err.text);
		exit(2);
	}
	c = redisConnect(url->host, url->port);
	freeReplyObject(redisCommand(c, "FLUSHALL"));
	bench.cluster = cluster_new(&settings, &events, NULL, bench.base, &err);
	cluster_start(bench.cluster, "");
	event_base_dispatch(bench.base);
	reply = redisCommand(c, "HGET belfry:{bench}:i m");
	snprintf(bench.marker, sizeof(bench.marker), "%s", reply->str);
	freeReplyObject(reply);
	redisFree(c);
	bench.ac = redisAsyncConnect(url->host, url->port);
	redisLibeventAttach(bench.ac, bench.base);
	redis_url_free(url);
}

int
main(int argc, char **argv)
{
	int rounds = argc > 2 ? atoi(argv[2]) : 5;
	double seconds = argc > 3 ? atof(argv[3]) : 1;

	if (argc < 2 || rounds < 1 || rounds > ROUNDS_MAX) {
		fprintf(stderr, "usage: bench-claim URL [ROUNDS [SECONDS]]\n");
		return 2;
	}
	bench.base = event_base_new();
	connect_both(argv[1]);
	pass_first_mark();
	measure(1, 1, rounds, seconds);
	measure(16, 1, rounds, seconds);
	measure(128, 1, rounds, seconds);
	measure(8, 16, rounds, seconds);
	measure(4, 128, rounds, seconds);
	redisAsyncFree(bench.ac);
	cluster_free(bench.cluster);
	event_base_free(bench.base);
	return 0;
}
