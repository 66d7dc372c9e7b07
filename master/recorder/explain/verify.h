/*
 * Answers "verify": holds the ledger against the schedules and the runs. One
 * answer is a page: a few milliseconds of work, an array of what was found,
 * and where it goes on.
 */
#ifndef BELFRY_MASTER_RECORDER_VERIFY_H
#define BELFRY_MASTER_RECORDER_VERIFY_H

#include "recorder/query/query.h"

/* Answers now or later; keeps nothing of ask. */
void verify_answer(struct query_env *env, const struct ask *ask);

#endif
