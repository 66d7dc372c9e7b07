/*
 * One copy of equal bytes, counted by reference. Copies are aligned for any
 * type and have a NUL behind them.
 */
#ifndef BELFRY_CONFIG_INTERN_H
#define BELFRY_CONFIG_INTERN_H

#include <stdbool.h>
#include <stddef.h>

struct intern;

/* fini, or NULL, is called with what is about to be freed. */
struct intern *
intern_new(void (*fini)(void *arg, const void *p, size_t n), void *arg);

/* Frees the table; whatever is still referenced goes with it. */
void intern_free(struct intern *intern);

/* The one copy of n bytes at p, with a reference that the caller owns. */
const void *intern_get(struct intern *intern, const void *p, size_t n);

/* The same for a string; NULL stays NULL. */
const char *intern_string(struct intern *intern, const char *s);

/* True when somebody else has a reference too. */
bool intern_shared(const void *copy);

/* One more reference to a copy. */
void intern_ref(const void *copy);

/* Gives a reference back; NULL is fine. */
void intern_release(struct intern *intern, const void *copy);

#endif
