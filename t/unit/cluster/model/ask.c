#include "host.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct ask *
ask_new(struct host *h, unsigned job, int64_t slot_ms)
{
	struct ask *ask = &h->asks[h->nasks];

	if (h->nasks == ASKS_MAX)
		abort();
	*ask = (struct ask){
	    .host = h,
	    .state = ASK_ASKED,
	    .job = job,
	    .slot_ms = slot_ms,
	    .run = -1,
	};
	snprintf(ask->id, sizeof(ask->id), "%s%s-%u", h->name,
	    h->twin ? "t" : "", h->nasks);
	h->nasks++;
	return ask;
}

static void
bury(struct host *h, struct ask *ask)
{
	struct cluster_lost lost = {
	    .incarnation = ask->lost_incarnation,
	    .id = ask->lost_id,
	};

	if (ask->lost_id[0] != '\0')
		protocol_bury(h->p, &lost);
}

static void
ask_later(struct sim *sim, unsigned host, struct ask *ask)
{
	struct event event = {
	    .kind = EVENT_ASK,
	    .host = host,
	    .gen = sim->hosts[host].gen,
	    .n = (unsigned)(ask - sim->hosts[host].asks),
	    .at_us = sim->now_us + 200000,
	};

	/* A daemon that may not take part ends. */
	if (!sim->hosts[host].refused)
		sim_push(sim, &event);
}

/* What was told of it was wrong: another has it, or tells. */
static void
not_ours(struct sim *sim, unsigned host, struct ask *ask,
    const struct claim_answer *answer)
{
	struct slot *slot = check_slot(sim, ask->job, ask->slot_ms);

	ask->state = ASK_DONE;
	slot->told &= ~(1u << host);
	if (answer->forgotten)
		slot->recorded |= 1u << host;
	if (answer->verdict == CLAIM_TAKEN)
		bury(&sim->hosts[host], ask);
}

/* The claim is this host's, and there is no run. */
static void
record_slot(struct sim *sim, unsigned host, struct ask *ask,
    const struct claim_answer *answer)
{
	struct slot *slot = check_slot(sim, ask->job, ask->slot_ms);

	ask->state = ASK_DONE;
	slot->recorded |= 1u << host;
	slot->skipped |= answer->verdict == CLAIM_SKIPPED;
	protocol_finish(sim->hosts[host].p, ask->claim, 0, NULL, NULL);
}

/* It is too late for a run: asked for again, to be recorded. */
static void
tell_missed(struct sim *sim, unsigned host, struct ask *ask)
{
	if (ask->lost_id[0] == '\0') {
		ask->told = true;
		check_slot(sim, ask->job, ask->slot_ms)->told |= 1u << host;
	}
	ask_later(sim, host, ask);
}

static void
refused_ask(struct sim *sim, unsigned host, struct ask *ask,
    const struct claim_answer *answer)
{
	switch (answer->verdict) {
	case CLAIM_TAKEN:
	case CLAIM_STALE:
		not_ours(sim, host, ask, answer);
		break;
	case CLAIM_EARLY:
	case CLAIM_BUSY:
		ask_later(sim, host, ask);
		break;
	case CLAIM_LATE:
	case CLAIM_DOWN:
		tell_missed(sim, host, ask);
		break;
	case CLAIM_WON:
	case CLAIM_LAPSED:
	case CLAIM_SKIPPED:
		break; /* not here */
	}
}

static bool
is_kept(enum claim_verdict verdict)
{
	return verdict == CLAIM_WON || verdict == CLAIM_LAPSED ||
	    verdict == CLAIM_SKIPPED;
}

/* Slots between it and the one before are this host's to record. */
static void
account(struct sim *sim, unsigned host, struct ask *ask,
    const struct claim_answer *answer)
{
	if (ask->lost_id[0] == '\0' && answer->before_ms != 0 &&
	    check_record_range(
		sim, host, ask->job, answer->before_ms, ask->slot_ms))
		protocol_settle(sim->hosts[host].p, ask->claim);
}

static void
fork_later(struct sim *sim, unsigned host, struct ask *ask)
{
	struct event event = {
	    .kind = EVENT_FORK,
	    .host = host,
	    .gen = sim->hosts[host].gen,
	    .n = (unsigned)(ask - sim->hosts[host].asks),
	    .at_us = sim->now_us + (int64_t)sim_random(sim, 30000),
	};

	sim_push(sim, &event);
}

static void
claimed(struct claim *claim, const struct claim_answer *answer, void *arg)
{
	struct ask *ask = arg;
	struct sim *sim = ask->host->sim;
	unsigned host = host_index(ask->host);

	sim_trace(sim, "h%u %s %s slot %lld: %s fence %llu", host, ask->id,
	    sim->jobs[ask->job].name, (long long)ask->slot_ms,
	    claim_verdict_name(answer->verdict),
	    (unsigned long long)answer->fence);
	if (!is_kept(answer->verdict))
		return refused_ask(sim, host, ask, answer);
	ask->claim = claim;
	account(sim, host, ask, answer);
	if (answer->verdict != CLAIM_WON || ask->told)
		return record_slot(sim, host, ask, answer);
	ask->state = ASK_WON;
	ask->fence = answer->fence;
	ask->attempt = answer->attempt;
	fork_later(sim, host, ask);
}

static void
fill_ask(struct ask *ask, struct claim_ask *out)
{
	const struct job *job = &ask->host->sim->jobs[ask->job];

	*out = (struct claim_ask){
	    .job = job->name,
	    .id = ask->id,
	    .slot_ms = ask->slot_ms,
	    .at_least_once = job->at_least_once,
	    .overlap = ask->told ? CLAIM_ALLOW : job->overlap,
	    .only_recorded = ask->told,
	    .tells = true,
	    .deadline_ms = 60000,
	    .patience_ms = 9000,
	    .arg = ask,
	};
	if (ask->lost_id[0] != '\0') {
		out->lost_incarnation = ask->lost_incarnation;
		out->lost_id = ask->lost_id;
	}
}

void
ask_send(struct ask *ask)
{
	struct claim_ask out;

	fill_ask(ask, &out);
	ask->claim = protocol_claim(ask->host->p, &out, claimed);
}

void
asks_adopt(struct host *h)
{
	for (unsigned i = 0; i < h->nasks; i++) {
		struct ask *ask = &h->asks[i];
		struct claim_ask out;

		if (ask->state == ASK_ASKED || ask->state == ASK_WON) {
			ask->state = ASK_ASKED;
			ask_send(ask);
		} else if (ask->state == ASK_STARTED) {
			fill_ask(ask, &out);
			ask->claim =
			    protocol_hold(h->p, &out, ask->fence, ask->attempt);
		}
	}
}

void
host_slot(struct sim *sim, unsigned host, unsigned job, int64_t slot_us)
{
	struct host *h = &sim->hosts[host];

	if (h->refused)
		return;
	/* What a second daemon of a name asks for ends with it. */
	check_slot(sim, job, slot_us / 1000)->asked |= !h->twin;
	ask_send(ask_new(h, job, slot_us / 1000));
	host_after(sim, host);
}

void
host_ask(struct sim *sim, unsigned host, unsigned n)
{
	ask_send(&sim->hosts[host].asks[n]);
	host_after(sim, host);
}

/* When all is well again what waits in a queue has its turn soon. */
static int64_t
run_time(struct sim *sim)
{
	bool faults = sim->now_us < EPOCH_US + FAULTS_END_US;

	return (int64_t)sim_random(sim, faults ? 3 * SECOND : SECOND);
}

void
host_fork(struct sim *sim, unsigned host, unsigned n)
{
	struct host *h = &sim->hosts[host];
	struct ask *ask = &h->asks[n];
	struct run *run = &sim->runs[sim->nruns];
	struct event event = {
	    .kind = EVENT_RUN_END, .host = host, .gen = h->gen};

	if (ask->state != ASK_WON)
		return;
	/* The last look: a lease that is over gives no right to fork. */
	if (sim->now_us <= protocol_deadline_ms(h->p) * 1000 &&
	    !protocol_may_start(h->p, ask->claim))
		return fork_later(sim, host, ask);
	if (sim->now_us > protocol_deadline_ms(h->p) * 1000) {
		if (!protocol_is_reachable(h->p))
			return fork_later(sim, host, ask);
		ask->state = ASK_DONE;
		protocol_reopen(h->p, ask->claim);
		return host_after(sim, host);
	}
	*run = (struct run){
	    .job = ask->job,
	    .host = host,
	    .ask = n,
	    .slot_ms = ask->slot_ms,
	    .start_us = sim->now_us,
	    .end_us = sim->now_us + 50000 + run_time(sim),
	    .fence = ask->fence,
	    .attempt = ask->attempt,
	};
	ask->state = ASK_STARTED;
	ask->run = (int)sim->nruns++;
	bury(h, ask);
	check_start(sim, run);
	event.n = (unsigned)ask->run;
	event.at_us = run->end_us;
	sim_push(sim, &event);
	host_after(sim, host);
}

void
host_run_end(struct sim *sim, unsigned host, unsigned run)
{
	host_after(sim, host);
}
