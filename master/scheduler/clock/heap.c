#include "scheduler/clock/heap.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

static void
place(struct heap *h, size_t i, struct heap_entry entry)
{
	h->entries[i] = entry;
	entry.timer->pos = (uint32_t)i + 1;
}

static void
sift_up(struct heap *h, size_t i)
{
	struct heap_entry entry = h->entries[i];

	while (i > 0 && h->entries[(i - 1) / 4].at > entry.at) {
		place(h, i, h->entries[(i - 1) / 4]);
		i = (i - 1) / 4;
	}
	place(h, i, entry);
}

static void
sift_down(struct heap *h, size_t i)
{
	struct heap_entry entry = h->entries[i];
	size_t child, least, end;

	for (;;) {
		child = 4 * i + 1;
		if (child >= h->n)
			break;
		end = child + 4 < h->n ? child + 4 : h->n;
		least = child;
		for (size_t c = child + 1; c < end; c++)
			if (h->entries[c].at < h->entries[least].at)
				least = c;
		if (h->entries[least].at >= entry.at)
			break;
		place(h, i, h->entries[least]);
		i = least;
	}
	place(h, i, entry);
}

void
heap_set(struct heap *h, struct timer *timer, int64_t at)
{
	size_t i;
	int64_t before;

	if (timer->pos == 0) {
		array_reserve(
		    &h->entries, &h->cap, h->n + 1, sizeof(*h->entries));
		h->entries[h->n] = (struct heap_entry){at, timer};
		sift_up(h, h->n++);
		return;
	}
	i = timer->pos - 1;
	before = h->entries[i].at;
	h->entries[i].at = at;
	if (at < before)
		sift_up(h, i);
	else
		sift_down(h, i);
}

void
heap_reserve(struct heap *h, size_t n)
{
	if (n <= h->cap)
		return;
	h->entries = xreallocarray(h->entries, n, sizeof(*h->entries));
	h->cap = n;
}

void
heap_remove(struct heap *h, struct timer *timer)
{
	struct heap_entry last;
	size_t i;

	if (timer->pos == 0)
		return;
	i = timer->pos - 1;
	timer->pos = 0;
	last = h->entries[--h->n];
	if (i == h->n)
		return;
	place(h, i, last);
	sift_up(h, i);
	sift_down(h, last.timer->pos - 1);
}

void
heap_shift(struct heap *h, uint32_t kind, int64_t by)
{
	for (size_t i = 0; i < h->n; i++)
		if (h->entries[i].timer->kind == kind)
			h->entries[i].at += by;
	for (size_t i = h->n; i-- > 0;)
		sift_down(h, i);
}

struct timer *
heap_min(const struct heap *h, int64_t *at_r)
{
	if (h->n == 0)
		return NULL;
	*at_r = h->entries[0].at;
	return h->entries[0].timer;
}

void
heap_fini(struct heap *h)
{
	free(h->entries);
	memset(h, 0, sizeof(*h));
}
