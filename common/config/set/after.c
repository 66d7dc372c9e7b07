#include "config/set/after.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/strbuf.h"
#include "config/quote.h"

/* Names of this many jobs are looked through for what was meant. */
#define SUGGEST_MAX 5000

/* So many members of a cycle are named. */
#define NAMED_MAX 100

enum mark {
	NODE_OPEN,   /* not looked at, or some parent is not good yet */
	NODE_WALKED, /* on the way that is being walked */
	NODE_STUCK,  /* it comes after a bad one, in no cycle */
	NODE_GOOD,   /* all its parents are */
	NODE_BAD,    /* told */
};

/* A job that has parents. */
struct node {
	const struct job_def *def;
	size_t first, n; /* its parents that have parents: of graph.edges */
	size_t waits;    /* for so many of them */
	enum mark mark;
};

struct edge {
	size_t parent, child;
};

/* The number of a node, to be found by its job. */
struct node_ref {
	const struct job_def *def;
	size_t i;
};

struct graph {
	const struct job_set *set;
	const struct job_set_options *options;
	struct node *nodes; /* in order of the set */
	size_t n, cap;
	struct node_ref *refs; /* by address */
	struct edge *edges;    /* by child */
	size_t nedges, edges_cap;
	struct edge *back; /* the same by parent */
	size_t *work;      /* nodes to look at */
	size_t nwork;
	const struct job_after *told;
	struct problem_list *problems;
};

static void
tell(struct graph *g, const struct job_def *def, const char *text)
{
	const struct job_problem problem = {
	    .is_error = true,
	    .file = def->source->path,
	    .line = def->line,
	    .job = def->name,
	    .text = text,
	};

	if (g->told == NULL || !job_after_is_bad(g->told, def))
		problem_add(g->problems, &problem, SIZE_MAX);
}

static void
tell_unknown(struct graph *g, const struct job_def *def, const char *name)
{
	char quoted[QUOTE_SIZE], meant[QUOTE_SIZE];
	size_t count = job_set_count(g->set);
	struct suggest s;
	char *text;

	suggest_init(&s, name);
	for (size_t i = 0; i < count && count <= SUGGEST_MAX; i++)
		suggest_try(&s, job_set_at(g->set, i)->name);
	text = xasprintf("after %s: there is no such job, or it has an error%s",
	    quote(quoted, name), suggest_text(meant, &s));
	tell(g, def, text);
	free(text);
}

static bool
is_elsewhere(const struct graph *g, const char *name)
{
	return g->options->is_elsewhere != NULL &&
	    g->options->is_elsewhere(g->options->arg, name);
}

static int
compare_refs(const void *a, const void *b)
{
	const struct node_ref *x = a, *y = b;

	return x->def < y->def ? -1 : x->def > y->def;
}

static void
find_nodes(struct graph *g)
{
	const struct job_def *def;

	for (size_t i = 0; i < job_set_count(g->set); i++) {
		def = job_set_at(g->set, i);
		if (*def->options->after == '\0')
			continue;
		array_reserve(&g->nodes, &g->cap, g->n + 1, sizeof(*g->nodes));
		g->nodes[g->n++] = (struct node){.def = def};
	}
	if (g->n == 0)
		return;
	g->refs = xcalloc(g->n, sizeof(*g->refs));
	for (size_t i = 0; i < g->n; i++)
		g->refs[i] = (struct node_ref){g->nodes[i].def, i};
	qsort(g->refs, g->n, sizeof(*g->refs), compare_refs);
}

/* False: the job has no parents itself. */
static bool
find_node(const struct graph *g, const struct job_def *def, size_t *i_r)
{
	const struct node_ref key = {.def = def};
	const struct node_ref *ref =
	    bsearch(&key, g->refs, g->n, sizeof(key), compare_refs);

	if (ref != NULL)
		*i_r = ref->i;
	return ref != NULL;
}

static void
add_edge(struct graph *g, size_t parent, size_t child)
{
	array_reserve(
	    &g->edges, &g->edges_cap, g->nedges + 1, sizeof(*g->edges));
	g->edges[g->nedges++] = (struct edge){parent, child};
}

static void
add_parents(struct graph *g, size_t i)
{
	struct node *node = &g->nodes[i];
	const char *p = node->def->options->after, *word;
	const struct job_def *def;
	char name[JOB_NAME_MAX + 1];
	size_t len, parent;

	node->first = g->nedges;
	while ((word = job_next_word(&p, &len)) != NULL) {
		memcpy(name, word, len);
		name[len] = '\0';
		def = job_set_find(g->set, name);
		if (def == NULL && !is_elsewhere(g, name)) {
			tell_unknown(g, node->def, name);
			node->mark = NODE_BAD;
		} else if (def == node->def) {
			tell(g, def,
			    "after: it is named itself; a job cannot run "
			    "after itself");
			node->mark = NODE_BAD;
		} else if (def != NULL && find_node(g, def, &parent)) {
			add_edge(g, parent, i);
		}
	}
	node->n = g->nedges - node->first;
	node->waits = node->n;
}

static int
compare_edges(const void *a, const void *b)
{
	const struct edge *x = a, *y = b;

	if (x->parent != y->parent)
		return x->parent < y->parent ? -1 : 1;
	return x->child < y->child ? -1 : x->child > y->child;
}

static void
sort_back(struct graph *g)
{
	g->back = xcalloc(g->nedges + 1, sizeof(*g->back));
	if (g->nedges == 0)
		return;
	memcpy(g->back, g->edges, g->nedges * sizeof(*g->back));
	qsort(g->back, g->nedges, sizeof(*g->back), compare_edges);
}

/* The first edge from this parent. */
static size_t
first_back(const struct graph *g, size_t parent)
{
	size_t low = 0, high = g->nedges, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (g->back[middle].parent < parent)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void
push(struct graph *g, size_t i)
{
	g->work[g->nwork++] = i;
}

/* What has only good parents is good, and so on. */
static void
spread_good(struct graph *g)
{
	struct node *child;
	size_t i;

	for (i = 0; i < g->n; i++)
		if (g->nodes[i].mark == NODE_OPEN && g->nodes[i].waits == 0) {
			g->nodes[i].mark = NODE_GOOD;
			push(g, i);
		}
	while (g->nwork > 0) {
		i = g->work[--g->nwork];
		for (size_t k = first_back(g, i);
		     k < g->nedges && g->back[k].parent == i; k++) {
			child = &g->nodes[g->back[k].child];
			if (--child->waits > 0 || child->mark != NODE_OPEN)
				continue;
			child->mark = NODE_GOOD;
			push(g, g->back[k].child);
		}
	}
}

/* What comes after a bad one is bad. */
static void
spread_bad(struct graph *g)
{
	struct node *child;
	char *text;
	size_t i;

	for (i = 0; i < g->n; i++)
		if (g->nodes[i].mark == NODE_BAD)
			push(g, i);
	while (g->nwork > 0) {
		i = g->work[--g->nwork];
		for (size_t k = first_back(g, i);
		     k < g->nedges && g->back[k].parent == i; k++) {
			child = &g->nodes[g->back[k].child];
			if (child->mark == NODE_BAD)
				continue;
			text = xasprintf("after %s: that job is left out, "
					 "because of its own error",
			    g->nodes[i].def->name);
			tell(g, child->def, text);
			free(text);
			child->mark = NODE_BAD;
			push(g, g->back[k].child);
		}
	}
}

/*
 * The way from g->work[from] on leads back to it. It was walked from child to
 * parent; it is told as runs would follow each other.
 */
static void
tell_cycle(struct graph *g, size_t from)
{
	struct strbuf b = STRBUF_INIT;
	const struct job_def *first = g->nodes[g->work[from]].def, *def;
	size_t n = g->nwork - from;

	strbuf_addf(&b,
	    "after: these jobs wait for each other in a cycle: %s "
	    "(%s:%u)",
	    first->name, first->source->path, first->line);
	for (size_t i = 1; i < n && i < NAMED_MAX; i++) {
		def = g->nodes[g->work[g->nwork - i]].def;
		strbuf_addf(&b, " -> %s (%s:%u)", def->name, def->source->path,
		    def->line);
	}
	if (n > NAMED_MAX)
		strbuf_addf(&b, " -> %zu more", n - NAMED_MAX);
	strbuf_addf(&b, " -> %s", first->name);
	tell(g, first, b.s);
	strbuf_fini(&b);
	for (size_t i = from; i < g->nwork; i++)
		g->nodes[g->work[i]].mark = NODE_BAD;
}

/* A parent of it that is neither good nor told; false: there is none. */
static bool
open_parent(const struct graph *g, size_t i, size_t *parent_r)
{
	const struct node *node = &g->nodes[i];
	enum mark mark;

	for (size_t k = node->first; k < node->first + node->n; k++) {
		mark = g->nodes[g->edges[k].parent].mark;
		if (mark != NODE_OPEN && mark != NODE_WALKED)
			continue;
		*parent_r = g->edges[k].parent;
		return true;
	}
	return false;
}

/*
 * From parent to parent. A way ends where all others are told: nothing new can
 * be found from there. Where it meets itself, a cycle is closed.
 */
static void
walk(struct graph *g, size_t i)
{
	size_t from, next;

	g->nodes[i].mark = NODE_WALKED;
	push(g, i);
	while (g->nwork > 0) {
		i = g->work[g->nwork - 1];
		if (!open_parent(g, i, &next)) {
			g->nodes[i].mark = NODE_STUCK;
			g->nwork--;
			continue;
		}
		if (g->nodes[next].mark == NODE_OPEN) {
			g->nodes[next].mark = NODE_WALKED;
			push(g, next);
			continue;
		}
		for (from = g->nwork - 1; g->work[from] != next; from--)
			;
		tell_cycle(g, from);
		g->nwork = from;
	}
}

/* Of those that are open each has a parent that is not good. */
static void
find_cycles(struct graph *g)
{
	for (size_t i = 0; i < g->n; i++)
		if (g->nodes[i].mark == NODE_OPEN)
			walk(g, i);
}

static int
compare_defs(const void *a, const void *b)
{
	const struct job_def *x = *(const struct job_def *const *)a;
	const struct job_def *y = *(const struct job_def *const *)b;

	return x < y ? -1 : x > y;
}

static void
take_bad(const struct graph *g, struct job_after *after)
{
	for (size_t i = 0; i < g->n; i++) {
		if (g->nodes[i].mark != NODE_BAD)
			continue;
		array_reserve(&after->bad, &after->cap, after->nbad + 1,
		    sizeof(*after->bad));
		after->bad[after->nbad++] = g->nodes[i].def;
	}
	if (after->nbad > 0)
		qsort(
		    after->bad, after->nbad, sizeof(*after->bad), compare_defs);
}

void
job_after_check(const struct job_set *set,
    const struct job_set_options *options, const struct job_after *told,
    struct job_after *after_r, struct problem_list *problems)
{
	struct graph g = {
	    .set = set,
	    .options = options,
	    .told = told,
	    .problems = problems,
	};

	memset(after_r, 0, sizeof(*after_r));
	find_nodes(&g);
	if (g.n == 0)
		return;
	for (size_t i = 0; i < g.n; i++)
		add_parents(&g, i);
	sort_back(&g);
	g.work = xcalloc(g.n, sizeof(*g.work));
	spread_good(&g);
	find_cycles(&g);
	spread_bad(&g);
	take_bad(&g, after_r);
	free(g.nodes);
	free(g.refs);
	free(g.edges);
	free(g.back);
	free(g.work);
}

void
job_after_fini(struct job_after *after)
{
	free(after->bad);
	memset(after, 0, sizeof(*after));
}

bool
job_after_is_bad(const struct job_after *after, const struct job_def *def)
{
	return after->nbad > 0 &&
	    bsearch(&def, after->bad, after->nbad, sizeof(*after->bad),
		compare_defs) != NULL;
}
