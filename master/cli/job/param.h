/* Options --param of run and exec. */
#ifndef BELFRY_CLI_JOB_PARAM_H
#define BELFRY_CLI_JOB_PARAM_H

#include <jansson.h>

#include "cli/cli.h"

/* Adds "NAME=VALUE" to the object. 0, or -1 having told. */
int param_add(const struct cli *cli, json_t *params, const char *text);

/*
 * The object as text, which the caller frees; NULL when it is empty. 0, or -1
 * having told which name or value cannot be.
 */
int param_text(const json_t *params, char **text_r);

#endif
