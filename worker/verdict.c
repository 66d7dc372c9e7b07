#include "verdict.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "base/duration.h"

/* Appends a part of the reason, with "; " in between. */
static void __attribute__((format(printf, 2, 3)))
add_reason(struct run_result *result, const char *fmt, ...)
{
	size_t len = strlen(result->reason);
	va_list ap;

	if (len > 0)
		len += (size_t)snprintf(
		    result->reason + len, sizeof(result->reason) - len, "; ");
	if (len >= sizeof(result->reason))
		return;
	va_start(ap, fmt);
	vsnprintf(result->reason + len, sizeof(result->reason) - len, fmt, ap);
	va_end(ap);
}

static void
add_doing(const struct verdict *v, struct run_result *result)
{
	if (v->doing != NULL && v->doing[0] != '\0')
		add_reason(result, "it was %s", v->doing);
}

/* What its own end says. */
static void
judge_status(const struct verdict *v, struct run_result *result)
{
	if (WIFEXITED(v->status)) {
		result->exit_code = WEXITSTATUS(v->status);
		if (v->cut_short && v->forced == OUTCOME_NONE) {
			result->outcome = OUTCOME_FAILURE;
			add_reason(result, "it called exit(%d); it was %s",
			    result->exit_code, v->doing);
			return;
		}
		if (code_set_has(v->success, result->exit_code)) {
			result->outcome = OUTCOME_SUCCESS;
			return;
		}
		result->outcome = OUTCOME_FAILURE;
		if (v->forced != OUTCOME_NONE)
			return;
		if (v->told != OUTCOME_NONE)
			result->outcome = v->told;
		if (v->reason != NULL && v->reason[0] != '\0')
			add_reason(result, "%s", v->reason);
		else
			add_reason(
			    result, "exited with code %d", result->exit_code);
		return;
	}
	result->signal = WTERMSIG(v->status);
	result->outcome = OUTCOME_FAILURE;
	if (v->forced != OUTCOME_NONE)
		return;
	add_reason(result, "killed by signal %s%s", signal_name(result->signal),
	    WCOREDUMP(v->status) ? ", core dumped" : "");
	add_doing(v, result);
}

/* The limit that a process was ended for; a shell tells its child's signal. */
static bool
is_cpu_exceeded(const struct verdict *v, const struct run_result *result)
{
	return v->limits.cpu_ms != 0 &&
	    (result->signal == SIGXCPU || result->exit_code == 128 + SIGXCPU ||
		(result->signal == SIGKILL && v->cpu_used_up));
}

/* What a failure may have to do with limits. */
static void
judge_limits(const struct verdict *v, struct run_result *result)
{
	char text[DURATION_TEXT_MAX], size[SIZE_TEXT_MAX];

	if (v->memory_exceeded)
		add_reason(result, "memory limit of %s exceeded",
		    size_format(size, v->limits.memory));
	else if (is_cpu_exceeded(v, result))
		add_reason(result, "cpu limit of %s exceeded",
		    duration_format_ms(text, v->limits.cpu_ms));
	if (v->forks_refused)
		add_reason(result, "limit of %u processes reached",
		    v->limits.processes);
}

static void
judge_forced(const struct verdict *v, struct run_result *result)
{
	char text[DURATION_TEXT_MAX];

	result->outcome = v->forced;
	if (v->forced == OUTCOME_TIMEOUT)
		add_reason(result, "timed out after %s",
		    duration_format_ms(text, v->timeout_ms));
	else
		add_reason(
		    result, "%s", kill_reason((enum kill_why)v->kill_why));
	add_doing(v, result);
}

void
verdict_apply(const struct verdict *v, struct run_result *result)
{
	result->exit_code = -1;
	result->signal = 0;
	result->reason[0] = '\0';
	if (v->failure[0] != '\0') {
		result->outcome = OUTCOME_LAUNCH_FAILED;
		add_reason(result, "%s", v->failure);
		return;
	}
	if (v->ended)
		judge_status(v, result);
	if (v->forced != OUTCOME_NONE)
		judge_forced(v, result);
	else if (result->outcome == OUTCOME_FAILURE)
		judge_limits(v, result);
	if (v->left > 0)
		add_reason(result, "left %d process%s behind, ended", v->left,
		    v->left == 1 ? "" : "es");
	if (v->stubborn > 0)
		add_reason(result, "%d process%s could not be killed",
		    v->stubborn, v->stubborn == 1 ? "" : "es");
	if (v->output_error != 0)
		add_reason(
		    result, "output lost: %s", strerror(v->output_error));
}
