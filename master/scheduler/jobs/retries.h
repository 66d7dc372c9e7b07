/* Attempts that wait for their time. */
#ifndef BELFRY_SCHEDULER_RETRIES_H
#define BELFRY_SCHEDULER_RETRIES_H

#include "run/record.h"
#include "scheduler/clock/heap.h"

struct job;
struct master;

/* One attempt that waits for its time. Owned by its job. */
struct retry {
	struct timer timer;
	struct retry *next; /* of the job */
	struct job *job;
	char run[RUN_ID_SIZE]; /* the attempt that failed */
	int64_t slot_ms;
	int64_t due_ms;
	int32_t attempt; /* the coming one */
	char chain[RUN_ID_SIZE];
	char parent[RUN_ID_SIZE];
	char *params;  /* owned; NULL none; as in struct run */
	char *parents; /* owned; NULL none */
};

/* Strings of record are copied. */
void
retry_add(struct master *m, struct job *job, const struct record_retry *record);

/* It goes because its run begins. */
void retry_free(struct master *m, struct retry *retry);

/* It goes and never runs: takes it back in the store too. */
void retry_withdraw(struct master *m, struct retry *retry);

/* The same for one that only the store has. */
void retry_withdraw_record(struct master *m, const struct record_retry *record);

#endif
