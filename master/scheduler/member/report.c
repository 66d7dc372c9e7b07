/* What people see of the cluster. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json_text.h"
#include "scheduler/answer/answer.h"
#include "scheduler/member/internal.h"

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
host_object(const struct member *member, size_t i)
{
	const struct member_host *h = &member->hosts[i],
				 *own = &member->hosts[0];
	char jobs[24], tzdata[24];

	snprintf(jobs, sizeof(jobs), "%016" PRIx64, h->jobs);
	snprintf(tzdata, sizeof(tzdata), "%016" PRIx64, h->tzdata);
	return json_pack("{s:s, s:b, s:s, s:o, s:I, s:o*, s:s, s:I, s:s, s:b, "
			 "s:s, s:b, s:I, s:s}",
	    "node", h->name, "self", i == 0, "state",
	    i == 0 && !member->joined ? "isolated" :
		h->draining           ? "draining" :
		h->full               ? "full" :
					"alive",
	    "tags", tags_of(h->tags), "running",
	    (json_int_t)(i == 0 ? member_own_load(member->master) :
				  member->ranked[i].load),
	    "capacity",
	    h->max_running > 0 ? json_integer(h->max_running) : NULL, "session",
	    h->incarnation, "heard_ms",
	    (json_int_t)(i == 0 ? 0 : member_boot_ms() - h->changed_ms),
	    "jobs_digest", jobs, "jobs_differ", h->jobs != own->jobs, "tzdata",
	    tzdata, "tzdata_differ", h->tzdata != own->tzdata, "clock_skew_ms",
	    (json_int_t)(i == 0 ? cluster_skew_ms(member->cluster) :
				  h->skew_ms),
	    "version", h->version);
}

/* Sessions that have run out and are not cleared away yet. */
static void
add_dead(const struct member *member, json_t *list)
{
	const struct cluster_node *nodes;
	size_t n = cluster_nodes(member->cluster, &nodes);

	for (size_t i = 0; i < n; i++)
		if (!nodes[i].alive &&
		    member_find_host(member, nodes[i].node) == -1)
			json_array_append_new(list,
			    json_pack("{s:s, s:b, s:s, s:[], s:s, s:I}", "node",
				nodes[i].node, "self", 0, "state", "lost",
				"tags", "session", nodes[i].incarnation,
				"heard_ms",
				(json_int_t)(member_boot_ms() -
				    nodes[i].changed_ms)));
}

void
member_answer_nodes(struct master *m, struct ask *ask)
{
	json_t *list = json_array();

	if (m->member != NULL) {
		member_read_hosts(m->member);
		for (size_t i = 0; i < m->member->nhosts; i++)
			json_array_append_new(list, host_object(m->member, i));
		add_dead(m->member, list);
	} else {
		json_array_append_new(list,
		    json_pack("{s:o, s:b, s:s, s:o, s:I, s:I, s:s}", "node",
			json_text(m->config->node_name), "self", 1, "state",
			m->phase == MASTER_DRAINING ? "draining" : "alone",
			"tags", tags_of(m->config->tags), "running",
			(json_int_t)member_own_load(m), "capacity",
			(json_int_t)m->launch.max_running, "version",
			BELFRY_VERSION));
	}
	answer_object(ask, 200, list);
}

static json_t *
server_object(const struct member *member, unsigned i)
{
	struct cluster_server s;

	cluster_server(member->cluster, i, &s);
	return json_pack(
	    "{s:s, s:s, s:I, s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:I}", "url",
	    s.url, "state", cluster_server_state_name(s.state), "since_ms",
	    (json_int_t)(member_boot_ms() - s.since_ms), "role", s.role,
	    "persistence", s.aof, "claim_test", s.claim_test, "policy",
	    s.policy, "version", s.version, "why", s.why, "latency_us",
	    (json_int_t)s.latency_us, "skew_ms", (json_int_t)s.skew_ms);
}

json_t *
member_status(const struct master *m)
{
	const struct member *member = m->member;
	json_t *servers;

	if (member == NULL)
		return json_null();
	servers = json_array();
	for (unsigned i = 0; i < cluster_server_count(member->cluster); i++)
		json_array_append_new(servers, server_object(member, i));
	return json_pack("{s:s, s:s, s:s, s:s, s:i, s:I, s:i, s:o}", "name",
	    m->config->cluster.name, "state",
	    member->joined && cluster_is_reachable(member->cluster) ? "joined" :
		member->refused[0] != '\0' ? "refused" :
					     "isolated",
	    "why", member->refused, "session",
	    cluster_incarnation(member->cluster), "nodes", (int)member->nhosts,
	    "skew_ms", (json_int_t)cluster_skew_ms(member->cluster), "staged",
	    (int)m->runs.count[RUN_STAGED], "servers", servers);
}

const char *
member_tags_of(const struct master *m, const char *name)
{
	int i;

	if (strcmp(name, m->config->node_name) == 0)
		return m->config->tags;
	i = m->member != NULL ? member_find_host(m->member, name) : -1;
	return i != -1 ? m->member->hosts[i].tags : "";
}
