/*
 * How long this host's claims hold, told to its workers: a file beside the
 * run files. The master moves the deadline on with each heartbeat that Redis
 * has confirmed; a worker looks at the file when the deadline that it knows
 * has come, and so ends its run in time even when the master is stopped or
 * dead. No message is needed, however many runs there are.
 *
 * An epoch is the time in which a host's session was never lost. With a new
 * one, what was begun in an earlier epoch has no lease any more, but may go on
 * until the deadline that was last written in its own.
 */
#ifndef BELFRY_RUN_LEASE_H
#define BELFRY_RUN_LEASE_H

#include <stdbool.h>
#include <stdint.h>

/* In the directory of run files; no run id ends in so many letters. */
#define LEASE_FILE "lease"

/* At most so long has a run without a lease from its kill-signal to KILL. */
#define LEASE_GRACE_MS 2000

struct lease {
	uint64_t epoch;      /* from 1 */
	int64_t deadline_us; /* CLOCK_BOOTTIME; runs must begin to end then */
};

/* 0, or -1 with errno. Readers see the old or the new one, never a mixture. */
int lease_write(int dirfd, const struct lease *lease);

/* 0; -1 with errno ENOENT when there is none, EBADMSG when it is damaged. */
int lease_read(int dirfd, struct lease *lease_r);

/*
 * Does a run of epoch still have its lease at now_us? *deadline_us, the one
 * that was known before, is moved on when the file says so.
 */
bool
lease_holds(int dirfd, uint64_t epoch, int64_t now_us, int64_t *deadline_us);

#endif
