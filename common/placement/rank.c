#include "placement/rank.h"

#include <stdlib.h>
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

struct entry {
	uint64_t weight;
	uint16_t host;
	uint16_t bucket; /* 0 where load does not count */
	const char *name;
};

static int
compare_entries(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	if (x->bucket != y->bucket)
		return x->bucket < y->bucket ? -1 : 1;
	if (x->weight != y->weight)
		return x->weight > y->weight ? -1 : 1;
	return strcmp(x->name, y->name);
}

size_t
rank_order(const struct rank_slot *slot, const struct rank_host *hosts,
    size_t n, uint16_t order_r[RANK_HOSTS_MAX])
{
	struct entry entries[RANK_HOSTS_MAX];
	size_t count = 0;

	for (size_t i = 0; i < n && i < RANK_HOSTS_MAX; i++) {
		const struct rank_host *host = &hosts[i];

		if (!host->willing || !hosts_match(slot->hosts, &host->host))
			continue;
		entries[count++] = (struct entry){
		    .weight = rank_weight(slot, host->host.name),
		    .host = (uint16_t)i,
		    .bucket = slot->place == PLACE_LEAST_LOADED ?
			(uint16_t)rank_bucket(host) :
			0,
		    .name = host->host.name,
		};
	}
	qsort(entries, count, sizeof(*entries), compare_entries);
	for (size_t i = 0; i < count; i++)
		order_r[i] = entries[i].host;
	return count;
}

/* The n-th copy, from 0, whose host is not sure; -1: none. */
static int64_t
nth_unsure(const uint16_t *order, size_t count, const bool *sure, size_t n)
{
	for (size_t i = 0; i < count; i++)
		if (!sure[order[i]] && n-- == 0)
			return (int64_t)i;
	return -1;
}

void
rank_part(const uint16_t *order, size_t n, size_t self, uint32_t count,
    const bool *sure, struct rank_part *part_r)
{
	size_t rank = 0, ahead = 0;
	int64_t copy;

	*part_r = (struct rank_part){.role = RANK_NONE};
	while (rank < n && order[rank] != self)
		rank++;
	if (rank == n)
		return;
	if (count == HOSTS_ALL || rank < count) {
		part_r->role = RANK_CLAIM;
		part_r->copy = count == HOSTS_ALL ? 0 : (uint32_t)rank;
		return;
	}
	part_r->turn = (unsigned)(rank - count) + 1;
	/* Those that stand by before it take the first. */
	for (size_t i = count; i < rank; i++)
		ahead += sure[order[i]];
	copy = nth_unsure(order, count, sure, ahead);
	part_r->role = RANK_CLAIM;
	if (copy != -1)
		part_r->copy = (uint32_t)copy;
	else if (count > 1 || rank > count)
		part_r->role = RANK_WATCH;
}
