#include "sim.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* splitmix64 */
uint64_t
sim_random(struct sim *sim, uint64_t below)
{
	uint64_t z = sim->rng += 0x9e3779b97f4a7c15ULL;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
	z ^= z >> 31;
	return below != 0 ? z % below : z;
}

void
sim_wrong(struct sim *sim, const char *fmt, ...)
{
	va_list ap;

	if (sim->wrong[0] != '\0')
		return;
	va_start(ap, fmt);
	vsnprintf(sim->wrong, sizeof(sim->wrong), fmt, ap);
	va_end(ap);
	sim_trace(sim, "WRONG %s", sim->wrong);
}

void
sim_trace(struct sim *sim, const char *fmt, ...)
{
	va_list ap;

	if (!sim->trace)
		return;
	printf("%10.6f ", (double)(sim->now_us - EPOCH_US) / SECOND);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	printf("\n");
}

/* ------------------------------------------------------------------ heap */

static bool
before(const struct event *a, const struct event *b)
{
	return a->at_us != b->at_us ? a->at_us < b->at_us : a->order < b->order;
}

static void
swap(struct event *a, struct event *b)
{
	struct event t = *a;

	*a = *b;
	*b = t;
}

void
sim_push(struct sim *sim, const struct event *event)
{
	size_t i = sim->nheap++;

	array_reserve(
	    &sim->heap, &sim->heap_cap, sim->nheap, sizeof(*sim->heap));
	sim->heap[i] = *event;
	sim->heap[i].order = sim->order++;
	for (; i > 0 && before(&sim->heap[i], &sim->heap[(i - 1) / 2]);
	     i = (i - 1) / 2)
		swap(&sim->heap[i], &sim->heap[(i - 1) / 2]);
}

static struct event
pop(struct sim *sim)
{
	struct event first = sim->heap[0];
	size_t i = 0, child;

	sim->heap[0] = sim->heap[--sim->nheap];
	while ((child = 2 * i + 1) < sim->nheap) {
		if (child + 1 < sim->nheap &&
		    before(&sim->heap[child + 1], &sim->heap[child]))
			child++;
		if (!before(&sim->heap[child], &sim->heap[i]))
			break;
		swap(&sim->heap[child], &sim->heap[i]);
		i = child;
	}
	return first;
}

/* ----------------------------------------------------------------- a seed */

/* What is for a host that is stopped waits; what is for a dead one is gone. */
static bool
is_for_nobody(struct sim *sim, struct event *event)
{
	struct host *host = &sim->hosts[event->host];

	switch (event->kind) {
	case EVENT_DELIVER:
	case EVENT_FAULT:
	case EVENT_RESTART:
		return false;
	case EVENT_RUN_END:
	case EVENT_TICK:
	case EVENT_REPLY:
	case EVENT_CONNECT:
	case EVENT_SLOT:
	case EVENT_ASK:
	case EVENT_FORK:
	case EVENT_DISK:
	case EVENT_KILL:
	case EVENT_TOKEN:
		break;
	}
	if (event->kind == EVENT_REPLY && event->msg->request == NULL)
		return true;
	if (event->kind != EVENT_SLOT && event->kind != EVENT_REPLY &&
	    event->gen != host->gen)
		return true;
	/* Another tick was set since. */
	if (event->kind == EVENT_TICK && event->at_us != host->tick_us)
		return true;
	if (host->paused_until_us > sim->now_us) {
		if (event->kind == EVENT_TICK)
			host->tick_us = host->paused_until_us;
		event->at_us = host->paused_until_us;
		sim_push(sim, event);
		return true;
	}
	return host->p == NULL;
}

static void
happen(struct sim *sim, struct event *event)
{
	if (is_for_nobody(sim, event))
		return;
	switch (event->kind) {
	case EVENT_TICK:
		host_tick(sim, event->host);
		break;
	case EVENT_DELIVER:
		net_deliver(sim, event->msg);
		break;
	case EVENT_REPLY:
		net_reply(sim, event->msg);
		break;
	case EVENT_CONNECT:
		net_connect(sim, event->host, event->n);
		break;
	case EVENT_SLOT:
		host_slot(sim, event->host, event->n, event->slot_us);
		break;
	case EVENT_ASK:
		host_ask(sim, event->host, event->n);
		break;
	case EVENT_FORK:
		host_fork(sim, event->host, event->n);
		break;
	case EVENT_TOKEN:
		host_token(sim, event->host, event->n);
		break;
	case EVENT_DISK:
		disk_written(sim, event->host, event->n);
		break;
	case EVENT_RUN_END:
		host_run_end(sim, event->host, event->n);
		break;
	case EVENT_FAULT:
		faults_next(sim);
		break;
	case EVENT_KILL:
		faults_kill(sim, event->host);
		break;
	case EVENT_RESTART:
		host_start(sim, event->host);
		break;
	}
}

/* When a host tries a slot: by its own clock, and after those before it. */
static void
plan_slot(struct sim *sim, unsigned job, int64_t slot_us, bool last)
{
	struct slot *slot = check_slot(sim, job, slot_us / 1000);
	struct event event = {.kind = EVENT_SLOT, .n = job, .slot_us = slot_us};

	slot->last = last;
	/* No host had room: who claims the next one has to say so. */
	if (!last && sim_random(sim, 4) == 0)
		return;
	for (event.host = 0; event.host < sim->nhosts; event.host++) {
		int64_t rank = (int64_t)sim_random(sim, 400000);

		event.at_us = slot_us + rank;
		/* Clocks are right again when the faults are over. */
		if (!last)
			event.at_us -= sim->hosts[event.host].skew_us;
		if (event.at_us > EPOCH_US + SECOND)
			sim_push(sim, &event);
	}
}

static void
plan_slots(struct sim *sim)
{
	for (unsigned job = 0; job < sim->njobs; job++) {
		int64_t at = EPOCH_US + 2 * SECOND +
		    (int64_t)sim_random(sim, 2 * SECOND);

		int n = (int)sim_random(sim, sim->large ? 4 : 2);

		for (; n >= 0; n--) {
			plan_slot(sim, job, at, false);
			at += 300000 + (int64_t)sim_random(sim, SECOND);
		}
		plan_slot(sim, job, EPOCH_US + LAST_SLOT_US, true);
	}
}

static void
make_job(struct sim *sim, unsigned n)
{
	struct job *job = &sim->jobs[n];

	snprintf(job->name, sizeof(job->name), "j%u", n);
	job->at_least_once = sim_random(sim, 3) == 0;
	job->overlap = (enum claim_overlap)sim_random(sim, 3);
	if (job->overlap == CLAIM_ALLOW)
		job->limit = (unsigned)sim_random(sim, 3);
}

/* As if the cluster had been for long: most seeds need not see its birth. */
static void
open_servers(struct sim *sim)
{
	struct args args = {0};
	struct fake_reply reply;

	for (unsigned i = 0; i < sim->nservers; i++) {
		args_reset(&args);
		for (int k = 0; k < 12; k++)
			args_add(&args, "");
		fake_run(&sim->servers[i].data, SCRIPTS_JOIN, "belfry:{c}",
		    &args, sim->now_us, &reply);
		fake_reply_free(&reply);
		args_reset(&args);
		args_add(&args, "");
		args_add(&args, "1.x");
		for (int k = 0; k < 4; k++)
			args_add(&args, "0");
		args_add(&args, "");
		fake_run(&sim->servers[i].data, SCRIPTS_OPEN, "belfry:{c}",
		    &args, sim->now_us, &reply);
		fake_reply_free(&reply);
	}
	args_fini(&args);
}

bool
sim_run(struct sim *sim, uint64_t seed, unsigned nservers)
{
	bool trace = sim->trace;

	*sim = (struct sim){.seed = seed, .rng = seed, .trace = trace};
	sim->now_us = EPOCH_US;
	sim->nservers = nservers;
	/* One of four has all there is; most are small, and many. */
	sim->large = seed % 4 == 0;
	sim->nhosts = 2 + sim->large * (unsigned)sim_random(sim, 2);
	sim->njobs = 1 + sim->large * (unsigned)sim_random(sim, JOBS_MAX);
	for (unsigned i = 0; i < sim->njobs; i++)
		make_job(sim, i);
	faults_choose(sim);
	if (seed % 16 != 0)
		open_servers(sim);
	for (unsigned i = 0; i < sim->nhosts; i++)
		host_start(sim, i);
	plan_slots(sim);
	while (sim->nheap > 0 && sim->wrong[0] == '\0') {
		struct event event = pop(sim);

		if (event.at_us > EPOCH_US + END_US)
			break;
		sim->now_us = event.at_us;
		happen(sim, &event);
	}
	if (sim->wrong[0] == '\0')
		check_end(sim);
	return sim->wrong[0] == '\0';
}

void
sim_free(struct sim *sim)
{
	struct msg *msg;

	for (unsigned i = 0; i < sim->nhosts; i++)
		host_kill(sim, i, true);
	while ((msg = sim->msgs) != NULL) {
		sim->msgs = msg->next;
		args_fini(&msg->args);
		fake_reply_free(&msg->reply);
		free(msg);
	}
	for (unsigned i = 0; i < sim->nservers; i++) {
		fake_clear(&sim->servers[i].data);
		fake_clear(&sim->servers[i].kept);
	}
	free(sim->heap);
}
