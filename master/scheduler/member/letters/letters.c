/*
 * What hosts ask of each other: JSON objects, sent through Redis.
 *
 *   {"do": "run", "job": J, "params": TEXT, "who": W, "ticket": N}
 *   {"do": "kill", "run": R, "who": W, "ticket": N}
 *   {"do": "done", "ticket": N, "run": R, "job": J, "slot": MS}
 *   {"do": "refused", "ticket": N, "why": TEXT}
 *   {"do": "ask", "ticket": N, "verb": V, "args": {KEY: TEXT}}
 *   {"do": "told", "ticket": N, "at": N, "text": TEXT, "status": N}: a piece,
 *    which stands at that byte of an answer; the last one has the status
 *   {"do": "end", "to": INCARNATION, "job": CHILD, "parent": J, "run": R,
 *    "outcome": N, "exit": N, "at": MS, "chain": C, "params": TEXT,
 *    "results": TEXT}
 *   {"do": "kept", "job": CHILD, "run": R}
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
#include "scheduler/member/letters/letter.h"

int
letter_post(struct member *member, const char *node, json_t *json)
{
	char *text = json_dumps(json, JSON_COMPACT);
	int rc = -1;

	if (text != NULL && strlen(text) <= CLUSTER_POST_MAX)
		rc = cluster_post(member->cluster, node, text);
	free(text);
	json_decref(json);
	return rc;
}

void
member_offer(struct member *member, const char *node, const struct run *run)
{
	const struct run_begin *b = &run->begin;

	if (node != NULL)
		letter_post(member, node,
		    json_pack("{s:s, s:s, s:I, s:I, s:i, s:i}", "do", "offer",
			"job", b->job, "slot", (json_int_t)b->slot_ms, "copy",
			(json_int_t)b->copy, "trigger", (int)b->trigger,
			"attempt", (int)b->attempt));
}

void
member_offer_lost(
    struct member *member, const char *node, const struct cluster_lost *lost)
{
	if (node != NULL)
		letter_post(member, node,
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
member_replace(struct member *member, const char *node, const char *id)
{
	struct run *run = run_of_claim(member->master, id);

	if (run != NULL && run->state != RUN_STAGED)
		run_kill(run, KILL_REPLACED);
	else if (strcmp(node, member->master->config->node_name) != 0)
		letter_post(member, node,
		    json_pack("{s:s, s:s}", "do", "replace", "run", id));
}

void
member_pause_all_hosts(struct master *m, const struct record_pause *pause)
{
	struct member *member = m->member;

	for (size_t i = 1; member != NULL && i < member->nhosts; i++)
		letter_post(member, member->hosts[i].name,
		    json_pack("{s:s, s:s, s:b, s:s, s:s, s:I, s:I}", "do",
			"pause", "job", pause->job, "on", pause->on, "who",
			pause->who != NULL ? pause->who : "", "reason",
			pause->reason != NULL ? pause->reason : "", "since",
			(json_int_t)pause->since_ms, "until",
			(json_int_t)pause->until_ms));
}

void
member_tell_health(struct master *m, const struct job *job, const char *node)
{
	struct member *member = m->member;

	for (size_t i = 1; member != NULL && i < member->nhosts; i++)
		if (node == NULL || strcmp(member->hosts[i].name, node) == 0)
			letter_post(member, member->hosts[i].name,
			    json_pack("{s:s, s:s, s:b, s:I}", "do", "health",
				"job", job->name, "bad",
				job->health == JOB_HEALTH_BAD, "told",
				(json_int_t)job->told_ms));
}

const char *
letter_text(const struct letter *letter, const char *key)
{
	const char *text =
	    json_string_value(json_object_get(letter->json, key));

	return text != NULL ? text : "";
}

int64_t
letter_number(const struct letter *letter, const char *key)
{
	return json_integer_value(json_object_get(letter->json, key));
}

static void
take_replace(const struct letter *letter)
{
	struct run *run =
	    run_of_claim(letter->member->master, letter_text(letter, "run"));

	if (run != NULL && run->state != RUN_STAGED)
		run_kill(run, KILL_REPLACED);
}

static void
take_offer(const struct letter *letter)
{
	struct master *m = letter->member->master;
	struct job *job = jobs_find(&m->jobs, letter_text(letter, "job"));
	int trigger = (int)letter_number(letter, "trigger");

	if (job == NULL || m->phase != MASTER_RUNNING ||
	    places_is_full(&m->places) || trigger < 0 ||
	    trigger >= TRIGGER_COUNT)
		return;
	log_info("job %s: a slot is offered by %s", job->name, letter->from);
	member_stage_now(m, job, letter_number(letter, "slot"),
	    (uint32_t)letter_number(letter, "copy"), (enum trigger)trigger,
	    (int32_t)letter_number(letter, "attempt"));
	master_arm(m);
}

static void
take_lost(const struct letter *letter)
{
	const struct cluster_lost lost = {
	    .incarnation = letter_text(letter, "incarnation"),
	    .node = letter_text(letter, "node"),
	    .job = letter_text(letter, "job"),
	    .id = letter_text(letter, "id"),
	    .slot_ms = letter_number(letter, "slot"),
	    .attempt = (int32_t)letter_number(letter, "attempt"),
	    .at_least_once = true,
	    .extra = json_is_true(json_object_get(letter->json, "extra")),
	};

	member_run_lost(letter->member, &lost);
}

static void
take_pause(const struct letter *letter)
{
	struct master *m = letter->member->master;
	const struct record_pause record = {
	    .job = letter_text(letter, "job"),
	    .on = json_is_true(json_object_get(letter->json, "on")),
	    .who = letter_text(letter, "who"),
	    .reason = letter_text(letter, "reason"),
	    .since_ms = letter_number(letter, "since"),
	    .until_ms = letter_number(letter, "until"),
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
	struct master *m = letter->member->master;
	struct job *job = jobs_find(&m->jobs, letter_text(letter, "job"));

	if (job == NULL)
		return;
	job->health = json_is_true(json_object_get(letter->json, "bad")) ?
	    JOB_HEALTH_BAD :
	    JOB_HEALTH_GOOD;
	job->told_ms = letter_number(letter, "told");
}

static const struct {
	const char *name;
	void (*take)(const struct letter *letter);
} kinds[] = {
    {"run", letter_take_run},
    {"kill", letter_take_kill},
    {"done", letter_take_done},
    {"refused", letter_take_refused},
    {"ask", letter_take_ask},
    {"told", letter_take_told},
    {"end", letter_take_end},
    {"kept", letter_take_kept},
    {"replace", take_replace},
    {"offer", take_offer},
    {"lost", take_lost},
    {"pause", take_pause},
    {"health", take_health},
};

void
member_message(const char *from, const char *text, void *arg)
{
	struct letter letter = {.member = arg, .from = from};

	letter.json = json_loads(text, 0, NULL);
	for (size_t i = 0; i < nitems(kinds); i++)
		if (strcmp(kinds[i].name, letter_text(&letter, "do")) == 0)
			kinds[i].take(&letter);
	json_decref(letter.json);
}

void
member_letters_free(struct member *member)
{
	member_orders_free(member);
	member_surveys_free(member);
	member_witness_free(member);
	member_arrivals_free(member);
}
