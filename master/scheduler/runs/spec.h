/* From a job's definition to what a worker must know of one run. */
#ifndef BELFRY_SCHEDULER_SPEC_H
#define BELFRY_SCHEDULER_SPEC_H

#include "ipc/wire.h"

struct master;
struct run;

/*
 * Writes the run's struct run_spec to w, which is emptied first. 0, or -1
 * when it does not fit into a message.
 */
int spec_encode(struct master *m, struct run *run, struct wire_writer *w);

#endif
