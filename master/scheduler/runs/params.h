/*
 * Parameters of a run: a JSON object of strings, as text. Until the run has
 * ended they are kept beside its run file, so that they survive a master.
 */
#ifndef BELFRY_SCHEDULER_PARAMS_H
#define BELFRY_SCHEDULER_PARAMS_H

#include "base/err.h"

#define PARAM_NAME_MAX  64
#define PARAM_VALUE_MAX 4096
#define PARAMS_MAX      16384 /* bytes of all as text */

/* Checks names and values. 0 or -1 with err. */
int params_check(const char *text, struct err *err);

/* Calls cb for each; text was checked. */
void params_each(const char *text,
    void (*cb)(void *arg, const char *name, const char *value), void *arg);

/* Keeps them for a run. 0, or -1 with errno. */
int params_save(int dirfd, const char *run, const char *text);

/* What was kept for this run; the caller frees it. NULL: nothing. */
char *params_load(int dirfd, const char *run);

void params_remove(int dirfd, const char *run);

#endif
