/*
 * Schedules that mean the same are one object, found by a hash of the
 * meaning: a million jobs of "H H * * *" are 1440 schedules. The table is
 * open addressing with linear probing; a deletion shifts back, so that there
 * are no tombstones.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "schedule/hash.h"
#include "schedule/impl.h"

#define TABLE_MIN 64

struct schedule_pool {
	char *zone_dir;
	char *system_zone;   /* name, found when first wanted */
	struct zone **zones; /* by name, ascending */
	size_t zone_count, zone_cap;
	struct schedule **table;
	size_t size; /* a power of two */
	size_t count;
};

struct schedule_pool *
schedule_pool_new(const char *zone_dir)
{
	struct schedule_pool *pool = xcalloc(1, sizeof(*pool));

	pool->zone_dir =
	    xstrdup(zone_dir != NULL ? zone_dir : "/usr/share/zoneinfo");
	pool->size = TABLE_MIN;
	pool->table = xcalloc(pool->size, sizeof(*pool->table));
	return pool;
}

static void
schedule_free(struct schedule *s)
{
	schedule_fini(s);
	free(s);
}

void
schedule_pool_free(struct schedule_pool *pool)
{
	if (pool == NULL)
		return;
	for (size_t i = 0; i < pool->size; i++)
		if (pool->table[i] != NULL)
			schedule_free(pool->table[i]);
	for (size_t i = 0; i < pool->zone_count; i++)
		zone_free(pool->zones[i]);
	free(pool->table);
	free(pool->zones);
	free(pool->zone_dir);
	free(pool->system_zone);
	free(pool);
}

/* Where name is, or would be. */
static size_t
zone_place(const struct schedule_pool *pool, const char *name, bool *found_r)
{
	size_t low = 0, high = pool->zone_count;

	*found_r = false;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strcmp(pool->zones[middle]->name, name);

		if (order == 0) {
			*found_r = true;
			return middle;
		}
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

struct zone *
schedule_pool_zone(
    struct schedule_pool *pool, const char *name, struct err *err)
{
	struct zone *zone;
	size_t place;
	bool found;

	if (name == NULL) {
		if (pool->system_zone == NULL)
			pool->system_zone = zone_system_name();
		name = pool->system_zone;
	}
	place = zone_place(pool, name, &found);
	if (found)
		return pool->zones[place];
	zone = zone_load(pool->zone_dir, name, err);
	if (zone == NULL)
		return NULL;
	array_reserve(&pool->zones, &pool->zone_cap, pool->zone_count + 1,
	    sizeof(*pool->zones));
	memmove(pool->zones + place + 1, pool->zones + place,
	    (pool->zone_count - place) * sizeof(*pool->zones));
	pool->zones[place] = zone;
	pool->zone_count++;
	return zone;
}

static uint32_t
hash_of(const struct schedule *s)
{
	uint64_t h = (uint64_t)(uintptr_t)s->zone ^
	    ((uint64_t)s->kind << 24 | (uint64_t)s->hints << 16 |
		(uint64_t)s->twice << 8 | (uint64_t)s->run_gap)
		<< 32;

	switch ((enum schedule_kind)s->kind) {
	case SCHEDULE_CRON:
		h = cron_hash(h, &s->u.cron);
		break;
	case SCHEDULE_EVERY:
	case SCHEDULE_AFTER:
		h = hash_add(h, &s->u.interval, sizeof(s->u.interval));
		break;
	case SCHEDULE_AT:
		h = hash_add(
		    h, s->u.at.times, s->u.at.count * sizeof(*s->u.at.times));
		break;
	case SCHEDULE_REBOOT:
	case SCHEDULE_MANUAL:
	default:
		break;
	}
	return (uint32_t)hash_finish(h);
}

static bool
is_same(const struct schedule *a, const struct schedule *b)
{
	if (a->hash != b->hash || a->zone != b->zone || a->kind != b->kind ||
	    a->hints != b->hints || a->twice != b->twice ||
	    a->run_gap != b->run_gap)
		return false;
	switch ((enum schedule_kind)a->kind) {
	case SCHEDULE_CRON:
		return cron_equal(&a->u.cron, &b->u.cron);
	case SCHEDULE_EVERY:
	case SCHEDULE_AFTER:
		return a->u.interval == b->u.interval;
	case SCHEDULE_AT:
		return a->u.at.count == b->u.at.count &&
		    (a->u.at.count == 0 ||
			memcmp(a->u.at.times, b->u.at.times,
			    a->u.at.count * sizeof(*a->u.at.times)) == 0);
	case SCHEDULE_REBOOT:
	case SCHEDULE_MANUAL:
	default:
		return true;
	}
}

static void
pool_grow(struct schedule_pool *pool)
{
	struct schedule **old = pool->table;
	size_t old_size = pool->size, i;

	pool->size *= 2;
	pool->table = xcalloc(pool->size, sizeof(*pool->table));
	for (size_t k = 0; k < old_size; k++) {
		if (old[k] == NULL)
			continue;
		i = old[k]->hash & (pool->size - 1);
		while (pool->table[i] != NULL)
			i = (i + 1) & (pool->size - 1);
		pool->table[i] = old[k];
	}
	free(old);
}

const struct schedule *
schedule_get(struct schedule_pool *pool, const char *text,
    const struct schedule_options *options, struct err *err)
{
	static const struct schedule_options defaults;
	struct schedule draft, *s;
	size_t i;

	if (schedule_parse(pool, text, options != NULL ? options : &defaults,
		&draft, err) == -1)
		return NULL;
	draft.hash = hash_of(&draft);
	i = draft.hash & (pool->size - 1);
	for (; (s = pool->table[i]) != NULL; i = (i + 1) & (pool->size - 1))
		if (is_same(s, &draft)) {
			s->refs++;
			schedule_fini(&draft);
			return s;
		}
	s = xmalloc(sizeof(*s));
	*s = draft;
	s->refs = 1;
	pool->table[i] = s;
	if (++pool->count > pool->size / 2)
		pool_grow(pool);
	return s;
}

/* Takes the entry at i out; those behind it move up to where they belong. */
static void
pool_remove(struct schedule_pool *pool, size_t i)
{
	size_t mask = pool->size - 1, hole = i, home;

	for (i = (i + 1) & mask; pool->table[i] != NULL; i = (i + 1) & mask) {
		home = pool->table[i]->hash & mask;
		if (((i - home) & mask) < ((i - hole) & mask))
			continue;
		pool->table[hole] = pool->table[i];
		hole = i;
	}
	pool->table[hole] = NULL;
	pool->count--;
}

void
schedule_release(struct schedule_pool *pool, const struct schedule *schedule)
{
	struct schedule *s;
	size_t i;

	if (schedule == NULL)
		return;
	i = schedule->hash & (pool->size - 1);
	while ((s = pool->table[i]) != NULL && s != schedule)
		i = (i + 1) & (pool->size - 1);
	if (s == NULL || --s->refs > 0)
		return;
	pool_remove(pool, i);
	schedule_free(s);
}

size_t
schedule_pool_count(const struct schedule_pool *pool)
{
	return pool->count;
}

int
schedule_pool_refresh(struct schedule_pool *pool, struct err *err)
{
	int changed = 0, failed = 0, rc;

	free(pool->system_zone);
	pool->system_zone = NULL;
	for (size_t i = 0; i < pool->zone_count; i++) {
		rc = zone_refresh(
		    pool->zones[i], pool->zone_dir, failed > 0 ? NULL : err);
		pool->zones[i]->changed = rc == 1;
		changed += rc == 1;
		failed += rc == -1;
	}
	for (size_t i = 0; changed > 0 && i < pool->size; i++)
		if (pool->table[i] != NULL &&
		    pool->table[i]->kind == SCHEDULE_CRON)
			schedule_set_bound(pool->table[i]);
	return failed > 0 ? -1 : changed;
}
