/*
 * The files that the guardian executes: its own program for the roles,
 * belfry-worker and belfry-worker-lib for the launchers. They are held open: a
 * role that is started again is of the version that runs, whatever was
 * installed in between.
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

/* Owned descriptors to execute them by, -1 before they are open. */
struct programs {
	int worker_fd;  /* belfry-worker */
	int library_fd; /* belfry-worker-lib */
};

#define PROGRAMS_INIT                                                          \
	{                                                                      \
		-1, -1                                                         \
	}

/*
 * Finds them beside this program, in the build or where they are installed.
 * 0, or -1 with err.
 */
int programs_open(struct programs *programs, struct err *err);

/* The same files once more. 0, or -1 with err. */
int programs_copy(
    struct programs *programs, const struct programs *from, struct err *err);

void programs_close(struct programs *programs);

#endif
