#include "cluster/cluster.h"

#include <event2/dns.h>
#include <event2/util.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/mem.h"
#include "cluster/protocol/protocol.h"
#include "cluster/redis/link.h"

struct cluster {
	struct protocol *protocol;
	struct event_base *base;
	struct evdns_base *dns;
	struct event *turn; /* the protocol's next tick */
	struct cluster_events events;
	void *events_arg;
	char *name;    /* of the connections */
	char *key;     /* first key of every script */
	char *channel; /* of messages for this node */
	unsigned nservers;
	struct redis_url *urls[CLUSTER_SERVERS_MAX];
	struct link *links[CLUSTER_SERVERS_MAX];
	int64_t timeout_ms;
};

static int64_t
now_ms(void)
{
	return boottime_us() / 1000;
}

/* ------------------------------------------------------------------ turns */

static void
set_turn(struct cluster *c)
{
	int64_t next = protocol_next_ms(c->protocol);
	int64_t wait = next - now_ms();
	struct timeval tv;

	if (next == INT64_MAX)
		return;
	wait = wait < 0 ? 0 : wait;
	tv.tv_sec = (time_t)(wait / 1000);
	tv.tv_usec = (suseconds_t)(wait % 1000 * 1000);
	event_add(c->turn, &tv);
}

/* Everything that was asked for in one turn of the loop travels together. */
static void
take_turn(evutil_socket_t fd, short what, void *arg)
{
	struct cluster *c = arg;

	protocol_tick(c->protocol, now_ms());
	set_turn(c);
}

/* ------------------------------------------------------------------ links */

static unsigned
server_of(const struct cluster *c, const struct link *link)
{
	for (unsigned i = 0; i < c->nservers; i++)
		if (c->links[i] == link)
			return i;
	return 0;
}

static void
link_up(struct link *link, void *arg)
{
	struct cluster *c = arg;
	unsigned server = server_of(c, link);

	/* A check of a server that is up changes nothing for the protocol. */
	if (protocol_server_state(c->protocol, server) == CLUSTER_SERVER_DOWN)
		protocol_up(c->protocol, server, link_info(link)->run_id);
	set_turn(c);
}

static void
link_down(struct link *link, const char *why, void *arg)
{
	struct cluster *c = arg;

	if (link_is_unfit(link) && c->events.refused != NULL)
		c->events.refused(why, c->events_arg);
	protocol_down(c->protocol, server_of(c, link), now_ms());
	set_turn(c);
}

static void
link_answer(struct link *link, struct request *request,
    const struct protocol_reply *reply, void *arg)
{
	struct cluster *c = arg;

	(void)link;
	protocol_answer(c->protocol, request, reply, now_ms());
	set_turn(c);
}

static void
link_wake(struct link *link, void *arg)
{
	struct cluster *c = arg;

	protocol_wake(c->protocol, server_of(c, link));
	set_turn(c);
}

static const struct link_ops link_ops = {
    link_up, link_down, link_answer, link_wake};

/* ----------------------------------------------------------------- driver */

static void
driver_send(void *arg, unsigned server, enum script_id script,
    const struct args *args, struct request *request)
{
	struct cluster *c = arg;

	link_send(c->links[server], script, args, request);
}

static uint64_t
driver_random(void *arg)
{
	uint64_t random;

	(void)arg;
	evutil_secure_rng_get_bytes(&random, sizeof(random));
	return random;
}

/* ------------------------------------------------------------------ making */

static int
read_urls(
    struct cluster *c, const struct cluster_settings *settings, struct err *err)
{
	char *password = NULL;

	if (settings->nredis == 0 || settings->nredis > CLUSTER_SERVERS_MAX)
		return err_set(err, "1 to %d Redis servers, not %zu",
		    CLUSTER_SERVERS_MAX, settings->nredis);
	if (settings->password_file != NULL) {
		password = redis_password_read(settings->password_file, err);
		if (password == NULL)
			return -1;
	}
	for (size_t i = 0; i < settings->nredis; i++) {
		c->urls[i] = redis_url_parse(settings->redis[i], err);
		if (c->urls[i] == NULL)
			break;
		c->nservers++;
		if (password != NULL)
			redis_url_set_password(c->urls[i], password);
	}
	if (password != NULL)
		explicit_bzero(password, strlen(password));
	free(password);
	return c->nservers == settings->nredis ? 0 : -1;
}

static int64_t
or_default(int64_t v, int64_t otherwise)
{
	return v > 0 ? v : otherwise;
}

static void
make_protocol(struct cluster *c, const struct cluster_settings *settings)
{
	struct protocol_settings mine = {
	    .name = settings->name,
	    .node = settings->node,
	    .former = settings->former,
	    .nservers = c->nservers,
	    .heartbeat_ms = or_default(settings->heartbeat_ms, 2000),
	    .session_ttl_ms = or_default(settings->session_ttl_ms, 10000),
	    .lock_delay_ms = or_default(settings->lock_delay_ms, 3000),
	};
	struct protocol_driver driver = {driver_send, driver_random, c};

	c->protocol = protocol_new(&mine, &driver, &c->events, c->events_arg);
	c->timeout_ms = or_default(
	    settings->command_timeout_ms, c->nservers == 1 ? 500 : 250);
}

struct cluster *
cluster_new(const struct cluster_settings *settings,
    const struct cluster_events *events, void *arg, struct event_base *base,
    struct err *err)
{
	struct cluster *c = xcalloc(1, sizeof(*c));

	c->base = base;
	c->events = *events;
	c->events_arg = arg;
	if (read_urls(c, settings, err) == -1) {
		cluster_free(c);
		return NULL;
	}
	c->name = xasprintf("belfry:%s:%s", settings->name, settings->node);
	c->key = xasprintf("belfry:{%s}", settings->name);
	c->channel = xasprintf("%s:w:%s", c->key, settings->node);
	c->turn = evtimer_new(base, take_turn, c);
	make_protocol(c, settings);
	return c;
}

/* Nobody listens any more. What was said is flushed as far as it goes. */
void
cluster_free(struct cluster *c)
{
	if (c == NULL)
		return;
	if (c->protocol != NULL) {
		protocol_mute(c->protocol);
		protocol_leave(c->protocol);
		c->events = (struct cluster_events){0};
	}
	for (unsigned i = 0; i < c->nservers; i++) {
		link_flush(c->links[i]);
		link_free(c->links[i]);
		redis_url_free(c->urls[i]);
	}
	if (c->dns != NULL)
		evdns_base_free(c->dns, 0);
	if (c->turn != NULL)
		event_free(c->turn);
	protocol_free(c->protocol);
	free(c->name);
	free(c->key);
	free(c->channel);
	free(c);
}

void
cluster_start(struct cluster *c, const char *words)
{
	struct link_config config = {
	    .base = c->base,
	    .name = c->name,
	    .key = c->key,
	    .channel = c->channel,
	    .timeout_ms = c->timeout_ms,
	    .ops = &link_ops,
	    .arg = c,
	};

	/* Only asked where a server has a name. */
	c->dns = evdns_base_new(c->base,
	    EVDNS_BASE_INITIALIZE_NAMESERVERS |
		EVDNS_BASE_DISABLE_WHEN_INACTIVE);
	config.dns = c->dns;
	protocol_say(c->protocol, words, false);
	for (unsigned i = 0; i < c->nservers; i++) {
		config.url = c->urls[i];
		c->links[i] = link_new(&config);
	}
	set_turn(c);
}

/* -------------------------------------------------------------- questions */

const char *
cluster_incarnation(const struct cluster *c)
{
	return protocol_incarnation(c->protocol);
}

bool
cluster_is_reachable(const struct cluster *c)
{
	return protocol_is_reachable(c->protocol);
}

int64_t
cluster_deadline_ms(const struct cluster *c)
{
	return protocol_deadline_ms(c->protocol);
}

static int64_t
skew_of(const struct cluster *c, unsigned server)
{
	struct timespec ts;
	int64_t at_ms, us, here_us;

	us = protocol_server_us(c->protocol, server, &at_ms);
	if (us == 0)
		return 0;
	clock_gettime(CLOCK_REALTIME, &ts);
	here_us = (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
	return (us + (now_ms() - at_ms) * 1000 - here_us) / 1000;
}

static int
by_size(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

int64_t
cluster_skew_ms(const struct cluster *c)
{
	int64_t skews[CLUSTER_SERVERS_MAX], at_ms;
	unsigned n = 0;

	for (unsigned i = 0; i < c->nservers; i++)
		if (protocol_server_us(c->protocol, i, &at_ms) != 0)
			skews[n++] = skew_of(c, i);
	if (n == 0)
		return 0;
	qsort(skews, n, sizeof(*skews), by_size);
	return skews[n / 2];
}

unsigned
cluster_server_count(const struct cluster *c)
{
	return c->nservers;
}

static const char *
claims_name(enum redis_claims claims)
{
	return claims == REDIS_CLAIMS_OK  ? "ok" :
	    claims == REDIS_CLAIMS_FAILED ? "failed" :
					    "-";
}

void
cluster_server(
    const struct cluster *c, unsigned server, struct cluster_server *server_r)
{
	const struct link *link = c->links[server];
	const struct redis_info *info = link_info(link);
	enum cluster_server_state state =
	    protocol_server_state(c->protocol, server);

	*server_r = (struct cluster_server){
	    .state = link_is_unfit(link) ? CLUSTER_SERVER_UNFIT : state,
	    .url = c->urls[server]->shown,
	    .why = link_why(link),
	    .warning = redis_info_warning(info),
	    .version = info->version,
	    .role = info->role,
	    .policy = info->policy,
	    .aof = info->aof,
	    .claim_test = claims_name(info->claims),
	    .latency_us = link_latency_us(link),
	    .skew_ms = skew_of(c, server),
	    .since_ms = protocol_server_since_ms(c->protocol, server),
	};
}

size_t
cluster_nodes(const struct cluster *c, const struct cluster_node **nodes_r)
{
	return protocol_nodes(c->protocol, nodes_r);
}

/* ---------------------------------------------------------------- orders */

void
cluster_say(struct cluster *c, const char *words, bool now)
{
	protocol_say(c->protocol, words, now);
	set_turn(c);
}

struct claim *
cluster_claim(struct cluster *c, const struct claim_ask *ask, claim_cb *cb)
{
	struct claim *claim = protocol_claim(c->protocol, ask, cb);

	set_turn(c);
	return claim;
}

size_t
cluster_claims_open(const struct cluster *c)
{
	return protocol_claims_open(c->protocol);
}

void
cluster_abandon(struct cluster *c, struct claim *claim)
{
	protocol_abandon(c->protocol, claim);
	set_turn(c);
}

struct claim *
cluster_hold(struct cluster *c, const struct claim_ask *ask, uint64_t fence,
    int32_t attempt)
{
	return protocol_hold(c->protocol, ask, fence, attempt);
}

void
cluster_finish(struct cluster *c, struct claim *claim, int64_t delay_ms,
    claim_finished_cb *cb, void *arg)
{
	protocol_finish(c->protocol, claim, delay_ms, cb, arg);
	set_turn(c);
}

void
cluster_reopen(struct cluster *c, struct claim *claim)
{
	protocol_reopen(c->protocol, claim);
	set_turn(c);
}

bool
cluster_may_start(const struct cluster *c, const struct claim *claim)
{
	return protocol_may_start(c->protocol, claim);
}

void
cluster_settle(struct cluster *c, struct claim *claim)
{
	protocol_settle(c->protocol, claim);
	set_turn(c);
}

void
cluster_marks(struct cluster *c, const char *const *jobs, size_t n,
    cluster_marks_cb *cb, void *arg)
{
	protocol_marks(c->protocol, jobs, n, cb, arg);
	set_turn(c);
}

void
cluster_bury(struct cluster *c, const struct cluster_lost *lost)
{
	protocol_bury(c->protocol, lost);
	set_turn(c);
}

int
cluster_post(struct cluster *c, const char *node, const char *text)
{
	int status = protocol_post(c->protocol, node, text);

	set_turn(c);
	return status;
}

void
cluster_take(struct cluster *c, const char *name, uint32_t limit,
    uint32_t count, const char *id, cluster_take_cb *cb, void *arg)
{
	protocol_take(c->protocol, name, limit, count, id, cb, arg);
	set_turn(c);
}

void
cluster_keep(struct cluster *c, const char *const *tokens, size_t n)
{
	protocol_keep(c->protocol, tokens, n);
	set_turn(c);
}

void
cluster_give(struct cluster *c, const char *name, const char *id)
{
	protocol_give(c->protocol, name, id);
	set_turn(c);
}
