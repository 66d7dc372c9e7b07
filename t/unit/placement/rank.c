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
	size_t eligible;

	for (size_t i = 0; i < HOSTS; i++)
		if (rank_of(slot, hosts, HOSTS, i, &eligible) == rank)
			return (int)i;
	return -1;
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
	size_t eligible;

	make_hosts(hosts);
	assert_int_equal(rank_of(&slot, hosts, HOSTS, 2, &eligible), -1);
	assert_int_equal(eligible, 2);
	hosts[0].willing = false;
	assert_int_equal(rank_of(&slot, hosts, HOSTS, 0, &eligible), -1);
	assert_int_equal(rank_of(&slot, hosts, HOSTS, 1, &eligible), 0);
	assert_int_equal(eligible, 1);
	hosts[1].willing = false;
	assert_int_equal(rank_of(&slot, hosts, HOSTS, 1, &eligible), -1);
	assert_int_equal(eligible, 0);
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

static void
copies_go_by_rank(void **state)
{
	static const struct {
		int rank;
		uint32_t count;
		bool takes;
		uint32_t copy;
		unsigned turn;
	} rows[] = {
	    {-1, 1, false, 0, 0},
	    {0, 1, true, 0, 0},
	    {1, 1, true, 0, 1},
	    {4, 1, true, 0, 4},
	    {1, 2, true, 1, 0},
	    {2, 2, true, 0, 1},
	    {3, 2, true, 0, 2},
	    {7, HOSTS_ALL, true, 0, 0},
	    {-1, HOSTS_ALL, false, 0, 0},
	};

	for (size_t i = 0; i < nitems(rows); i++) {
		uint32_t copy;
		unsigned turn;

		assert_int_equal(
		    rank_copy(rows[i].rank, rows[i].count, &copy, &turn),
		    rows[i].takes);
		assert_int_equal(copy, rows[i].copy);
		assert_int_equal(turn, rows[i].turn);
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
	    cmocka_unit_test(copies_go_by_rank),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
