/*
 * How a command line is executed: which ones need no shell, and their words.
 * Pure.
 */
#ifndef BELFRY_CONFIG_JOB_COMMAND_H
#define BELFRY_CONFIG_JOB_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/*
 * True when the shell would do nothing with command but split it at blanks
 * and execute a program: no character that means something to it, and a
 * first word that is no builtin or reserved word, as GNU make decides. False
 * for a shell that is none of sh, bash, dash, ksh, zsh: what it makes of a
 * line is its own business. shell "none" is always true.
 */
bool job_command_is_direct(const char *command, const char *shell);

/*
 * Splits at blanks, with single quotes, double quotes and backslash as a POSIX
 * shell has them, and nothing expanded. One block with NULL behind the last
 * word; the caller frees it. NULL with err, "column N: ...", for a quote that
 * is not closed, a backslash at the end, or no word at all.
 */
char **job_command_split(const char *command, uint32_t *n_r, struct err *err);

#endif
