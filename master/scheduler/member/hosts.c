/*
 * The hosts of the cluster: what this one says of itself, and how it sees the
 * others. Words are KEY=VALUE, separated by blanks; a key that is not known
 * is passed over, so that hosts of different versions understand each other.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/strbuf.h"
#include "scheduler/member/internal.h"

/*
 * Where load decides on the host, and without max-running: so many runs on
 * each processor count as full. There may be more.
 */
#define RUNS_A_CPU 4

/* After so many heartbeats all hosts have heard what this one says. */
#define FULL_BEATS 3

size_t
member_own_load(const struct master *m)
{
	const size_t *count = m->runs.count;

	return count[RUN_DELAYED] + count[RUN_WAITING] + count[RUN_LAUNCHING] +
	    count[RUN_RUNNING];
}

unsigned
member_own_share(const struct config *config)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);

	if (config->max_running > 0)
		return (unsigned)config->max_running;
	return (unsigned)(cpus > 0 ? cpus : 1) * RUNS_A_CPU;
}

bool
member_is_full(const struct master *m)
{
	return m->config->max_running > 0 &&
	    member_own_load(m) + cluster_claims_open(m->member->cluster) >=
	    m->launch.max_running;
}

/*
 * Has it been full for so long that the others know? Before that they leave
 * the first turn to it, and a slot that all leave to each other has no host.
 */
static bool
is_known_full(const struct member *member)
{
	int64_t heartbeat_ms = member->master->config->cluster.heartbeat_ms;

	return member->full_ms != 0 &&
	    member_boot_ms() - member->full_ms > heartbeat_ms * FULL_BEATS;
}

/* In steps, so that not every run is news: a quarter of what there is room for.
 */
static unsigned
load_in_steps(const struct master *m)
{
	unsigned step = member_own_share(m->config) / 4;
	unsigned load = (unsigned)member_own_load(m);

	return step > 1 ? load / step * step : load;
}

char *
member_make_words(const struct master *m)
{
	const struct member *member = m->member;
	struct strbuf b = STRBUF_INIT;

	strbuf_addf(&b,
	    "v=%s load=%u cap=%u max=%zu full=%d drain=%d jobs=%016" PRIx64
	    " tz=%016" PRIx64 " skew=%lld",
	    BELFRY_VERSION, load_in_steps(m), member_own_share(m->config),
	    m->launch.max_running, member_is_full(m),
	    m->phase == MASTER_DRAINING,
	    m->jobs.set != NULL ? job_set_digest(m->jobs.set) : 0,
	    member->tzdata,
	    (long long)cluster_skew_ms(member->cluster) / 50 * 50);
	if (*m->config->tags == '\0')
		return strbuf_take(&b);
	strbuf_adds(&b, " tags=");
	for (const char *p = m->config->tags; *p != '\0'; p++)
		strbuf_addch(&b, *p == ' ' ? ',' : *p);
	return strbuf_take(&b);
}

/* "" when there is no such key. */
static void
get_word(const char *words, const char *key, char *buf, size_t size)
{
	size_t len = strlen(key), n;

	buf[0] = '\0';
	for (const char *p = words; *p != '\0'; p += strspn(p, " ")) {
		n = strcspn(p, " ");
		if (n > len && strncmp(p, key, len) == 0 && p[len] == '=')
			snprintf(
			    buf, size, "%.*s", (int)(n - len - 1), p + len + 1);
		p += n;
	}
}

static int64_t
get_number(const char *words, const char *key, int base)
{
	char text[32];

	get_word(words, key, text, sizeof(text));
	return base == 16 ? (int64_t)strtoull(text, NULL, 16) :
			    strtoll(text, NULL, base);
}

static void
read_words(
    struct member_host *host, struct rank_host *ranked, const char *words)
{
	get_word(words, "v", host->version, sizeof(host->version));
	get_word(words, "tags", host->tags, sizeof(host->tags));
	for (char *p = host->tags; *p != '\0'; p++)
		if (*p == ',')
			*p = ' ';
	host->jobs = (uint64_t)get_number(words, "jobs", 16);
	host->tzdata = (uint64_t)get_number(words, "tz", 16);
	host->skew_ms = get_number(words, "skew", 10);
	host->draining = get_number(words, "drain", 10) != 0;
	host->max_running = get_number(words, "max", 10);
	host->full = get_number(words, "full", 10) != 0;
	ranked->load = (uint32_t)get_number(words, "load", 10);
	ranked->capacity = (uint32_t)get_number(words, "cap", 10);
}

static void
add_host(struct member *member, const char *name, const char *incarnation,
    const char *words, int64_t changed_ms)
{
	size_t i = member->nhosts++;
	struct member_host *host;

	array_reserve(&member->hosts, &member->hosts_cap, member->nhosts,
	    sizeof(*member->hosts));
	array_reserve(&member->ranked, &member->ranked_cap, member->nhosts,
	    sizeof(*member->ranked));
	host = &member->hosts[i];
	memset(host, 0, sizeof(*host));
	memset(&member->ranked[i], 0, sizeof(member->ranked[i]));
	snprintf(host->name, sizeof(host->name), "%s", name);
	snprintf(
	    host->incarnation, sizeof(host->incarnation), "%s", incarnation);
	host->changed_ms = changed_ms;
	read_words(host, &member->ranked[i], words);
}

/* The arrays may have moved. */
static void
point_to_names(struct member *member)
{
	for (size_t i = 0; i < member->nhosts; i++) {
		member->ranked[i].host.name = member->hosts[i].name;
		member->ranked[i].host.tags = member->hosts[i].tags;
	}
}

void
member_read_hosts(struct member *member)
{
	const char *node = member->master->config->node_name;
	const char *own = cluster_incarnation(member->cluster);
	const struct cluster_node *nodes;
	size_t n = cluster_nodes(member->cluster, &nodes);
	char *words;

	if (!member_is_full(member->master))
		member->full_ms = 0;
	else if (member->full_ms == 0)
		member->full_ms = member_boot_ms();
	/* While none can be heard, those count that were there before. */
	if (member->down_ms != 0 && member->nhosts > 0)
		return;
	words = member_make_words(member->master);
	member->nhosts = 0;
	add_host(member, node, own, words, member_boot_ms());
	for (size_t i = 0; i < n; i++)
		if (nodes[i].alive && strcmp(nodes[i].incarnation, own) != 0 &&
		    strcmp(nodes[i].node, node) != 0)
			add_host(member, nodes[i].node, nodes[i].incarnation,
			    nodes[i].words != NULL ? nodes[i].words : "",
			    nodes[i].changed_ms);
	point_to_names(member);
	free(words);
}

/* full: those that have no room count, too: nobody else is there. */
static void
set_willing(struct member *member, bool full)
{
	struct member_host *own = &member->hosts[0];

	own->draining = member->master->phase == MASTER_DRAINING;
	for (size_t i = 0; i < member->nhosts; i++) {
		const struct member_host *h = &member->hosts[i];

		member->ranked[i].willing = !h->draining &&
		    (full || !(i == 0 ? is_known_full(member) : h->full));
	}
}

/*
 * Will host i surely look after its copy? It was heard of not long ago, or
 * since since_ms, and has the same jobs as this one.
 */
static bool
is_sure(const struct member *member, size_t i, int64_t since_ms, int64_t now_ms)
{
	const struct member_host *h = &member->hosts[i];
	int64_t heartbeat_ms = member->master->config->cluster.heartbeat_ms;

	if (i == 0)
		return true;
	if (h->jobs != member->hosts[0].jobs)
		return false;
	if (since_ms == 0)
		since_ms = now_ms - heartbeat_ms * 2;
	return h->changed_ms >= since_ms;
}

size_t
member_part(struct member *member, const struct job *job, const char *hosts,
    int64_t slot_ms, int64_t since_ms, struct rank_part *part_r)
{
	const struct job_options *o = job->def->options;
	const struct rank_slot slot = {
	    .job = job->name,
	    .hosts = hosts,
	    .slot_ms = slot_ms,
	    /* In a queue slots must not overtake each other. */
	    .place = o->overlap == JOB_OVERLAP_QUEUE ? PLACE_HASH : o->place,
	};
	uint16_t order[RANK_HOSTS_MAX];
	bool sure[RANK_HOSTS_MAX];
	int64_t now_ms = member_boot_ms();
	size_t n;

	set_willing(member, false);
	n = rank_order(&slot, member->ranked, member->nhosts, order);
	if (n == 0) {
		set_willing(member, true);
		n = rank_order(&slot, member->ranked, member->nhosts, order);
	}
	for (size_t i = 0; i < member->nhosts && i < RANK_HOSTS_MAX; i++)
		sure[i] = is_sure(member, i, since_ms, now_ms);
	rank_part(order, n, 0, hosts_count(hosts), sure, part_r);
	return n;
}

const char *
member_next_host(struct member *member, const struct job *job, int64_t slot_ms)
{
	const struct job_options *o = job->def->options;
	const struct rank_slot slot = {
	    .job = job->name,
	    .hosts = o->hosts,
	    .slot_ms = slot_ms,
	    .place = o->place,
	};
	uint16_t order[RANK_HOSTS_MAX];
	size_t n;

	set_willing(member, false);
	n = rank_order(&slot, member->ranked, member->nhosts, order);
	for (size_t i = 0; i < n; i++)
		if (order[i] != 0)
			return member->ranked[order[i]].host.name;
	return NULL;
}

const char *
member_home(struct member *member, const struct job *job)
{
	const struct rank_slot slot = {
	    .job = job->name,
	    .hosts = job->def->options->hosts,
	    .place = PLACE_HASH,
	};
	uint16_t order[RANK_HOSTS_MAX];

	set_willing(member, true);
	if (rank_order(&slot, member->ranked, member->nhosts, order) == 0)
		return NULL;
	return member->ranked[order[0]].host.name;
}

const char *
member_node_of(const struct member *member, const char *incarnation)
{
	const struct cluster_node *nodes;
	size_t n = cluster_nodes(member->cluster, &nodes);

	for (size_t i = 0; i < n; i++)
		if (strcmp(nodes[i].incarnation, incarnation) == 0)
			return nodes[i].node;
	return NULL;
}

int
member_find_host(const struct member *member, const char *node)
{
	for (size_t i = 0; i < member->nhosts; i++)
		if (strcmp(member->ranked[i].host.name, node) == 0)
			return (int)i;
	return -1;
}
