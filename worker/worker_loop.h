/*
 * A run while its process tree lives: output, time-out, requests to kill, a
 * master that comes and goes. Internal to the worker.
 */
#ifndef BELFRY_WORKER_WORKER_LOOP_H
#define BELFRY_WORKER_WORKER_LOOP_H

#include "worker.h"

/* CLOCK_BOOTTIME in microseconds: durations and deadlines. */
int64_t worker_now_us(void);

/* Until phase is WORKER_OVER. */
void worker_loop(struct worker *worker);

/* Takes the output that is there without waiting, at most about 1 MiB. */
void worker_drain(struct worker *worker);

#endif
