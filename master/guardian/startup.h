/*
 * What the guardian does once, before the first role: directories, the lock
 * of the state directory, the pid file, going to the background.
 */
#ifndef BELFRY_GUARDIAN_STARTUP_H
#define BELFRY_GUARDIAN_STARTUP_H

#include <stdbool.h>

#include "base/err.h"
#include "config/config.h"
#include "priv.h"

/*
 * Goes to the background, with /dev/null as standard input and output: the
 * caller returns in the child; the parent stays until startup_detached() or
 * the child's death and exits 0 or 1. The descriptor for startup_detached(),
 * or -1 with err.
 */
int startup_detach(struct err *err);

/*
 * The daemon is up: lets the parent exit with 0 and turns standard error to
 * /dev/null, unless it is the log file by now. -1 (foreground) does nothing.
 */
void startup_detached(int fd, bool keeps_log);

/*
 * Makes state-dir (0700), state-dir/runs and run-dir (0755), owned by ids.
 * 0 or -1.
 */
int startup_directories(
    const struct config *config, const struct priv_ids *ids, struct err *err);

/*
 * Takes the lock of the state directory; the descriptor holds it. -1 with
 * err, which names the pid that has it.
 */
int startup_lock(const struct config *config, struct err *err);

/* Writes our pid. 0 or -1. */
int startup_pid_file(const char *path, struct err *err);

/* A memfd with the bytes of the file, for the roles. -1 with err. */
int startup_copy(const char *path, struct err *err);

/* Opens the log file for appending, owned by ids; -1 with err. */
int
startup_open_log(const char *path, const struct priv_ids *ids, struct err *err);

#endif
