/*
 * In which order hosts try to claim a slot. Every host works it out alone
 * and, from the same list, all come to the same order: rendezvous hashing, so
 * that a host that comes or goes moves only its own share of jobs. Pure.
 *
 * The weight of a host is hash_finish() (schedule/hash.h) over: job, one byte
 * NUL, host, one byte NUL and, for spread and least-loaded, slot in ms as 8
 * bytes, most significant first. The highest weight goes first; of equal
 * ones the lower name in byte order.
 */
#ifndef BELFRY_PLACEMENT_RANK_H
#define BELFRY_PLACEMENT_RANK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "placement/hosts.h"

enum place {
	PLACE_HASH,         /* a job stays with its host */
	PLACE_SPREAD,       /* each slot of a job goes elsewhere */
	PLACE_LEAST_LOADED, /* less busy hosts first, then as spread */
};

struct rank_host {
	struct hosts_host host; /* borrowed */
	uint32_t load;          /* runs in progress */
	uint32_t capacity;      /* with so many it is full; 0: not known */
	bool willing;           /* alive, not draining, has room */
};

struct rank_slot {
	const char *job;
	const char *hosts; /* checked text of the key */
	int64_t slot_ms;
	enum place place;
};

/* Full, above half, above a quarter, below: few, so that all see the same. */
#define RANK_BUCKETS 4

/* 0 (idle) to RANK_BUCKETS - 1. */
unsigned rank_bucket(const struct rank_host *host);

uint64_t rank_weight(const struct rank_slot *slot, const char *host);

/*
 * The rank of hosts[self] among the willing hosts that may run the slot, from
 * 0; -1 when it is not one of them. *eligible_r is how many there are.
 */
int rank_of(const struct rank_slot *slot, const struct rank_host *hosts,
    size_t n, size_t self, size_t *eligible_r);

/*
 * What host of a rank does about the copies of a slot: with count copies
 * (hosts_count()) those of the first ranks have one each; the others stand by
 * for all of them. *copy_r is the copy to claim first, *turn_r how many
 * others try that one before. False: it has nothing to do with the slot.
 */
bool rank_copy(int rank, uint32_t count, uint32_t *copy_r, unsigned *turn_r);

#endif
