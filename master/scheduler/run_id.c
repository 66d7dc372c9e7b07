#include "run_id.h"

#include <stddef.h>
#include <sys/random.h>

#define COUNTER_BITS 35
#define COUNTER_MASK ((UINT64_C(1) << COUNTER_BITS) - 1)

static uint64_t
random_bits(void)
{
	uint64_t v = 0;

	/* Small reads of an initialised pool do not fail (getrandom(2)). */
	if (getrandom(&v, sizeof(v), 0) == -1)
		v = 0;
	return v;
}

void
run_id_make(struct run_ids *ids, int64_t now_ms, char id_r[RUN_ID_SIZE])
{
	static const char digits[] = "0123456789abcdefghjkmnpqrstvwxyz";
	uint64_t time, low;

	if (now_ms > ids->last_ms) {
		ids->last_ms = now_ms;
		/* The top bit stays free, so that counting does not wrap. */
		ids->counter = random_bits() & (COUNTER_MASK >> 1);
	} else if (++ids->counter > COUNTER_MASK) {
		ids->last_ms++;
		ids->counter = 0;
	}
	time = (uint64_t)ids->last_ms;
	low = ids->counter;
	for (int i = 15; i >= 9; i--, low >>= 5)
		id_r[i] = digits[low & 31];
	for (int i = 8; i >= 0; i--, time >>= 5)
		id_r[i] = digits[time & 31];
	id_r[16] = '\0';
}
