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

/* More hosts than this are not looked at. */
#define RANK_HOSTS_MAX 1024

/*
 * The willing hosts that may run the slot, in the order in which they claim
 * it: indices into hosts, of which there are n. How many they are.
 */
size_t rank_order(const struct rank_slot *slot, const struct rank_host *hosts,
    size_t n, uint16_t order_r[RANK_HOSTS_MAX]);

enum rank_role {
	RANK_NONE,  /* the slot is none of its business */
	RANK_CLAIM, /* claims a copy of the slot in its turn */
	RANK_WATCH, /* claims one only if those before it are silent */
};

struct rank_part {
	enum rank_role role;
	uint32_t copy; /* which of the slot's copies, from 0 */
	unsigned turn; /* how many hosts try before it */
};

/*
 * What hosts[self] has to do with a slot that runs on count hosts
 * (hosts_count()), when order is theirs. The first count hosts have a copy
 * each and the others stand by. sure[i] says of a host that it will surely
 * look after its copy: it is alive and has the same jobs. The host behind
 * them claims all the same where there is one copy, so that a slot is late by
 * one turn at most when one host dies; others only claim what is of a host
 * that is not sure.
 */
void rank_part(const uint16_t *order, size_t n, size_t self, uint32_t count,
    const bool *sure, struct rank_part *part_r);

#endif
