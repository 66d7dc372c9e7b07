/*
 * A Redis server for the model: keys in memory, the commands that the scripts
 * use, and the scripts themselves, run by the same Lua as in Redis.
 */
#ifndef MODEL_FAKE_H
#define MODEL_FAKE_H

#include <stddef.h>
#include <stdint.h>

#include "cluster/protocol/args.h"
#include "cluster/scripts/scripts.h"

struct fake_field {
	char *name;
	char *value;
};

/* A hash; a plain string is one with a field "". */
struct fake_key {
	char *name;
	struct fake_field *fields;
	size_t n;
	size_t cap;
};

struct fake {
	struct fake_key *keys;
	size_t n;
	size_t cap;
};

/* What a script answered. */
struct fake_reply {
	char **s;
	size_t n;
};

void fake_clear(struct fake *fake);
void fake_copy(struct fake *to, const struct fake *from);

/* NULL when it is not there. */
const struct fake_key *fake_find(const struct fake *fake, const char *name);
const char *
fake_get(const struct fake *fake, const char *key, const char *field);

/*
 * Loads the scripts of a folder, without the lines that end in "--@WITHOUT",
 * if it is not NULL.
 */
void fake_load(const char *folder, const char *without);
void fake_unload(void);

/* Runs a script at a time by the server's clock. The caller frees the reply. */
void fake_run(struct fake *fake, enum script_id script, const char *key,
    const struct args *args, int64_t us, struct fake_reply *reply_r);
void fake_reply_free(struct fake_reply *reply);

#endif
