#include "policy.h"

#define MINUTE_MS    60000
#define RETRY_MAX_MS 3600000

enum policy_action
policy_overlap(enum job_overlap overlap, bool busy, unsigned queued)
{
	if (!busy && queued == 0)
		return POLICY_START;
	switch (overlap) {
	case JOB_OVERLAP_DEFAULT:
	case JOB_OVERLAP_ALLOW:
		return POLICY_START;
	case JOB_OVERLAP_SKIP:
		return POLICY_SKIP;
	case JOB_OVERLAP_QUEUE:
		return queued < POLICY_QUEUE_MAX ? POLICY_QUEUE : POLICY_SKIP;
	case JOB_OVERLAP_REPLACE:
		return POLICY_REPLACE;
	}
	return POLICY_START;
}

int64_t
policy_deadline_ms(int64_t period_ms)
{
	if (period_ms > 0 && period_ms / 2 < MINUTE_MS)
		return period_ms / 2;
	return MINUTE_MS;
}

static bool
is_retried(enum outcome outcome)
{
	/*
	 * Not what a person ended, and not what was lost: that may have done
	 * its work, and a slot is run at most once.
	 */
	return outcome == OUTCOME_FAILURE || outcome == OUTCOME_TIMEOUT ||
	    outcome == OUTCOME_LAUNCH_FAILED;
}

int64_t
policy_retry_ms(
    const struct job_options *options, enum outcome outcome, int attempt)
{
	double ms = (double)options->retry_delay_ms;
	double max = RETRY_MAX_MS;

	if (!is_retried(outcome) || attempt > options->retries)
		return -1;
	if (ms > max)
		return options->retry_delay_ms;
	for (int i = 1; i < attempt && ms < max; i++)
		ms *= options->retry_backoff;
	return (int64_t)(ms < max ? ms : max);
}
