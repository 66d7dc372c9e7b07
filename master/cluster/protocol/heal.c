#include "cluster/protocol/internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/*
 * A server that has forgotten gets back what a majority of the others know:
 * each of those is given a new marker first, so that no vote counted before
 * adds up with one given later, and is then read page by page.
 *
 * When so many have forgotten that the others are no majority, nobody can say
 * what was started. Then they begin anew with a floor: no slot that is earlier
 * than a majority's clocks may be claimed, and for a while no job that must not
 * overlap.
 */

/* Hosts do not all begin at once. */
#define HEAL_SPREAD_MS 300
#define HEAL_AGAIN_MS  1000

struct heal {
	unsigned target;
	char episode[32];
	unsigned out;    /* requests under way */
	unsigned copied; /* others that were read to the end */
	bool failed;
	int64_t floor_ms;
	uint64_t fence_floor;
};

static void
heal_end(struct protocol *p)
{
	struct heal *heal = p->heal;

	p->heal = NULL;
	p->heal_ms = p->now_ms + HEAL_AGAIN_MS + protocol_random(p, 500);
	server_rejoin(p, heal->target, 0);
	free(heal);
}

void
heal_free(struct protocol *p)
{
	free(p->heal);
}

/* --------------------------------------------------------------- opening */

/* Who is not heard for so long is dead, and what it ran has ended. */
static int64_t
silence_ms(const struct protocol *p)
{
	return p->settings.session_ttl_ms + p->settings.lock_delay_ms;
}

static void
opened(struct protocol *p, struct request *request,
    const struct protocol_reply *reply, int64_t now_ms)
{
	if (request->arg != NULL)
		heal_end(p);
	else
		server_rejoin(p, request->server, 0);
}

static void
open_server(struct protocol *p, unsigned server, int64_t floor_ms,
    uint64_t fence_floor, int64_t quarantine_ms, int64_t unsure_ms)
{
	char marker[MARKER_MAX];
	struct args args = {0};

	session_make_marker(p, marker);
	args_add(&args, p->servers[server].episode);
	args_add(&args, marker);
	args_add_int(&args, floor_ms);
	args_add_uint(&args, fence_floor);
	args_add_int(&args, quarantine_ms);
	args_add_int(&args, silence_ms(p));
	args_add(&args, p->servers[server].run_id);
	args_add_int(&args, unsure_ms);
	protocol_send(
	    p, server, SCRIPTS_OPEN, &args, request_new(opened, p->heal));
	args_fini(&args);
}

/* ----------------------------------------------------- copying from others */

static void dump(struct protocol *p, unsigned server, const char *cursor);

static void
one_less(struct protocol *p)
{
	struct heal *heal = p->heal;

	if (--heal->out > 0)
		return;
	if (heal->failed || heal->copied < p->quorum)
		heal_end(p);
	else
		open_server(p, heal->target, heal->floor_ms, heal->fence_floor,
		    0, silence_ms(p));
}

static void
merged(struct protocol *p, struct request *request,
    const struct protocol_reply *reply, int64_t now_ms)
{
	if (reply == NULL || strncmp(reply->s[0], "OK ", 3) != 0)
		p->heal->failed = true;
	one_less(p);
}

static void
merge(struct protocol *p, const struct protocol_reply *reply)
{
	struct args args = {0};

	if (reply->n <= 3)
		return;
	args_add(&args, p->heal->episode);
	for (size_t i = 3; i < reply->n; i++)
		args_add(&args, reply->s[i]);
	p->heal->out++;
	protocol_send(p, p->heal->target, SCRIPTS_MERGE, &args,
	    request_new(merged, NULL));
	args_fini(&args);
}

static void
dumped(struct protocol *p, struct request *request,
    const struct protocol_reply *reply, int64_t now_ms)
{
	struct heal *heal = p->heal;
	int64_t floor_ms;
	uint64_t fence_floor;

	if (!protocol_is_ok(p, request, reply, now_ms) || reply->n < 3) {
		heal->failed = true;
		return one_less(p);
	}
	floor_ms = strtoll(reply->s[1], NULL, 10);
	fence_floor = strtoull(reply->s[2], NULL, 10);
	if (floor_ms > heal->floor_ms)
		heal->floor_ms = floor_ms;
	if (fence_floor > heal->fence_floor)
		heal->fence_floor = fence_floor;
	merge(p, reply);
	if (strcmp(line_skip(reply->s[0], 3), "0") == 0)
		heal->copied++;
	else
		dump(p, request->server, line_skip(reply->s[0], 3));
	one_less(p);
}

static void
dump(struct protocol *p, unsigned server, const char *cursor)
{
	struct args args = {0};

	protocol_guard(p, server, &args);
	args_add(&args, cursor);
	p->heal->out++;
	protocol_send(
	    p, server, SCRIPTS_DUMP, &args, request_new(dumped, NULL));
	args_fini(&args);
}

static void
rotated(struct protocol *p, struct request *request,
    const struct protocol_reply *reply, int64_t now_ms)
{
	struct server *s = &p->servers[request->server];
	char *marker = request->arg;

	if (protocol_is_ok(p, request, reply, now_ms)) {
		snprintf(s->marker, sizeof(s->marker), "%s", marker);
		protocol_new_view(p);
		dump(p, request->server, "0");
	} else {
		p->heal->failed = true;
	}
	free(marker);
	one_less(p);
}

static void
rotate(struct protocol *p, unsigned server)
{
	char *marker = xmalloc(MARKER_MAX);
	struct args args = {0};

	session_make_marker(p, marker);
	protocol_guard(p, server, &args);
	args_add(&args, marker);
	p->heal->out++;
	protocol_send(
	    p, server, SCRIPTS_ROTATE, &args, request_new(rotated, marker));
	args_fini(&args);
}

static void
heal_begin(struct protocol *p, unsigned target)
{
	p->heal = xcalloc(1, sizeof(*p->heal));
	p->heal->target = target;
	snprintf(p->heal->episode, sizeof(p->heal->episode), "%s",
	    p->servers[target].episode);
}

static void
copy_to(struct protocol *p, unsigned target)
{
	heal_begin(p, target);
	p->heal->out = 1;
	for (unsigned i = 0; i < p->settings.nservers; i++)
		if (i != target && server_is_ready(&p->servers[i]))
			rotate(p, i);
	one_less(p);
}

/* ---------------------------------------------------------------- birth */

static int
by_lateness(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;

	return (*x < *y) - (*x > *y);
}

/*
 * What no majority of the servers can have been past: a slot that was granted
 * was not early for a majority of their clocks. One that was not heard counts
 * as the latest.
 */
static int64_t
majority_us(const struct protocol *p)
{
	int64_t clocks[CLUSTER_SERVERS_MAX];
	unsigned unheard = 0;

	for (unsigned i = 0; i < p->settings.nservers; i++) {
		const struct server *s = &p->servers[i];

		clocks[i] = s->us + (p->now_ms - s->us_at_ms) * 1000;
		if (s->us != 0)
			continue;
		clocks[i] = INT64_MAX;
		unheard++;
	}
	qsort(clocks, p->settings.nservers, sizeof(*clocks), by_lateness);
	return clocks[unheard < p->quorum ? p->quorum - 1 : unheard];
}

static void
give_birth(struct protocol *p)
{
	int64_t latest = majority_us(p);
	uint64_t fence =
	    (uint64_t)latest > p->fence ? (uint64_t)latest : p->fence;
	int64_t quarantine = p->remembers ? silence_ms(p) : 0;

	for (unsigned i = 0; i < p->settings.nservers; i++)
		if (p->servers[i].state == CLUSTER_SERVER_BLANK)
			open_server(p, i, latest / 1000 + CLUSTER_EARLY_MS,
			    fence, quarantine, quarantine);
	p->heal_ms = p->now_ms + HEAL_AGAIN_MS + protocol_random(p, 500);
}

/* ------------------------------------------------------------- deciding */

/*
 * A host that never knew this cluster waits for one that did to be first: it
 * knows that what is blank has forgotten, and that jobs may be running.
 */
static int64_t
ready_ms(const struct protocol *p, const struct server *s)
{
	int64_t wait =
	    p->remembers ? 0 : p->settings.heartbeat_ms + CLUSTER_EARLY_MS;

	return s->blank_ms + wait;
}

static bool
is_due(const struct protocol *p, const struct server *s)
{
	return s->state == CLUSTER_SERVER_BLANK && s->connected &&
	    p->now_ms >= ready_ms(p, s);
}

void
heal_tick(struct protocol *p, int64_t now_ms)
{
	unsigned due = 0, first = 0;

	if (p->heal != NULL || now_ms < p->heal_ms || !p->started)
		return;
	for (unsigned i = p->settings.nservers; i-- > 0;) {
		if (!is_due(p, &p->servers[i]))
			continue;
		due++;
		first = i;
	}
	if (due == 0)
		return;
	if (due >= p->quorum)
		give_birth(p);
	else if (protocol_count_ready(p) >= p->quorum)
		copy_to(p, first);
}

int64_t
heal_next_ms(const struct protocol *p)
{
	int64_t next = INT64_MAX;

	if (p->heal != NULL)
		return next;
	for (unsigned i = 0; i < p->settings.nservers; i++) {
		const struct server *s = &p->servers[i];
		int64_t at = ready_ms(p, s);

		if (s->state != CLUSTER_SERVER_BLANK || !s->connected)
			continue;
		at = at < p->heal_ms ? p->heal_ms : at;
		/* Others have to come first: their coming is a turn. */
		if (at > p->now_ms)
			next = earlier_ms(next, at);
	}
	return next;
}
