#include "run/run_bound.h"

/* The last moment that has an id, in the year 3084. */
#define MS_MAX (((int64_t)1 << (5 * RUN_ID_TIME)) - 1)

void
run_bound(int64_t ms, char bound_r[RUN_ID_SIZE])
{
	uint64_t rest = (uint64_t)(ms < 0 ? 0 : ms > MS_MAX ? MS_MAX : ms);

	for (int i = RUN_ID_TIME - 1; i >= 0; i--, rest >>= 5)
		bound_r[i] = RUN_ID_DIGITS[rest & 31];
	bound_r[RUN_ID_TIME] = '\0';
}
