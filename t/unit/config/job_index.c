/* The index of names: collisions, a full table, taking back. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdlib.h>

#include "base/mem.h"
#include "config/set/index.h"

/* How often the walk over a hash comes by a number. */
static unsigned
count(const struct job_index *index, uint32_t hash, uint32_t number)
{
	uint32_t pos = job_index_start(index, hash), got;
	unsigned n = 0;

	while (job_index_next(index, hash, &pos, &got))
		n += got == number;
	assert_int_equal(index->slots[pos], 0);
	return n;
}

static void
put(struct job_index *index, uint32_t hash, uint32_t number)
{
	uint32_t pos = job_index_start(index, hash), got;

	while (job_index_next(index, hash, &pos, &got))
		;
	job_index_put(index, hash, pos, number);
}

static const uint32_t sizes[] = {0, 1, 2, 3, 7, 8, 100, 4095, 4096, 100000};

/* Well spread, all equal, and all at the end of the table. */
static uint32_t
hash_of(unsigned kind, uint32_t i)
{
	if (kind == 0)
		return i * 2654435761U >> 9;
	return kind == 1 ? 77 : 0x7fffff - i % 3;
}

static void
every_number_is_found(void **state)
{
	struct job_index index;

	for (size_t s = 0; s < nitems(sizes); s++) {
		for (unsigned kind = 0; kind < 3; kind++) {
			/* Equal hashes cost a walk over all. */
			if (kind > 0 && sizes[s] > 4096)
				continue;
			job_index_init(&index, sizes[s]);
			for (uint32_t i = 0; i < sizes[s]; i++)
				put(&index, hash_of(kind, i), i);
			for (uint32_t i = 0; i < sizes[s]; i++)
				assert_int_equal(
				    count(&index, hash_of(kind, i), i), 1);
			job_index_fini(&index);
		}
	}
}

static void
undo_leaves_no_trace(void **state)
{
	struct job_index index;
	const uint32_t n = 1000, kept = 600;

	for (unsigned kind = 0; kind < 3; kind++) {
		job_index_init(&index, n);
		for (uint32_t i = 0; i < n; i++)
			put(&index, hash_of(kind, i), i);
		for (uint32_t i = n; i > kept; i--)
			job_index_undo(&index, hash_of(kind, i - 1), i - 1);
		for (uint32_t i = 0; i < n; i++)
			assert_int_equal(
			    count(&index, hash_of(kind, i), i), i < kept);
		job_index_fini(&index);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_number_is_found),
	    cmocka_unit_test(undo_leaves_no_trace),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
