/*
 * Answers "explain": why a slot of a job ran, or did not. From the ledger,
 * the runs and what the schedules were at that time.
 */
#ifndef BELFRY_MASTER_RECORDER_EXPLAIN_H
#define BELFRY_MASTER_RECORDER_EXPLAIN_H

#include "recorder/query/query.h"

/* Answers now or later; keeps nothing of ask. */
void explain_answer(struct query_env *env, const struct ask *ask);

#endif
