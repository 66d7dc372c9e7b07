/*
 * "belfry exec": a run in the foreground of a terminal, without launcher,
 * master and record. The job is started and ended by the same code as any
 * run, but its output goes where ours goes, and the terminal's signals end it
 * as "belfry kill" would.
 */
#ifndef BELFRY_WORKER_FOREGROUND_H
#define BELFRY_WORKER_FOREGROUND_H

struct worker;

/* Does all of it and exits. fd: the argument behind WORKER_FOREGROUND. */
_Noreturn void foreground_run(struct worker *worker, const char *fd);

#endif
