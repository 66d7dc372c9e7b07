/*
 * A 4-ary heap of timers: a million of them, O(log n) to add, move or
 * remove, 24 bytes each beside what they are embedded in.
 */
#ifndef BELFRY_SCHEDULER_HEAP_H
#define BELFRY_SCHEDULER_HEAP_H

#include <stddef.h>
#include <stdint.h>

/* Embedded in what is to happen. Zeroed: it is in no heap. */
struct timer {
	uint32_t pos;  /* 1 + its place; 0: in no heap */
	uint32_t kind; /* the owner's */
};

struct heap_entry {
	int64_t at;
	struct timer *timer; /* borrowed */
};

struct heap {
	struct heap_entry *entries; /* owned */
	size_t n;
	size_t cap;
};

/* Puts timer in at a time, or moves it there. */
void heap_set(struct heap *heap, struct timer *timer, int64_t at);

/* Makes room for n timers, no more. */
void heap_reserve(struct heap *heap, size_t n);

/* Takes it out; nothing when it is not in. */
void heap_remove(struct heap *heap, struct timer *timer);

/* Moves all timers of a kind by so much. Costs as much as all there are. */
void heap_shift(struct heap *heap, uint32_t kind, int64_t by);

/* The earliest; NULL when empty. *at_r is its time. */
struct timer *heap_min(const struct heap *heap, int64_t *at_r);
void heap_fini(struct heap *heap);

#endif
