/*
 * What a job that comes after others waits for: ends of its parents that are
 * not used up yet, and what they add up to. Pure: no clock, no I/O.
 *
 * A plan is what the job says, as text: "WHEN,JOIN,A,B,C", such as
 * "success,all,extract,load". With any, each end makes a fire. With all, a
 * round is complete when there is an end of each parent, the newest of each
 * counting; then it makes a fire, and the next round begins with nothing.
 *
 * Ends come with marks that grow. What was seen is not taken twice.
 */
#ifndef BELFRY_SCHEDULER_JOIN_H
#define BELFRY_SCHEDULER_JOIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/strbuf.h"
#include "config/job.h"
#include "run/record.h"

/* The end of a parent's run. Owned by a round or a fire. */
struct join_end {
	struct join_end *next; /* of a greater mark */
	uint64_t mark;
	int64_t end_ms;
	int32_t exit_code; /* -1 none */
	enum outcome outcome;
	char run[RUN_ID_SIZE];
	char chain[RUN_ID_SIZE];
	char *params;    /* JSON; NULL none */
	char *results;   /* JSON; NULL none */
	bool moved;      /* another host has told it */
	bool of_fire;    /* sent: of a complete round */
	int64_t sent_ms; /* sent: when, BOOTTIME; 0: not yet */
	char parent[];
};

/* Something to be run: the ends that it is about, by mark. */
struct join_fire {
	struct join_fire *next;
	struct join_end *ends;
	const struct join_end *last; /* of the ends */
};

struct join {
	char *plan;              /* owned; "" the job comes after none */
	struct join_end *ends;   /* of the open round */
	struct join_fire *fires; /* that are to be done, the oldest first */
	struct join_end *sent;   /* to another host, until it has them */
	uint64_t seen;           /* all ends up to this mark were taken */
	unsigned waits;          /* ends that are to be settled (after.h) */
	int64_t slot_ms;         /* of the last fire that was done; 0 none */
};

/* The plan of a job; the caller frees it. "" when it comes after none. */
char *join_plan(const struct job_options *options);

struct join *join_new(const char *plan);
void join_free(struct join *join);

/* Does an end of this kind count? */
bool join_counts(enum job_after_when when, enum outcome outcome);

/*
 * Takes the end of a parent, whose strings are copied. True: a fire was made
 * of it. *replaced_r is the mark of an older end that it takes the place of;
 * 0 none. It must be later than what was seen.
 */
bool join_add(
    struct join *join, const struct record_after *end, uint64_t *replaced_r);

/* A parent ended so that it does not count: the mark of what it undoes, or 0. */
uint64_t join_undo(struct join *join, const char *parent, uint64_t mark);

/*
 * The job says something else now: fires stay, the open round is left. gone,
 * or NULL, is called with each mark that is.
 */
void join_set_plan(struct join *join, const char *plan,
    void (*gone)(void *arg, uint64_t mark), void *arg);

/* Ends up to this mark are used up: they go, and fires of them. */
void join_use(struct join *join, uint64_t mark);

/* Is there an end of this run? */
bool join_has_run(const struct join *join, const char *run);

/* The first fire is done. */
void join_fire_done(struct join *join);

/* The ends of the open round, or of the first fire, are on their way. */
void join_send_round(struct join *join);
void join_send_fire(struct join *join);

/* One in no list: a copy of a record, its next when it is freed, and back. */
struct join_end *join_end_new(const struct record_after *record);
struct join_end *join_end_free(struct join_end *end);
struct record_after join_end_record(const struct join_end *end);

/*
 * The other host has the end of that run: its mark, or 0 when it was not sent.
 * And so of the ends of a parent, which count no more: until 0.
 */
uint64_t join_sent_run(struct join *join, const char *run);
uint64_t join_sent_parent(struct join *join, const char *parent);

/* The run that it will be is this slot: never one that was, nor a whole second. */
int64_t join_fire_slot(struct join *join, const struct join_fire *fire);

/* What parents left, in bytes of all together. */
#define JOIN_RESULTS_MAX 16384

/*
 * Its ends as a JSON array, in the plan's order, with what they left as far
 * as there is room; the caller frees it.
 */
char *join_fire_parents(const struct join *join, const struct join_fire *fire);

/*
 * The parameters of all its ends: of one that several have, that of the parent
 * which is named first. NULL: none; the caller frees it. What does not fit
 * into max bytes is left out: *cut_r is the parent whose it is, or NULL.
 */
char *join_fire_params(const struct join *join, const struct join_fire *fire,
    size_t max, const char **cut_r);

#endif
