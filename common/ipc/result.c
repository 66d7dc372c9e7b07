#include "ipc/result.h"

#include <stdio.h>

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
}

int
run_result_decode(struct run_result *result, struct wire_reader *r)
{
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
	if (!wire_ok(r) || result->outcome >= OUTCOME_COUNT)
		return -1;
	return 0;
}
