/*
 * A job's schedules at some time of its past, from the memo that the master
 * had the store keep (scheduler/memory.c): which slots they make. Pure, but
 * for reading zones.
 */
#ifndef BELFRY_MASTER_RECORDER_PLAN_H
#define BELFRY_MASTER_RECORDER_PLAN_H

#include "recorder/store.h"
#include "schedule/rule.h"

struct plan_line {
	const struct schedule *schedule; /* the pool's; NULL: not understood */
	int64_t anchor_ms;               /* of @every */
	int64_t start, end;              /* as in struct rule */
	bool moves; /* a calendar moves its slots: which, is not known here */
	char *text;
};

struct plan {
	int64_t since_ms, seen_ms, ends_ms; /* as in struct store_plan */
	struct plan_line *lines;
	size_t n, cap;
	bool gone; /* the job is in no file */
	bool disabled;
	char overlap[16]; /* "" allow */
	int retries;
	char *after; /* "success,all,A,B"; NULL: it came after no other */
};

/* All of a job, newest first. */
struct plans {
	struct schedule_pool *pool;
	char *job;
	struct plan *all;
	size_t n, cap;
};

void plans_init(struct plans *plans, const char *job);
void plans_fini(struct plans *plans);

/* Takes a row of the store; they come newest first. */
void plans_add(struct plans *plans, const struct store_plan *row);

/* The one that decides about a slot; NULL: none is known of that time. */
const struct plan *plans_at(const struct plans *plans, int64_t slot_ms);

/* The slot before or after a time, whatever plan makes it. False: none. */
bool plans_prev(const struct plans *plans, int64_t ms, int64_t *slot_r);
bool plans_next(const struct plans *plans, int64_t ms, int64_t *slot_r);

/* Does the schedule make a slot at that time? */
bool plans_is_slot(const struct plans *plans, int64_t ms);

/* Were all slots of that plan to be known from the clock alone? */
bool plan_is_clock(const struct plan *plan);

/* The line that makes this slot, or the first; NULL when there is none. */
const struct plan_line *plan_line_of(const struct plan *plan, int64_t slot_ms);

/* Seconds east of UTC of the job's zone at a time; 0 when there is none. */
int32_t plan_offset(const struct plan *plan, int64_t ms);

#endif
