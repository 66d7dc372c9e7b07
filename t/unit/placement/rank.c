/* The order in which hosts claim: the same on all, and in fair shares. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "placement/rank.h"

#define HOSTS 5

static void
make_hosts(struct rank_host hosts[HOSTS])
{
	static const char *const names[HOSTS] = {"a", "b", "c", "d", "e"};

	memset(hosts, 0, HOSTS * sizeof(*hosts));
	for (size_t i = 0; i < HOSTS; i++) {
		hosts[i].host.name = names[i];
		hosts[i].host.tags = i < 2 ? "web" : "";
		hosts[i].capacity = 8;
		hosts[i].willing = true;
	}
}

/* The index of the host of a rank; -1: none. */
static int
host_of(const struct rank_slot *slot, const struct rank_host *hosts, int rank)
{
	uint16_t order[RANK_HOSTS_MAX];
	size_t n = rank_order(slot, hosts, HOSTS, order);

	return (size_t)rank < n ? order[rank] : -1;
}

/* Published: it must never change, or hosts of two versions disagree. */
static void
weights_are_published(void **state)
{
	const struct rank_slot by_job = {"backup", "any", 0, PLACE_HASH};
	const struct rank_slot by_slot = {
	    "backup", "any", 1767225600000, PLACE_SPREAD};

	assert_true(rank_weight(&by_job, "alpha") == 0x8d8a87d4e9f48368ULL);
	assert_true(rank_weight(&by_slot, "alpha") == 0x4596eb31ba654fd6ULL);
}

static void
each_rank_has_one_host(void **state)
{
	struct rank_host hosts[HOSTS];
	struct rank_slot slot = {"j", "any", 5, PLACE_HASH};
	unsigned seen = 0;

	make_hosts(hosts);
	for (int rank = 0; rank < HOSTS; rank++)
		seen |= 1U << host_of(&slot, hosts, rank);
	assert_int_equal(seen, (1U << HOSTS) - 1);
	assert_int_equal(host_of(&slot, hosts, HOSTS), -1);
}

static void
only_willing_hosts_that_match_count(void **state)
{
	struct rank_host hosts[HOSTS];
	struct rank_slot slot = {"j", "tag:web", 5, PLACE_HASH};
	uint16_t order[RANK_HOSTS_MAX];

	make_hosts(hosts);
	assert_int_equal(rank_order(&slot, hosts, HOSTS, order), 2);
	assert_int_equal(order[0] + order[1], 1);
	hosts[0].willing = false;
	assert_int_equal(rank_order(&slot, hosts, HOSTS, order), 1);
	assert_int_equal(order[0], 1);
	hosts[1].willing = false;
	assert_int_equal(rank_order(&slot, hosts, HOSTS, order), 0);
}

/* A host that goes moves its own jobs and no other. */
static void
others_keep_their_jobs(void **state)
{
	struct rank_host hosts[HOSTS];
	char name[16];
	struct rank_slot slot = {name, "any", 0, PLACE_HASH};
	unsigned share[HOSTS] = {0};
	int first, second;

	make_hosts(hosts);
	for (int i = 0; i < 1000; i++) {
		snprintf(name, sizeof(name), "job%d", i);
		hosts[3].willing = true;
		first = host_of(&slot, hosts, 0);
		second = host_of(&slot, hosts, 1);
		share[first]++;
		hosts[3].willing = false;
		assert_int_equal(
		    host_of(&slot, hosts, 0), first == 3 ? second : first);
	}
	for (size_t i = 0; i < HOSTS; i++)
		assert_in_range(share[i], 150, 250);
}

static void
place_says_what_is_spread(void **state)
{
	struct rank_host hosts[HOSTS];
	struct rank_slot slot = {"j", "any", 0, PLACE_HASH};
	unsigned seen[3] = {0};

	make_hosts(hosts);
	hosts[0].load = hosts[2].load = 8;
	hosts[1].load = 3;
	for (slot.slot_ms = 0; slot.slot_ms < 100; slot.slot_ms++)
		for (int place = 0; place < 3; place++) {
			slot.place = (enum place)place;
			seen[place] |= 1U << host_of(&slot, hosts, 0);
		}
	assert_int_equal(seen[PLACE_HASH] & (seen[PLACE_HASH] - 1), 0);
	assert_int_equal(seen[PLACE_SPREAD], (1U << HOSTS) - 1);
	assert_int_equal(seen[PLACE_LEAST_LOADED], 1U << 3 | 1U << 4);
}

static void
load_comes_in_buckets(void **state)
{
	static const struct {
		uint32_t load, capacity;
		unsigned bucket;
	} rows[] = {
	    {0, 8, 0},
	    {1, 8, 0},
	    {2, 8, 1},
	    {4, 8, 2},
	    {5, 8, 2},
	    {6, 8, 3},
	    {8, 8, 3},
	    {80, 8, 3},
	    {UINT32_MAX, 1, 3},
	    {5, 0, 0},
	};

	for (size_t i = 0; i < nitems(rows); i++) {
		const struct rank_host host = {
		    .load = rows[i].load,
		    .capacity = rows[i].capacity,
		};

		assert_int_equal(rank_bucket(&host), rows[i].bucket);
	}
}

/* Hosts 0 to 4 in this order; bits of sure: who looks after its copy. */
static void
parts_go_by_rank(void **state)
{
	static const struct {
		size_t self;
		uint32_t count;
		unsigned sure;
		enum rank_role role;
		uint32_t copy;
		unsigned turn;
	} rows[] = {
	    {0, 1, 0x1f, RANK_CLAIM, 0, 0},
	    {1, 1, 0x1f, RANK_CLAIM, 0, 1}, /* always: the second one */
	    {2, 1, 0x1f, RANK_WATCH, 0, 2}, {4, 1, 0x1f, RANK_WATCH, 0, 4},
	    {1, 1, 0x1e, RANK_CLAIM, 0, 1}, /* the first is silent */
	    {2, 1, 0x1e, RANK_WATCH, 0, 2}, /* then the second acts */
	    {2, 1, 0x1c, RANK_CLAIM, 0, 2}, /* two are silent */
	    {3, 1, 0x18, RANK_CLAIM, 0, 3}, /* three are */
	    {3, 1, 0x1c, RANK_WATCH, 0, 3},
	    {1, 2, 0x1f, RANK_CLAIM, 1, 0}, /* two copies */
	    {2, 2, 0x1f, RANK_WATCH, 0, 1},
	    {2, 2, 0x1d, RANK_CLAIM, 1, 1}, /* whose host is silent */
	    {3, 2, 0x1d, RANK_WATCH, 0, 2},
	    {3, 2, 0x1c, RANK_CLAIM, 1, 2}, /* both: one for each */
	    {2, 2, 0x1c, RANK_CLAIM, 0, 1},
	    {3, HOSTS_ALL, 0x1f, RANK_CLAIM, 0, 0},
	    {5, 1, 0x1f, RANK_NONE, 0, 0},
	    {5, HOSTS_ALL, 0x1f, RANK_NONE, 0, 0},
	    {2, 9, 0x1f, RANK_CLAIM, 2, 0}, /* more copies than hosts */
	};
	static const uint16_t order[HOSTS] = {0, 1, 2, 3, 4};

	for (size_t i = 0; i < nitems(rows); i++) {
		bool sure[HOSTS];
		struct rank_part part;

		for (size_t h = 0; h < HOSTS; h++)
			sure[h] = rows[i].sure >> h & 1;
		rank_part(
		    order, HOSTS, rows[i].self, rows[i].count, sure, &part);
		if (part.role != rows[i].role ||
		    (part.role == RANK_CLAIM && part.copy != rows[i].copy) ||
		    part.turn != rows[i].turn)
			fail_msg("row %zu: role %d copy %u turn %u", i,
			    (int)part.role, part.copy, part.turn);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(weights_are_published),
	    cmocka_unit_test(each_rank_has_one_host),
	    cmocka_unit_test(only_willing_hosts_that_match_count),
	    cmocka_unit_test(others_keep_their_jobs),
	    cmocka_unit_test(place_says_what_is_spread),
	    cmocka_unit_test(load_comes_in_buckets),
	    cmocka_unit_test(parts_go_by_rank),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
