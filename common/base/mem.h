/*
 * Memory for small sizes that we chose: failure ends the process, because
 * there is nothing sensible left to do. A size that a peer or a file chose is
 * checked against a bound before it comes here.
 */
#ifndef BELFRY_BASE_MEM_H
#define BELFRY_BASE_MEM_H

#include <stdarg.h>
#include <stddef.h>

void *xmalloc(size_t size);
void *xcalloc(size_t n, size_t size);
void *xreallocarray(void *p, size_t n, size_t size);
char *xstrdup(const char *s);
char *xstrndup(const char *s, size_t n);
char *xasprintf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/*
 * Grows *array, of *cap elements of size bytes, so that it holds n. Doubles,
 * so that appending one by one is linear.
 */
void array_reserve(void *array, size_t *cap, size_t n, size_t size);

#define nitems(a) (sizeof(a) / sizeof((a)[0]))

#endif
