/* How one run ended. Written by its worker, on the wire and in its run file. */
#ifndef BELFRY_RUN_RESULT_H
#define BELFRY_RUN_RESULT_H

#include <stdbool.h>
#include <stdint.h>

#include "ipc/values.h"
#include "ipc/wire.h"
#include "run/outcome.h"

#define RUN_REASON_MAX 400

struct run_result {
	enum outcome outcome;
	int32_t exit_code;      /* -1: none (a signal, or it never ran) */
	int32_t signal;         /* 0: none */
	int64_t started_us;     /* realtime us since 1970; 0: never started */
	int64_t finished_us;    /* realtime */
	int64_t duration_us;    /* by the monotonic clock */
	int64_t cpu_us;         /* user and system, the whole tree reaped */
	int64_t max_rss_kb;     /* of its largest process */
	uint64_t output_bytes;  /* what it wrote, kept or not */
	uint64_t dropped_bytes; /* what was not kept */
	char reason[RUN_REASON_MAX]; /* "" or one line in words */
	char values[RUN_VALUES_MAX]; /* JSON of what the job left; "" none */
};

void run_result_encode(const struct run_result *result, struct wire_writer *w);

/* How long it ran, to the nearest millisecond: the same wherever it is told. */
int64_t run_result_duration_ms(const struct run_result *result);

/* Did a person end it, by "belfry kill"? */
bool run_result_is_by_hand(const struct run_result *result);

/*
 * What a shell would call the exit status of the job: its exit code, 128 and
 * the signal; 124 for a time-out, 137 for a kill, 127 for a program that is
 * not there and 126 for what cannot be started otherwise.
 */
int run_result_exit_status(const struct run_result *result);

/*
 * What a reason says beyond the exit code or the signal of the run: what stands
 * behind these, as "; left 1 process behind, ended" or "", or all of it when it
 * does not begin with them. Points into it.
 */
const char *run_reason_beyond(const char *reason);

/* 0, or -1 when malformed. Fields that a newer worker appended are skipped. */
int run_result_decode(struct run_result *result, struct wire_reader *r);

#endif
