/* What is wrong with rows of one job that come newest first. */
#ifndef BELFRY_MASTER_RECORDER_VERIFY_CHECK_H
#define BELFRY_MASTER_RECORDER_VERIFY_CHECK_H

#include <jansson.h>

#include "recorder/explain/plan.h"
#include "recorder/store.h"

struct verify_job {
	const struct plans *plans;
	json_t *found;         /* what is wrong is added here */
	int runs_fd;           /* directory of the run files */
	const char *node_name; /* ... of this host's runs */
	bool apart;            /* other hosts have rows that we do not see */
	/* slots: all that is expected after this was looked at */
	int64_t upto_ms;
	/* the slot of the last row of the schedule; INT64_MAX none */
	int64_t next_ms;
	/* runs: the earliest start of those that were looked at */
	int64_t start_us; /* INT64_MAX none */
	char start_run[RUN_ID_SIZE];
};

/* A row of the ledger, with its run when there is one. */
void verify_slot(struct verify_job *job, const struct store_check *c);

/* All slots that the schedule has later than from_ms and no row had. */
void verify_gap(struct verify_job *job, int64_t from_ms);

/* A run, with the ledger's row of its slot when there is one. */
void verify_run(struct verify_job *job, const struct store_check *c);

#endif
