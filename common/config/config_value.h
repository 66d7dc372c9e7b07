/* Values of belfry.conf: the environment in them, and paths. */
#ifndef BELFRY_CONFIG_CONFIG_VALUE_H
#define BELFRY_CONFIG_CONFIG_VALUE_H

#include "base/err.h"

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
