/*
 * The heap of a million timers: to arm one again, and to fire the earliest and
 * arm it for a day later. Against a raw loop, times and numbers in two flat
 * arrays, and libevent's timers, round by round; medians and their quotients.
 * Ours twice: with the timers side by side, which is like the raw loop, and in
 * things of a job's size, where the memory of the job is fetched as well.
 *
 *   heap [TIMERS [ROUNDS]]
 */
#include <event2/event.h>
#include <event2/event_struct.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/mem.h"
#include "scheduler/clock/heap.h"

#define ROUNDS_MAX 99
#define DAY        86400000000LL

enum measure {
	OURS_ARM,
	OURS_FIRE,
	JOBS_ARM,
	JOBS_FIRE,
	RAW_ARM,
	RAW_FIRE,
	EVENT_ARM,
	EVENT_FIRE,
	MEASURES,
};

static const char *const names[MEASURES] = {"ours, arm again", "ours, fire",
    "in jobs, arm again", "in jobs, fire", "raw, arm again", "raw, fire",
    "libevent, arm again", "libevent, fire"};

/* The size of struct job, with its timer at the beginning. */
#define OWNER 128

struct raw {
	struct entry {
		int64_t at;
		uint32_t id;
	} * h;
	uint32_t *pos;
	uint32_t n;
};

static double
now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static uint64_t
rnd(uint64_t *s)
{
	*s ^= *s << 13;
	*s ^= *s >> 7;
	*s ^= *s << 17;
	return *s;
}

static int64_t
some_time(uint64_t *s)
{
	return (int64_t)(rnd(s) % DAY);
}

static struct timer *
timer_of(char *owners, size_t stride, size_t i)
{
	return (struct timer *)(void *)(owners + i * stride);
}

static void
ours(size_t n, size_t stride, double *ns)
{
	char *owners = xcalloc(n, stride);
	uint64_t seed = 88172645463325252ULL;
	struct heap heap = {0};
	struct timer *timer;
	double from;
	int64_t at;

	heap_reserve(&heap, n);
	for (size_t i = 0; i < n; i++)
		heap_set(&heap, timer_of(owners, stride, i), some_time(&seed));
	from = now_ns();
	for (size_t i = 0; i < n; i++)
		heap_set(&heap, timer_of(owners, stride, rnd(&seed) % n),
		    some_time(&seed));
	ns[0] = (now_ns() - from) / (double)n;
	from = now_ns();
	for (size_t i = 0; i < n; i++) {
		timer = heap_min(&heap, &at);
		heap_set(&heap, timer, at + DAY);
	}
	ns[1] = (now_ns() - from) / (double)n;
	heap_fini(&heap);
	free(owners);
}

static void
raw_place(struct raw *r, uint32_t i, struct entry e)
{
	r->h[i] = e;
	r->pos[e.id] = i;
}

static void
raw_up(struct raw *r, uint32_t i, struct entry e)
{
	for (; i > 0 && r->h[(i - 1) / 4].at > e.at; i = (i - 1) / 4)
		raw_place(r, i, r->h[(i - 1) / 4]);
	raw_place(r, i, e);
}

static void
raw_down(struct raw *r, uint32_t i, struct entry e)
{
	uint32_t child, least, end;

	for (; (child = 4 * i + 1) < r->n; i = least) {
		end = child + 4 < r->n ? child + 4 : r->n;
		least = child;
		for (uint32_t k = child + 1; k < end; k++)
			if (r->h[k].at < r->h[least].at)
				least = k;
		if (r->h[least].at >= e.at)
			break;
		raw_place(r, i, r->h[least]);
	}
	raw_place(r, i, e);
}

static void
raw(size_t n, double *ns)
{
	struct raw r = {
	    xcalloc(n, sizeof(*r.h)), xcalloc(n, sizeof(*r.pos)), 0};
	uint64_t seed = 88172645463325252ULL;
	struct entry e;
	double from;

	for (uint32_t i = 0; i < n; i++)
		raw_up(&r, r.n++, (struct entry){some_time(&seed), i});
	from = now_ns();
	for (size_t i = 0; i < n; i++) {
		e.id = (uint32_t)(rnd(&seed) % n);
		e.at = some_time(&seed);
		if (e.at < r.h[r.pos[e.id]].at)
			raw_up(&r, r.pos[e.id], e);
		else
			raw_down(&r, r.pos[e.id], e);
	}
	ns[RAW_ARM] = (now_ns() - from) / (double)n;
	from = now_ns();
	for (size_t i = 0; i < n; i++) {
		e = r.h[0];
		e.at += DAY;
		raw_down(&r, 0, e);
	}
	ns[RAW_FIRE] = (now_ns() - from) / (double)n;
	free(r.h);
	free(r.pos);
}

static void
count_cb(evutil_socket_t fd, short what, void *arg)
{
	size_t *fired = arg;

	++*fired;
}

static void
libevent(size_t n, double *ns)
{
	struct event_base *base = event_base_new();
	struct event *events = xcalloc(n, sizeof(*events));
	uint64_t seed = 88172645463325252ULL;
	struct timeval tv;
	size_t fired = 0;
	double from;

	for (size_t i = 0; i < n; i++) {
		evtimer_assign(&events[i], base, count_cb, &fired);
		tv = (struct timeval){3600 + (time_t)(rnd(&seed) % 86400), 0};
		event_add(&events[i], &tv);
	}
	from = now_ns();
	for (size_t i = 0; i < n; i++) {
		tv = (struct timeval){3600 + (time_t)(rnd(&seed) % 86400), 0};
		event_add(&events[rnd(&seed) % n], &tv);
	}
	ns[EVENT_ARM] = (now_ns() - from) / (double)n;
	for (size_t i = 0; i < n; i++) {
		tv = (struct timeval){0, (suseconds_t)(rnd(&seed) % 1000)};
		event_add(&events[i], &tv);
	}
	from = now_ns();
	while (fired < n)
		event_base_loop(base, EVLOOP_ONCE);
	ns[EVENT_FIRE] = (now_ns() - from) / (double)n;
	free(events);
	event_base_free(base);
}

static int
compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

int
main(int argc, char **argv)
{
	size_t n = argc > 1 ? strtoul(argv[1], NULL, 10) : 1000000;
	size_t rounds = argc > 2 ? strtoul(argv[2], NULL, 10) : 5;
	static double all[MEASURES][ROUNDS_MAX];
	double ns[MEASURES], median[MEASURES];

	if (n == 0 || rounds == 0 || rounds > ROUNDS_MAX) {
		fprintf(stderr, "usage: heap [TIMERS [ROUNDS]]\n");
		return 2;
	}
	for (size_t i = 0; i < rounds; i++) {
		ours(n, sizeof(struct timer), ns + OURS_ARM);
		ours(n, OWNER, ns + JOBS_ARM);
		raw(n, ns);
		libevent(n, ns);
		for (size_t k = 0; k < MEASURES; k++)
			all[k][i] = ns[k];
	}
	printf("%zu timers, %zu bytes each and %zu in their owner; ns, median "
	       "of %zu\n",
	    n, sizeof(struct heap_entry), sizeof(struct timer), rounds);
	for (size_t k = 0; k < MEASURES; k++) {
		qsort(all[k], rounds, sizeof(double), compare);
		median[k] = all[k][rounds / 2];
		printf("  %-20s %7.0f\n", names[k], median[k]);
	}
	printf("ours / raw: arm again %.2f, fire %.2f; libevent / ours: %.1f, "
	       "%.1f\n",
	    median[OURS_ARM] / median[RAW_ARM],
	    median[OURS_FIRE] / median[RAW_FIRE],
	    median[EVENT_ARM] / median[OURS_ARM],
	    median[EVENT_FIRE] / median[OURS_FIRE]);
	return 0;
}
