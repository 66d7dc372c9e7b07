/*
 * Fuzzes a TZif file. Whatever it says, nothing crashes or hangs, and time
 * moves on.
 */
#include <stdint.h>
#include <stdlib.h>

#include "base/mem.h"
#include "fuzz.h"
#include "schedule/impl.h"


static void
require(bool truth)
{
	if (!truth)
		abort();
}

static void
check_schedule(struct schedule_pool *pool, struct zone *zone, const char *text)
{
	const struct schedule_options options = {.zone = "UTC"};
	const struct schedule *s = schedule_get(pool, text, &options, NULL);
	struct schedule other;
	int64_t t = 0, next;

	require(s != NULL);
	other = *s;
	other.zone = zone;
	schedule_set_bound(&other);
	for (int i = 0; i < 200 && schedule_next(&other, t, &next); i++) {
		require(next > t);
		t = next + 86400 * 20 * (i % 3);
	}
	for (int i = 0; i < 200 && schedule_prev(&other, t, &next); i++) {
		require(next < t);
		t = next - 86400 * 20 * (i % 3);
	}
	schedule_gap_dropped(&other, 0, INT64_MAX, &next);
	schedule_release(pool, s);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct schedule_pool *pool;
	struct err err = {""};
	struct zone *zone;
	int32_t offset;

	if (pool == NULL)
		pool = schedule_pool_new(NULL);
	zone = zone_parse("fuzz", data, size, &err);
	if (zone == NULL) {
		require(err.text[0] != '\0');
		return 0;
	}
	for (int64_t t = -100000000000; t < 100000000000; t += 99999999) {
		offset = zone_offset_at(zone, t);
		require(offset >= ZONE_OFFSET_MIN);
		require(offset <= ZONE_OFFSET_MAX);
		zone_from_local(zone, t, NULL, NULL);
	}
	check_schedule(pool, zone, "* * * * *");
	check_schedule(pool, zone, "30 2 * * *");
	check_schedule(pool, zone, "0 0 29 2 *");
	zone_free(zone);
	return 0;
}
