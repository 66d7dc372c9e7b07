/*
 * A crontab as a job file: each entry a job, with what cron's users put around
 * their commands turned into keys, and notes on what is not the same. Pure.
 */
#ifndef BELFRY_CLI_IMPORT_IMPORT_H
#define BELFRY_CLI_IMPORT_IMPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/strbuf.h"
#include "config/crontab/crontab.h"

struct import {
	bool system;      /* its lines name users */
	const char *user; /* whose own it is; NULL: nobody is named */
	const char *name; /* of the crontab, in comments */
	/* Called for each note, line 0 for the whole crontab. */
	void (*note)(void *arg, uint32_t line, const char *text);
	void *arg;
};

/*
 * The job file of a crontab into b. text, len bytes and a NUL, is cut up. How
 * many jobs there are. Mistakes are passed over, and those of times and values
 * not looked for: crontab_tell_errors() knows them.
 */
size_t import_crontab(
    const struct import *import, char *text, size_t len, struct strbuf *b);

/*
 * Whether all its entries seem to have a user before the command: a word that
 * is_user() knows, and at least once one that is_program() does not.
 */
bool import_is_system(const char *text, size_t len,
    bool (*is_user)(const char *name), bool (*is_program)(const char *name));

/* unwrap.c: what was taken off a command. */
struct unwrapped {
	struct strbuf command;
	bool skip;            /* flock -n */
	char timeout[32];     /* "" none; as durations are written */
	char kill_grace[32];  /* "" none */
	char kill_signal[16]; /* "" none */
	char jitter[32];      /* "" none */
	struct strbuf lock;   /* the file of flock */
	bool random_of_bash;  /* it was $RANDOM */
	bool kept;            /* there is one around a part of it only */
};

/* Takes flock -n, timeout and sleep of a random time off the front. */
void unwrap(struct unwrapped *u, const char *command);
void unwrapped_fini(struct unwrapped *u);

/* lint.c: calls note for what may surprise in an entry. */
struct lint {
	const struct crontab_entry *entry;
	bool has_path; /* nothing is to be said of PATH */
	void (*note)(void *arg, const char *text);
	void *arg;
};

/* Whether something was said of PATH. */
bool lint_entry(const struct lint *lint);

#endif
