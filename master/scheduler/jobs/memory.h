/*
 * What the store remembers of jobs over restarts, and the memo in it: the
 * phase of each schedule by its text.
 */
#ifndef BELFRY_SCHEDULER_MEMORY_H
#define BELFRY_SCHEDULER_MEMORY_H

#include "scheduler/jobs/jobs.h"

/* What the store knew of a job, until the job files are read. */
struct memory {
	char *job;
	char *memo;
	char last_run[RUN_ID_SIZE];
	int64_t hwm_ms;
	int64_t last_end_ms;
	int64_t last_success_ms;
	int64_t failures;
	uint64_t joined;
	enum outcome last_outcome;
};

/* jobs_remember() fills; these order it, look a job up, and let it go. */
void memory_sort(struct jobs *jobs);
const struct memory *memory_find(const struct jobs *jobs, const char *name);
void memory_forget(struct jobs *jobs);

/* The present memo, for the store and for the next reload; caller frees. */
char *memo_make(const struct job *job, const char *boot_id);

/*
 * Tell the store: the job's memo; the same when it is not what it was, also
 * where that is not the schedules; that a job is in no file any more, which
 * keeps its phase for when it comes back; and so of all that the store knows
 * and no file has since before the start.
 */
void memo_tell_store(struct master *m, const struct job *job);
void memo_tell_change(struct master *m, const struct job *job, const char *old);
void memo_tell_gone(
    struct master *m, const char *name, const char *memo, int64_t hwm_ms);
void memo_tell_absent(struct master *m);

/*
 * What a job with this memo waits for, with nothing in it yet but that ends up
 * to a mark are used up; NULL: it came after no other.
 */
struct join *memo_join(const char *memo, uint64_t joined);

/*
 * Applies what was remembered (memo "" for a job never seen): the phase of
 * each schedule whose text is the same goes on, others begin now. True when
 * nothing is different from the memo.
 */
bool memo_apply(
    struct jobs *jobs, struct job *job, const char *memo, int64_t now_ms);

#endif
