#include "cluster/protocol/internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* After so many heartbeats with a run count that is not ours we say ours. */
#define STRANGE_BEATS 2

static void
make_incarnation(struct protocol *p)
{
	snprintf(p->incarnation, sizeof(p->incarnation),
	    "%016" PRIx64 "%08" PRIx64, p->driver.random(p->driver.arg),
	    p->driver.random(p->driver.arg) & 0xffffffff);
}

static void
add_former(struct protocol *p, const char *incarnation, size_t n)
{
	if (p->nformers == FORMERS_MAX) {
		free(p->formers[0]);
		p->nformers--;
		memmove(p->formers, p->formers + 1,
		    p->nformers * sizeof(p->formers[0]));
	}
	p->formers[p->nformers++] = xstrndup(incarnation, n);
}

void
session_init(struct protocol *p)
{
	const char *former = p->settings.former;

	make_incarnation(p);
	for (; former != NULL && *former != '\0'; former = line_skip(former, 1))
		add_former(p, former, strcspn(former, " "));
}

const char *
protocol_incarnation(const struct protocol *p)
{
	return p->incarnation;
}

/* Newer than any marker that was known of this server. */
void
session_make_marker(struct protocol *p, char marker_r[MARKER_MAX])
{
	int64_t at = 0;

	for (unsigned i = 0; i < p->settings.nservers; i++) {
		const struct server *s = &p->servers[i];
		int64_t known = strtoll(s->marker, NULL, 10) + 1;

		at = known > at ? known : at;
		at = s->us > at ? s->us : at;
	}
	snprintf(marker_r, MARKER_MAX, "%" PRId64 ".%016" PRIx64, at,
	    p->driver.random(p->driver.arg));
}

/* The session is over: another begins, which takes its runs along. */
void
session_renew(struct protocol *p)
{
	add_former(p, p->incarnation, strlen(p->incarnation));
	make_incarnation(p);
	for (unsigned i = 0; i < p->settings.nservers; i++) {
		struct server *s = &p->servers[i];

		s->confirmed_ms = 0;
		if (!s->connected)
			continue;
		if (s->state == CLUSTER_SERVER_OK)
			server_set_state(p, i, CLUSTER_SERVER_JOINING);
		server_rejoin(p, i, 0);
	}
	protocol_new_view(p);
	if (!p->joined)
		return;
	p->joined = false;
	p->events.lost(p->events_arg);
}

/* The moment that a majority confirmed a heartbeat sent then or later. */
static int64_t
confirmed_ms(const struct protocol *p)
{
	int64_t best = 0;

	for (unsigned i = 0; i < p->settings.nservers; i++) {
		int64_t at = p->servers[i].confirmed_ms;
		unsigned n = 0;

		for (unsigned j = 0; j < p->settings.nservers; j++)
			n += p->servers[j].confirmed_ms >= at;
		if (n >= p->quorum && at > best)
			best = at;
	}
	return best;
}

int64_t
protocol_deadline_ms(const struct protocol *p)
{
	int64_t at = confirmed_ms(p);

	if (at == 0)
		return 0;
	return at + p->settings.session_ttl_ms -
	    p->settings.session_ttl_ms / 50;
}

/* ----------------------------------------------------------- restating */

/* So many servers say that another has it that no majority of ours is left. */
static bool
is_lost(const struct protocol *p, const struct claim *claim)
{
	unsigned n = (unsigned)__builtin_popcount(claim->taken_on);

	return n > p->settings.nservers - p->quorum;
}

bool
protocol_may_start(const struct protocol *p, const struct claim *claim)
{
	unsigned n = 0;

	for (unsigned i = 0; i < p->settings.nservers; i++)
		n += server_is_ready(&p->servers[i]) &&
		    (claim->taken_on & UINT32_C(1) << i) == 0;
	return n >= p->quorum;
}

static void
tell_taken(
    struct protocol *p, unsigned server, const struct protocol_reply *reply)
{
	uint32_t bit = UINT32_C(1) << server;
	struct claim *claim;

	TAILQ_FOREACH(claim, &p->claims, link)
	claim->taken_on &= ~bit;
	for (size_t i = 1; i < reply->n; i++) {
		if (strncmp(reply->s[i], "lost ", 5) == 0) {
			claims_end_lost(p, server, reply->s[i]);
			continue;
		}
		if (strncmp(reply->s[i], "owed ", 5) == 0) {
			claims_take_owed(p, reply->s[i]);
			continue;
		}
		claim = claims_find(p, reply->s[i]);
		if (claim == NULL || claim->state != CLAIM_HELD)
			continue;
		claim->taken_on |= bit;
		if (is_lost(p, claim) && p->events.taken != NULL)
			p->events.taken(claim, p->events_arg);
	}
}

static void
restated(struct protocol *p, struct request *request,
    const struct protocol_reply *reply, int64_t now_ms)
{
	struct server *s = &p->servers[request->server];

	s->joining = false;
	if (!protocol_is_ok(p, request, reply, now_ms)) {
		if (reply == NULL)
			server_rejoin(p, request->server, 200);
		return;
	}
	/* A new incarnation since, or a new connection: not what it was. */
	if (request->arg != (void *)(uintptr_t)p->view || !s->connected)
		return server_rejoin(p, request->server, 0);
	tell_taken(p, request->server, reply);
	s->restated = true;
	s->strange_beats = 0;
	s->wake = true;
	/* Restating renews nothing. */
	if (s->confirmed_ms < s->join_ms)
		s->confirmed_ms = s->join_ms;
	server_set_state(p, request->server, CLUSTER_SERVER_OK);
	claims_server_ready(p, request->server);
	session_server_joined(p, request->server);
}

/* C: it is asked for, or ends: what stands there is to stay. */
static const char *
restated_as(const struct claim *claim)
{
	static const char *const words[] = {
	    ['R'] = "R",
	    ['S'] = "S",
	    ['M'] = "M",
	};

	if (claim->state != CLAIM_HELD)
		return "C";
	return words[(unsigned char)claim_letter(claim)];
}

void
session_restate(struct protocol *p, unsigned server)
{
	struct args args = {0};
	struct claim *claim;

	protocol_head(p, server, &args);
	args_add_uint(&args, p->servers[server].connection);
	args_add(&args, "all");
	TAILQ_FOREACH(claim, &p->claims, link)
	{
		if (claim->state == CLAIM_PAUSING)
			continue;
		args_add(&args, claim->id);
		args_add(&args, claim->job);
		args_add_int(&args, claim->slot_ms);
		args_add_int(&args, claim->attempt);
		args_add_uint(&args, claim->fence);
		args_add_int(&args, claim->before_ms);
		args_add(&args, claim->flags);
		args_add(&args, restated_as(claim));
	}
	p->servers[server].joining = true;
	protocol_send(p, server, SCRIPTS_RESTATE, &args,
	    request_new(restated, (void *)(uintptr_t)p->view));
	args_fini(&args);
}

void
session_server_joined(struct protocol *p, unsigned server)
{
	(void)server;
	if (p->joined || protocol_count_ready(p) < p->quorum)
		return;
	p->joined = p->remembers = true;
	nodes_watch(p);
	protocol_refuse(p, "");
	p->events.joined(p->events_arg);
}

/* ---------------------------------------------------------- heartbeats */

/* Claims under way, or ending, that may stand on a server or not. */
static size_t
count_unsure(const struct protocol *p, unsigned server)
{
	const struct claim *claim;
	size_t n = 0;

	TAILQ_FOREACH(claim, &p->claims, link)
	n += claim->state != CLAIM_HELD &&
	    (claim->state == CLAIM_ENDING ||
		(claim->asked_on & UINT32_C(1) << server) != 0);
	return n;
}

/* Does it count as many runs as we do? */
static bool
counts_as_we(const struct protocol *p, unsigned server, uint64_t runs)
{
	return runs >= p->nheld && runs <= p->nheld + count_unsure(p, server);
}

static void
beat_answered(struct protocol *p, struct request *request,
    const struct protocol_reply *reply, int64_t now_ms)
{
	struct server *s = &p->servers[request->server];

	s->beating = false;
	if (!protocol_is_ok(p, request, reply, now_ms) ||
	    request->arg != (void *)(uintptr_t)p->view)
		return;
	if (s->confirmed_ms < request->sent_ms)
		s->confirmed_ms = request->sent_ms;
	nodes_list(p, request->server, reply, now_ms);
	if (counts_as_we(p, request->server,
		strtoull(line_skip(reply->s[0], 3), NULL, 10)))
		s->strange_beats = 0;
	else if (++s->strange_beats >= STRANGE_BEATS && s->restated)
		server_rejoin(p, request->server, 0);
}

static void
beat(struct protocol *p, unsigned server)
{
	struct args args = {0};

	protocol_head(p, server, &args);
	args_add_int(&args, p->settings.session_ttl_ms);
	args_add(&args, p->words);
	args_add_uint(&args, p->beat);
	args_add(&args, "1");
	p->servers[server].beating = true;
	protocol_send(p, server, SCRIPTS_BEAT, &args,
	    request_new(beat_answered, (void *)(uintptr_t)p->view));
	args_fini(&args);
}

void
session_tick(struct protocol *p, int64_t now_ms)
{
	if (p->joined && now_ms > protocol_deadline_ms(p))
		session_renew(p);
	if (!p->started || now_ms < p->beat_ms)
		return;
	p->beat++;
	p->beat_ms = now_ms + p->settings.heartbeat_ms;
	for (unsigned i = 0; i < p->settings.nservers; i++)
		if (server_is_ready(&p->servers[i]) && !p->servers[i].beating)
			beat(p, i);
}

int64_t
session_next_ms(const struct protocol *p)
{
	int64_t next = p->started ? p->beat_ms : INT64_MAX;

	if (p->joined)
		next = earlier_ms(next, protocol_deadline_ms(p) + 1);
	return next;
}

void
protocol_say(struct protocol *p, const char *words, bool now)
{
	free(p->words);
	p->words = xstrdup(words);
	p->started = true;
	if (now)
		p->beat_ms = 0;
	p->wanted = true;
}

static void
left(struct protocol *p, struct request *request,
    const struct protocol_reply *reply, int64_t now_ms)
{
}

void
protocol_leave(struct protocol *p)
{
	struct args args = {0};

	/* What has ended is nobody else's to record. */
	claims_flush(p);
	for (unsigned i = 0; i < p->settings.nservers; i++) {
		if (!server_is_ready(&p->servers[i]))
			continue;
		args_reset(&args);
		protocol_head(p, i, &args);
		protocol_send(
		    p, i, SCRIPTS_LEAVE, &args, request_new(left, NULL));
	}
	args_fini(&args);
	p->started = false;
}
