/* The names of crontabs' jobs. Pure. */
#ifndef BELFRY_CONFIG_CRONTAB_NAME_H
#define BELFRY_CONFIG_CRONTAB_NAME_H

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
 */
void crontab_name(struct crontab_namer *namer, const char *user,
    const char *command, char name_r[JOB_NAME_MAX + 1]);

/* PREFIX.SOURCE.NAME, for a name that the crontab gives. */
void crontab_name_given(const struct crontab_namer *namer, const char *given,
    char name_r[JOB_NAME_MAX + 1]);

/*
 * What a person would call a command: the last component of its first path,
 * for the words before that are often "test -x" or "cd"; else its first word.
 */
#define CRONTAB_PROGRAM_MAX 32
void
crontab_program(const char *command, char program_r[CRONTAB_PROGRAM_MAX + 1]);

void crontab_namer_fini(struct crontab_namer *namer);

#endif
