/*
 * Time zones from TZif files (RFC 9636): where the offset from UTC changes.
 *
 * A zone is a table of spans with one offset each, from the beginning of time
 * to its end. What the footer's rule says is written out for 400 years, after
 * which the Gregorian calendar repeats.
 */
#ifndef BELFRY_SCHEDULE_ZONE_ZONE_H
#define BELFRY_SCHEDULE_ZONE_ZONE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "base/err.h"

/* Offsets are within a day and a bit: RFC 9636, section 3.2. */
#define ZONE_OFFSET_MAX 93599
#define ZONE_OFFSET_MIN (-89999)

/* A bucket is 2^24 s, about 194 days; the index covers 1970 to 2208. */
#define ZONE_BUCKET_SHIFT 24
#define ZONE_BUCKETS      448

/* The offset that holds from at until the at of the next span. */
struct zone_span {
	int64_t at;
	int32_t offset; /* seconds east of UTC */
	int32_t shift;  /* offset less that of the span before */
};

struct zone {
	char *name;              /* owned */
	struct zone_span *spans; /* owned; spans[count].at is INT64_MAX */
	uint32_t count;
	bool repeats; /* every 400 years, see zone_offset_at() */
	bool changed; /* by the last schedule_pool_refresh() */
	uint16_t index[ZONE_BUCKETS]; /* span at the start of each bucket */

	/* Which file it was read from, to see that it changed. */
	struct timespec mtime;
	int64_t size;
	uint64_t inode;
};

/* UTC, without any file. */
struct zone *zone_new_utc(const char *name);

/*
 * Reads dir/name. The name is checked: no way leads out of dir. NULL with
 * what is wrong.
 */
struct zone *zone_load(const char *dir, const char *name, struct err *err);

/*
 * Makes a zone of the bytes of a TZif file; name is copied. NULL with what is
 * wrong.
 */
struct zone *
zone_parse(const char *name, const void *data, size_t size, struct err *err);

/*
 * Reads the zone again when its file is another one than before. 1 changed,
 * 0 the same, -1 with err (the zone stays as it was).
 */
int zone_refresh(struct zone *zone, const char *dir, struct err *err);

void zone_free(struct zone *zone);

/*
 * The name of the system's zone: $TZ unless that is /etc/localtime, else where
 * /etc/localtime points, else what /etc/timezone says, else "localtime"
 * (zone_load() reads the file /etc/localtime), else UTC. Caller frees.
 */
char *zone_system_name(void);

/* "UTC" and its other names: times are written with Z. */
bool zone_name_is_utc(const char *name);

/* The span that holds t, by binary search. Prefer zone_find(). */
uint32_t zone_search(const struct zone *zone, int64_t t);

/* The offset at any t, also beyond the table. */
int32_t zone_offset_at(const struct zone *zone, int64_t t);

/*
 * The first instant at which the clocks of zone show local (seconds as
 * civil_to_seconds() counts), or that ends the gap that local lies in.
 * *gap_r: the width of that gap, 0 when local exists. *again_r: the second
 * such instant when it comes twice, else the same. Both may be NULL.
 */
int64_t zone_from_local(
    const struct zone *zone, int64_t local, int32_t *gap_r, int64_t *again_r);

/* The span that holds t. */
static inline uint32_t
zone_find(const struct zone *zone, int64_t t)
{
	uint64_t bucket = (uint64_t)t >> ZONE_BUCKET_SHIFT;
	uint32_t i;

	if (bucket >= ZONE_BUCKETS)
		return zone_search(zone, t);
	i = zone->index[bucket];
	while (zone->spans[i + 1].at <= t)
		i++;
	return i;
}

#endif
