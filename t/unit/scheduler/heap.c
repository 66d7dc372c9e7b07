/* The heap of timers against a list that is searched from end to end. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "base/mem.h"
#include "scheduler/clock/heap.h"

#define TIMERS 300
#define STEPS  200000

static uint64_t
rnd(uint64_t *s)
{
	*s ^= *s << 13;
	*s ^= *s >> 7;
	*s ^= *s << 17;
	return *s;
}

static void
check_order(const struct heap *heap)
{
	for (size_t i = 0; i < heap->n; i++) {
		assert_int_equal(heap->entries[i].timer->pos, i + 1);
		if (i > 0)
			assert_true(heap->entries[(i - 1) / 4].at <=
			    heap->entries[i].at);
	}
}

static int64_t
least(const int64_t *at, const struct timer *timers)
{
	int64_t min = INT64_MAX;

	for (size_t i = 0; i < TIMERS; i++)
		if (timers[i].pos != 0 && at[i] < min)
			min = at[i];
	return min;
}

static void
is_a_heap(void **state)
{
	static struct timer timers[TIMERS];
	static int64_t at[TIMERS];
	uint64_t seed = 42;
	struct heap heap = {0};
	int64_t min = 0;
	size_t i;

	assert_null(heap_min(&heap, &min));
	for (int step = 0; step < STEPS; step++) {
		i = rnd(&seed) % TIMERS;
		if (rnd(&seed) % 3 == 0) {
			heap_remove(&heap, &timers[i]);
			assert_int_equal(timers[i].pos, 0);
		} else {
			/* Few values: many are equal. */
			at[i] = (int64_t)(rnd(&seed) % 500) - 250;
			heap_set(&heap, &timers[i], at[i]);
		}
		if (step % 64 == 0) {
			check_order(&heap);
			if (heap_min(&heap, &min) != NULL)
				assert_int_equal(min, least(at, timers));
		}
	}
	heap_fini(&heap);
}

static void
comes_out_in_order(void **state)
{
	static struct timer timers[TIMERS];
	uint64_t seed = 7;
	struct heap heap = {0};
	struct timer *timer;
	int64_t last = INT64_MIN, at;
	size_t n = 0;

	for (size_t i = 0; i < TIMERS; i++)
		heap_set(&heap, &timers[i], (int64_t)rnd(&seed));
	while ((timer = heap_min(&heap, &at)) != NULL) {
		assert_true(at >= last);
		last = at;
		heap_remove(&heap, timer);
		heap_remove(&heap, timer); /* once more does nothing */
		n++;
	}
	assert_int_equal(n, TIMERS);
	heap_fini(&heap);
}

/* Those of one kind are moved, and it is a heap all the same. */
static void
is_shifted(void **state)
{
	static struct timer timers[TIMERS];
	static int64_t at[TIMERS];
	uint64_t seed = 9;
	struct heap heap = {0};

	for (size_t i = 0; i < TIMERS; i++) {
		timers[i].kind = (uint32_t)(i % 3);
		at[i] = (int64_t)(rnd(&seed) % 1000);
		heap_set(&heap, &timers[i], at[i]);
	}
	heap_shift(&heap, 1, -500);
	check_order(&heap);
	for (size_t i = 0; i < TIMERS; i++)
		assert_int_equal(heap.entries[timers[i].pos - 1].at,
		    at[i] - (timers[i].kind == 1 ? 500 : 0));
	heap_fini(&heap);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(is_a_heap),
	    cmocka_unit_test(comes_out_in_order),
	    cmocka_unit_test(is_shifted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
