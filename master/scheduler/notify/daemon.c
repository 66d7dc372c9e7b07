/*
 * What happens to the daemon and its cluster: once a second it is compared
 * with what was so before. Of what all hosts see one speaks, the first by name
 * of those that live.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/timestamp.h"
#include "scheduler/member/internal.h"
#include "scheduler/notify/internal.h"

/* So long must it last to be worth a word. */
#define STORE_MS        5000
#define REDIS_MS        5000
/* New files come to one host after the other: so many lives of a session. */
#define DIFFER_SESSIONS 3

/* One host that was seen. */
struct node {
	struct node *next;
	char *name;
	bool draining;
	bool alive;
	bool told; /* that it is down */
};

/* Something that may be bad for a while. */
struct trouble {
	int64_t since_ms; /* 0: all is well */
	bool told;
};

struct notify_daemon {
	struct node *nodes;
	struct trouble store, skew, differ;
	struct trouble redis[CLUSTER_SERVERS_MAX];
	uint64_t stuck; /* the record that the store does not take */
};

/* Tells those who want to know. */
static void
tell(struct master *m, uint32_t event, const char *what, const char *reason)
{
	const char *name = notify_event_name(event);
	const struct config *config = m->config;
	char time[TIMESTAMP_TEXT_MAX], *id;
	json_t *facts;

	timestamp_format_ms(time, clock_ms());
	for (size_t i = 0; i < config->nnotify; i++) {
		if ((config->notify[i].events & event) == 0)
			continue;
		facts = notify_facts(m, name, NULL);
		notify_facts_add(facts, "reason", reason);
		id = xasprintf("%s %s %s", name, what, time);
		notify_tell(m, config->notify[i].name, id, name, "", "", facts);
		free(id);
	}
}

/*
 * Notes whether it is so. 1: it has been for so long, and nobody was told;
 * -1: it is over, and somebody was; 0: nothing to tell.
 */
static int
note(struct trouble *trouble, bool is_so, int64_t least_ms)
{
	int64_t now_ms = member_boot_ms();
	bool told = trouble->told;

	if (!is_so) {
		*trouble = (struct trouble){0};
		return told ? -1 : 0;
	}
	if (trouble->since_ms == 0)
		trouble->since_ms = now_ms;
	if (told || now_ms - trouble->since_ms < least_ms)
		return 0;
	trouble->told = true;
	return 1;
}

static void
look_store(struct master *m, struct notify_daemon *d)
{
	const struct outbox_item *first = m->outbox.first;
	bool same = first != NULL && first->seq == d->stuck;
	bool down = same || m->store_down[0] != '\0';
	const char *why = m->store_down[0] != '\0' ?
	    m->store_down :
	    "it takes no records; they are kept until it does";
	char *reason;

	d->stuck = first != NULL ? first->seq : 0;
	switch (note(&d->store, down, STORE_MS)) {
	case 1:
		reason = xasprintf("the store cannot be used: %s", why);
		tell(m, NOTIFY_STORE_DOWN, "", reason);
		free(reason);
		break;
	case -1:
		tell(m, NOTIFY_STORE_UP, "", "the store can be used again");
		break;
	default:
		break;
	}
}

/* The first by name of those that live? */
static bool
is_speaker(const struct member *member)
{
	for (size_t i = 1; i < member->nhosts; i++)
		if (strcmp(member->hosts[i].name, member->hosts[0].name) < 0)
			return false;
	return true;
}

static void
look_redis(struct master *m, struct notify_daemon *d)
{
	unsigned n = cluster_server_count(m->member->cluster);
	struct cluster_server s;
	char *reason;
	int news;

	for (unsigned i = 0; i < n && i < CLUSTER_SERVERS_MAX; i++) {
		cluster_server(m->member->cluster, i, &s);
		news = note(&d->redis[i],
		    s.state != CLUSTER_SERVER_OK &&
			s.state != CLUSTER_SERVER_JOINING,
		    REDIS_MS);
		if (news == 0 || !is_speaker(m->member))
			continue;
		reason = news < 0 ?
		    xasprintf("redis %s is there again", s.url) :
		    xasprintf("redis %s: %s%s%s", s.url,
			cluster_server_state_name(s.state),
			s.why[0] != '\0' ? ": " : "", s.why);
		tell(m, news < 0 ? NOTIFY_REDIS_UP : NOTIFY_REDIS_DOWN, s.url,
		    reason);
		free(reason);
	}
}

static void
look_skew(struct master *m, struct notify_daemon *d)
{
	int64_t skew_ms = cluster_skew_ms(m->member->cluster);
	char *reason;

	if (note(&d->skew, m->member->told_skew, 0) != 1)
		return;
	reason = xasprintf("the clock of %s is %lld ms %s that of Redis",
	    m->config->node_name, (long long)(skew_ms < 0 ? -skew_ms : skew_ms),
	    skew_ms < 0 ? "ahead of" : "behind");
	tell(m, NOTIFY_CLOCK_SKEW, m->config->node_name, reason);
	free(reason);
}

static void
look_differ(struct master *m, struct notify_daemon *d)
{
	const struct member *member = m->member;
	const int64_t least_ms =
	    DIFFER_SESSIONS * m->config->cluster.session_ttl_ms;
	struct strbuf names = STRBUF_INIT;
	char *reason;

	for (size_t i = 1; i < member->nhosts; i++)
		if (member->hosts[i].jobs != member->hosts[0].jobs)
			strbuf_addf(&names, "%s%s", names.len > 0 ? ", " : "",
			    member->hosts[i].name);
	if (note(&d->differ, names.len > 0, least_ms) == 1 &&
	    is_speaker(member)) {
		reason = xasprintf("%s: job files other than those of %s",
		    strbuf_str(&names), member->hosts[0].name);
		tell(m, NOTIFY_JOBS_DIFFER, "", reason);
		free(reason);
	}
	strbuf_fini(&names);
}

static struct node *
get_node(struct notify_daemon *d, const char *name)
{
	struct node *node = d->nodes;

	while (node != NULL && strcmp(node->name, name) != 0)
		node = node->next;
	if (node != NULL)
		return node;
	node = xcalloc(1, sizeof(*node));
	node->name = xstrdup(name);
	node->next = d->nodes;
	d->nodes = node;
	return node;
}

/* One that drained has said good-bye. */
static void
tell_gone(struct master *m, struct node *node)
{
	char *reason;

	node->told = !node->draining;
	if (!node->told || !is_speaker(m->member))
		return;
	reason = xasprintf("node %s is down", node->name);
	tell(m, NOTIFY_NODE_DOWN, node->name, reason);
	free(reason);
}

static void
tell_back(struct master *m, struct node *node)
{
	char *reason;

	if (node->told && is_speaker(m->member)) {
		reason = xasprintf("node %s is back", node->name);
		tell(m, NOTIFY_NODE_UP, node->name, reason);
		free(reason);
	}
	node->told = false;
}

/* One that comes does not know which jobs fail, and were told to. */
static void
tell_health(struct master *m, const char *node)
{
	for (size_t i = 0; i < m->jobs.n && is_speaker(m->member); i++)
		if (m->jobs.all[i]->health == JOB_HEALTH_BAD)
			member_tell_health(m, m->jobs.all[i], node);
}

static void
look_nodes(struct master *m, struct notify_daemon *d)
{
	const struct member *member = m->member;
	struct node *node;

	for (size_t i = 1; i < member->nhosts; i++) {
		node = get_node(d, member->hosts[i].name);
		node->draining = member->hosts[i].draining;
		if (!node->alive) {
			tell_health(m, node->name);
			tell_back(m, node);
		}
		node->alive = true;
	}
	for (node = d->nodes; node != NULL; node = node->next)
		if (node->alive && member_find_host(member, node->name) == -1) {
			node->alive = false;
			tell_gone(m, node);
		}
}

static struct notify_daemon *
get_daemon(struct master *m)
{
	if (m->notify.daemon == NULL)
		m->notify.daemon = xcalloc(1, sizeof(*m->notify.daemon));
	return m->notify.daemon;
}

/* Is what this host knows of the others of this moment? */
static bool
knows_others(const struct member *member)
{
	return member->ready && member->nhosts > 0 && member->down_ms == 0 &&
	    !member->told_down;
}

void
notify_nodes(struct master *m)
{
	if (knows_others(m->member))
		look_nodes(m, get_daemon(m));
}

void
notify_daemon_look(struct master *m)
{
	struct notify_daemon *d = get_daemon(m);

	look_store(m, d);
	if (m->member == NULL || m->member->nhosts == 0 || !m->member->ready)
		return;
	look_redis(m, d);
	if (!knows_others(m->member))
		return;
	look_skew(m, d);
	look_nodes(m, d);
	look_differ(m, d);
}

void
notify_daemon_free(struct notify_daemon *d)
{
	struct node *node;

	while (d != NULL && (node = d->nodes) != NULL) {
		d->nodes = node->next;
		free(node->name);
		free(node);
	}
	free(d);
}
