/*
 * What sections of belfry.conf have in common: names, keys, the environment in
 * values, and paths.
 */
#ifndef BELFRY_CONFIG_CONFIG_VALUE_H
#define BELFRY_CONFIG_CONFIG_VALUE_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* The longest NAME of a [calendar NAME] and the like. */
#define CONFIG_NAME_MAX 128

/* A [KIND NAME] that begins. */
struct config_name {
	const char *kind;
	const char *name;
	const char *reserved; /* a name that it must not have; NULL none */
	uint32_t first;       /* line of the first one of this name; 0 none */
};

/* Letters, digits, ".", "_" and "-", and only once. 0, or -1 with err. */
int config_check_name(const struct config_name *name, struct err *err);

/*
 * The index of key among the n names at keys, which are stride bytes apart.
 * -1 with err, and what was probably meant.
 */
int config_find_key(const char *kind, const char *const *keys, size_t stride,
    size_t n, const char *key, struct err *err);

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
