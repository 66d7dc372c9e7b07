/*
 * next of the engine, in ns, and as the quotient to a raw loop that does no
 * more than it must: masks, one civil date, offsets in a table. Rounds of the
 * two take turns; medians are compared. The answers of the raw loop are wrong
 * in gaps and overlaps, which is not what is measured.
 *
 * Fails (status 1) when a goal is missed and --check is given.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/mem.h"
#include "schedule/schedule.h"
#include "schedule/zone/zone.h"

#define ROUNDS   9
#define CALLS    400000
#define INSTANTS 4096
#define START    1704067200 /* 2024 */
#define SPAN     126230400  /* four years */

struct raw_spec {
	uint64_t sec, min;
	uint32_t hour, dom;
	uint16_t mon;
	uint8_t dow, star, last;
};

struct expression {
	const char *text;
	struct raw_spec raw;
	double goal_utc, goal_zone; /* ns; 0: a microsecond */
};

#define ALL60 ((1ULL << 60) - 1)
#define ALL24 0xffffffU
#define ALL31 0xfffffffeU
#define ALL12 0x1ffe

static const struct expression set[] = {
    {"* * * * * *", {ALL60, ALL60, ALL24, ALL31, ALL12, 127, 1, 0}, 25, 50},
    {"0 */5 * * * *", {1, 0x84210842108421ULL, ALL24, ALL31, ALL12, 127, 1, 0},
	25, 50},
    {"0 0 9 * * MON-FRI", {1, 1, 1 << 9, ALL31, ALL12, 0x3e, 1, 0}, 25, 50},
    {"0 30 3 L * *", {1, 1 << 30, 1 << 3, 0, ALL12, 127, 1, 1}, 25, 50},
    {"0 0 0 29 2 *", {1, 1, 1, 1U << 29, 1 << 2, 127, 1, 0}, 100, 100},
    {"0 30 2 * * *", {1, 1 << 30, 1 << 2, ALL31, ALL12, 127, 1, 0}, 25, 50},
    /* Rare and never: no raw loop, under a microsecond. */
    {"0 0 29 2 */7", {0}, 0, 0},
    {"0 0 30 2 *", {0}, 0, 0},
    {"0 0 0 29 2 */7 2000-2199/13", {0}, 0, 0},
    {"0 0 LW,15W,L-3W * MON#2,FRI#L", {0}, 0, 0},
    {"*/15 2 * 3 SUN#2", {0}, 0, 0},
    {"*/30 1 29 2 *", {0}, 0, 0},
    {"0 0 0 1 1 * 2199", {0}, 0, 0},
};

static const int8_t month_days[2][13] = {
    {0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31},
    {0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31},
};

static uint64_t
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static inline int
leap(int y)
{
	return (y & 3) == 0 && (y % 100 || y % 400 == 0);
}

/* Neri and Schneider. */
static inline void
raw_civil(int32_t days, int *year, int *month, int *day)
{
	const uint32_t s = 82, k = 719468 + 146097 * s, l = 400 * s;
	uint32_t n1 = 4 * ((uint32_t)days + k) + 3;
	uint32_t century = n1 / 146097, n2 = n1 % 146097 / 4 * 4 + 3;
	uint64_t p = 2939745ULL * n2;
	uint32_t z = (uint32_t)(p >> 32);
	uint32_t yday = (uint32_t)p / 2939745 / 4;
	uint32_t n3 = 2141 * yday + 197913, m = n3 >> 16;
	uint32_t next = yday >= 306;

	*year = (int)(100 * century + z - l + next);
	*month = (int)(next ? m - 12 : m);
	*day = (int)((n3 & 0xffff) / 2141 + 1);
}

static inline int32_t
raw_days(int y, int m, int d)
{
	uint32_t yoe, doy;
	int32_t era;

	y -= m <= 2;
	era = y / 400;
	yoe = (uint32_t)(y - era * 400);
	doy = (uint32_t)((153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1);
	return era * 146097 + (int32_t)(yoe * 365 + yoe / 4 - yoe / 100 + doy) -
	    719468;
}

static inline uint32_t
raw_mask(const struct raw_spec *s, int y, int m, unsigned int first)
{
	int length = month_days[leap(y)][m];
	uint32_t valid = (uint32_t)((2ULL << length) - 2), dom = s->dom, dow;

	if (s->last)
		dom |= 1U << length;
	dow = (uint32_t)(s->dow * 0x0102040810204081ULL >> first << 1);
	return (s->star ? dom & dow : dom | dow) & valid;
}

static inline int64_t
raw_local(const struct raw_spec *s, int64_t t)
{
	int32_t day = (int32_t)(++t / 86400), first;
	uint32_t time = (uint32_t)(t - day * 86400LL), mask, rest;
	uint32_t hh = time / 3600, mm = time / 60 - hh * 60, ss = time % 60;
	uint64_t b;
	int y, m, d;

	raw_civil(day, &y, &m, &d);
	mask = raw_mask(s, y, m, (unsigned int)(day + 4 + 35 - (d - 1)) % 7);
	if ((s->mon >> m & 1) && (mask >> d & 1)) {
		if (s->hour >> hh & 1) {
			if ((s->min >> mm & 1) && (b = s->sec >> ss) != 0)
				return t + __builtin_ctzll(b);
			b = s->min & (~0ULL << mm << 1);
			if (b != 0)
				return day * 86400LL + hh * 3600 +
				    __builtin_ctzll(b) * 60 +
				    __builtin_ctzll(s->sec);
		}
		b = s->hour & (~0ULL << hh << 1);
		if (b != 0)
			return day * 86400LL + __builtin_ctzll(b) * 3600 +
			    __builtin_ctzll(s->min) * 60 +
			    __builtin_ctzll(s->sec);
	}
	time = (uint32_t)(__builtin_ctz(s->hour) * 3600 +
	    __builtin_ctzll(s->min) * 60 + __builtin_ctzll(s->sec));
	if (s->mon >> m & 1) {
		rest = (uint32_t)(mask & (~0ULL << d << 1));
		if (rest != 0)
			return (day + __builtin_ctz(rest) - d) * 86400LL + time;
	}
	for (int k = 0; k < 12 * 28; k++) {
		rest = s->mon & (~0U << m << 1);
		if (rest == 0) {
			y++;
			rest = s->mon;
		}
		m = __builtin_ctz(rest);
		first = raw_days(y, m, 1);
		mask = raw_mask(s, y, m, (unsigned int)(first + 4) % 7);
		if (mask != 0)
			return (first + __builtin_ctz(mask) - 1) * 86400LL +
			    time;
	}
	return INT64_MAX;
}

static inline int64_t
raw_next(const struct raw_spec *s, const struct zone *z, int64_t t)
{
	uint32_t i = zone_search(z, t);

	for (;;) {
		int64_t r = raw_local(s, t + z->spans[i].offset);

		if (r == INT64_MAX)
			return r;
		r -= z->spans[i].offset;
		if (r < z->spans[i + 1].at)
			return r;
		t = z->spans[++i].at - 1;
	}
}

static uint64_t random_state = 88172645463325252ULL;

static uint64_t
random_next(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state;
}

struct run {
	const struct schedule *schedule;
	const struct raw_spec *raw; /* NULL: the engine */
	const int64_t *instants;
	bool chain;
};

static inline int64_t
one(const struct run *r, int64_t t)
{
	int64_t next;

	if (r->raw != NULL)
		return raw_next(r->raw, schedule_zone(r->schedule), t);
	return schedule_next(r->schedule, t, &next) ? next : INT64_MAX;
}

static double
measure(const struct run *r, volatile int64_t *sink)
{
	int64_t t = r->instants[0], sum = 0;
	uint64_t begin = now();

	for (int i = 0; i < CALLS; i++) {
		if (!r->chain)
			t = r->instants[i % INSTANTS];
		else if (t > 4000000000LL)
			t = r->instants[0];
		t = one(r, t);
		sum += t;
	}
	*sink = sum;
	return (double)(now() - begin) / CALLS;
}

static int
compare(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* Medians of the engine's rounds and of the raw loop's between them. */
static void
measure_pair(
    struct run run, const struct raw_spec *raw, double *ours_r, double *raw_r)
{
	double ours[ROUNDS], theirs[ROUNDS];
	volatile int64_t sink = 0;

	for (int i = 0; i < ROUNDS; i++) {
		run.raw = NULL;
		ours[i] = measure(&run, &sink);
		run.raw = raw;
		theirs[i] = raw != NULL ? measure(&run, &sink) : 0;
	}
	qsort(ours, ROUNDS, sizeof(*ours), compare);
	qsort(theirs, ROUNDS, sizeof(*theirs), compare);
	*ours_r = ours[ROUNDS / 2];
	*raw_r = theirs[ROUNDS / 2];
}

static bool
measure_expression(const struct expression *e, const struct schedule *schedule,
    const int64_t *instants, double goal)
{
	struct run run = {.schedule = schedule, .instants = instants};
	const struct raw_spec *raw = e->raw.sec != 0 ? &e->raw : NULL;
	double ours[2], theirs[2];
	bool met = true;

	for (int chain = 1; chain >= 0; chain--) {
		run.chain = chain;
		measure_pair(run, raw, &ours[chain], &theirs[chain]);
		met = met && ours[chain] <= goal;
	}
	printf("%-32s %-17s %6.1f %6.1f", e->text, schedule_zone_name(schedule),
	    ours[1], ours[0]);
	if (raw != NULL)
		printf("   %5.1f %5.1f   %4.2f %4.2f", theirs[1], theirs[0],
		    ours[1] / theirs[1], ours[0] / theirs[0]);
	else
		printf("   %27s", "");
	printf("   %s\n", met ? "" : "over the goal");
	return met;
}

static void
measure_parse(struct schedule_pool *pool)
{
	const struct schedule_options options = {.zone = "America/New_York"};
	const int rounds = 200000;
	const struct schedule *s;
	uint64_t begin = now();
	double parse, distinct;
	char text[64];

	for (int i = 0; i < rounds; i++)
		schedule_release(pool,
		    schedule_get(pool, set[(size_t)i % nitems(set)].text,
			&options, NULL));
	parse = (double)(now() - begin) / rounds;
	begin = now();
	for (int i = 0; i < 1000000; i++) {
		snprintf(text, sizeof(text), "%d %d %d %d * *", i % 60,
		    i / 60 % 60, i / 3600 % 24, 1 + i / 86400);
		s = schedule_get(pool, text, &options, NULL);
		if (s == NULL)
			abort();
	}
	distinct = (double)(now() - begin) / 1e9;
	printf("parse, equal ones shared: %.0f ns\n"
	       "1,000,000 distinct texts parsed and kept: %.2f s\n",
	    parse, distinct);
}

int
main(int argc, char **argv)
{
	static const char *const zones[] = {"UTC", "America/New_York"};
	static int64_t instants[INSTANTS];
	struct schedule_pool *pool = schedule_pool_new(NULL);
	bool met = true;

	for (int i = 0; i < INSTANTS; i++)
		instants[i] = START + (int64_t)(random_next() % SPAN);
	printf("%-32s %-17s %13s   %11s   %9s\n%50s %6s %6s   %5s %5s   %4s "
	       "%4s\n",
	    "expression", "zone", "belfry ns", "raw ns", "quotient", "",
	    "chain", "random", "chain", "rand", "ch", "rd");
	for (size_t z = 0; z < nitems(zones); z++)
		for (size_t i = 0; i < nitems(set); i++) {
			const struct schedule_options options = {
			    .zone = zones[z]};
			const struct schedule *s;
			double goal =
			    z == 0 ? set[i].goal_utc : set[i].goal_zone;

			s = schedule_get(pool, set[i].text, &options, NULL);
			if (s == NULL)
				return 1;
			met &= measure_expression(
			    &set[i], s, instants, goal > 0 ? goal : 1000);
		}
	measure_parse(pool);
	schedule_pool_free(pool);
	return argc > 1 && strcmp(argv[1], "--check") == 0 && !met;
}
