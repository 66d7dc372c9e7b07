/*
 * Fuzzes the text of a schedule: the first byte chooses options, the rest is
 * the text. What is accepted must print and parse to itself, and its next and
 * prev must agree.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "fuzz.h"
#include "schedule/schedule.h"


static void
require(bool truth)
{
	if (!truth)
		abort();
}

static void
count(void *arg, const char *text)
{
	*(size_t *)arg += strlen(text);
}

static void
find_lost_hint(void *arg, const char *text)
{
	if (strstr(text, "larger than its range") != NULL ||
	    strstr(text, "whole seconds") != NULL)
		*(bool *)arg = true;
}

/* What is printed is the same schedule, but for a hint that is lost. */
static void
check_print(struct schedule_pool *pool, const struct schedule *s,
    const struct schedule_options *options)
{
	static char first[1 << 18], second[1 << 18];
	struct schedule_options same = *options;
	const struct schedule *again;
	bool hinted = false;
	struct err err;

	same.zone = schedule_zone_name(s);
	same.dialect = SCHEDULE_DIALECT_CRON;
	require(schedule_print(s, first, sizeof(first)) < sizeof(first));
	again = schedule_get(pool, first, &same, &err);
	require(again != NULL);
	schedule_print(again, second, sizeof(second));
	require(strcmp(first, second) == 0);
	schedule_hints(s, 0, find_lost_hint, &hinted);
	require(again == s || hinted);
	schedule_release(pool, again);
}

static void
check_fires(const struct schedule *s, int64_t t)
{
	int64_t next, back;

	for (int i = 0; i < 8 && schedule_next(s, t, &next); i++) {
		require(next > t);
		if (schedule_kind(s) != SCHEDULE_EVERY) {
			require(schedule_prev(s, next + 1, &back));
			require(back == next);
			require(!schedule_prev(s, next, &back) || back <= t);
		}
		t = next;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const zones[] = {
	    "UTC", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia"};
	static struct schedule_pool *pool;
	struct schedule_options options = {.job = "job"};
	const struct schedule *s;
	struct err err = {""};
	size_t hints = 0;
	char *text;

	if (size < 1)
		return 0;
	if (pool == NULL)
		pool = schedule_pool_new(NULL);
	options.zone = zones[data[0] & 3];
	options.dialect = (enum schedule_dialect)(data[0] >> 2 & 1);
	options.day_match = (enum schedule_day_match)(data[0] >> 3 & 1);
	options.gap = (enum schedule_gap)((data[0] >> 4) % 3);
	options.overlap = (enum schedule_overlap)((data[0] >> 6) % 3);
	text = xstrndup((const char *)data + 1, size - 1);
	s = schedule_get(pool, text, &options, &err);
	if (s != NULL) {
		check_print(pool, s, &options);
		check_fires(s, INT64_MIN);
		check_fires(s, 1710054000 - 86400);
		check_fires(s, 1730612000 - 86400);
		schedule_hints(s, 1710000000, count, &hints);
		schedule_release(pool, s);
	} else {
		require(err.text[0] != '\0');
	}
	require(schedule_pool_count(pool) == 0);
	free(text);
	return 0;
}
