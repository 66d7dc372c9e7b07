/* The names of crontabs' jobs. Pure. */
#ifndef BELFRY_CONFIG_CRONTAB_NAME_H
#define BELFRY_CONFIG_CRONTAB_NAME_H

#include <stdbool.h>
#include <stdint.h>

#include "run/spec.h"

/* How often a hash came so far; times 0: a free place. */
struct crontab_seen {
	uint32_t hash;
	unsigned times;
};

struct crontab_namer {
	const char *prefix; /* "cron", or "crontab" of a user's own */
	const char *source; /* the file's name: of a user's own, the user */
	struct crontab_seen *seen; /* owned: a table by hash */
	size_t n, size;            /* places taken, and all: a power of 2 */
};

/*
 * PREFIX.SOURCE.PROGRAM-HASH, by user and command: it stays when the line
 * moves or its times change. Lines that are alike are told apart by a number,
 * in their order. user may be NULL.
 *
 * Only SOURCE can have dots, so that a name is of one SOURCE alone, as "a.b"
 * may be a user beside "a".
 */
void crontab_name(struct crontab_namer *namer, const char *user,
    const char *command, char name_r[JOB_NAME_MAX + 1]);

/* Of names that a crontab gives. */
#define CRONTAB_GIVEN_MAX 64

/* Can a crontab give this name? Letters, digits, "_" and "-". */
bool crontab_is_given(const char *given);

/* PREFIX.SOURCE.NAME, for a name that the crontab gives. */
void crontab_name_given(const struct crontab_namer *namer, const char *given,
    char name_r[JOB_NAME_MAX + 1]);

void crontab_namer_fini(struct crontab_namer *namer);

/*
 * program.c: what a person would call a command: the program or the script
 * that it is about, without directory and ending. What prepares or decides is
 * passed over ("cd X &&", "[ ... ] &&", "VAR=x", "sleep 5;"), and so is what
 * runs it ("nice", "flock -n FILE", "sudo -u X", "sh", "python3"). Of letters,
 * digits, "_" and "-"; never empty.
 */
#define CRONTAB_PROGRAM_MAX 32
void
crontab_program(const char *command, char program_r[CRONTAB_PROGRAM_MAX + 1]);

#endif
