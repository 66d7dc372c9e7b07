/* The function of a plugin job; see kinds/inside.h. */
#ifndef BELFRY_WORKER_PLUGIN_RUN_H
#define BELFRY_WORKER_PLUGIN_RUN_H

#include "database/params.h"
#include "kinds/inside.h"
#include "lock.h"
#include "run/spec.h"

struct plugin_job {
	const struct run_spec *spec;
	struct database_params *database; /* NULL: the job names none */
	struct plugin_lock *lock;
};

/* arg is a struct plugin_job. */
int plugin_run(void *arg, struct inside_note *note);

#endif
