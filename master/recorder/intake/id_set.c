#include "recorder/intake/id_set.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

void
id_set_reset(struct id_set *set, size_t n)
{
	set->size = 16;
	while (set->size < 2 * n)
		set->size *= 2;
	array_reserve(&set->slots, &set->cap, set->size, sizeof(*set->slots));
	memset(set->slots, 0, set->size * sizeof(*set->slots));
}

/* The slot that holds id, or the free one where it belongs (FNV-1a). */
static const char **
find(const struct id_set *set, const char *id)
{
	uint64_t hash = 0xcbf29ce484222325;

	for (const char *p = id; *p != '\0'; p++)
		hash = (hash ^ (unsigned char)*p) * 0x100000001b3;
	for (size_t i = hash & (set->size - 1);; i = (i + 1) & (set->size - 1))
		if (set->slots[i] == NULL || strcmp(set->slots[i], id) == 0)
			return &set->slots[i];
}

void
id_set_add(struct id_set *set, const char *id)
{
	*find(set, id) = id;
}

bool
id_set_has(const struct id_set *set, const char *id)
{
	return *find(set, id) != NULL;
}

void
id_set_fini(struct id_set *set)
{
	free(set->slots);
	memset(set, 0, sizeof(*set));
}
