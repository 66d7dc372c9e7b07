/*
 * TZif (RFC 9636) to a table of spans. Every count and index of the file is
 * checked against its size before use: the file may be anything.
 */
#include "schedule/zone/zone.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/timestamp.h"
#include "schedule/zone/posix_tz.h"

#define HEADER_SIZE     44
#define CYCLE_YEARS     400
#define LAST_RULE_YEAR  2300
#define FIRST_RULE_YEAR 1969
#define TIMES_MAX       20000

struct header {
	uint32_t isutcnt, isstdcnt, leapcnt, timecnt, typecnt, charcnt;
	int version;
};

struct builder {
	struct zone_span *spans;
	size_t count, cap;
};

/* One of the file's two data blocks; times have width bytes. */
struct block {
	const uint8_t *times, *indexes, *types;
	struct header header;
	size_t width;
	size_t size;
};

static uint32_t
be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
	    (uint32_t)p[2] << 8 | p[3];
}

static int64_t
be64(const uint8_t *p)
{
	return (int64_t)((uint64_t)be32(p) << 32 | be32(p + 4));
}

static int
read_header(const uint8_t *p, size_t size, struct header *h, struct err *err)
{
	if (size < HEADER_SIZE || memcmp(p, "TZif", 4) != 0)
		return err_set(err, "not a time zone file");
	h->version = p[4] == '\0' ? 1 : p[4] - '0';
	h->isutcnt = be32(p + 20);
	h->isstdcnt = be32(p + 24);
	h->leapcnt = be32(p + 28);
	h->timecnt = be32(p + 32);
	h->typecnt = be32(p + 36);
	h->charcnt = be32(p + 40);
	if (h->version < 1 || h->typecnt < 1 || h->typecnt > 256 ||
	    h->timecnt > TIMES_MAX || h->charcnt > 65536 ||
	    h->leapcnt > 65536 || h->isutcnt > 256 || h->isstdcnt > 256)
		return err_set(err, "damaged time zone file");
	return 0;
}

/* Reads header and bounds of the block at p; width 4 (version 1) or 8. */
static int
read_block(const uint8_t *p, size_t size, size_t width, struct block *b,
    struct err *err)
{
	const struct header *h = &b->header;

	if (read_header(p, size, &b->header, err) == -1)
		return -1;
	b->width = width;
	b->times = p + HEADER_SIZE;
	b->size = HEADER_SIZE + h->timecnt * (width + 1) + h->typecnt * 6 +
	    h->charcnt + h->leapcnt * (width + 4) + h->isstdcnt + h->isutcnt;
	if (b->size > size)
		return err_set(err, "the time zone file is cut short");
	b->indexes = b->times + h->timecnt * width;
	b->types = b->indexes + h->timecnt;
	return 0;
}

static void
add_span(struct builder *b, int64_t at, int32_t offset)
{
	struct zone_span *span;

	/* Of several changes at one instant the last one counts. */
	if (b->count > 1 && b->spans[b->count - 1].at == at)
		b->count--;
	if (b->count > 0 && b->spans[b->count - 1].offset == offset)
		return;
	array_reserve(&b->spans, &b->cap, b->count + 1, sizeof(*b->spans));
	span = &b->spans[b->count++];
	span->at = at;
	span->offset = offset;
	span->shift = b->count > 1 ? offset - span[-1].offset : 0;
}

static int
type_offset(const struct block *b, uint32_t type, int32_t *offset_r)
{
	if (type >= b->header.typecnt)
		return -1;
	*offset_r = (int32_t)be32(b->types + type * 6);
	if (*offset_r < ZONE_OFFSET_MIN || *offset_r > ZONE_OFFSET_MAX)
		return -1;
	return 0;
}

/* The transitions that the file lists. *last_r: the last of them. */
static int
add_listed(struct builder *out, const struct block *b, int64_t *last_r,
    struct err *err)
{
	int64_t at, before = INT64_MIN;
	int32_t offset;

	if (type_offset(b, 0, &offset) == -1)
		return err_set(err, "damaged time zone file");
	add_span(out, INT64_MIN, offset);
	for (uint32_t i = 0; i < b->header.timecnt; i++) {
		if (b->width == 8)
			at = be64(b->times + i * 8);
		else
			at = (int32_t)be32(b->times + i * 4);
		if (at <= before ||
		    type_offset(b, b->indexes[i], &offset) == -1)
			return err_set(err, "damaged time zone file");
		add_span(out, at, offset);
		before = at;
	}
	*last_r = before;
	return 0;
}

struct change {
	int64_t at;
	int32_t offset;
};

static int
compare_changes(const void *a, const void *b)
{
	const struct change *x = a, *y = b;

	return x->at < y->at ? -1 : x->at > y->at;
}

/*
 * Writes the rule out for a whole cycle of the calendar, from the year of the
 * last listed transition on. A year-long DST ends and starts at one instant
 * and must stay DST: the sort keeps the order of equal ones, by year.
 */
static void
add_rule(struct builder *out, const struct posix_tz *tz, int64_t last)
{
	struct change *changes;
	struct civil civil;
	int32_t first = FIRST_RULE_YEAR;
	size_t n = 0;

	if (last > civil_to_days(FIRST_RULE_YEAR, 1, 1) * 86400) {
		civil_from_seconds(last, &civil);
		first = civil.year;
	}
	changes = xcalloc((CYCLE_YEARS + 2) * 2, sizeof(*changes));
	for (int32_t year = first; year <= first + CYCLE_YEARS + 1; year++) {
		struct change start = {posix_tz_start(tz, year), tz->dst};
		struct change end = {posix_tz_end(tz, year), tz->std};
		bool south = end.at < start.at;

		changes[n++] = south ? end : start;
		changes[n++] = south ? start : end;
	}
	/* Few are out of order, and only by one place: insertion sort. */
	for (size_t i = 1; i < n; i++)
		for (size_t k = i;
		     k > 0 && compare_changes(&changes[k - 1], &changes[k]) > 0;
		     k--) {
			struct change c = changes[k];

			changes[k] = changes[k - 1];
			changes[k - 1] = c;
		}
	for (size_t i = 0; i < n; i++)
		if (changes[i].at > last)
			add_span(out, changes[i].at, changes[i].offset);
	free(changes);
}

/* The footer is a line between two newlines; empty: nobody knows. */
static int
add_footer(struct builder *out, const uint8_t *p, size_t size, int64_t last,
    bool *repeats_r, struct err *err)
{
	const uint8_t *end;
	struct posix_tz tz;

	if (size < 2 || p[0] != '\n')
		return err_set(err, "the time zone file has no footer");
	end = memchr(p + 1, '\n', size - 1);
	if (end == NULL)
		return err_set(err, "the time zone file has no footer");
	if (end == p + 1)
		return 0;
	if (posix_tz_parse((const char *)p + 1, (size_t)(end - p - 1), &tz) ==
	    -1)
		return err_set(err, "the rule in the footer is not understood");
	/* Without any transition the rule is for all time. */
	if (last == INT64_MIN)
		out->spans[0].offset = tz.std;
	if (!tz.has_dst || last > civil_to_days(LAST_RULE_YEAR, 1, 1) * 86400)
		return 0;
	add_rule(out, &tz, last);
	*repeats_r = true;
	return 0;
}

static void
fill_index(struct zone *zone)
{
	uint32_t i = 0;

	for (int64_t b = 0; b < ZONE_BUCKETS; b++) {
		while (zone->spans[i + 1].at <= b << ZONE_BUCKET_SHIFT)
			i++;
		zone->index[b] = (uint16_t)i;
	}
}

static struct zone *
zone_build(const char *name, struct builder *b, bool repeats)
{
	struct zone *zone = xcalloc(1, sizeof(*zone));

	array_reserve(&b->spans, &b->cap, b->count + 1, sizeof(*b->spans));
	b->spans[b->count] = (struct zone_span){.at = INT64_MAX};
	zone->name = xstrdup(name);
	zone->spans = xreallocarray(b->spans, b->count + 1, sizeof(*b->spans));
	zone->count = (uint32_t)b->count;
	zone->repeats = repeats;
	fill_index(zone);
	return zone;
}

struct zone *
zone_new_utc(const char *name)
{
	struct builder b = {NULL, 0, 0};

	add_span(&b, INT64_MIN, 0);
	return zone_build(name, &b, false);
}

struct zone *
zone_parse(const char *name, const void *data, size_t size, struct err *err)
{
	struct builder out = {NULL, 0, 0};
	const uint8_t *p = data;
	struct block block;
	bool repeats = false;
	int64_t last = INT64_MIN;

	if (read_block(p, size, 4, &block, err) == -1)
		return NULL;
	if (block.header.version >= 2) {
		p += block.size;
		size -= block.size;
		if (read_block(p, size, 8, &block, err) == -1)
			return NULL;
	}
	if (block.header.leapcnt > 0) {
		err_set(err,
		    "counts leap seconds, which a clock in UTC does "
		    "not; use the zone without right/");
		return NULL;
	}
	if (add_listed(&out, &block, &last, err) == -1)
		goto fail;
	if (block.header.version >= 2 &&
	    add_footer(&out, p + block.size, size - block.size, last, &repeats,
		err) == -1)
		goto fail;
	return zone_build(name, &out, repeats);
fail:
	free(out.spans);
	return NULL;
}
