/* The tables of belfry-job(5): overlap, lateness, catch-up, retries. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "base/mem.h"
#include "scheduler/jobs/policy.h"

static void
overlap_says_what_a_slot_does(void **state)
{
	static const struct {
		int overlap, limit;
		struct policy_load load;
		enum policy_action action;
	} rows[] = {
	    {JOB_OVERLAP_DEFAULT, 0, {5, 0, false}, POLICY_START},
	    {JOB_OVERLAP_ALLOW, 0, {5000, 0, false}, POLICY_START},
	    {JOB_OVERLAP_ALLOW, 0, {1, 0, true}, POLICY_START},
	    {JOB_OVERLAP_ALLOW, 2, {1, 0, false}, POLICY_START},
	    {JOB_OVERLAP_ALLOW, 2, {2, 0, false}, POLICY_SKIP},
	    {JOB_OVERLAP_ALLOW, 1, {0, 0, true}, POLICY_START},
	    {JOB_OVERLAP_SKIP, 0, {0, 0, false}, POLICY_START},
	    {JOB_OVERLAP_SKIP, 0, {1, 0, false}, POLICY_SKIP},
	    {JOB_OVERLAP_SKIP, 0, {0, 0, true}, POLICY_SKIP},
	    {JOB_OVERLAP_SKIP, 9, {1, 0, false}, POLICY_SKIP},
	    {JOB_OVERLAP_QUEUE, 0, {0, 0, false}, POLICY_START},
	    {JOB_OVERLAP_QUEUE, 0, {1, 0, false}, POLICY_QUEUE},
	    {JOB_OVERLAP_QUEUE, 0, {0, 0, true}, POLICY_QUEUE},
	    {JOB_OVERLAP_QUEUE, 0, {0, 1, false}, POLICY_QUEUE},
	    {JOB_OVERLAP_QUEUE, 0, {1, 99, false}, POLICY_QUEUE},
	    {JOB_OVERLAP_QUEUE, 0, {1, 100, false}, POLICY_SKIP},
	    {JOB_OVERLAP_QUEUE, 2, {1, 1, false}, POLICY_QUEUE},
	    {JOB_OVERLAP_QUEUE, 2, {1, 2, false}, POLICY_SKIP},
	    {JOB_OVERLAP_REPLACE, 0, {0, 0, false}, POLICY_START},
	    {JOB_OVERLAP_REPLACE, 0, {1, 0, false}, POLICY_REPLACE},
	    {JOB_OVERLAP_REPLACE, 0, {0, 1, false}, POLICY_REPLACE},
	    {JOB_OVERLAP_REPLACE, 0, {0, 0, true}, POLICY_REPLACE},
	};

	for (size_t i = 0; i < nitems(rows); i++) {
		struct job_options options = {
		    .overlap = rows[i].overlap,
		    .overlap_limit = rows[i].limit,
		};
		const char *detail = NULL;

		if (policy_overlap(&options, &rows[i].load, &detail) !=
		    rows[i].action)
			fail_msg("row %zu", i);
		assert_int_equal(
		    detail[0] != '\0', rows[i].action == POLICY_SKIP);
		assert_int_equal(policy_limits_overlap(&options),
		    rows[i].overlap == JOB_OVERLAP_ALLOW && rows[i].limit != 0);
	}
}

static void
deadline_is_at_most_half_the_period(void **state)
{
	static const struct {
		int64_t key, period, deadline;
	} rows[] = {
	    {60000, 0, 60000},
	    {60000, 3600000, 60000},
	    {60000, 120000, 60000},
	    {60000, 119998, 59999},
	    {60000, 1000, 500},
	    {60000, 1, 0},
	    {7200000, 86400000, 7200000},
	    {7200000, 3600000, 1800000},
	};

	for (size_t i = 0; i < nitems(rows); i++) {
		struct job_options options = {.deadline_ms = rows[i].key};

		assert_int_equal(policy_deadline_ms(&options, rows[i].period),
		    rows[i].deadline);
	}
}

static void
catch_up_keeps_the_newest(void **state)
{
	static const struct {
		int catch_up, limit, keep;
	} rows[] = {
	    {JOB_CATCH_UP_NONE, 100, 0},
	    {JOB_CATCH_UP_LAST, 100, 1},
	    {JOB_CATCH_UP_ALL, 100, 100},
	    {JOB_CATCH_UP_ALL, 1, 1},
	};

	for (size_t i = 0; i < nitems(rows); i++) {
		struct job_options options = {
		    .catch_up = rows[i].catch_up,
		    .catch_up_limit = rows[i].limit,
		};

		assert_int_equal(policy_catch_up(&options), rows[i].keep);
	}
}

static void
retries_wait_longer_each_time(void **state)
{
	static const struct {
		int64_t delay, max;
		double backoff;
		int attempt;
		int64_t wait;
	} rows[] = {
	    {10000, 3600000, 2, 1, 10000},
	    {10000, 3600000, 2, 2, 20000},
	    {10000, 3600000, 2, 3, 40000},
	    {10000, 3600000, 1, 9, 10000},
	    {10000, 3600000, 2, 10, 3600000},
	    {10000, 25000, 2, 3, 25000},
	    {10000, 5000, 2, 1, 10000},
	    {10000, 3600000000, 2, 10, 5120000},
	    {10000, INT64_MAX, 100, 1000, INT64_C(31536000000)},
	    {0, 3600000, 2, 5, 0},
	    {10000, 3600000, 2, 1001, -1},
	};

	for (size_t i = 0; i < nitems(rows); i++) {
		struct job_options options = {
		    .retries = 1000,
		    .retry_delay_ms = rows[i].delay,
		    .retry_max_ms = rows[i].max,
		    .retry_backoff = rows[i].backoff,
		};
		struct run_result result = {.outcome = OUTCOME_FAILURE};

		if (policy_retry_ms(&options, &result, rows[i].attempt) !=
		    rows[i].wait)
			fail_msg("row %zu", i);
	}
}

static void
only_some_ends_are_repeated(void **state)
{
	static const struct {
		int code; /* the only one of retry-codes; -1 it is not given */
		struct run_result result;
		bool again;
	} rows[] = {
	    {-1, {.outcome = OUTCOME_SUCCESS}, false},
	    {-1, {.outcome = OUTCOME_FAILURE, .exit_code = 3}, true},
	    {-1, {.outcome = OUTCOME_FAILURE, .exit_code = -1, .signal = 9},
		true},
	    {-1, {.outcome = OUTCOME_TIMEOUT, .exit_code = -1}, true},
	    {-1, {.outcome = OUTCOME_LAUNCH_FAILED, .exit_code = -1}, true},
	    {-1, {.outcome = OUTCOME_KILLED}, false},
	    {-1, {.outcome = OUTCOME_LOST}, false},
	    {75, {.outcome = OUTCOME_FAILURE, .exit_code = 75}, true},
	    {75, {.outcome = OUTCOME_FAILURE, .exit_code = 74}, false},
	    {75, {.outcome = OUTCOME_FAILURE, .exit_code = -1, .signal = 11},
		false},
	    {75, {.outcome = OUTCOME_TIMEOUT, .exit_code = 75}, false},
	    {75, {.outcome = OUTCOME_LAUNCH_FAILED, .exit_code = -1}, false},
	    {75, {.outcome = OUTCOME_SUCCESS, .exit_code = 75}, false},
	    {0, {.outcome = OUTCOME_FAILURE, .exit_code = -1, .signal = 9},
		false},
	};

	for (size_t i = 0; i < nitems(rows); i++) {
		struct job_options options = {
		    .retries = 1,
		    .retry_delay_ms = 5,
		    .retry_backoff = 1,
		};

		if (rows[i].code != -1)
			code_set_add(&options.retry, rows[i].code);
		if ((policy_retry_ms(&options, &rows[i].result, 1) == 5) !=
		    rows[i].again)
			fail_msg("row %zu", i);
	}
}

/* 28 is any time-out of a request, its own and the job's. */
static void
time_outs_of_requests_are_repeated(void **state)
{
	const struct run_result own = {
	    .outcome = OUTCOME_TIMEOUT, .exit_code = 28};
	const struct run_result jobs = {
	    .outcome = OUTCOME_TIMEOUT, .exit_code = -1, .signal = 15};
	struct job_options options = {
	    .retries = 1, .retry_backoff = 1, .kind = KIND_HTTP};

	code_set_add(&options.retry, 7);
	assert_int_equal(policy_retry_ms(&options, &own, 1), -1);
	assert_int_equal(policy_retry_ms(&options, &jobs, 1), -1);
	code_set_add(&options.retry, 28);
	assert_int_equal(policy_retry_ms(&options, &own, 1), 0);
	assert_int_equal(policy_retry_ms(&options, &jobs, 1), 0);
	options.kind = KIND_COMMAND;
	assert_int_equal(policy_retry_ms(&options, &own, 1), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(overlap_says_what_a_slot_does),
	    cmocka_unit_test(deadline_is_at_most_half_the_period),
	    cmocka_unit_test(catch_up_keeps_the_newest),
	    cmocka_unit_test(retries_wait_longer_each_time),
	    cmocka_unit_test(only_some_ends_are_repeated),
	    cmocka_unit_test(time_outs_of_requests_are_repeated),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
