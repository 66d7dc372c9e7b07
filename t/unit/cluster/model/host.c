#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "sim.h"

/* Callbacks get this: the protocol knows nothing of the model. */
static struct sim *the_sim;

static struct host *
host_of(void *arg)
{
	return &the_sim->hosts[(uintptr_t)arg];
}

static unsigned
index_of(void *arg)
{
	return (unsigned)(uintptr_t)arg;
}

/* ---------------------------------------------------------------- leases */

/* Workers end what the lease no longer covers, on their own clock. */
static void
enforce_lease(struct sim *sim, unsigned host)
{
	struct host *h = &sim->hosts[host];

	for (unsigned i = 0; i < sim->nruns; i++) {
		struct run *run = &sim->runs[i];

		if (run->host == host && job_is_killed(&sim->jobs[run->job]) &&
		    run->end_us > h->deadline_us &&
		    sim->now_us > h->deadline_us)
			run->end_us = h->deadline_us;
	}
}

/* Those that have ended are told to Redis. */
static void
finish_ended(struct sim *sim, unsigned host)
{
	struct host *h = &sim->hosts[host];

	for (unsigned i = 0; i < h->nasks; i++) {
		struct ask *ask = &h->asks[i];

		if (ask->state != ASK_STARTED ||
		    sim->runs[ask->run].end_us > sim->now_us)
			continue;
		ask->state = ASK_DONE;
		protocol_finish(h->p, ask->claim, 0, NULL, NULL);
	}
}

void
host_after(struct sim *sim, unsigned host)
{
	struct host *h = &sim->hosts[host];
	struct event event = {.kind = EVENT_TICK, .host = host, .gen = h->gen};
	int64_t next;

	if (h->p == NULL || sim->dying)
		return;
	enforce_lease(sim, host);
	h->deadline_us = protocol_deadline_ms(h->p) * 1000;
	finish_ended(sim, host);
	next = protocol_next_ms(h->p);
	if (next == INT64_MAX)
		return;
	event.at_us = next * 1000 > sim->now_us ? next * 1000 : sim->now_us;
	if (h->tick_us > sim->now_us && h->tick_us <= event.at_us)
		return;
	h->tick_us = event.at_us;
	sim_push(sim, &event);
}

void
host_tick(struct sim *sim, unsigned host)
{
	struct host *h = &sim->hosts[host];

	h->tick_us = 0;
	/* A second daemon of a name ends at once. */
	if (h->twin && h->refused && !h->joined)
		return host_kill(sim, host, true);
	enforce_lease(sim, host);
	protocol_tick(h->p, sim->now_us / 1000);
	host_after(sim, host);
}

/* ---------------------------------------------------------------- claims */

static struct ask *
ask_new(struct host *h, unsigned job, int64_t slot_ms)
{
	struct ask *ask = &h->asks[h->nasks];

	if (h->nasks == ASKS_MAX)
		abort();
	*ask = (struct ask){
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
	struct sim *sim = the_sim;
	unsigned host = 0;

	for (unsigned i = 0; i < sim->nhosts; i++)
		if (ask >= sim->hosts[i].asks &&
		    ask < sim->hosts[i].asks + ASKS_MAX)
			host = i;
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
fill_ask(const struct sim *sim, struct ask *ask, struct claim_ask *out)
{
	const struct job *job = &sim->jobs[ask->job];

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

static void
send_ask(struct sim *sim, unsigned host, struct ask *ask)
{
	struct claim_ask out;

	fill_ask(sim, ask, &out);
	ask->claim = protocol_claim(sim->hosts[host].p, &out, claimed);
}

void
host_slot(struct sim *sim, unsigned host, unsigned job, int64_t slot_us)
{
	struct host *h = &sim->hosts[host];

	if (h->refused)
		return;
	check_slot(sim, job, slot_us / 1000)->asked = true;
	send_ask(sim, host, ask_new(h, job, slot_us / 1000));
	host_after(sim, host);
}

void
host_ask(struct sim *sim, unsigned host, unsigned n)
{
	send_ask(sim, host, &sim->hosts[host].asks[n]);
	host_after(sim, host);
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
	    .end_us =
		sim->now_us + 50000 + (int64_t)sim_random(sim, 3 * SECOND),
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

/* ---------------------------------------------------------------- events */

static void
marked(const struct cluster_mark *marks, size_t n, void *arg)
{
	if (n > 0 && the_sim->seen_us == 0)
		the_sim->seen_us = the_sim->now_us;
}

static void
ask_marks(struct host *h)
{
	const char *names[JOBS_MAX];

	for (unsigned i = 0; i < the_sim->njobs; i++)
		names[i] = the_sim->jobs[i].name;
	protocol_marks(h->p, names, the_sim->njobs, marked, NULL);
}

static void
joined(void *arg)
{
	struct host *h = host_of(arg);

	sim_trace(the_sim, "h%u joined %s", index_of(arg),
	    protocol_incarnation(h->p));
	h->joined = true;
	ask_marks(h);
	if (h->twin)
		for (unsigned i = 0; i < the_sim->nhosts; i++)
			if (i != index_of(arg) && the_sim->hosts[i].joined &&
			    strcmp(the_sim->hosts[i].name, h->name) == 0)
				sim_wrong(
				    the_sim, "two daemons of one name joined");
}

static void
lost(void *arg)
{
	sim_trace(the_sim, "h%u lost its session", index_of(arg));
	host_of(arg)->joined = false;
}

static void
refused(const char *why, void *arg)
{
	host_of(arg)->refused = true;
}

static void
taken(struct claim *claim, void *arg)
{
	struct host *h = host_of(arg);

	for (unsigned i = 0; i < h->nasks; i++) {
		struct ask *ask = &h->asks[i];

		if (ask->claim != claim)
			continue;
		sim_trace(the_sim, "h%u %s taken", index_of(arg), ask->id);
		if (ask->state == ASK_WON) {
			ask->state = ASK_DONE;
			protocol_finish(h->p, claim, 0, NULL, NULL);
		} else if (ask->state == ASK_STARTED &&
		    the_sim->runs[ask->run].end_us > the_sim->now_us) {
			the_sim->runs[ask->run].end_us = the_sim->now_us;
		}
	}
}

static bool
is_rerun_here(const struct host *h, const struct cluster_lost *l)
{
	for (unsigned i = 0; i < h->nasks; i++)
		if (strcmp(h->asks[i].lost_id, l->id) == 0 &&
		    h->asks[i].state != ASK_DONE)
			return true;
	return false;
}

static void
reaped(const struct cluster_lost *l, void *arg)
{
	struct host *h = host_of(arg);
	unsigned job = (unsigned)atoi(l->job + 1);
	struct ask *ask;

	sim_trace(the_sim, "h%u reaped %s of %s", index_of(arg), l->id,
	    l->incarnation);
	check_slot(the_sim, job, l->slot_ms)->recorded |= 1u << index_of(arg);
	if (l->before_ms != 0)
		check_record_range(
		    the_sim, index_of(arg), job, l->before_ms, l->slot_ms);
	if (!l->at_least_once || l->fate != CLUSTER_FATE_STARTED)
		return protocol_bury(h->p, l);
	if (is_rerun_here(h, l))
		return;
	ask = ask_new(h, job, l->slot_ms);
	snprintf(ask->lost_incarnation, sizeof(ask->lost_incarnation), "%s",
	    l->incarnation);
	snprintf(ask->lost_id, sizeof(ask->lost_id), "%s", l->id);
	send_ask(the_sim, index_of(arg), ask);
}

static void
owed(struct claim *claim, const struct cluster_owed *o, void *arg)
{
	struct host *h = host_of(arg);
	unsigned job = (unsigned)atoi(o->job + 1);

	sim_trace(the_sim, "h%u owes %s slot %lld", index_of(arg), o->job,
	    (long long)o->slot_ms);
	check_slot(the_sim, job, o->slot_ms)->recorded |= 1u << index_of(arg);
	if (o->before_ms != 0)
		check_record_range(
		    the_sim, index_of(arg), job, o->before_ms, o->slot_ms);
	protocol_finish(h->p, claim, 0, NULL, NULL);
}

static void
driver_send(void *arg, unsigned server, enum script_id script,
    const struct args *args, struct request *request)
{
	net_send(the_sim, index_of(arg), server, script, args, request);
}

static uint64_t
driver_random(void *arg)
{
	return sim_random(the_sim, 0);
}

/* ---------------------------------------------------------- life and death */

/* What the run files tell. */
static void
adopt(struct sim *sim, unsigned host)
{
	struct host *h = &sim->hosts[host];

	for (unsigned i = 0; i < h->nasks; i++) {
		struct ask *ask = &h->asks[i];
		struct claim_ask out;

		if (ask->state == ASK_ASKED || ask->state == ASK_WON) {
			ask->state = ASK_ASKED;
			send_ask(sim, host, ask);
		} else if (ask->state == ASK_STARTED) {
			fill_ask(sim, ask, &out);
			ask->claim =
			    protocol_hold(h->p, &out, ask->fence, ask->attempt);
		}
	}
}

void
host_start(struct sim *sim, unsigned host)
{
	static const struct cluster_events events = {
	    .joined = joined,
	    .lost = lost,
	    .refused = refused,
	    .taken = taken,
	    .reaped = reaped,
	    .owed = owed,
	};
	struct host *h = &sim->hosts[host];
	void *arg = (void *)(uintptr_t)host;
	struct protocol_driver driver = {driver_send, driver_random, arg};
	struct protocol_settings settings = {
	    .name = "c",
	    .node = h->name,
	    .former = h->former,
	    .nservers = sim->nservers,
	    .heartbeat_ms = HEARTBEAT_MS,
	    .session_ttl_ms = TTL_MS,
	    .lock_delay_ms = LOCK_DELAY_MS,
	};

	the_sim = sim;
	if (h->p != NULL)
		return;
	sim_trace(sim, "h%u starts", host);
	h->p = protocol_new(&settings, &driver, &events, arg);
	h->paused_until_us = h->tick_us = 0;
	h->joined = h->refused = false;
	adopt(sim, host);
	protocol_say(h->p, "w", false);
	for (unsigned i = 0; i < sim->nservers; i++)
		net_connect(sim, host, i);
	host_after(sim, host);
}

static void
note_former(struct host *h)
{
	size_t n = strlen(h->former);

	/* The last ones; older ones were taken over by those. */
	if (n > sizeof(h->former) - 2 * CLUSTER_INCARNATION_MAX)
		n = 0;
	snprintf(h->former + n, sizeof(h->former) - n, "%s%s", n > 0 ? " " : "",
	    protocol_incarnation(h->p));
}

void
host_kill(struct sim *sim, unsigned host, bool runs_too)
{
	struct host *h = &sim->hosts[host];

	if (h->p == NULL)
		return;
	sim_trace(sim, "h%u dies%s", host, runs_too ? " with its runs" : "");
	enforce_lease(sim, host);
	note_former(h);
	sim->dying = true;
	protocol_mute(h->p);
	net_drain(sim, host);
	protocol_free(h->p);
	sim->dying = false;
	h->p = NULL;
	h->gen++;
	for (unsigned i = 0; i < sim->nservers; i++) {
		h->conns[i].up = false;
		h->conns[i].gen++;
	}
	for (unsigned i = 0; i < sim->nruns && runs_too; i++)
		if (sim->runs[i].host == host &&
		    sim->runs[i].end_us > sim->now_us)
			sim->runs[i].end_us = sim->now_us;
}
