/* Runs a command while a mutex is held, and ends it when the mutex is lost. */
#ifndef BELFRY_CLI_LOCK_LOCK_RUN_H
#define BELFRY_CLI_LOCK_LOCK_RUN_H

#include "mutex/mutex.h"

/* How long a command that was told has to end, ms. */
#define LOCK_GRACE_MS 10000

/*
 * Runs argv (ends with NULL) with BELFRY_FENCE in its environment, in the
 * caller's process group; INT, TERM, HUP and QUIT are passed on to it. When
 * the mutex is lost it gets a TERM, and a KILL after LOCK_GRACE_MS. Returns
 * the exit status as a shell has it: its code, 128 and the signal, 126, 127.
 * *lost_r says whether the mutex was lost before the command ended.
 */
int lock_run(struct mutex *mutex, char **argv, bool *lost_r);

#endif
