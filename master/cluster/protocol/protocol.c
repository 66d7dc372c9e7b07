#include "cluster/protocol/internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* A server that refuses is asked to join again after this. */
#define REJOIN_MS 200

struct protocol *
protocol_new(const struct protocol_settings *settings,
    const struct protocol_driver *driver, const struct cluster_events *events,
    void *events_arg)
{
	struct protocol *p = xcalloc(1, sizeof(*p));

	p->settings = *settings;
	p->name = xstrdup(settings->name);
	p->node = xstrdup(settings->node);
	p->key = xasprintf("belfry:{%s}", settings->name);
	p->words = xstrdup("");
	p->refused = xstrdup("");
	p->driver = *driver;
	p->events = *events;
	p->events_arg = events_arg;
	p->quorum = settings->nservers / 2 + 1;
	TAILQ_INIT(&p->claims);
	TAILQ_INIT(&p->undecided);
	TAILQ_INIT(&p->over);
	TAILQ_INIT(&p->dirty);
	TAILQ_INIT(&p->unasked);
	session_init(p);
	return p;
}

void
protocol_free(struct protocol *p)
{
	if (p == NULL)
		return;
	protocol_mute(p);
	polls_tick(p);
	claims_free(p);
	nodes_free(p);
	heal_free(p);
	for (unsigned i = 0; i < p->nformers; i++)
		free(p->formers[i]);
	free(p->name);
	free(p->node);
	free(p->key);
	free(p->words);
	free(p->refused);
	free(p);
}

static void
ignore_joined(void *arg)
{
}

static void
ignore_reaped(const struct cluster_lost *lost, void *arg)
{
}

void
protocol_mute(struct protocol *p)
{
	struct claim *claim;

	p->mute = true;
	p->events = (struct cluster_events){
	    .joined = ignore_joined,
	    .lost = ignore_joined,
	    .reaped = ignore_reaped,
	};
	TAILQ_FOREACH(claim, &p->claims, link)
	{
		claim->abandoned = true;
		claim->finished_cb = NULL;
	}
}

int64_t
earlier_ms(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

int64_t
protocol_random(struct protocol *p, int64_t below)
{
	return (int64_t)(p->driver.random(p->driver.arg) % (uint64_t)below);
}

const char *
line_skip(const char *line, unsigned n)
{
	for (; n > 0 && *line != '\0'; n--) {
		line += strcspn(line, " ");
		if (*line == ' ')
			line++;
	}
	return line;
}

void
line_word(const char *line, unsigned n, char *buf, size_t size)
{
	const char *word = line_skip(line, n);

	snprintf(buf, size, "%.*s", (int)strcspn(word, " "), word);
}

bool
server_is_ready(const struct server *server)
{
	return server->connected && server->restated &&
	    server->state == CLUSTER_SERVER_OK;
}

unsigned
protocol_count_ready(const struct protocol *p)
{
	unsigned n = 0;

	for (unsigned i = 0; i < p->settings.nservers; i++)
		n += server_is_ready(&p->servers[i]);
	return n;
}

void
server_set_state(
    struct protocol *p, unsigned server, enum cluster_server_state state)
{
	struct server *s = &p->servers[server];

	if (s->state == state)
		return;
	s->state = state;
	s->since_ms = p->now_ms;
	if (p->events.server != NULL)
		p->events.server(server, p->events_arg);
}

void
server_rejoin(struct protocol *p, unsigned server, int64_t after_ms)
{
	/* Its users are to hear that it is ok again: it was not told all. */
	if (p->servers[server].state == CLUSTER_SERVER_OK)
		server_set_state(p, server, CLUSTER_SERVER_JOINING);
	p->servers[server].restated = false;
	p->servers[server].retry_ms = p->now_ms + after_ms;
}

void
protocol_new_view(struct protocol *p)
{
	p->view++;
	claims_new_view(p);
}

void
protocol_refuse(struct protocol *p, const char *why)
{
	if (strcmp(p->refused, why) == 0)
		return;
	free(p->refused);
	p->refused = xstrdup(why);
	if (*why != '\0' && p->events.refused != NULL)
		p->events.refused(why, p->events_arg);
}

/* ------------------------------------------------------------ requests */

struct request *
request_new(request_cb *cb, void *arg)
{
	struct request *request = xcalloc(1, sizeof(*request));

	request->cb = cb;
	request->arg = arg;
	return request;
}

void
protocol_guard(struct protocol *p, unsigned server, struct args *args)
{
	args_add(args, p->servers[server].marker);
	args_add_uint(args, p->servers[server].seen);
}

void
protocol_head(struct protocol *p, unsigned server, struct args *args)
{
	protocol_guard(p, server, args);
	args_add(args, p->incarnation);
	args_add(args, p->node);
}

void
protocol_send(struct protocol *p, unsigned server, enum script_id script,
    const struct args *args, struct request *request)
{
	request->server = server;
	request->script = script;
	request->sent_ms = p->now_ms;
	p->driver.send(p->driver.arg, server, script, args, request);
}

void
protocol_answer(struct protocol *p, struct request *request,
    const struct protocol_reply *reply, int64_t now_ms)
{
	p->now_ms = now_ms;
	p->wanted = true;
	if (reply != NULL && reply->n == 0)
		reply = NULL;
	request->cb(p, request, reply, now_ms);
	for (size_t i = 0; i < request->nitems; i++)
		request->items[i].claim->refs--;
	free(request->items);
	free(request);
}

static void
refused(struct protocol *p, unsigned server, const char *line)
{
	if (strncmp(line, "SETTLING ", 9) == 0) {
		server_set_state(p, server, CLUSTER_SERVER_SETTLING);
		server_rejoin(p, server, strtoll(line + 9, NULL, 10) + 1);
	} else if (strncmp(line, "ROLLBACK", 8) == 0) {
		server_set_state(p, server, CLUSTER_SERVER_ROLLED_BACK);
		server_rejoin(p, server, 0);
	} else {
		/* BLANK, LOST: joining tells more. */
		server_set_state(p, server, CLUSTER_SERVER_JOINING);
		server_rejoin(p, server, 0);
	}
}

/* "OK SEQUENCE MICROSECONDS": what every good answer tells. */
static void
learn(struct protocol *p, struct request *request, const char *line,
    int64_t now_ms)
{
	struct server *s = &p->servers[request->server];
	uint64_t q = strtoull(line_skip(line, 1), NULL, 10);

	if (q > s->seen)
		s->seen = q;
	s->us = strtoll(line_skip(line, 2), NULL, 10);
	s->us_at_ms = request->sent_ms + (now_ms - request->sent_ms) / 2;
}

bool
protocol_is_ok(struct protocol *p, struct request *request,
    const struct protocol_reply *reply, int64_t now_ms)
{
	if (reply == NULL)
		return false;
	if (strncmp(reply->s[0], "OK ", 3) == 0) {
		learn(p, request, reply->s[0], now_ms);
		return true;
	}
	/* Words of one script, which it looks at itself. */
	if (strcmp(reply->s[0], "TAKEN") != 0 &&
	    strncmp(reply->s[0], "TAKEN ", 6) != 0 &&
	    strcmp(reply->s[0], "ALIVE") != 0 &&
	    strcmp(reply->s[0], "GONE") != 0 &&
	    strcmp(reply->s[0], "FULL") != 0 &&
	    strcmp(reply->s[0], "UNSURE") != 0)
		refused(p, request->server, reply->s[0]);
	return false;
}

/* ------------------------------------------------------------- joining */

static void
became_blank(struct protocol *p, unsigned server, const char *line)
{
	struct server *s = &p->servers[server];
	char episode[sizeof(s->episode)];

	line_word(line, 1, episode, sizeof(episode));
	s->us = strtoll(line_skip(line, 2), NULL, 10);
	s->us_at_ms = p->now_ms;
	if (s->state != CLUSTER_SERVER_BLANK ||
	    strcmp(episode, s->episode) != 0) {
		s->blank_ms = p->now_ms;
		snprintf(s->episode, sizeof(s->episode), "%s", episode);
	}
	server_set_state(p, server, CLUSTER_SERVER_BLANK);
	server_rejoin(p, server, REJOIN_MS);
}

static void
joined(struct protocol *p, struct request *request, const char *line,
    int64_t now_ms)
{
	struct server *s = &p->servers[request->server];
	char marker[MARKER_MAX];
	int64_t settling;

	line_word(line, 3, marker, sizeof(marker));
	settling = strtoll(line_skip(line, 4), NULL, 10);
	if (strcmp(marker, s->marker) != 0) {
		snprintf(s->marker, sizeof(s->marker), "%s", marker);
		s->seen = 0;
		protocol_new_view(p);
	}
	learn(p, request, line, now_ms);
	memcpy(s->seen_process, s->run_id, sizeof(s->seen_process));
	if (settling > 0) {
		server_set_state(p, request->server, CLUSTER_SERVER_SETTLING);
		server_rejoin(p, request->server, settling + 1);
		return;
	}
	session_restate(p, request->server);
}

static void
refused_join(struct protocol *p, unsigned server, const char *line)
{
	char *why;

	if (strncmp(line, "BLANK ", 6) == 0) {
		became_blank(p, server, line);
	} else if (strncmp(line, "DUP ", 4) == 0) {
		why = xasprintf("another live daemon has the node name %s: "
				"its session is %s",
		    p->node, line + 4);
		protocol_refuse(p, why);
		free(why);
		server_set_state(p, server, CLUSTER_SERVER_JOINING);
		server_rejoin(p, server, REJOIN_MS * 5);
	} else {
		refused(p, server, line);
	}
}

static void
join_answered(struct protocol *p, struct request *request,
    const struct protocol_reply *reply, int64_t now_ms)
{
	struct server *s = &p->servers[request->server];

	s->joining = false;
	if (reply == NULL)
		server_rejoin(p, request->server, REJOIN_MS);
	else if (strncmp(reply->s[0], "OK ", 3) == 0)
		joined(p, request, reply->s[0], now_ms);
	else
		refused_join(p, request->server, reply->s[0]);
}

static void
join(struct protocol *p, unsigned server)
{
	struct server *s = &p->servers[server];
	char word[24];
	struct args args = {0};

	snprintf(
	    word, sizeof(word), "%016" PRIx64, p->driver.random(p->driver.arg));
	protocol_head(p, server, &args);
	args_add_int(&args, p->settings.session_ttl_ms);
	args_add(&args, s->run_id);
	if (p->settings.nservers == 1)
		args_add_int(
		    &args, p->settings.heartbeat_ms + CLUSTER_EARLY_MS);
	else
		args_add(&args, "");
	args_add(&args, word);
	args_add(&args, p->words);
	args_add_uint(&args, p->beat);
	args_add_uint(&args, ++s->connection);
	args_add(&args, s->seen_process);
	for (unsigned i = 0; i < p->nformers; i++)
		args_add(&args, p->formers[i]);
	s->joining = true;
	s->join_ms = p->now_ms;
	protocol_send(
	    p, server, SCRIPTS_JOIN, &args, request_new(join_answered, NULL));
	args_fini(&args);
}

void
protocol_up(struct protocol *p, unsigned server, const char *run_id)
{
	struct server *s = &p->servers[server];

	s->connected = true;
	s->restated = false;
	s->beating = s->fetching = false;
	s->retry_ms = 0;
	snprintf(s->run_id, sizeof(s->run_id), "%s", run_id);
	server_set_state(p, server, CLUSTER_SERVER_JOINING);
	p->wanted = true;
}

void
protocol_down(struct protocol *p, unsigned server, int64_t now_ms)
{
	struct server *s = &p->servers[server];

	p->now_ms = now_ms;
	s->connected = s->restated = false;
	/* It could not be reached at the start: why is news, too. */
	if (s->state == CLUSTER_SERVER_DOWN && p->events.server != NULL)
		p->events.server(server, p->events_arg);
	server_set_state(p, server, CLUSTER_SERVER_DOWN);
	p->wanted = true;
}

/* ------------------------------------------------------------ the turn */

static bool
should_join(const struct protocol *p, const struct server *s)
{
	return p->started && s->connected && !s->restated && !s->joining;
}

void
protocol_tick(struct protocol *p, int64_t now_ms)
{
	p->now_ms = now_ms;
	p->wanted = false;
	session_tick(p, now_ms);
	for (unsigned i = 0; i < p->settings.nservers; i++)
		if (should_join(p, &p->servers[i]) &&
		    p->servers[i].retry_ms <= now_ms)
			join(p, i);
	polls_tick(p);
	claims_tick(p, now_ms);
	claims_flush(p);
	box_tick(p);
	nodes_tick(p, now_ms);
	heal_tick(p, now_ms);
}

int64_t
protocol_next_ms(const struct protocol *p)
{
	int64_t next;

	if (p->wanted || !TAILQ_EMPTY(&p->dirty))
		return 0;
	next = session_next_ms(p);
	for (unsigned i = 0; i < p->settings.nservers; i++)
		if (should_join(p, &p->servers[i]))
			next = earlier_ms(next, p->servers[i].retry_ms);
	next = earlier_ms(next, claims_next_ms(p));
	next = earlier_ms(next, nodes_next_ms(p));
	return earlier_ms(next, heal_next_ms(p));
}

bool
protocol_is_reachable(const struct protocol *p)
{
	return p->joined && protocol_count_ready(p) >= p->quorum;
}

enum cluster_server_state
protocol_server_state(const struct protocol *p, unsigned server)
{
	return p->servers[server].state;
}

int64_t
protocol_server_since_ms(const struct protocol *p, unsigned server)
{
	return p->servers[server].since_ms;
}

int64_t
protocol_server_us(const struct protocol *p, unsigned server, int64_t *at_ms_r)
{
	*at_ms_r = p->servers[server].us_at_ms;
	return p->servers[server].us;
}
