#include "scheduler/runs/run_id.h"

#include <stddef.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "run/run_bound.h"
#include "run/runfile.h"

#define COUNTER_MAX 1023 /* two digits */

static const char digits[] = RUN_ID_DIGITS;

void
run_ids_init(struct run_ids *ids)
{
	ids->last_ms = 0;
	ids->counter = 0;
	/* Small reads of an initialised pool do not fail (getrandom(2)). */
	if (getrandom(&ids->random, sizeof(ids->random), 0) == -1)
		ids->random = (uint64_t)time(NULL);
	ids->random |= 1;
}

/* xorshift64*: ids must differ, they need not be secret (Vigna, 2016). */
static uint64_t
next_random(struct run_ids *ids)
{
	ids->random ^= ids->random >> 12;
	ids->random ^= ids->random << 25;
	ids->random ^= ids->random >> 27;
	return ids->random * UINT64_C(2685821657736338717) >> 16;
}

static void
put(char *id, int from, int n, uint64_t value)
{
	for (int i = from + n - 1; i >= from; i--, value >>= 5)
		id[i] = digits[value & 31];
}

void
run_id_make(
    struct run_ids *ids, int64_t now_ms, unsigned place, char id_r[RUN_ID_SIZE])
{
	if (now_ms > ids->last_ms) {
		ids->last_ms = now_ms;
		ids->counter = 0;
	} else if (++ids->counter > COUNTER_MAX) {
		ids->last_ms++;
		ids->counter = 0;
	}
	put(id_r, 0, RUN_ID_TIME, (uint64_t)ids->last_ms);
	put(id_r, RUN_ID_TIME, 2, ids->counter);
	put(id_r, 11, 6, next_random(ids));
	put(id_r, 17, 3, place);
	id_r[20] = '\0';
}

void
run_id_make_queued(struct run_ids *ids, int64_t now_ms, char id_r[RUN_ID_SIZE])
{
	run_id_make(ids, now_ms, 0, id_r);
	id_r[17] = RUNFILE_NO_PLACE;
	put(id_r, 18, 2, next_random(ids));
}

void
run_id_name(unsigned place, char name_r[RUN_ID_SIZE])
{
	put(name_r, 0, 3, place);
	name_r[3] = '\0';
}

int
run_id_place(const char *id)
{
	const char *p = runfile_name(id), *digit;
	int place = 0;

	if (strlen(p) != 3)
		return -1;
	for (; *p != '\0'; p++) {
		digit = strchr(digits, *p);
		if (digit == NULL)
			return -1;
		place = place * 32 + (int)(digit - digits);
	}
	return place;
}
