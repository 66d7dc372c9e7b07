#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim.h"

bool
job_is_killed(const struct job *job)
{
	return job->at_least_once || job->overlap != CLAIM_ALLOW ||
	    job->limit != 0;
}

/* As its host's workers see it: they obey the lease without the master. */
bool
run_is_active(const struct sim *sim, const struct run *run)
{
	const struct host *host = &sim->hosts[run->host];

	if (sim->now_us >= run->end_us)
		return false;
	return !job_is_killed(&sim->jobs[run->job]) ||
	    sim->now_us <= host->deadline_us;
}

struct slot *
check_slot(struct sim *sim, unsigned job, int64_t slot_ms)
{
	struct slot *slot;

	for (unsigned i = 0; i < sim->nslots; i++)
		if (sim->slots[i].job == job &&
		    sim->slots[i].slot_ms == slot_ms)
			return &sim->slots[i];
	slot = &sim->slots[sim->nslots++];
	*slot = (struct slot){.job = job, .slot_ms = slot_ms};
	return slot;
}

static void
check_pair(struct sim *sim, const struct run *a, const struct run *b)
{
	const struct job *job = &sim->jobs[a->job];

	if (a->fence == b->fence)
		sim_wrong(sim, "one fence twice: %" PRIu64, a->fence);
	if (a->slot_ms < b->slot_ms && a->attempt == 1 && b->attempt == 1 &&
	    a->fence > b->fence)
		sim_wrong(sim, "a later slot has a lower fence");
	if (a->slot_ms == b->slot_ms && !job->at_least_once)
		sim_wrong(sim, "double start of %s at %" PRId64, job->name,
		    a->slot_ms);
	if (!run_is_active(sim, a) || !run_is_active(sim, b))
		return;
	if (job->overlap != CLAIM_ALLOW || a->slot_ms == b->slot_ms)
		sim_wrong(sim, "overlap of %s: h%u and h%u", job->name, a->host,
		    b->host);
}

static void
check_limit(struct sim *sim, unsigned n)
{
	const struct job *job = &sim->jobs[n];
	unsigned active = 0;

	for (unsigned i = 0; i < sim->nruns; i++)
		active +=
		    sim->runs[i].job == n && run_is_active(sim, &sim->runs[i]);
	if (job->limit != 0 && active > job->limit)
		sim_wrong(sim, "%u runs of %s at once, %u may be", active,
		    job->name, job->limit);
}

void
check_start(struct sim *sim, struct run *run)
{
	struct slot *slot = check_slot(sim, run->job, run->slot_ms);

	sim_trace(sim,
	    "h%u STARTS %s slot %" PRId64 " attempt %d fence %" PRIu64,
	    run->host, sim->jobs[run->job].name, run->slot_ms, run->attempt,
	    run->fence);
	slot->starts++;
	for (unsigned i = 0; i + 1 < sim->nruns; i++) {
		const struct run *other = &sim->runs[i];

		if (other->job != run->job)
			continue;
		check_pair(sim, other, run);
		check_pair(sim, run, other);
	}
	check_limit(sim, run->job);
}

/* Nothing is running for ever: what stands in Redis is true. */
static void
check_server(struct sim *sim, unsigned server)
{
	const struct fake *data = &sim->servers[server].data;

	if (fake_get(data, "belfry:{c}:i", "m") == NULL)
		sim_wrong(sim, "server %u was never healed", server);
	/* Two daemons of a name may dispute it for ever. */
	if (sim->faults & FAULT_TWIN)
		return;
	for (size_t i = 0; i < data->n; i++) {
		if (strncmp(data->keys[i].name, "belfry:{c}:r:", 13) == 0)
			sim_wrong(sim, "server %u: %s still has runs, as %s",
			    server, data->keys[i].name,
			    data->keys[i].fields[0].name);
		if (strncmp(data->keys[i].name, "belfry:{c}:s:", 13) == 0)
			sim_wrong(sim, "server %u: a token of %s is not free",
			    server, data->keys[i].name);
	}
}

static bool
is_between(
    const struct slot *slot, unsigned job, int64_t after_ms, int64_t before_ms)
{
	return slot->job == job && slot->slot_ms > after_ms &&
	    slot->slot_ms < before_ms;
}

bool
check_has_range(
    const struct sim *sim, unsigned job, int64_t after_ms, int64_t before_ms)
{
	for (unsigned i = 0; i < sim->nslots; i++)
		if (is_between(&sim->slots[i], job, after_ms, before_ms))
			return true;
	return false;
}

void
check_record_range(struct sim *sim, unsigned host, unsigned job,
    int64_t after_ms, int64_t before_ms)
{
	for (unsigned i = 0; i < sim->nslots; i++)
		if (is_between(&sim->slots[i], job, after_ms, before_ms))
			sim->slots[i].recorded |= 1u << host;
}

/*
 * Every slot that was asked for ran, or stands in somebody's ledger; so does
 * one that came when all were dead, where it is known since when they were.
 */
static bool
is_forgotten(const struct sim *sim, const struct slot *slot)
{
	unsigned forgets = FAULT_FORGET | FAULT_GO_BACK;
	bool known = sim->seen_us != 0 &&
	    slot->slot_ms > sim->seen_us / 1000 + CLUSTER_EARLY_MS &&
	    (sim->faults & (forgets | FAULT_CLOCK)) == 0;

	/*
	 * One of several servers may have been the only one to know that a
	 * claim was on its way to be started.
	 */
	if (sim->nservers > 1 && (sim->faults & (forgets | FAULT_RESTART)) != 0)
		return false;

	return slot->starts == 0 && slot->recorded == 0 && slot->told == 0 &&
	    (slot->asked || known);
}

void
check_end(struct sim *sim)
{
	for (unsigned i = 0; i < sim->nslots; i++) {
		const struct slot *slot = &sim->slots[i];
		const char *job = sim->jobs[slot->job].name;

		if (is_forgotten(sim, slot))
			sim_wrong(sim,
			    "%s at %" PRId64 ": it did not run, and nobody "
			    "has recorded it",
			    job, slot->slot_ms);
		if (slot->last && slot->starts + slot->skipped != 1)
			sim_wrong(sim,
			    "%s: %u starts of the slot after all faults", job,
			    slot->starts);
	}
	for (unsigned i = 0; i < sim->nservers; i++)
		check_server(sim, i);
}
