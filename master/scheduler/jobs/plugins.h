/*
 * What the plugins of jobs are: asked of a worker, which loads them. Jobs wait
 * for the answer, for a bounded time, and are loaded again with it.
 */
#ifndef BELFRY_SCHEDULER_PLUGINS_H
#define BELFRY_SCHEDULER_PLUGINS_H

#include <stdbool.h>

#include "plugin_book.h"

struct job;
struct master;

struct plugins {
	struct plugin_book book;
	size_t nasks; /* under way */
};

/* For struct job_set_options; arg is the master. */
enum job_plugin plugins_find(void *arg, const char *name,
    const struct plugin_info **info_r, struct err *err);

/*
 * Does the plugin of the job take these parameters, JSON or NULL? Other jobs
 * take any. What is not known now the worker finds out. 0, or -1 with err.
 */
int plugins_check_params(struct master *m, const struct job *job,
    const char *params, struct err *err);

/* Is somebody asked? Then the jobs are loaded again when all have answered. */
bool plugins_are_asked(const struct master *m);

void plugins_fini(struct master *m);

#endif
