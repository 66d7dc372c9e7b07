/* Answers about jobs that come after others. */
#include <string.h>

#include "json_text.h"
#include "scheduler/answer/answer.h"
#include "scheduler/master.h"

/* A tree is for people: so much of it they can look at. */
#define NODES_MAX 500
#define DEPTH_MAX 64

struct tree {
	const struct master *m;
	bool down; /* to those that come after; else to what comes before */
	const struct job *shown[NODES_MAX];
	size_t nshown;
	unsigned depth;
};

json_t *
answer_words(const char *words)
{
	json_t *list = json_array();
	const char *word;
	size_t len;

	while ((word = job_next_word(&words, &len)) != NULL)
		json_array_append_new(list, json_stringn(word, len));
	return list;
}

json_t *
answer_dependents(const struct master *m, const struct job *job)
{
	size_t n;
	const struct after_edge *edges = after_children(&m->after, job, &n);
	json_t *list = json_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(list, json_text(edges[i].child->name));
	return list;
}

static bool
was_shown(const struct tree *tree, const struct job *job)
{
	for (size_t i = 0; i < tree->nshown; i++)
		if (tree->shown[i] == job)
			return true;
	return false;
}

static json_t *branches(struct tree *tree, const struct job *job);

static json_t *
node_json(struct tree *tree, const struct job *job)
{
	json_t *node = json_pack("{s:o, s:o}", "job", json_text(job->name),
	    "last", answer_last(job));
	const char *key = tree->down ? "dependents" : "after";

	if (was_shown(tree, job)) {
		json_object_set_new(node, "again", json_true());
		return node;
	}
	if (tree->nshown == NODES_MAX || tree->depth == DEPTH_MAX) {
		json_object_set_new(node, "more", json_true());
		return node;
	}
	tree->shown[tree->nshown++] = job;
	tree->depth++;
	json_object_set_new(node, key, branches(tree, job));
	tree->depth--;
	return node;
}

static json_t *
branches(struct tree *tree, const struct job *job)
{
	const char *p = job->def->options->after, *word;
	const struct after_edge *edges;
	char name[JOB_NAME_MAX + 1];
	json_t *list = json_array();
	size_t n, len;

	if (tree->down) {
		edges = after_children(&tree->m->after, job, &n);
		for (size_t i = 0; i < n && tree->nshown < NODES_MAX; i++)
			json_array_append_new(
			    list, node_json(tree, edges[i].child));
		return list;
	}
	while ((word = job_next_word(&p, &len)) != NULL) {
		memcpy(name, word, len);
		name[len] = '\0';
		json_array_append_new(
		    list, node_json(tree, jobs_find(&tree->m->jobs, name)));
	}
	return list;
}

json_t *
answer_tree(const struct master *m, const struct job *job, bool down)
{
	struct tree tree = {.m = m, .down = down};

	return branches(&tree, job);
}
