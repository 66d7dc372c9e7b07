/* The function of a plugin job; see kinds/inside.h. */
#ifndef BELFRY_WORKER_PLUGIN_RUN_H
#define BELFRY_WORKER_PLUGIN_RUN_H

#include "kinds/inside.h"

/* arg is the struct run_spec. */
int plugin_run(void *arg, struct inside_note *note);

#endif
