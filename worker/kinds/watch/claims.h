/*
 * The table belfry_watch: which rows are claimed by which run, how often each
 * was tried, and when it may be tried again. A row that succeeds leaves it.
 */
#ifndef BELFRY_WORKER_WATCH_CLAIMS_H
#define BELFRY_WORKER_WATCH_CLAIMS_H

#include <stdint.h>

#include "kinds/watch/watch.h"

/*
 * Makes the table, if there is none, and looks at the query: 0, or -1 with
 * err. To be called once, before all others.
 */
int claims_init(struct watch *watch, struct err *err);

/*
 * Claims up to n rows that nobody has and that are not to wait. NULL: with err,
 * or there is none. The caller clears the result.
 */
PGresult *claims_take(struct watch *watch, int n, struct err *err);

/*
 * The row's command succeeded: runs watch-done and forgets the row, both or
 * none. 0; 1: another run has the row by now, and nothing was done; -1 with
 * err.
 */
int claims_done(
    struct watch *watch, const struct watch_handler *handler, struct err *err);

/*
 * It failed: runs watch-failed, and the row waits, or is parked. 0 and 1 as
 * above; -1 with err: the database cannot be used.
 */
int claims_failed(struct watch *watch, const struct watch_handler *handler,
    const struct err *why, struct err *err);

/* Renews the leases of the run's rows. 0, or -1 with err. */
int claims_renew(struct watch *watch, struct err *err);

/* Gives back what the run has claimed, as if it had not. */
void claims_return(struct watch *watch);

/* How many rows are parked; -1: unknown. */
int64_t claims_parked(struct watch *watch);

#endif
