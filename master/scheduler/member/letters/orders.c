/*
 * Orders of people for another host: run a job there, end a run that is there.
 * Who asked is answered when that host is, or by a time-out.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "scheduler/answer/answer.h"
#include "scheduler/member/letters/letter.h"

/* How long a question may wait for the other host. */
#define ANSWER_SECONDS 5

/* A question of the api that waits for another host. */
struct pending {
	struct pending *next;
	struct member *member;
	uint64_t ticket;
	uint64_t ask;
	struct event *timeout;
	unsigned asked; /* so many hosts were */
	char text[300]; /* what to say when none of them answers */
};

static struct pending *
pending_find(struct member *member, uint64_t ticket)
{
	struct pending *p = member->pending;

	while (p != NULL && p->ticket != ticket)
		p = p->next;
	return p;
}

static void
pending_free(struct pending *pending)
{
	struct pending **p = &pending->member->pending;

	while (*p != pending)
		p = &(*p)->next;
	*p = pending->next;
	event_free(pending->timeout);
	free(pending);
}

void
member_orders_free(struct member *member)
{
	while (member->pending != NULL)
		pending_free(member->pending);
}

void
member_cancel_ask(struct master *m, uint64_t ask)
{
	struct pending *p, *next;

	if (m->member == NULL)
		return;
	for (p = m->member->pending; p != NULL; p = next) {
		next = p->next;
		if (p->ask == ask)
			pending_free(p);
	}
}

static void
timeout_cb(evutil_socket_t fd, short what, void *arg)
{
	struct pending *pending = arg;
	struct channel *api = pending->member->master->api;

	if (api != NULL)
		answer_error(
		    api, pending->ask, 504, "no_answer", "%s", pending->text);
	pending_free(pending);
}

static struct pending *
pending_new(struct member *member, const struct ask *ask)
{
	const struct timeval patience = {.tv_sec = ANSWER_SECONDS};
	struct pending *pending = xcalloc(1, sizeof(*pending));

	pending->member = member;
	pending->ticket = ++member->tickets;
	pending->ask = ask->id;
	pending->timeout =
	    evtimer_new(member->master->role->base, timeout_cb, pending);
	if (pending->timeout == NULL)
		fatalx("out of memory");
	evtimer_add(pending->timeout, &patience);
	pending->next = member->pending;
	member->pending = pending;
	return pending;
}

bool
member_run_elsewhere(struct master *m, struct ask *ask, const char *node,
    const char *job, const char *params)
{
	struct member *member = m->member;
	struct pending *pending;

	if (strcmp(node, m->config->node_name) == 0)
		return false;
	if (member == NULL || member_find_host(member, node) == -1) {
		answer_error(ask->channel, ask->id, 404, "not_found",
		    "there is no live host \"%s\"; \"belfry nodes\" lists "
		    "them",
		    node);
		return true;
	}
	pending = pending_new(member, ask);
	snprintf(pending->text, sizeof(pending->text),
	    "host %.128s did not answer; see its history for whether it runs",
	    node);
	if (letter_post(member, node,
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
member_kill_elsewhere(struct master *m, struct ask *ask, const char *run)
{
	struct member *member = m->member;
	struct pending *pending;

	if (member == NULL || member->nhosts <= 1)
		return false;
	pending = pending_new(member, ask);
	snprintf(pending->text, sizeof(pending->text),
	    "no run \"%.64s\" is in progress, or its host does not answer",
	    run);
	for (size_t i = 1; i < member->nhosts; i++)
		if (letter_post(member, member->hosts[i].name,
			json_pack("{s:s, s:s, s:s, s:I}", "do", "kill", "run",
			    run, "who", ask->who, "ticket",
			    (json_int_t)pending->ticket)) == 0)
			pending->asked++;
	if (pending->asked > 0)
		return true;
	pending_free(pending);
	return false;
}

static void
refuse(const struct letter *letter, const char *why)
{
	letter_post(letter->member, letter->from,
	    json_pack("{s:s, s:I, s:s}", "do", "refused", "ticket",
		(json_int_t)letter_number(letter, "ticket"), "why", why));
}

static void
accept_letter(const struct letter *letter, const struct run *run)
{
	letter_post(letter->member, letter->from,
	    json_pack("{s:s, s:I, s:s, s:s, s:I}", "do", "done", "ticket",
		(json_int_t)letter_number(letter, "ticket"), "run",
		run->begin.id, "job", run->begin.job, "slot",
		(json_int_t)run->begin.slot_ms));
}

void
letter_take_run(const struct letter *letter)
{
	struct master *m = letter->member->master;
	struct job *job = jobs_find(&m->jobs, letter_text(letter, "job"));
	const char *params = letter_text(letter, "params");
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
	    run->begin.id, letter_text(letter, "who"), letter->from);
	accept_letter(letter, run);
	launch_pump(m);
}

void
letter_take_kill(const struct letter *letter)
{
	struct master *m = letter->member->master;
	struct run *run = runs_find(&m->runs, letter_text(letter, "run"));

	if (run == NULL || run->state == RUN_STAGED) {
		refuse(letter, "");
		return;
	}
	log_info("job %s: run=%s to be killed by %s at %s", run->begin.job,
	    run->begin.id, letter_text(letter, "who"), letter->from);
	accept_letter(letter, run);
	run_kill(run, KILL_OPERATOR);
}

void
letter_take_done(const struct letter *letter)
{
	struct master *m = letter->member->master;
	struct pending *pending = pending_find(
	    letter->member, (uint64_t)letter_number(letter, "ticket"));
	struct ask ask = {.channel = m->api};

	if (pending == NULL)
		return;
	ask.id = pending->ask;
	pending_free(pending);
	if (m->api != NULL)
		answer_object(&ask, 202,
		    json_pack("{s:s, s:s, s:o, s:s}", "run",
			letter_text(letter, "run"), "job",
			letter_text(letter, "job"), "slot",
			answer_time(letter_number(letter, "slot")), "host",
			letter->from));
}

/* Only when all say so has a run no host. */
void
letter_take_refused(const struct letter *letter)
{
	struct master *m = letter->member->master;
	const char *why = letter_text(letter, "why");
	struct pending *pending = pending_find(
	    letter->member, (uint64_t)letter_number(letter, "ticket"));

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
