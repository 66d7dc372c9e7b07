/*
 * What the store remembers of jobs over restarts, and the memo in it: the
 * phase of each schedule by its text.
 */
#ifndef BELFRY_SCHEDULER_MEMORY_H
#define BELFRY_SCHEDULER_MEMORY_H

#include "jobs.h"

/* What the store knew of a job, until the job files are read. */
struct memory {
	char *job;
	char *memo;
	char last_run[RUN_ID_SIZE];
	int64_t hwm_ms;
	int64_t last_end_ms;
	int64_t last_success_ms;
	int64_t failures;
	enum outcome last_outcome;
};

/* jobs_remember() fills; these order it, look a job up, and let it go. */
void memory_sort(struct jobs *jobs);
const struct memory *memory_find(const struct jobs *jobs, const char *name);
void memory_forget(struct jobs *jobs);

/* The present memo, for the store and for the next reload; caller frees. */
char *memo_make(const struct job *job, const char *boot_id);

/*
 * The memo of a job that is in no file any more: as it was, and that. When it
 * comes back its phase goes on. The caller frees it.
 */
char *memo_make_gone(const char *memo);
bool memo_is_gone(const char *memo);

/*
 * Applies what was remembered (memo "" for a job never seen): the phase of
 * each schedule whose text is the same goes on, others begin now. True when
 * nothing is different from the memo.
 */
bool memo_apply(
    struct jobs *jobs, struct job *job, const char *memo, int64_t now_ms);

#endif
