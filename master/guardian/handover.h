/*
 * What a guardian hands to the program that takes its place, in the same
 * process, by execve(2): the contract between two versions of belfryd.
 *
 * The environment variable BELFRY_HANDOVER is the number of a descriptor, a
 * memfd. It holds u32 HANDOVER_VERSION and then the fields of struct handover
 * in their order, as wire.h writes them. Descriptors are numbers, open and
 * not close-on-exec. All signals are blocked, so that none is lost or kills
 * who does not catch it yet: the successor unblocks them. The command line is
 * that of a daemon: belfryd -c FILE -p FILE [-f] [-l LEVEL].
 *
 * Fields are only appended; a reader skips those that it does not know. The
 * version grows when an older reader could not go on: it refuses, and "belfryd
 * -t" with the variable set tells that before anything is given up. The
 * children of the predecessor have ended, workers and their jobs run on.
 */
#ifndef BELFRY_GUARDIAN_HANDOVER_H
#define BELFRY_GUARDIAN_HANDOVER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "config/config.h"
#include "listeners.h"
#include "programs.h"

#define HANDOVER_VERSION  1
#define HANDOVER_VARIABLE "BELFRY_HANDOVER"

struct guardian_options;

/* Strings are owned, and so are descriptors once it was taken. */
struct handover {
	char *from;       /* version of who hands over */
	char *self;       /* path of the installed program */
	uint32_t attempt; /* number of the upgrade since the daemon's start */
	/*
	 * The upgrade failed, for this reason, and the program before takes
	 * its place again, with the configuration that was in force. "" else.
	 */
	char *error;
	uint8_t drain; /* 1: drain as soon as all is up; 2: and end the jobs */
	/* Settings of who hands over: what its descriptors stand for. */
	char *state_dir;
	char *run_dir;
	char *socket;
	char *user;
	char *group;
	struct listeners listeners; /* in two places: sockets, then TCP */
	int lock_fd;                /* state-dir/belfryd.lock, locked */
	int config_fd; /* memfd: text of the configuration in force */
	int exe_fd;    /* program of who hands over, to go back to */
	struct programs programs; /* and its launchers' */
	char *listen; /* a setting; "" off, or of who did not know it */
};

/* The configuration's listen as it is handed over. */
const char *handover_listen(const struct config *config);

/* Everything is empty. */
void handover_init(struct handover *handover);

/* Also closes the descriptors that are not -1. */
void handover_fini(struct handover *handover);

/*
 * Executes program, with this handover, in place of this process. Returns
 * only when that failed: -1 with err, everything as it was.
 */
int handover_execute(const char *program, const struct handover *handover,
    const char *config_path, const char *pid_path,
    const struct guardian_options *options, struct err *err);

/*
 * For a child that is to execute the program only to test it: leaves the
 * variable and the descriptors behind for it. 0 or -1.
 */
int handover_leave(const struct handover *handover, struct err *err);

/* True when this process was given one. */
bool handover_is_there(void);

/*
 * Takes it: descriptors are close-on-exec again, the variable is gone. 0, or
 * -1 with err: it is malformed or of a newer version.
 */
int handover_take(struct handover *handover, struct err *err);

/*
 * Can a daemon with this configuration go on with it? 0, or -1 with err,
 * which names the setting that has changed.
 */
int handover_check(const struct handover *handover, const struct config *config,
    struct err *err);

/*
 * The program that handed over takes its place again: it is told why. Returns
 * only when even that failed: -1 with err.
 */
int handover_return(struct handover *handover, const char *why,
    const char *config_path, const char *pid_path,
    const struct guardian_options *options, struct err *err);

#endif
