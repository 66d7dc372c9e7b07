/*
 * The published hash of belfry: what H in a schedule and jitter come from.
 * It never changes, between versions, hosts or restarts:
 *
 *   h = FNV-1a, 64 bit, over the bytes
 *   h ^= h >> 33; h *= 0xff51afd7ed558ccd;
 *   h ^= h >> 33; h *= 0xc4ceb9fe1a85ec53;
 *   h ^= h >> 33
 */
#ifndef BELFRY_SCHEDULE_HASH_H
#define BELFRY_SCHEDULE_HASH_H

#include <stddef.h>
#include <stdint.h>

#define HASH_INIT 0xcbf29ce484222325ULL

/* FNV-1a over more bytes; start with HASH_INIT. */
uint64_t hash_add(uint64_t h, const void *data, size_t size);

/* Spreads what hash_add() gathered over all bits. */
uint64_t hash_finish(uint64_t h);

/*
 * The number below width that "H" stands for. Hashed are: job, one byte NUL,
 * one byte field (0 second, 1 minute, 2 hour, 3 day of month, 4 month, 5 day
 * of week, 6 year), one byte index (which H of that field, from 0); the
 * result is taken modulo width.
 */
uint32_t hash_field(
    const char *job, unsigned int field, unsigned int index, uint32_t width);

/*
 * The delay of a slot, from 0 to range - 1, in the unit of range. Hashed are:
 * job, one byte NUL, and slot as 8 bytes, most significant first; the result
 * is taken modulo range. 0 when range is 0.
 */
uint64_t hash_jitter(const char *job, int64_t slot, uint64_t range);

#endif
