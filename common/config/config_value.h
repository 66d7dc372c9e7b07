/* Values of belfry.conf: the environment in them, and paths. */
#ifndef BELFRY_CONFIG_CONFIG_VALUE_H
#define BELFRY_CONFIG_CONFIG_VALUE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

/* The longest NAME of a [calendar NAME] or a [database NAME]. */
#define CONFIG_NAME_MAX 128

/* Letters, digits, ".", "_" and "-", and not too many. */
bool config_is_name(const char *name);

/*
 * The index of name among the n keys that a section of this kind has. -1 with
 * err, and what was probably meant.
 */
int config_find_key(const char *section, const char *const keys[], size_t n,
    const char *name, struct err *err);

/*
 * Replaces ${NAME} from the environment; $${ stands for ${. The caller frees
 * the text. NULL with err when a variable is missing or its name is none.
 */
char *config_expand(const char *value, struct err *err);

/*
 * The absolute form of a path that is relative to the directory of file. The
 * caller frees it.
 */
char *config_resolve(const char *file, const char *path);

#endif
