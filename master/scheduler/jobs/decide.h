/* An occasion to run a job: it runs, or the ledger says why not. */
#ifndef BELFRY_SCHEDULER_DECIDE_H
#define BELFRY_SCHEDULER_DECIDE_H

#include <stdint.h>

#include "run/outcome.h"
#include "scheduler/jobs/join.h"
#include "scheduler/jobs/policy.h"

struct job;
struct master;

/* Why a job is to run: a slot of its schedule, or ends of its parents. */
struct occasion {
	int64_t slot_ms;
	enum trigger trigger;
	const struct join_fire *after; /* of TRIGGER_AFTER, else NULL */
};

/* May a job run on this host, as far as it says on which it may? */
bool decide_is_for_us(const struct master *m, const struct job *job);

/* What is to be done, by what is known here. What is skipped is recorded. */
enum policy_action
decide_judge(struct master *m, struct job *job, const struct occasion *why);

/* Runs it as its overlap says, now, later, or not. */
void decide(struct master *m, struct job *job, const struct occasion *why);

/* Slots that do not run: count of them, 0 when nobody counted. */
void decide_record(struct master *m, struct job *job, int64_t from_ms,
    int64_t until_ms, int64_t count, enum outcome outcome, const char *reason,
    const char *detail);

#endif
