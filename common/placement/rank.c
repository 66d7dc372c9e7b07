#include "placement/rank.h"

#include <string.h>

#include "schedule/hash.h"

unsigned
rank_bucket(const struct rank_host *host)
{
	uint64_t share;

	if (host->capacity == 0)
		return 0;
	share = (uint64_t)host->load * RANK_BUCKETS / host->capacity;
	return share < RANK_BUCKETS ? (unsigned)share : RANK_BUCKETS - 1;
}

uint64_t
rank_weight(const struct rank_slot *slot, const char *host)
{
	uint64_t h = hash_add(HASH_INIT, slot->job, strlen(slot->job) + 1);
	uint8_t tail[8];

	h = hash_add(h, host, strlen(host) + 1);
	if (slot->place == PLACE_HASH)
		return hash_finish(h);
	for (int i = 0; i < 8; i++)
		tail[i] = (uint8_t)((uint64_t)slot->slot_ms >> (56 - 8 * i));
	return hash_finish(hash_add(h, tail, sizeof(tail)));
}

/* Does a, of weight weight, go before b? */
static bool
goes_before(const struct rank_slot *slot, const struct rank_host *a,
    uint64_t weight, const struct rank_host *b)
{
	uint64_t other = rank_weight(slot, b->host.name);

	if (slot->place == PLACE_LEAST_LOADED &&
	    rank_bucket(a) != rank_bucket(b))
		return rank_bucket(a) < rank_bucket(b);
	if (weight != other)
		return weight > other;
	return strcmp(a->host.name, b->host.name) < 0;
}

int
rank_of(const struct rank_slot *slot, const struct rank_host *hosts, size_t n,
    size_t self, size_t *eligible_r)
{
	const struct rank_host *own = &hosts[self];
	uint64_t weight = rank_weight(slot, own->host.name);
	bool is_one = false;
	int rank = 0;

	*eligible_r = 0;
	for (size_t i = 0; i < n; i++) {
		if (!hosts[i].willing ||
		    !hosts_match(slot->hosts, &hosts[i].host))
			continue;
		++*eligible_r;
		if (i == self)
			is_one = true;
		else
			rank += !goes_before(slot, own, weight, &hosts[i]);
	}
	return is_one ? rank : -1;
}

bool
rank_copy(int rank, uint32_t count, uint32_t *copy_r, unsigned *turn_r)
{
	*copy_r = 0;
	*turn_r = 0;
	if (rank < 0)
		return false;
	if (count == HOSTS_ALL)
		return true;
	if ((uint32_t)rank < count) {
		*copy_r = (uint32_t)rank;
		return true;
	}
	*turn_r = (unsigned)rank - count + 1;
	return true;
}
