/* The arguments of one script call, gathered in one piece of memory. */
#ifndef BELFRY_CLUSTER_PROTOCOL_ARGS_H
#define BELFRY_CLUSTER_PROTOCOL_ARGS_H

#include <stddef.h>
#include <stdint.h>

#include "base/strbuf.h"

struct args {
	struct strbuf text; /* each argument with a NUL behind it */
	size_t *at;         /* where each begins */
	size_t n;
	size_t cap;
};

void args_add(struct args *args, const char *s);
void args_add_int(struct args *args, int64_t v);
void args_add_uint(struct args *args, uint64_t v);

/* The i-th, valid until the next is added, and its length. */
const char *args_get(const struct args *args, size_t i);
size_t args_len(const struct args *args, size_t i);

/* Into an empty one. */
void args_copy(struct args *to, const struct args *from);

/* Forgets all, keeps the memory. */
void args_reset(struct args *args);
void args_fini(struct args *args);

#endif
