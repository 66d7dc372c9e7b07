#include "run/result.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "ipc/message.h"

void
run_result_encode(const struct run_result *result, struct wire_writer *w)
{
	wire_put_u8(w, (uint8_t)result->outcome);
	wire_put_i32(w, result->exit_code);
	wire_put_i32(w, result->signal);
	wire_put_i64(w, result->started_us);
	wire_put_i64(w, result->finished_us);
	wire_put_i64(w, result->duration_us);
	wire_put_i64(w, result->cpu_us);
	wire_put_i64(w, result->max_rss_kb);
	wire_put_u64(w, result->output_bytes);
	wire_put_u64(w, result->dropped_bytes);
	wire_put_str(w, result->reason);
	wire_put_str(w, result->values);
}

int
run_result_decode(struct run_result *result, struct wire_reader *r)
{
	const char *text;

	result->outcome = wire_get_u8(r);
	result->exit_code = wire_get_i32(r);
	result->signal = wire_get_i32(r);
	result->started_us = wire_get_i64(r);
	result->finished_us = wire_get_i64(r);
	result->duration_us = wire_get_i64(r);
	result->cpu_us = wire_get_i64(r);
	result->max_rss_kb = wire_get_i64(r);
	result->output_bytes = wire_get_u64(r);
	result->dropped_bytes = wire_get_u64(r);
	snprintf(result->reason, sizeof(result->reason), "%s", wire_get_str(r));
	result->values[0] = '\0';
	if (r->pos < r->len) { /* older versions had none */
		text = wire_get_str(r);
		if (strlen(text) < sizeof(result->values))
			memcpy(result->values, text, strlen(text) + 1);
	}
	if (!wire_ok(r) || result->outcome >= OUTCOME_COUNT)
		return -1;
	return 0;
}

int
run_result_exit_status(const struct run_result *result)
{
	static const char executing[] = "cannot execute ";

	switch (result->outcome) {
	case OUTCOME_TIMEOUT:
		return 124;
	case OUTCOME_KILLED:
		return 137;
	case OUTCOME_LAUNCH_FAILED:
		/* A directory may be missing, too: that is 126. */
		return strncmp(result->reason, executing, strlen(executing)) ==
			    0 &&
			strstr(result->reason, "No such file") != NULL ?
		    127 :
		    126;
	case OUTCOME_SUCCESS:
	case OUTCOME_FAILURE:
		if (result->signal > 0)
			return 128 + result->signal;
		if (result->exit_code >= 0)
			return result->exit_code;
		return result->outcome == OUTCOME_SUCCESS ? 0 : 1;
	case OUTCOME_NONE:
	case OUTCOME_LOST:
	case OUTCOME_SKIPPED:
	case OUTCOME_MISSED:
	case OUTCOME_COUNT:
		break;
	}
	return 1;
}

bool
run_result_is_by_hand(const struct run_result *result)
{
	return result->outcome == OUTCOME_KILLED &&
	    strstr(result->reason, kill_reason(KILL_OPERATOR)) != NULL;
}

const char *
run_reason_beyond(const char *reason)
{
	static const char *const beginnings[] = {
	    "exited with code ", "killed by signal "};

	for (size_t i = 0; i < nitems(beginnings); i++) {
		size_t n = strlen(beginnings[i]);

		if (strncmp(reason, beginnings[i], n) == 0)
			return reason + n + strcspn(reason + n, ";,");
	}
	return reason;
}

int64_t
run_result_duration_ms(const struct run_result *result)
{
	return (result->duration_us + 500) / 1000;
}
