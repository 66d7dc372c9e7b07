#include "config/intern.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "config/hash.h"

struct entry {
	struct entry *next;
	uint32_t hash;
	uint32_t refs;
	size_t len;
	char data[];
};

struct intern {
	struct entry **buckets;
	size_t nbuckets; /* a power of two */
	size_t count;
	void (*fini)(void *arg, const void *p, size_t n);
	void *arg;
};

static struct entry *
entry_of(const void *copy)
{
	uintptr_t p = (uintptr_t)copy;

	return (struct entry *)(p - offsetof(struct entry, data));
}

struct intern *
intern_new(void (*fini)(void *arg, const void *p, size_t n), void *arg)
{
	struct intern *intern = xcalloc(1, sizeof(*intern));

	intern->nbuckets = 16;
	intern->buckets = xcalloc(intern->nbuckets, sizeof(struct entry *));
	intern->fini = fini;
	intern->arg = arg;
	return intern;
}

static void
free_entry(struct intern *intern, struct entry *e)
{
	if (intern->fini != NULL)
		intern->fini(intern->arg, e->data, e->len);
	free(e);
}

void
intern_free(struct intern *intern)
{
	struct entry *e, *next;

	if (intern == NULL)
		return;
	for (size_t i = 0; i < intern->nbuckets; i++) {
		for (e = intern->buckets[i]; e != NULL; e = next) {
			next = e->next;
			free_entry(intern, e);
		}
	}
	free(intern->buckets);
	free(intern);
}

static void
grow(struct intern *intern)
{
	size_t n = intern->nbuckets * 2;
	struct entry **buckets = xcalloc(n, sizeof(struct entry *)), *e, *next;

	for (size_t i = 0; i < intern->nbuckets; i++) {
		for (e = intern->buckets[i]; e != NULL; e = next) {
			next = e->next;
			e->next = buckets[e->hash & (n - 1)];
			buckets[e->hash & (n - 1)] = e;
		}
	}
	free(intern->buckets);
	intern->buckets = buckets;
	intern->nbuckets = n;
}

static struct entry *
add(struct intern *intern, uint32_t hash, const void *p, size_t n)
{
	struct entry *e = xmalloc(sizeof(*e) + n + 1), **bucket;

	if (intern->count >= intern->nbuckets)
		grow(intern);
	e->hash = hash;
	e->refs = 0;
	e->len = n;
	memcpy(e->data, p, n);
	e->data[n] = '\0';
	bucket = &intern->buckets[hash & (intern->nbuckets - 1)];
	e->next = *bucket;
	*bucket = e;
	intern->count++;
	return e;
}

const void *
intern_get(struct intern *intern, const void *p, size_t n)
{
	uint32_t hash = hash_bytes(p, n);
	struct entry *e = intern->buckets[hash & (intern->nbuckets - 1)];

	while (e != NULL &&
	    (e->hash != hash || e->len != n || memcmp(e->data, p, n) != 0))
		e = e->next;
	if (e == NULL)
		e = add(intern, hash, p, n);
	e->refs++;
	return e->data;
}

const char *
intern_string(struct intern *intern, const char *s)
{
	return s != NULL ? intern_get(intern, s, strlen(s)) : NULL;
}

bool
intern_shared(const void *copy)
{
	return entry_of(copy)->refs > 1;
}

void
intern_ref(const void *copy)
{
	entry_of(copy)->refs++;
}

void
intern_release(struct intern *intern, const void *copy)
{
	struct entry *e, **link;

	if (copy == NULL)
		return;
	e = entry_of(copy);
	if (--e->refs > 0)
		return;
	link = &intern->buckets[e->hash & (intern->nbuckets - 1)];
	while (*link != e)
		link = &(*link)->next;
	*link = e->next;
	intern->count--;
	free_entry(intern, e);
}
