/* What people see of the cluster. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json_text.h"
#include "scheduler/answer/answer.h"
#include "scheduler/crew/internal.h"

/* "web ssd" as a list. */
static json_t *
tags_of(const char *tags)
{
	json_t *list = json_array();
	size_t n;

	for (const char *p = tags; *p != '\0'; p += n, p += strspn(p, " ")) {
		n = strcspn(p, " ");
		json_array_append_new(list, json_stringn(p, n));
	}
	return list;
}

static json_t *
host_object(const struct crew *crew, size_t i)
{
	const struct crew_host *h = &crew->hosts[i], *own = &crew->hosts[0];
	const struct rank_host *ranked = &crew->ranked[i];
	char jobs[24], tzdata[24];

	snprintf(jobs, sizeof(jobs), "%016" PRIx64, h->jobs);
	snprintf(tzdata, sizeof(tzdata), "%016" PRIx64, h->tzdata);
	return json_pack("{s:s, s:b, s:s, s:o, s:i, s:i, s:s, s:I, s:s, s:b, "
			 "s:s, s:b, s:I, s:s}",
	    "node", h->name, "self", i == 0, "state",
	    i == 0 && !crew->joined ? "isolated" :
		h->draining         ? "draining" :
		h->full             ? "full" :
				      "alive",
	    "tags", tags_of(h->tags), "running", (int)ranked->load, "capacity",
	    (int)ranked->capacity, "session", h->incarnation, "heard_ms",
	    (json_int_t)(i == 0 ? 0 : crew_boot_ms() - h->changed_ms),
	    "jobs_digest", jobs, "jobs_differ", h->jobs != own->jobs, "tzdata",
	    tzdata, "tzdata_differ", h->tzdata != own->tzdata, "clock_skew_ms",
	    (json_int_t)(i == 0 ? cluster_skew_ms(crew->cluster) : h->skew_ms),
	    "version", h->version);
}

/* Sessions that have run out and are not cleared away yet. */
static void
add_dead(const struct crew *crew, json_t *list)
{
	const struct cluster_node *nodes;
	size_t n = cluster_nodes(crew->cluster, &nodes);

	for (size_t i = 0; i < n; i++)
		if (!nodes[i].alive &&
		    crew_find_host(crew, nodes[i].node) == -1)
			json_array_append_new(list,
			    json_pack("{s:s, s:b, s:s, s:[], s:s, s:I}", "node",
				nodes[i].node, "self", 0, "state", "lost",
				"tags", "session", nodes[i].incarnation,
				"heard_ms",
				(json_int_t)(crew_boot_ms() -
				    nodes[i].changed_ms)));
}

void
crew_answer_nodes(struct master *m, struct ask *ask)
{
	json_t *list = json_array();

	if (m->crew != NULL) {
		crew_read_hosts(m->crew);
		for (size_t i = 0; i < m->crew->nhosts; i++)
			json_array_append_new(list, host_object(m->crew, i));
		add_dead(m->crew, list);
	} else {
		json_array_append_new(list,
		    json_pack("{s:o, s:b, s:s, s:o, s:I, s:i}", "node",
			json_text(m->config->node_name), "self", 1, "state",
			m->phase == MASTER_DRAINING ? "draining" : "alone",
			"tags", tags_of(m->config->tags), "running",
			(json_int_t)crew_own_load(m), "capacity",
			(int)crew_own_capacity(m->config)));
	}
	answer_object(ask, 200, list);
}

static json_t *
server_object(const struct crew *crew, unsigned i)
{
	struct cluster_server s;

	cluster_server(crew->cluster, i, &s);
	return json_pack(
	    "{s:s, s:s, s:I, s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:I}", "url",
	    s.url, "state", cluster_server_state_name(s.state), "since_ms",
	    (json_int_t)(crew_boot_ms() - s.since_ms), "role", s.role,
	    "persistence", s.aof, "claim_test", s.claim_test, "policy",
	    s.policy, "version", s.version, "why", s.why, "latency_us",
	    (json_int_t)s.latency_us, "skew_ms", (json_int_t)s.skew_ms);
}

json_t *
crew_status(const struct master *m)
{
	const struct crew *crew = m->crew;
	json_t *servers;

	if (crew == NULL)
		return json_null();
	servers = json_array();
	for (unsigned i = 0; i < cluster_server_count(crew->cluster); i++)
		json_array_append_new(servers, server_object(crew, i));
	return json_pack("{s:s, s:s, s:s, s:s, s:i, s:I, s:i, s:o}", "name",
	    m->config->cluster.name, "state",
	    crew->joined && cluster_is_reachable(crew->cluster) ? "joined" :
		crew->refused[0] != '\0'                        ? "refused" :
								  "isolated",
	    "why", crew->refused, "session", cluster_incarnation(crew->cluster),
	    "nodes", (int)crew->nhosts, "skew_ms",
	    (json_int_t)cluster_skew_ms(crew->cluster), "staged",
	    (int)m->runs.count[RUN_STAGED], "servers", servers);
}

const char *
crew_tags_of(const struct master *m, const char *name)
{
	int i;

	if (strcmp(name, m->config->node_name) == 0)
		return m->config->tags;
	i = m->crew != NULL ? crew_find_host(m->crew, name) : -1;
	return i != -1 ? m->crew->hosts[i].tags : "";
}
