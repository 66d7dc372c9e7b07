/* What "belfry crontab" and "belfry import" share. */
#ifndef BELFRY_CLI_CRONTAB_CRONTAB_H
#define BELFRY_CLI_CRONTAB_CRONTAB_H

#include <stddef.h>

#include "cli/cli.h"

/* The text of a file, of standard input for "-"; the caller frees it. NULL: told. */
char *crontab_read_file(const char *path, size_t *len_r);

/*
 * Tells on standard error what is wrong with the text of user's crontab, NULL:
 * one of the system's, by file and line; with hints, what may surprise, too.
 * How many errors there are.
 */
size_t crontab_tell_errors(const char *file, const char *user, const char *text,
    size_t len, bool hints);

/*
 * Has the user edit text, which stays the caller's, in a temporary file until
 * it is right or given up. The new text, which the caller frees; NULL: there
 * is none, *status_r says why: CLI_GOOD when nothing was changed.
 */
char *crontab_edit(const char *user, const char *text, int *status_r);

/* Asks until the answer is yes or no; the end of the input is no. */
bool crontab_confirm(const char *question);

#endif
