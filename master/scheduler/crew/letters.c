/*
 * What hosts ask of each other: JSON objects, sent through Redis.
 *
 *   {"do": "run", "job": J, "params": TEXT, "who": W, "ticket": N}
 *   {"do": "kill", "run": R, "who": W, "ticket": N}
 *   {"do": "done", "ticket": N, "run": R, "job": J, "slot": MS}
 *   {"do": "refused", "ticket": N, "why": TEXT}
 *   {"do": "replace", "run": R}
 *   {"do": "offer", "job": J, "slot": MS, "copy": N, "trigger": T,
 *    "attempt": A}
 *   {"do": "lost", "job": KEY, "slot": MS, "attempt": A, "extra": B, "fence": N,
 *    "incarnation": I, "id": ID, "node": NODE}
 *   {"do": "health", "job": J, "bad": B, "told": MS}
 *   {"do": "pause", "job": J, "on": B, "who": W, "reason": T, "since": MS,
 *    "until": MS}
 *
 * What is not known is passed over: it is of a newer version.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "scheduler/answer/answer.h"
#include "scheduler/crew/internal.h"

/* How long a question may wait for the other host. */
#define ANSWER_SECONDS 5

/* A question of the api that waits for another host. */
struct pending {
	struct pending *next;
	struct crew *crew;
	uint64_t ticket;
	uint64_t ask;
	struct event *timeout;
	unsigned asked; /* so many hosts were */
	char text[300]; /* what to say when none of them answers */
};

static struct pending *
pending_find(struct crew *crew, uint64_t ticket)
{
	struct pending *p = crew->pending;

	while (p != NULL && p->ticket != ticket)
		p = p->next;
	return p;
}

static void
pending_free(struct pending *pending)
{
	struct pending **p = &pending->crew->pending;

	while (*p != pending)
		p = &(*p)->next;
	*p = pending->next;
	event_free(pending->timeout);
	free(pending);
}

void
crew_letters_free(struct crew *crew)
{
	while (crew->pending != NULL)
		pending_free(crew->pending);
}

void
crew_cancel_ask(struct master *m, uint64_t ask)
{
	struct pending *p, *next;

	if (m->crew == NULL)
		return;
	for (p = m->crew->pending; p != NULL; p = next) {
		next = p->next;
		if (p->ask == ask)
			pending_free(p);
	}
}

static void
timeout_cb(evutil_socket_t fd, short what, void *arg)
{
	struct pending *pending = arg;
	struct channel *api = pending->crew->master->api;

	if (api != NULL)
		answer_error(
		    api, pending->ask, 504, "no_answer", "%s", pending->text);
	pending_free(pending);
}

static struct pending *
pending_new(struct crew *crew, const struct ask *ask)
{
	const struct timeval patience = {.tv_sec = ANSWER_SECONDS};
	struct pending *pending = xcalloc(1, sizeof(*pending));

	pending->crew = crew;
	pending->ticket = ++crew->tickets;
	pending->ask = ask->id;
	pending->timeout =
	    evtimer_new(crew->master->role->base, timeout_cb, pending);
	if (pending->timeout == NULL)
		fatalx("out of memory");
	evtimer_add(pending->timeout, &patience);
	pending->next = crew->pending;
	crew->pending = pending;
	return pending;
}

/* Takes json. 0 or -1. */
static int
post(struct crew *crew, const char *node, json_t *json)
{
	char *text = json_dumps(json, JSON_COMPACT);
	int rc = -1;

	if (text != NULL && strlen(text) <= CLUSTER_POST_MAX)
		rc = cluster_post(crew->cluster, node, text);
	free(text);
	json_decref(json);
	return rc;
}

bool
crew_run_elsewhere(struct master *m, struct ask *ask, const char *node,
    const char *job, const char *params)
{
	struct crew *crew = m->crew;
	struct pending *pending;

	if (strcmp(node, m->config->node_name) == 0)
		return false;
	if (crew == NULL || crew_find_host(crew, node) == -1) {
		answer_error(ask->channel, ask->id, 404, "not_found",
		    "there is no live host \"%s\"; \"belfry nodes\" lists "
		    "them",
		    node);
		return true;
	}
	pending = pending_new(crew, ask);
	snprintf(pending->text, sizeof(pending->text),
	    "host %.128s did not answer; see its history for whether it runs",
	    node);
	if (post(crew, node,
		json_pack("{s:s, s:s, s:s, s:s, s:I}", "do", "run", "job", job,
		    "params", params != NULL ? params : "", "who", ask->who,
		    "ticket", (json_int_t)pending->ticket)) == 0)
		return true;
	pending_free(pending);
	answer_error(ask->channel, ask->id, 503, "unavailable",
	    "host %s cannot be told: Redis cannot be reached", node);
	return true;
}

bool
crew_kill_elsewhere(struct master *m, struct ask *ask, const char *run)
{
	struct crew *crew = m->crew;
	struct pending *pending;

	if (crew == NULL || crew->nhosts <= 1)
		return false;
	pending = pending_new(crew, ask);
	snprintf(pending->text, sizeof(pending->text),
	    "no run \"%.64s\" is in progress, or its host does not answer",
	    run);
	for (size_t i = 1; i < crew->nhosts; i++)
		if (post(crew, crew->hosts[i].name,
			json_pack("{s:s, s:s, s:s, s:I}", "do", "kill", "run",
			    run, "who", ask->who, "ticket",
			    (json_int_t)pending->ticket)) == 0)
			pending->asked++;
	if (pending->asked > 0)
		return true;
	pending_free(pending);
	return false;
}

void
crew_offer(struct crew *crew, const char *node, const struct run *run)
{
	const struct run_begin *b = &run->begin;

	if (node != NULL)
		post(crew, node,
		    json_pack("{s:s, s:s, s:I, s:I, s:i, s:i}", "do", "offer",
			"job", b->job, "slot", (json_int_t)b->slot_ms, "copy",
			(json_int_t)b->copy, "trigger", (int)b->trigger,
			"attempt", (int)b->attempt));
}

void
crew_offer_lost(
    struct crew *crew, const char *node, const struct cluster_lost *lost)
{
	if (node != NULL)
		post(crew, node,
		    json_pack("{s:s, s:s, s:I, s:i, s:b, s:s, s:s, s:s}", "do",
			"lost", "job", lost->job, "slot",
			(json_int_t)lost->slot_ms, "attempt",
			(int)lost->attempt, "extra", lost->extra, "incarnation",
			lost->incarnation, "id", lost->id, "node", lost->node));
}

/* "ID" or "ID.TRY": a claim's id is that of its run, and a number. */
static struct run *
run_of_claim(const struct master *m, const char *id)
{
	char run[RUN_ID_SIZE];

	snprintf(run, sizeof(run), "%.*s", (int)strcspn(id, "."), id);
	return runs_find(&m->runs, run);
}

void
crew_replace(struct crew *crew, const char *node, const char *id)
{
	struct run *run = run_of_claim(crew->master, id);

	if (run != NULL && run->state != RUN_STAGED)
		run_kill(run, KILL_REPLACED);
	else if (strcmp(node, crew->master->config->node_name) != 0)
		post(crew, node,
		    json_pack("{s:s, s:s}", "do", "replace", "run", id));
}

void
crew_pause_all_hosts(struct master *m, const struct record_pause *pause)
{
	struct crew *crew = m->crew;

	for (size_t i = 1; crew != NULL && i < crew->nhosts; i++)
		post(crew, crew->hosts[i].name,
		    json_pack("{s:s, s:s, s:b, s:s, s:s, s:I, s:I}", "do",
			"pause", "job", pause->job, "on", pause->on, "who",
			pause->who != NULL ? pause->who : "", "reason",
			pause->reason != NULL ? pause->reason : "", "since",
			(json_int_t)pause->since_ms, "until",
			(json_int_t)pause->until_ms));
}

void
crew_tell_health(struct master *m, const struct job *job, const char *node)
{
	struct crew *crew = m->crew;

	for (size_t i = 1; crew != NULL && i < crew->nhosts; i++)
		if (node == NULL || strcmp(crew->hosts[i].name, node) == 0)
			post(crew, crew->hosts[i].name,
			    json_pack("{s:s, s:s, s:b, s:I}", "do", "health",
				"job", job->name, "bad",
				job->health == JOB_HEALTH_BAD, "told",
				(json_int_t)job->told_ms));
}

/* A letter as it is read: "" and 0 for what is not there. */
struct letter {
	struct crew *crew;
	const char *from;
	json_t *json;
};

static const char *
text_of(const struct letter *letter, const char *key)
{
	const char *text =
	    json_string_value(json_object_get(letter->json, key));

	return text != NULL ? text : "";
}

static int64_t
number_of(const struct letter *letter, const char *key)
{
	return json_integer_value(json_object_get(letter->json, key));
}

static void
refuse(const struct letter *letter, const char *why)
{
	post(letter->crew, letter->from,
	    json_pack("{s:s, s:I, s:s}", "do", "refused", "ticket",
		(json_int_t)number_of(letter, "ticket"), "why", why));
}

static void
accept_letter(const struct letter *letter, const struct run *run)
{
	post(letter->crew, letter->from,
	    json_pack("{s:s, s:I, s:s, s:s, s:I}", "do", "done", "ticket",
		(json_int_t)number_of(letter, "ticket"), "run", run->begin.id,
		"job", run->begin.job, "slot", (json_int_t)run->begin.slot_ms));
}

static void
take_run(const struct letter *letter)
{
	struct master *m = letter->crew->master;
	struct job *job = jobs_find(&m->jobs, text_of(letter, "job"));
	const char *params = text_of(letter, "params");
	struct err err = {"this host has no such job"};
	struct run *run = NULL;

	if (*params == '\0')
		params = NULL;
	if (job != NULL && plugins_check_params(m, job, params, &err) == 0)
		run = fire_manual(m, job, params, &err);
	if (run == NULL) {
		refuse(letter, err.text);
		return;
	}
	log_info("job %s: run=%s asked for by %s at %s", job->name,
	    run->begin.id, text_of(letter, "who"), letter->from);
	accept_letter(letter, run);
	launch_pump(m);
}

static void
take_kill(const struct letter *letter)
{
	struct master *m = letter->crew->master;
	struct run *run = runs_find(&m->runs, text_of(letter, "run"));

	if (run == NULL || run->state == RUN_STAGED) {
		refuse(letter, "");
		return;
	}
	log_info("job %s: run=%s to be killed by %s at %s", run->begin.job,
	    run->begin.id, text_of(letter, "who"), letter->from);
	accept_letter(letter, run);
	run_kill(run, KILL_OPERATOR);
}

static void
take_done(const struct letter *letter)
{
	struct master *m = letter->crew->master;
	struct pending *pending =
	    pending_find(letter->crew, (uint64_t)number_of(letter, "ticket"));
	struct ask ask = {.channel = m->api};

	if (pending == NULL)
		return;
	ask.id = pending->ask;
	pending_free(pending);
	if (m->api != NULL)
		answer_object(&ask, 202,
		    json_pack("{s:s, s:s, s:o, s:s}", "run",
			text_of(letter, "run"), "job", text_of(letter, "job"),
			"slot", answer_time(number_of(letter, "slot")), "host",
			letter->from));
}

/* Only when all say so has a run no host. */
static void
take_refused(const struct letter *letter)
{
	struct master *m = letter->crew->master;
	const char *why = text_of(letter, "why");
	struct pending *pending =
	    pending_find(letter->crew, (uint64_t)number_of(letter, "ticket"));

	if (pending == NULL || (pending->asked > 0 && --pending->asked > 0))
		return;
	if (m->api != NULL && *why != '\0')
		answer_error(m->api, pending->ask, 409, "refused", "%s: %s",
		    letter->from, why);
	else if (m->api != NULL)
		answer_error(m->api, pending->ask, 404, "not_found", "%s",
		    pending->text);
	pending_free(pending);
}

static void
take_replace(const struct letter *letter)
{
	struct run *run =
	    run_of_claim(letter->crew->master, text_of(letter, "run"));

	if (run != NULL && run->state != RUN_STAGED)
		run_kill(run, KILL_REPLACED);
}

static void
take_offer(const struct letter *letter)
{
	struct master *m = letter->crew->master;
	struct job *job = jobs_find(&m->jobs, text_of(letter, "job"));
	int trigger = (int)number_of(letter, "trigger");

	if (job == NULL || m->phase != MASTER_RUNNING ||
	    places_is_full(&m->places) || trigger <= 0 ||
	    trigger >= TRIGGER_COUNT)
		return;
	log_info("job %s: a slot is offered by %s", job->name, letter->from);
	crew_stage_now(m, job, number_of(letter, "slot"),
	    (uint32_t)number_of(letter, "copy"), (enum trigger)trigger,
	    (int32_t)number_of(letter, "attempt"));
	master_arm(m);
}

static void
take_lost(const struct letter *letter)
{
	const struct cluster_lost lost = {
	    .incarnation = text_of(letter, "incarnation"),
	    .node = text_of(letter, "node"),
	    .job = text_of(letter, "job"),
	    .id = text_of(letter, "id"),
	    .slot_ms = number_of(letter, "slot"),
	    .attempt = (int32_t)number_of(letter, "attempt"),
	    .at_least_once = true,
	    .extra = json_is_true(json_object_get(letter->json, "extra")),
	};

	crew_run_lost(letter->crew, &lost);
}

static void
take_pause(const struct letter *letter)
{
	struct master *m = letter->crew->master;
	const struct record_pause record = {
	    .job = text_of(letter, "job"),
	    .on = json_is_true(json_object_get(letter->json, "on")),
	    .who = text_of(letter, "who"),
	    .reason = text_of(letter, "reason"),
	    .since_ms = number_of(letter, "since"),
	    .until_ms = number_of(letter, "until"),
	};
	struct pause *pause = pause_find(m, record.job);

	if (strcmp(record.job, PAUSE_ALL) != 0 &&
	    jobs_find(&m->jobs, record.job) == NULL)
		return;
	log_info("%s: %s by %s at %s", record.job,
	    record.on ? "paused" : "resumed", record.who, letter->from);
	if (record.on)
		pause_begin(m, &record, true);
	else if (pause != NULL)
		pause_end(m, pause);
}

static void
take_health(const struct letter *letter)
{
	struct master *m = letter->crew->master;
	struct job *job = jobs_find(&m->jobs, text_of(letter, "job"));

	if (job == NULL)
		return;
	job->health = json_is_true(json_object_get(letter->json, "bad")) ?
	    JOB_HEALTH_BAD :
	    JOB_HEALTH_GOOD;
	job->told_ms = number_of(letter, "told");
}

static const struct {
	const char *name;
	void (*take)(const struct letter *letter);
} kinds[] = {
    {"run", take_run},
    {"kill", take_kill},
    {"done", take_done},
    {"refused", take_refused},
    {"replace", take_replace},
    {"offer", take_offer},
    {"lost", take_lost},
    {"pause", take_pause},
    {"health", take_health},
};

void
crew_message(const char *from, const char *text, void *arg)
{
	struct letter letter = {.crew = arg, .from = from};

	letter.json = json_loads(text, 0, NULL);
	for (size_t i = 0; i < nitems(kinds); i++)
		if (strcmp(kinds[i].name, text_of(&letter, "do")) == 0)
			kinds[i].take(&letter);
	json_decref(letter.json);
}
