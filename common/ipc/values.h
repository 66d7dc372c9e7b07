/*
 * Values that a job leaves with its run, such as rows=5: lines "NAME=VALUE\n"
 * while it runs, a JSON object of strings in its result. Pure.
 */
#ifndef BELFRY_IPC_VALUES_H
#define BELFRY_IPC_VALUES_H

#include <stdbool.h>
#include <stddef.h>

/* Of the lines and of the JSON text, with the NUL. */
#define RUN_VALUES_MAX 1200

/*
 * Sets one among lines, which has RUN_VALUES_MAX bytes. False, and nothing
 * changed: there is no room for it.
 */
bool values_set(char *lines, const char *name, const char *value);

/*
 * The JSON text of lines, "" for none; json has RUN_VALUES_MAX bytes. Lines
 * may be anybody's: what does not fit or is no line is left out, what is not
 * UTF-8 has "?" in its place.
 */
void values_json(char *json, const char *lines);

#endif
