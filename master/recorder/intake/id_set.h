/* A set of run ids, borrowed, filled once and asked often. */
#ifndef BELFRY_RECORDER_INTAKE_ID_SET_H
#define BELFRY_RECORDER_INTAKE_ID_SET_H

#include <stdbool.h>
#include <stddef.h>

struct id_set {
	const char **slots; /* owned; the strings are not */
	size_t size;        /* a power of two */
	size_t cap;
};

/* Empties it and makes room for n ids. */
void id_set_reset(struct id_set *set, size_t n);
void id_set_add(struct id_set *set, const char *id);
bool id_set_has(const struct id_set *set, const char *id);
void id_set_fini(struct id_set *set);

#endif
