/*
 * A fast hash for tables in memory. Not for what people may see or what is
 * kept: it may change with any version.
 */
#ifndef BELFRY_CONFIG_HASH_H
#define BELFRY_CONFIG_HASH_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

static inline uint64_t
hash_mix(uint64_t h, uint64_t v)
{
	h = (h ^ v) * 0x9e3779b97f4a7c15ULL;
	return h ^ h >> 32;
}

static inline uint32_t
hash_bytes(const void *p, size_t n)
{
	const unsigned char *s = p;
	uint64_t h = n, v;

	for (; n >= 8; n -= 8, s += 8) {
		memcpy(&v, s, 8);
		h = hash_mix(h, v);
	}
	v = 0;
	memcpy(&v, s, n);
	h = hash_mix(h, v);
	return (uint32_t)(h * 0xd6e8feb86659fd93ULL >> 32);
}

#endif
