/*
 * What a plugin says of itself, and what its parameters may be. A worker
 * loads the plugin and describes it, the master and "belfry check" hold jobs
 * against the description. Pure.
 */
#ifndef BELFRY_KIND_PLUGIN_H
#define BELFRY_KIND_PLUGIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/strbuf.h"
#include "ipc/wire.h"

#define PLUGIN_NAME_MAX   64
#define PLUGIN_PARAMS_MAX 64
#define PLUGIN_TEXT_MAX   1024 /* of any other text */

/* Numbers of belfry-plugin.h, where their meaning is. */
enum plugin_type {
	PLUGIN_TEXT = 1,
	PLUGIN_INTEGER = 2,
	PLUGIN_NUMBER = 3,
	PLUGIN_FLAG = 4,
	PLUGIN_DURATION = 5,
	PLUGIN_SIZE = 6,
	PLUGIN_WORD = 7,
};

#define PLUGIN_NEEDS_DATABASE 1u

struct plugin_param {
	const char *name;
	uint8_t type; /* enum plugin_type */
	int64_t min, max;
	const char *fallback; /* NULL: it must be given */
	const char *help;
	const char *words; /* of PLUGIN_WORD, else "" */
};

/* Strings are borrowed: from the plugin, or from the bytes of a description. */
struct plugin_info {
	const char *name;
	const char *help;
	const char *schedule; /* "" none */
	uint32_t flags;
	struct plugin_param params[PLUGIN_PARAMS_MAX];
	size_t nparams;
};

/* A value, as its type has it. */
struct plugin_value {
	const char *text; /* as it was written; borrowed */
	int64_t integer;  /* of all types but text, number and word */
	double number;    /* of PLUGIN_NUMBER */
};

/* Letters, digits, "_" and "-", so that it is one file's name. */
bool plugin_is_name(const char *name);

/* The same in words. 0, or -1 with err. */
int plugin_check_name(const char *name, struct err *err);

/* Small letters, digits and "-", beginning with a letter. */
bool plugin_is_param_name(const char *name);

/* Is it a description that one can use? 0, or -1 with err. */
int plugin_info_check(const struct plugin_info *info, struct err *err);

void plugin_info_encode(const struct plugin_info *info, struct wire_writer *w);

/*
 * Takes a description of others, which is checked. info's strings point into
 * the reader's bytes. 0, or -1 with err.
 */
int plugin_info_decode(
    struct plugin_info *info, struct wire_reader *r, struct err *err);

/* NULL: it has none of that name. */
const struct plugin_param *
plugin_param_find(const struct plugin_info *info, const char *name);

/*
 * The one that a variable is for, "name" or "name=value", which has "_" where
 * a parameter has "-"; NULL: none.
 */
const struct plugin_param *
plugin_param_of_variable(const struct plugin_info *info, const char *variable);

/* Reads a value. value_r may be NULL. 0, or -1 with err: what to write. */
int plugin_value_parse(const struct plugin_param *param, const char *value,
    struct plugin_value *value_r, struct err *err);

#endif
