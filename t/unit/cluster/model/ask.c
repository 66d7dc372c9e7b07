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
not_ours(struct ask *ask, const struct claim_answer *answer)
{
	struct host *h = ask->host;
	const struct row row = {
	    .job = ask->job, .slot_ms = ask->slot_ms, .ask = ask};

	ask->state = answer->forgotten ? ASK_ROW : ASK_DONE;
	check_slot(h->sim, ask->job, ask->slot_ms)->told &=
	    ~(1u << host_index(h));
	if (answer->forgotten)
		disk_write(h, &row);
	if (answer->verdict == CLAIM_TAKEN)
		disk_bury(ask);
}

/* The claim is this host's, and there is no run. */
static void
record_slot(struct ask *ask, const struct claim_answer *answer)
{
	const struct row row = {
	    .job = ask->job,
	    .slot_ms = ask->slot_ms,
	    .what = ROW_FINISH,
	    .ask = ask,
	    .claim = ask->claim,
	};

	ask->state = ASK_ROW;
	check_slot(ask->host->sim, ask->job, ask->slot_ms)->skipped |=
	    answer->verdict == CLAIM_SKIPPED;
	disk_write(ask->host, &row);
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
		not_ours(ask, answer);
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
account(struct ask *ask, int64_t before_ms)
{
	const struct row row = {
	    .job = ask->job,
	    .after_ms = before_ms,
	    .slot_ms = ask->slot_ms,
	    .what = ROW_SETTLE,
	    .ask = ask,
	};

	if (ask->lost_id[0] != '\0' || before_ms == 0 ||
	    !check_has_range(ask->host->sim, ask->job, before_ms, ask->slot_ms))
		return;
	ask->before_ms = before_ms;
	disk_write(ask->host, &row);
}

/* Granted, and not to run: its job is paused, or it came too late. */
static bool
is_passed_over(struct sim *sim, const struct ask *ask)
{
	return ask->lost_id[0] == '\0' &&
	    sim->now_us < EPOCH_US + FAULTS_END_US && sim_random(sim, 16) == 0;
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
token_later(struct ask *ask)
{
	struct host *h = ask->host;
	const struct event event = {
	    .kind = EVENT_TOKEN,
	    .host = host_index(h),
	    .gen = h->gen,
	    .n = (unsigned)(ask - h->asks),
	    .at_us = h->sim->now_us + 250000,
	};

	sim_push(h->sim, &event);
}

/* A slot is skipped when there is none; what is run again waits for one. */
static void
took(enum cluster_taken taken, void *arg)
{
	static const struct claim_answer full = {.verdict = CLAIM_SKIPPED};
	struct ask *ask = arg;
	struct host *h = ask->host;

	ask->taking = false;
	sim_trace(
	    h->sim, "h%u %s token: %d", host_index(h), ask->id, (int)taken);
	ask->has_token = taken == CLUSTER_TAKEN;
	if (ask->state != ASK_WON)
		ask_give(ask);
	else if (taken == CLUSTER_TAKEN)
		fork_later(h->sim, host_index(h), ask);
	else if (taken == CLUSTER_FULL && ask->lost_id[0] == '\0')
		record_slot(ask, &full);
	else
		token_later(ask);
}

static void
take(struct ask *ask)
{
	const struct job *job = &ask->host->sim->jobs[ask->job];

	ask->taking = true;
	protocol_take(
	    ask->host->p, job->name, job->limit, 1, ask->id, took, ask);
}

void
host_token(struct sim *sim, unsigned host, unsigned n)
{
	struct ask *ask = &sim->hosts[host].asks[n];

	if (ask->state == ASK_WON)
		take(ask);
	host_after(sim, host);
}

void
ask_give(struct ask *ask)
{
	struct host *h = ask->host;

	if (ask->has_token)
		protocol_give(h->p, h->sim->jobs[ask->job].name, ask->id);
	ask->has_token = false;
}

void
asks_keep_tokens(struct host *h)
{
	const char *tokens[2 * ASKS_MAX];
	size_t n = 0;

	for (unsigned i = 0; i < h->nasks; i++) {
		const struct ask *ask = &h->asks[i];

		if (!ask->has_token && !ask->taking)
			continue;
		tokens[n++] = h->sim->jobs[ask->job].name;
		tokens[n++] = ask->id;
	}
	protocol_keep(h->p, tokens, n);
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
	account(ask, answer->before_ms);
	if (answer->verdict != CLAIM_WON || ask->told ||
	    is_passed_over(sim, ask))
		return record_slot(ask, answer);
	ask->state = ASK_WON;
	ask->fence = answer->fence;
	ask->attempt = answer->attempt;
	if (sim->jobs[ask->job].limit == 0)
		fork_later(sim, host, ask);
	else
		take(ask);
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
	    .before_ms = ask->before_ms,
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

/* What the run file of one tells. */
static void
adopt(struct ask *ask)
{
	struct claim_ask out;

	ask->taking = false;
	ask->has_token = ask->state == ASK_STARTED && ask->has_token;
	switch (ask->state) {
	case ASK_ASKED:
	case ASK_WON:
	case ASK_ROW:
		ask->told |= ask->state == ASK_ROW;
		/* It is told again: the dead host is not buried. */
		ask->state = ask->lost_id[0] == '\0' ? ASK_ASKED : ASK_DONE;
		if (ask->state == ASK_ASKED)
			ask_send(ask);
		account(ask, ask->before_ms);
		break;
	case ASK_STARTED:
		fill_ask(ask, &out);
		ask->claim =
		    protocol_hold(ask->host->p, &out, ask->fence, ask->attempt);
		account(ask, ask->before_ms);
		break;
	case ASK_ENDED:
		account(ask, ask->before_ms);
		break;
	case ASK_NONE:
	case ASK_DONE:
		break;
	}
}

void
asks_adopt(struct host *h)
{
	for (unsigned i = 0; i < h->nasks; i++)
		adopt(&h->asks[i]);
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
		ask_give(ask);
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
	disk_bury(ask);
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
