#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fault.h"
#include "base/log.h"

static void *
check(void *p)
{
	if (p == NULL || fault_fails(FAULT_ALLOC))
		fatalx("out of memory");
	return p;
}

void *
xmalloc(size_t size)
{
	return check(malloc(size > 0 ? size : 1));
}

void *
xcalloc(size_t n, size_t size)
{
	return check(calloc(n > 0 ? n : 1, size > 0 ? size : 1));
}

void *
xreallocarray(void *p, size_t n, size_t size)
{
	return check(reallocarray(p, n > 0 ? n : 1, size > 0 ? size : 1));
}

char *
xstrdup(const char *s)
{
	return check(strdup(s));
}

char *
xstrndup(const char *s, size_t n)
{
	return check(strndup(s, n));
}

char *
xasprintf(const char *fmt, ...)
{
	va_list ap;
	char *s = NULL;

	va_start(ap, fmt);
	if (vasprintf(&s, fmt, ap) == -1)
		s = NULL;
	va_end(ap);
	return check(s);
}

void
array_reserve(void *array, size_t *cap, size_t n, size_t size)
{
	void *p;
	size_t want = *cap;

	if (n <= want)
		return;
	while (want < n)
		want = want < 8 ? 8 : want * 2;
	/* array points to a pointer of any type; copy it by bytes. */
	memcpy(&p, array, sizeof(p));
	p = xreallocarray(p, want, size);
	memcpy(array, &p, sizeof(p));
	*cap = want;
}
