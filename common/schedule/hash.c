#include "schedule/hash.h"

#include <string.h>

uint64_t
hash_add(uint64_t h, const void *data, size_t size)
{
	const uint8_t *p = data;

	for (size_t i = 0; i < size; i++)
		h = (h ^ p[i]) * 0x100000001b3ULL;
	return h;
}

uint64_t
hash_finish(uint64_t h)
{
	h ^= h >> 33;
	h *= 0xff51afd7ed558ccdULL;
	h ^= h >> 33;
	h *= 0xc4ceb9fe1a85ec53ULL;
	h ^= h >> 33;
	return h;
}

uint32_t
hash_field(
    const char *job, unsigned int field, unsigned int index, uint32_t width)
{
	const uint8_t tail[2] = {(uint8_t)field, (uint8_t)index};
	uint64_t h = hash_add(HASH_INIT, job, strlen(job) + 1);

	h = hash_finish(hash_add(h, tail, sizeof(tail)));
	return (uint32_t)(h % width);
}

uint64_t
hash_jitter(const char *job, int64_t slot, uint64_t range)
{
	uint64_t h = hash_add(HASH_INIT, job, strlen(job) + 1);
	uint8_t tail[8];

	if (range == 0)
		return 0;
	for (int i = 0; i < 8; i++)
		tail[i] = (uint8_t)((uint64_t)slot >> (56 - 8 * i));
	return hash_finish(hash_add(h, tail, sizeof(tail))) % range;
}
