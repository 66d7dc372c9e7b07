/* From a job's definition to what a worker must know of one run. */
#ifndef BELFRY_SCHEDULER_SPEC_H
#define BELFRY_SCHEDULER_SPEC_H

#include <stdint.h>
#include <sys/types.h>

#include "config/job.h"
#include "ipc/wire.h"
#include "run/runfile.h"

struct user;

/* All borrowed. */
struct spec_source {
	const struct job_def *def;
	const struct run_begin *begin;
	const char *params;          /* JSON, checked; NULL none */
	const char *parents;         /* JSON of what it came after; NULL none */
	const struct config *config; /* whose databases it may name */
	uid_t launcher;              /* as whom the worker starts */
	const struct user *user;     /* whom spec_user_name() names */
	int64_t last_success_ms;     /* 0 none */
	/* Of a cluster, as in struct run_spec; 0: no lease is needed. */
	uint64_t lease_epoch;
	int64_t lease_grace_ms;
	bool lease_kill;
};

/*
 * Whom the job runs as: for user_look_up(), with the job's group. default_user
 * is that of belfry.conf.
 */
const char *spec_user_name(const struct job_def *def, const char *default_user);

/*
 * Writes the run's struct run_spec to w, which is emptied first. 0, or -1
 * when it does not fit into a message.
 */
int spec_encode(const struct spec_source *source, struct wire_writer *w);

#endif
