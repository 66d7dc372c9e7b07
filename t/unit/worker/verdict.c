/* What a run's end is called. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <signal.h>
#include <string.h>

#include "base/mem.h"
#include "verdict.h"

#define EXIT(code)    ((code) << 8)
#define DUMPED(signo) ((signo) | 0x80)

static const struct {
	struct verdict v;
	enum outcome outcome;
	int exit_code, signal;
	const char *reason;
} table[] = {
    {{.failure = "", .ended = true, .status = EXIT(0)}, OUTCOME_SUCCESS, 0, 0,
	""},
    {{.failure = "", .ended = true, .status = EXIT(7)}, OUTCOME_SUCCESS, 7, 0,
	""},
    {{.failure = "", .ended = true, .status = EXIT(1)}, OUTCOME_FAILURE, 1, 0,
	"exited with code 1"},
    {{.failure = "", .ended = true, .status = EXIT(255)}, OUTCOME_FAILURE, 255,
	0, "exited with code 255"},
    {{.failure = "", .ended = true, .status = 9}, OUTCOME_FAILURE, -1, 9,
	"killed by signal KILL"},
    {{.failure = "", .ended = true, .status = DUMPED(11)}, OUTCOME_FAILURE, -1,
	11, "killed by signal SEGV, core dumped"},
    {{.failure = "cannot execute x"}, OUTCOME_LAUNCH_FAILED, -1, 0,
	"cannot execute x"},
    {{.failure = "",
	 .ended = true,
	 .status = 15,
	 .forced = OUTCOME_TIMEOUT,
	 .timeout_ms = 5000},
	OUTCOME_TIMEOUT, -1, 15, "timed out after 5s"},
    {{.failure = "",
	 .ended = true,
	 .status = EXIT(0),
	 .forced = OUTCOME_TIMEOUT,
	 .timeout_ms = 5400000},
	OUTCOME_TIMEOUT, 0, 0, "timed out after 1h30m"},
    /* What it said itself counts where nobody ended it. */
    {{.failure = "",
	 .ended = true,
	 .status = EXIT(28),
	 .told = OUTCOME_TIMEOUT,
	 .reason = "no answer"},
	OUTCOME_TIMEOUT, 28, 0, "no answer"},
    {{.failure = "",
	 .ended = true,
	 .status = EXIT(104),
	 .told = OUTCOME_FAILURE,
	 .reason = "the status is 404",
	 .doing = "receiving"},
	OUTCOME_FAILURE, 104, 0, "the status is 404"},
    {{.failure = "",
	 .ended = true,
	 .status = EXIT(0),
	 .told = OUTCOME_FAILURE,
	 .reason = "not so"},
	OUTCOME_SUCCESS, 0, 0, ""},
    {{.failure = "",
	 .ended = true,
	 .status = 11,
	 .told = OUTCOME_FAILURE,
	 .reason = "half a",
	 .doing = "receiving"},
	OUTCOME_FAILURE, -1, 11, "killed by signal SEGV; it was receiving"},
    {{.failure = "",
	 .ended = true,
	 .status = EXIT(0),
	 .cut_short = true,
	 .doing = "in run"},
	OUTCOME_FAILURE, 0, 0, "it called exit(0); it was in run"},
    {{.failure = "",
	 .ended = true,
	 .status = 15,
	 .forced = OUTCOME_TIMEOUT,
	 .timeout_ms = 5000,
	 .told = OUTCOME_FAILURE,
	 .reason = "half a",
	 .doing = "connecting"},
	OUTCOME_TIMEOUT, -1, 15, "timed out after 5s; it was connecting"},
    {{.failure = "",
	 .ended = true,
	 .status = EXIT(3),
	 .forced = OUTCOME_KILLED,
	 .kill_why = KILL_OPERATOR},
	OUTCOME_KILLED, 3, 0, "killed by operator"},
    {{.failure = "",
	 .ended = true,
	 .status = 9,
	 .forced = OUTCOME_KILLED,
	 .kill_why = KILL_SHUTDOWN},
	OUTCOME_KILLED, -1, 9, "killed at shutdown"},
    {{.failure = "",
	 .ended = true,
	 .status = 15,
	 .forced = OUTCOME_KILLED,
	 .kill_why = KILL_REPLACED},
	OUTCOME_KILLED, -1, 15, "replaced by a newer run"},
    {{.failure = "",
	 .forced = OUTCOME_KILLED,
	 .kill_why = KILL_OPERATOR,
	 .stubborn = 1},
	OUTCOME_KILLED, -1, 0,
	"killed by operator; 1 process could not be killed"},
    {{.failure = "", .ended = true, .status = EXIT(0), .left = 1},
	OUTCOME_SUCCESS, 0, 0, "left 1 process behind, ended"},
    {{.failure = "", .ended = true, .status = EXIT(2), .left = 3},
	OUTCOME_FAILURE, 2, 0,
	"exited with code 2; left 3 processes behind, ended"},
    {{.failure = "", .ended = true, .status = EXIT(0), .output_error = ENOSPC},
	OUTCOME_SUCCESS, 0, 0, "output lost: No space left on device"},
    {{.failure = "",
	 .ended = true,
	 .status = SIGXCPU,
	 .limits = {.cpu_ms = 5000}},
	OUTCOME_FAILURE, -1, SIGXCPU,
	"killed by signal XCPU; cpu limit of 5s exceeded"},
    {{.failure = "",
	 .ended = true,
	 .status = EXIT(128 + SIGXCPU),
	 .limits = {.cpu_ms = 5000}},
	OUTCOME_FAILURE, 128 + SIGXCPU, 0,
	"exited with code 152; cpu limit of 5s exceeded"},
    {{.failure = "",
	 .ended = true,
	 .status = SIGKILL,
	 .cpu_used_up = true,
	 .limits = {.cpu_ms = 5000}},
	OUTCOME_FAILURE, -1, SIGKILL,
	"killed by signal KILL; cpu limit of 5s exceeded"},
    {{.failure = "", .ended = true, .status = SIGKILL, .cpu_used_up = true},
	OUTCOME_FAILURE, -1, SIGKILL, "killed by signal KILL"},
    {{.failure = "",
	 .ended = true,
	 .status = SIGKILL,
	 .cpu_used_up = true,
	 .memory_exceeded = true,
	 .limits = {.cpu_ms = 5000, .memory = 64 << 20}},
	OUTCOME_FAILURE, -1, SIGKILL,
	"killed by signal KILL; memory limit of 64M exceeded"},
    {{.failure = "",
	 .ended = true,
	 .status = EXIT(1),
	 .forks_refused = true,
	 .limits = {.processes = 20}},
	OUTCOME_FAILURE, 1, 0,
	"exited with code 1; limit of 20 processes reached"},
    {{.failure = "",
	 .ended = true,
	 .status = EXIT(0),
	 .forks_refused = true,
	 .limits = {.processes = 20}},
	OUTCOME_SUCCESS, 0, 0, ""},
    {{.failure = "",
	 .ended = true,
	 .status = 15,
	 .forced = OUTCOME_TIMEOUT,
	 .timeout_ms = 1,
	 .stubborn = 2,
	 .output_error = EIO},
	OUTCOME_TIMEOUT, -1, 15,
	"timed out after 1ms; 2 processes could not be killed; "
	"output lost: Input/output error"},
};

static void
test_table(void **state)
{
	struct code_set success = {{0}};
	struct run_result result;
	struct verdict v;

	code_set_add(&success, 0);
	code_set_add(&success, 7);
	for (size_t i = 0; i < nitems(table); i++) {
		v = table[i].v;
		v.success = &success;
		memset(&result, 0x55, sizeof(result));
		verdict_apply(&v, &result);
		assert_string_equal(result.reason, table[i].reason);
		assert_int_equal(result.outcome, table[i].outcome);
		assert_int_equal(result.exit_code, table[i].exit_code);
		assert_int_equal(result.signal, table[i].signal);
	}
}

static void
test_long(void **state)
{
	char failure[1000];
	struct verdict v = {.failure = failure};
	struct run_result result;

	memset(failure, 'x', sizeof(failure) - 1);
	failure[sizeof(failure) - 1] = '\0';
	verdict_apply(&v, &result);
	assert_int_equal(strlen(result.reason), RUN_REASON_MAX - 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_table),
	    cmocka_unit_test(test_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
