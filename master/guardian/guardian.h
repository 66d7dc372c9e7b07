/*
 * The guardian: parent of all roles. Starts them, wires them together, starts
 * again what dies, passes signals on. It parses nothing but belfry.conf, once,
 * at start; knows no job; and so has nothing to crash on.
 */
#ifndef BELFRY_GUARDIAN_GUARDIAN_H
#define BELFRY_GUARDIAN_GUARDIAN_H

#include <stdbool.h>

#include "base/log.h"
#include "config/config.h"

struct handover;

struct guardian_options {
	const char *argv0;       /* what the program was called */
	const char *config_path; /* absolute */
	const char *pid_path;    /* NULL: RUN-DIR/belfryd.pid */
	bool foreground;
	int log_level; /* enum log_level; -1: as configured */
};

/* Exit status of a daemon that left its jobs running (SIGQUIT). */
#define GUARDIAN_EXIT_LEFT 75

/*
 * Runs the daemon until it is told to stop; the exit status: 0 stopped, 1
 * cannot run, GUARDIAN_EXIT_LEFT. config stays the caller's. In a successor,
 * given is what its predecessor handed over: -1 with err when it cannot even
 * begin, and the predecessor is to have it back.
 */
int guardian_run(struct config *config, const struct guardian_options *options,
    struct handover *given, struct err *err);

#endif
