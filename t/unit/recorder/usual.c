/* Beyond which time a run takes too long, by those before it. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "base/mem.h"
#include "recorder/query/usual.h"

static int64_t times[100];

static void
fill(size_t n, int64_t time)
{
	for (size_t i = 0; i < n; i++)
		times[i] = time;
}

static void
test_rule(void **state)
{
	/* Too few. */
	fill(4, 100);
	assert_int_equal(usual_limit_ms(times, 4), 0);
	/* Twice the median. */
	fill(5, 100);
	assert_int_equal(usual_limit_ms(times, 5), 200);
	fill(5, 0);
	assert_int_equal(usual_limit_ms(times, 5), 1);
	/* The 99th percentile of 100 leaves out one. */
	fill(100, 100);
	times[3] = 900;
	times[97] = 5000;
	assert_int_equal(usual_limit_ms(times, 100), 900);
	/* Of fewer it is the longest. */
	fill(10, 100);
	times[9] = 5000;
	assert_int_equal(usual_limit_ms(times, 10), 5000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_rule)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
