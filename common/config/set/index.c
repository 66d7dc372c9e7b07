#include "config/set/index.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define HASH_BITS 23 /* of struct job_def */

void
job_index_init(struct job_index *index, size_t n)
{
	index->number_bits = 1;
	while ((n + 1) >> index->number_bits != 0)
		index->number_bits++;
	index->nslots = (uint32_t)(n + n / 4 + 2);
	index->slots = xcalloc(index->nslots, sizeof(*index->slots));
}

void
job_index_fini(struct job_index *index)
{
	free(index->slots);
	memset(index, 0, sizeof(*index));
}

/* The place comes from the upper bits, the tag from the lower ones. */
static uint32_t
tag_of(const struct job_index *index, uint32_t hash)
{
	return hash << index->number_bits;
}

uint32_t
job_index_start(const struct job_index *index, uint32_t hash)
{
	return (uint32_t)((uint64_t)hash * index->nslots >> HASH_BITS);
}

bool
job_index_next(const struct job_index *index, uint32_t hash, uint32_t *pos_r,
    uint32_t *number_r)
{
	uint32_t mask = (1U << index->number_bits) - 1;
	uint32_t tag = tag_of(index, hash), pos = *pos_r, slot;

	for (;;) {
		slot = index->slots[pos];
		if (slot == 0)
			break;
		pos = pos + 1 < index->nslots ? pos + 1 : 0;
		if ((slot & ~mask) != tag)
			continue;
		*number_r = (slot & mask) - 1;
		*pos_r = pos;
		return true;
	}
	*pos_r = pos;
	return false;
}

void
job_index_put(
    struct job_index *index, uint32_t hash, uint32_t pos, uint32_t number)
{
	index->slots[pos] = tag_of(index, hash) | (number + 1);
}

void
job_index_clear(struct job_index *index)
{
	memset(index->slots, 0, index->nslots * sizeof(*index->slots));
}

void
job_index_undo(struct job_index *index, uint32_t hash, uint32_t number)
{
	uint32_t pos = job_index_start(index, hash);
	uint32_t slot = tag_of(index, hash) | (number + 1);

	while (index->slots[pos] != slot)
		pos = pos + 1 < index->nslots ? pos + 1 : 0;
	index->slots[pos] = 0;
}
