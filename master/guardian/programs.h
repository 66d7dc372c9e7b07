/*
 * The files that the guardian executes: its own program for the roles, and
 * belfry-worker. Both are held open: a role that is started again is of the
 * version that runs, whatever was installed in between.
 */
#ifndef BELFRY_GUARDIAN_PROGRAMS_H
#define BELFRY_GUARDIAN_PROGRAMS_H

#include "base/err.h"

/* The program of this process, also when its file is gone. */
#define PROGRAM_SELF "/proc/self/exe"

/* A descriptor to execute by is at least this. */
#define PROGRAM_FD_MIN 10

/*
 * The path that this program was called by, absolute: a link in it may point
 * to another version one day. Its real path when that cannot be told. The
 * caller frees it; NULL with err.
 */
char *program_path(const char *argv0, struct err *err);

/*
 * Finds belfry-worker beside this program, in the build or where it is
 * installed. A descriptor to execute it by, or -1 with err.
 */
int program_open_worker(struct err *err);

#endif
