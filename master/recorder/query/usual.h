/* How long a run of a job usually takes: the master's USUAL_ASK. */
#ifndef BELFRY_RECORDER_QUERY_USUAL_H
#define BELFRY_RECORDER_QUERY_USUAL_H

#include "recorder/store.h"

/*
 * Calls cb with the time beyond which a run is unusual: longer than the 99th
 * percentile of the last 100 that ended, and than twice their median; 0: they
 * are too few to tell, or nobody can be asked.
 */
void usual_ask(struct store *store, const char *run, const char *job,
    void (*cb)(void *arg, const char *run, int64_t ms), void *arg);

/* The rule, for n times in ms, which are sorted. */
int64_t usual_limit_ms(int64_t *times, size_t n);

#endif
