/* The pace of launches. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "base/mem.h"
#include "scheduler/clock/bucket.h"

/* How many of them in so many us, asked again when it says so. */
static int
count(int64_t rate, int64_t from_us, int64_t us)
{
	struct bucket bucket = {.rate = rate};
	int64_t now = from_us, wait;
	int n = 0;

	while (now < from_us + us) {
		wait = bucket_take(&bucket, now);
		assert_true(wait >= 0);
		if (wait == 0)
			n++;
		now += wait;
	}
	return n;
}

static void
keeps_the_pace(void **state)
{
	static const struct {
		int64_t rate, us;
		int n;
	} rows[] = {
	    {1, 1000000, 1},
	    {1, 10000000, 10},
	    {2, 1000000, 2},
	    {3, 9999000, 30},
	    {10, 1000000, 10},
	    {100, 1, 10},
	    {100, 1000000, 109},
	    {1000, 1, 100},
	};

	for (size_t i = 0; i < nitems(rows); i++) {
		assert_int_equal(
		    count(rows[i].rate, INT64_C(1) << 50, rows[i].us),
		    rows[i].n);
	}
}

static void
no_limit_never_waits(void **state)
{
	struct bucket bucket = {.rate = 0};

	for (int i = 0; i < 1000; i++)
		assert_int_equal(bucket_take(&bucket, 5), 0);
}

static void
silence_saves_no_more_than_a_burst(void **state)
{
	struct bucket bucket = {.rate = 100};
	int n = 0;

	while (bucket_take(&bucket, 0) == 0)
		;
	while (bucket_take(&bucket, INT64_C(3600000000)) == 0)
		n++;
	assert_int_equal(n, 10);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(keeps_the_pace),
	    cmocka_unit_test(no_limit_never_waits),
	    cmocka_unit_test(silence_saves_no_more_than_a_burst),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
