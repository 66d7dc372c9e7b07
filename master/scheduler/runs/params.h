/*
 * What a run was begun with. Parameters: a JSON object of strings, as text.
 * Parents: the ends of runs that it comes after, a JSON array of
 * {"job", "run", "outcome", "exit_code"}, as text on one line. Until the run
 * has ended they are kept beside its run file, so that they survive a master.
 */
#ifndef BELFRY_SCHEDULER_PARAMS_H
#define BELFRY_SCHEDULER_PARAMS_H

#include <stdbool.h>

#include "base/err.h"

#define PARAM_NAME_MAX  64
#define PARAM_VALUE_MAX 4096
#define PARAMS_MAX      16384 /* bytes of all as text */

/* Checks names and values. 0 or -1 with err. */
int params_check(const char *text, struct err *err);

/* Calls cb for each; text was checked. */
void params_each(const char *text,
    void (*cb)(void *arg, const char *name, const char *value), void *arg);

/*
 * Calls cb with the variables of a run that comes after others: those of the
 * parent whose end began it, and BELFRY_PARENTS, a line for each.
 */
void params_each_parent(const char *parents, const char *began,
    void (*cb)(void *arg, const char *name, const char *value), void *arg);

/* Keeps both for a run; NULL: it has none. 0, or -1 with errno. */
int params_save(
    int dirfd, const char *run, const char *params, const char *parents);

/*
 * What was kept for this run; the caller frees both. False: nothing, and both
 * are NULL.
 */
bool params_load(int dirfd, const char *run, char **params_r, char **parents_r);

void params_remove(int dirfd, const char *run);

#endif
