/* What a schedule is inside: for the files of this directory only. */
#ifndef BELFRY_SCHEDULE_IMPL_H
#define BELFRY_SCHEDULE_IMPL_H

#include "schedule/cron/cron.h"
#include "schedule/schedule.h"
#include "schedule/zone/zone.h"

/* A gap this wide or wider is a skipped day: nothing is made up for. */
#define SCHEDULE_WIDE_GAP (3 * 3600)

/* No fire of cron fields is before it, in any zone. */
#define SCHEDULE_BEGIN (-26 * 3600)

struct schedule_times {
	int64_t *times; /* ascending, no two equal; owned */
	size_t count;
};

struct schedule {
	uint32_t refs;
	uint32_t hash;
	/*
	 * Cron only: no fire is at or after bound, in units of two seconds
	 * from SCHEDULE_BEGIN; 0 when there is none at all. What never fires
	 * again is answered without a search.
	 */
	uint32_t bound;
	uint8_t kind;      /* enum schedule_kind */
	uint8_t hints;     /* enum cron_hint */
	bool twice;        /* slots of an overlap fire both times */
	bool run_gap;      /* slots of a gap fire at its end */
	struct zone *zone; /* the pool's */
	union {
		struct cron_spec cron;
		int64_t interval; /* seconds */
		struct schedule_times at;
	} u;
};

/*
 * Fills draft from text: all but refs and hash. What it owns is released by
 * schedule_fini(). 0 or -1.
 */
int schedule_parse(struct schedule_pool *pool, const char *text,
    const struct schedule_options *options, struct schedule *draft,
    struct err *err);
void schedule_fini(struct schedule *schedule);

/* Finds out schedule->bound again, for a cron schedule. */
void schedule_set_bound(struct schedule *schedule);

/* The search of a cron schedule in its zone. */
bool
schedule_fire_next(const struct schedule *schedule, int64_t t, int64_t *next_r);
bool
schedule_fire_prev(const struct schedule *schedule, int64_t t, int64_t *prev_r);

#endif
