/*
 * What a schedule text means and when it fires: SCHEDULE.md's grammar, time
 * zones and DST rules as pure functions. No clock, no I/O but reading a zone
 * once, no global state.
 */
#ifndef BELFRY_SCHEDULE_SCHEDULE_H
#define BELFRY_SCHEDULE_SCHEDULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct schedule;      /* immutable, one parsed text */
struct schedule_pool; /* shares equal schedules and caches zones */
struct zone;          /* schedule/zone.h */

enum schedule_kind {
	SCHEDULE_CRON,   /* fixed-time: cron fields and most @names */
	SCHEDULE_EVERY,  /* fixed-rate interval */
	SCHEDULE_AFTER,  /* fixed-delay interval */
	SCHEDULE_AT,     /* a list of instants */
	SCHEDULE_REBOOT, /* once after the machine booted */
	SCHEDULE_MANUAL, /* never by itself */
};

enum schedule_dialect {
	SCHEDULE_DIALECT_CRON,
	SCHEDULE_DIALECT_QUARTZ
};
enum schedule_day_match {
	SCHEDULE_DAY_DEFAULT,
	SCHEDULE_DAY_BOTH
};
enum schedule_gap {
	SCHEDULE_GAP_DEFAULT,
	SCHEDULE_GAP_RUN,
	SCHEDULE_GAP_SKIP
};
enum schedule_overlap {
	SCHEDULE_OVERLAP_DEFAULT,
	SCHEDULE_OVERLAP_FIRST,
	SCHEDULE_OVERLAP_BOTH,
};

/* What besides the text decides the meaning. Zero is the default of all. */
struct schedule_options {
	const char *zone; /* a name of tzdata; NULL: the system's zone */
	const char *job;  /* hashed by H; NULL counts as "" */
	enum schedule_dialect dialect;
	enum schedule_day_match day_match;
	enum schedule_gap gap;
	enum schedule_overlap overlap;
};

/*
 * A pool owns the schedules and zones that come from it. zone_dir NULL is
 * /usr/share/zoneinfo.
 */
struct schedule_pool *schedule_pool_new(const char *zone_dir);

/* Frees the schedules that were not released, too. */
void schedule_pool_free(struct schedule_pool *pool);

/*
 * Reads the zones again whose files changed; the schedules that use them
 * follow at once, so their fires must be asked for anew. Returns how many
 * changed; -1 with err when one could not be read, which stays as it was
 * (the others were refreshed). A new system zone is that of later calls.
 */
int schedule_pool_refresh(struct schedule_pool *pool, struct err *err);

/*
 * The zone of that name, NULL the system's. It stays until the pool is freed
 * and changes only in schedule_pool_refresh(). NULL with err.
 */
struct zone *schedule_pool_zone(
    struct schedule_pool *pool, const char *name, struct err *err);

/* How many different schedules there are. */
size_t schedule_pool_count(const struct schedule_pool *pool);

/*
 * Parses text. Texts that mean the same in the same zone give the same
 * object, whatever way they are written. options NULL: all defaults. Release
 * each with schedule_release(). NULL with err: "column N: what is wrong; what
 * would be right".
 */
const struct schedule *schedule_get(struct schedule_pool *pool,
    const char *text, const struct schedule_options *options, struct err *err);
void
schedule_release(struct schedule_pool *pool, const struct schedule *schedule);

enum schedule_kind schedule_kind(const struct schedule *schedule);

/* Seconds of @every and @after; 0 for the other kinds. */
int64_t schedule_interval(const struct schedule *schedule);

/*
 * The least fire strictly after t, the greatest strictly before it; instants
 * in seconds since 1970. False: there is none. Their cost does not grow with
 * the distance. @every: t plus the interval, or minus it (the anchor is the
 * caller's business); @after, @reboot, @manual: false. Fires are found from
 * 1970 to 2199 of local time.
 */
bool schedule_next(const struct schedule *schedule, int64_t t, int64_t *next_r);
bool schedule_prev(const struct schedule *schedule, int64_t t, int64_t *prev_r);

/* The name of the zone it runs in, and its offset from UTC at t. */
const char *schedule_zone_name(const struct schedule *schedule);
int32_t schedule_zone_offset(const struct schedule *schedule, int64_t t);
const struct zone *schedule_zone(const struct schedule *schedule);

/*
 * The normal form of the text, in the cron dialect, with no zone and with H
 * resolved: parsing it with the same zone, day-match, dst-gap and dst-overlap
 * gives the same schedule, but for what was only worth a hint. Ends with NUL;
 * cut to size. Returns the length it has uncut.
 */
size_t schedule_print(const struct schedule *schedule, char *buf, size_t size);

/*
 * Legal but surprising: calls hint for each with one line of text. from: the
 * moment that "the next two years" are counted from.
 */
void schedule_hints(const struct schedule *schedule, int64_t from,
    void (*hint)(void *arg, const char *text), void *arg);

/*
 * First local slot after t that the gap rule dropped or moved, for the
 * ledger: *slot_r is the instant at which the gap ends. False: none before
 * until.
 */
bool schedule_gap_dropped(
    const struct schedule *schedule, int64_t t, int64_t until, int64_t *slot_r);

#endif
