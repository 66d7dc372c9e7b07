/* Attempts that wait for their time. */
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "master.h"

void
retry_add(struct master *m, struct job *job, const char *run, int64_t slot_ms,
    int32_t attempt, int64_t due_ms)
{
	struct retry *retry = xcalloc(1, sizeof(*retry));

	retry->timer.kind = TIMER_RETRY;
	retry->job = job;
	snprintf(retry->run, sizeof(retry->run), "%s", run);
	retry->slot_ms = slot_ms;
	retry->attempt = attempt;
	retry->due_ms = due_ms;
	retry->next = job->retries;
	job->retries = retry;
	heap_set(&m->heap, &retry->timer, due_ms);
}

void
retry_free(struct master *m, struct retry *retry)
{
	struct retry **p;

	heap_remove(&m->heap, &retry->timer);
	for (p = &retry->job->retries; *p != retry; p = &(*p)->next)
		;
	*p = retry->next;
	free(retry);
}

void
retries_shift(struct master *m, int64_t step_ms)
{
	struct retry **list = NULL;
	size_t n = 0, cap = 0;

	/* Moving one reorders the heap: find them all first. */
	for (size_t i = 0; i < m->heap.n; i++) {
		struct timer *timer = m->heap.entries[i].timer;

		if (timer->kind != TIMER_RETRY)
			continue;
		array_reserve(&list, &cap, n + 1, sizeof(*list));
		list[n++] = (struct retry *)timer;
	}
	for (size_t i = 0; i < n; i++) {
		list[i]->due_ms += step_ms;
		heap_set(&m->heap, &list[i]->timer, list[i]->due_ms);
	}
	free(list);
}
