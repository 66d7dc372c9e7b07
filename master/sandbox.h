/*
 * What a process that speaks with strangers gives up, for good: starting
 * programs and processes, writing to files, looking at or signalling other
 * processes, sockets but unix ones, and whatever changes the machine. It keeps
 * the descriptors that it has, may accept on them and may read files.
 *
 * By seccomp(2), with a filter that names what is denied, so that a new libc
 * does not break it: a denied call fails with EPERM and is told to the audit
 * log. For the api alone. Not for the guardian and the launchers: whoever
 * they start, which is jobs in the end, would inherit it.
 */
#ifndef BELFRY_MASTER_SANDBOX_H
#define BELFRY_MASTER_SANDBOX_H

#include "base/err.h"

/* The leak check at the end of a process takes a look at it from outside. */
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANDBOX_MAY_FORK 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__)
#define SANDBOX_MAY_FORK 1
#endif

/*
 * This process and all that come of it never gain privileges by executing a
 * program. 0, or -1 with err.
 */
int sandbox_no_new_privileges(struct err *err);

/*
 * The above, and the filter. 0; -1 with err where the system has no seccomp
 * or does not let us: nothing is wrong then but that nothing is given up.
 */
int sandbox_enter(struct err *err);

#endif
