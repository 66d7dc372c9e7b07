/*
 * The jobs around one: what it comes after and what comes after it, and so on,
 * as nodes and edges. Found from near to far, so that a cut one has the near.
 */
#include <string.h>

#include "json_text.h"
#include "scheduler/answer/answer.h"
#include "scheduler/master.h"

#define NODES_MAX 200
#define EDGES_MAX 1000

struct graph {
	const struct master *m;
	const struct job *nodes[NODES_MAX];
	size_t n;
	json_t *edges; /* owned by the answer */
	bool complete;
};

static bool
has_node(const struct graph *g, const struct job *job)
{
	for (size_t i = 0; i < g->n; i++)
		if (g->nodes[i] == job)
			return true;
	return false;
}

/* Is it in, now? */
static bool
add_node(struct graph *g, const struct job *job)
{
	if (has_node(g, job))
		return true;
	if (g->n == NODES_MAX) {
		g->complete = false;
		return false;
	}
	g->nodes[g->n++] = job;
	return true;
}

static struct job *
parent_of(const struct graph *g, const char *word, size_t len)
{
	char name[JOB_NAME_MAX + 1];

	memcpy(name, word, len);
	name[len] = '\0';
	return jobs_find(&g->m->jobs, name);
}

static void
add_parents(struct graph *g, const struct job *job)
{
	const char *p = job->def->options->after, *word;
	const struct job *parent;
	size_t len;

	while ((word = job_next_word(&p, &len)) != NULL) {
		parent = parent_of(g, word, len);
		if (parent != NULL)
			add_node(g, parent);
	}
}

static void
add_children(struct graph *g, const struct job *job)
{
	size_t n;
	const struct after_edge *edges = after_children(&g->m->after, job, &n);

	for (size_t i = 0; i < n; i++)
		if (!add_node(g, edges[i].child))
			return;
}

/* From each node on, in the order they were found. */
static void
find_all(struct graph *g, const struct job *job,
    void (*add)(struct graph *g, const struct job *job))
{
	size_t i = g->n;

	add(g, job);
	for (; i < g->n; i++)
		add(g, g->nodes[i]);
}

static const char *
when_word(uint8_t when)
{
	switch ((enum job_after_when)when) {
	case JOB_AFTER_FAILURE:
		return "failure";
	case JOB_AFTER_ALWAYS:
		return "always";
	case JOB_AFTER_SUCCESS:
		break;
	}
	return "success";
}

/* Those between nodes that are in. */
static void
add_edges(struct graph *g, const struct job *job)
{
	const struct job_options *o = job->def->options;
	const char *p = o->after, *word;
	const struct job *parent;
	size_t len;

	while ((word = job_next_word(&p, &len)) != NULL) {
		parent = parent_of(g, word, len);
		if (parent == NULL || !has_node(g, parent))
			continue;
		if (json_array_size(g->edges) == EDGES_MAX) {
			g->complete = false;
			return;
		}
		json_array_append_new(g->edges,
		    json_pack("{s:s, s:s, s:s}", "from", parent->name, "to",
			job->name, "when", when_word(o->after_when)));
	}
}

static json_t *
node_json(const struct graph *g, const struct job *job)
{
	return json_pack("{s:s, s:s, s:s, s:o, s:i}", "job", job->name, "state",
	    answer_job_state(g->m, job), "join",
	    job->def->options->after_join == JOB_AFTER_ANY ? "any" : "all",
	    "last", answer_last(job), "failures", (int)job->failures);
}

void
answer_graph(struct master *m, struct ask *ask)
{
	const struct job *job = answer_wanted_job(m, ask);
	struct graph g = {.m = m, .complete = true};
	json_t *nodes;

	if (job == NULL)
		return;
	add_node(&g, job);
	find_all(&g, job, add_parents);
	find_all(&g, job, add_children);
	g.edges = json_array();
	nodes = json_array();
	for (size_t i = 0; i < g.n; i++) {
		json_array_append_new(nodes, node_json(&g, g.nodes[i]));
		add_edges(&g, g.nodes[i]);
	}
	answer_object(ask, 200,
	    json_pack("{s:s, s:b, s:o, s:o}", "job", job->name, "complete",
		g.complete, "nodes", nodes, "edges", g.edges));
}
