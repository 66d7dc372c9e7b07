/* The runs that the benchmarks of the store record. */
#ifndef BELFRY_T_BENCH_RECORD_RUN_H
#define BELFRY_T_BENCH_RECORD_RUN_H

#include "ipc/record.h"

#define RECORD_JOBS   5000
#define RECORD_PLACES 4096 /* run files */
#define RECORD_OUTPUT                                                          \
	"Lorem ipsum dolor sit amet, consectetur adipiscing elit, sed do "     \
	"eiusmod tempor incididunt ut labore\n"

/* Run number i, a success with that output; its file is not made. */
struct record_end record_run(int i);

#endif
