#include "scheduler/jobs/policy.h"

#include "kind/http.h"

/* Nobody waits for what is later. */
#define RETRY_MAX_MS ((double)INT64_C(31536000000)) /* a year */

enum policy_action
policy_overlap(const struct job_options *options,
    const struct policy_load *load, const char **detail_r)
{
	unsigned limit = (unsigned)options->overlap_limit;
	bool busy = load->active > 0 || load->queued > 0 || load->retrying;

	*detail_r = "";
	switch ((enum job_overlap)options->overlap) {
	case JOB_OVERLAP_DEFAULT:
	case JOB_OVERLAP_ALLOW:
		if (limit == 0 || load->active < limit)
			return POLICY_START;
		*detail_r = "overlap-limit runs are in progress";
		return POLICY_SKIP;
	case JOB_OVERLAP_SKIP:
		if (!busy)
			return POLICY_START;
		*detail_r = "the run before it is not over";
		return POLICY_SKIP;
	case JOB_OVERLAP_QUEUE:
		if (!busy)
			return POLICY_START;
		if (load->queued < (limit != 0 ? limit : POLICY_QUEUE_MAX))
			return POLICY_QUEUE;
		*detail_r = "overlap-limit slots wait already";
		return POLICY_SKIP;
	case JOB_OVERLAP_REPLACE:
		return busy ? POLICY_REPLACE : POLICY_START;
	}
	return POLICY_START;
}

bool
policy_limits_overlap(const struct job_options *options)
{
	return options->overlap_limit != 0 &&
	    (options->overlap == JOB_OVERLAP_DEFAULT ||
		options->overlap == JOB_OVERLAP_ALLOW);
}

int64_t
policy_deadline_ms(const struct job_options *options, int64_t period_ms)
{
	if (period_ms > 0 && period_ms / 2 < options->deadline_ms)
		return period_ms / 2;
	return options->deadline_ms;
}

int
policy_catch_up(const struct job_options *options)
{
	switch ((enum job_catch_up)options->catch_up) {
	case JOB_CATCH_UP_NONE:
		break;
	case JOB_CATCH_UP_LAST:
		return 1;
	case JOB_CATCH_UP_ALL:
		return options->catch_up_limit;
	}
	return 0;
}

static bool
has_codes(const struct code_set *set)
{
	for (int i = 0; i < 8; i++)
		if (set->bits[i] != 0)
			return true;
	return false;
}

/* What retry-codes looks at; -1: nothing that it could have. */
static int
retry_code(const struct job_options *options, const struct run_result *result)
{
	if (options->kind == KIND_HTTP && result->outcome == OUTCOME_TIMEOUT)
		return HTTP_EXIT_TIMEOUT;
	if (result->outcome == OUTCOME_FAILURE && result->signal == 0)
		return result->exit_code;
	return -1;
}

static bool
is_retried(const struct job_options *options, const struct run_result *result)
{
	if (has_codes(&options->retry))
		return code_set_has(
		    &options->retry, retry_code(options, result));
	/*
	 * Not what a person ended, and not what was lost: that may have done
	 * its work, and a slot is run at most once.
	 */
	return result->outcome == OUTCOME_FAILURE ||
	    result->outcome == OUTCOME_TIMEOUT ||
	    result->outcome == OUTCOME_LAUNCH_FAILED;
}

int64_t
policy_retry_ms(const struct job_options *options,
    const struct run_result *result, int attempt)
{
	double ms = (double)options->retry_delay_ms;
	double max = (double)options->retry_max_ms;

	if (attempt > options->retries || !is_retried(options, result))
		return -1;
	if (max > RETRY_MAX_MS)
		max = RETRY_MAX_MS;
	if (ms > max)
		return options->retry_delay_ms;
	for (int i = 1; i < attempt && ms < max; i++)
		ms *= options->retry_backoff;
	return (int64_t)(ms < max ? ms : max);
}
