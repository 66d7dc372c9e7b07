/* How a run ended, from what the worker saw. Pure. */
#ifndef BELFRY_WORKER_VERDICT_H
#define BELFRY_WORKER_VERDICT_H

#include <stdbool.h>

#include "ipc/message.h"
#include "run/result.h"
#include "run/spec.h"

struct verdict {
	const char *failure; /* why it could not be launched, "" it was */
	bool ended;          /* the main process was reaped, with status */
	int status;          /* as wait(2) has it */
	/* Why it was ended: OUTCOME_TIMEOUT, OUTCOME_KILLED, or none. */
	enum outcome forced;
	int kill_why;       /* enum kill_why */
	int64_t timeout_ms; /* the job's */
	int left;           /* processes it left behind */
	int stubborn;       /* processes that SIGKILL did not end */
	int output_error;   /* errno of lost output, 0 none */
	/* What a job that is no program said itself; see kinds/inside.h. */
	enum outcome told;  /* OUTCOME_NONE: nothing */
	const char *reason; /* "" none */
	bool cut_short;     /* its process ended before its function did */
	const char *doing; /* what it was about when it was ended, "" unknown */
	const struct code_set *success;
	struct run_limits limits;
	bool cpu_used_up;     /* the main process, up to the hard limit */
	bool memory_exceeded; /* the control group says so */
	bool forks_refused;   /* the control group says so */
};

/* Sets outcome, exit_code, signal and reason of the result. */
void verdict_apply(const struct verdict *verdict, struct run_result *result);

#endif
