#include "config/problem.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

static char *
copy(const char *s)
{
	return xstrdup(s != NULL ? s : "");
}

void
problem_add(
    struct problem_list *list, const struct job_problem *problem, size_t limit)
{
	struct job_problem *item;

	if (list->n >= limit) {
		if (list->untold++ == 0)
			list->untold_line = problem->line;
		return;
	}
	array_reserve(
	    &list->items, &list->cap, list->n + 1, sizeof(*list->items));
	item = &list->items[list->n++];
	*item = *problem;
	item->file = copy(problem->file);
	item->job = copy(problem->job);
	item->text = copy(problem->text);
}

void
problem_close(struct problem_list *list, const char *file)
{
	struct job_problem last = {.is_error = true, .file = file};
	char *text;

	if (list->untold == 0)
		return;
	text = xasprintf("and %zu more error%s in this file", list->untold,
	    list->untold == 1 ? "" : "s");
	last.text = text;
	last.line = list->untold_line;
	problem_add(list, &last, SIZE_MAX);
	free(text);
	list->untold = 0;
}

static void
free_string(const char *s)
{
	char *p;

	memcpy(&p, &s, sizeof(p)); /* ours, only shown as const */
	free(p);
}

void
problem_fini(struct problem_list *list)
{
	for (size_t i = 0; i < list->n; i++) {
		free_string(list->items[i].file);
		free_string(list->items[i].job);
		free_string(list->items[i].text);
	}
	free(list->items);
	memset(list, 0, sizeof(*list));
}
