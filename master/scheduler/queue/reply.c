/*
 * Ends that URLs are to be told: each try is a run of its own, an http job
 * that nobody wrote, so that no queue waits for it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "config/section/queue.h"
#include "scheduler/master.h"
#include "scheduler/queue/queue.h"

/* 1 s, 2 s, 4 s ... for half an hour, then it is given up. */
#define TRIES_MAX 12
#define FIRST_MS  1000

#define TIMEOUT "30s"

/* As it is, in a value that has variables. */
static char *
literal(const char *prefix, const char *text)
{
	struct strbuf b = STRBUF_INIT;

	strbuf_adds(&b, prefix);
	for (; *text != '\0'; text++) {
		if (strncmp(text, "${", 2) == 0)
			strbuf_addch(&b, '$');
		strbuf_addch(&b, *text);
	}
	return strbuf_take(&b);
}

static struct job *
make_job(struct master *m, const struct run_begin *begin,
    const struct submission_reply *s, struct err *err)
{
	char *http = literal("POST ", s->url), *body = literal("", s->body);
	struct job_pair pairs[6];
	struct job *job;
	size_t n = 0;

	if (*s->user != '\0')
		pairs[n++] = (struct job_pair){"user", s->user};
	pairs[n++] = (struct job_pair){"http", http};
	pairs[n++] =
	    (struct job_pair){"http-header", "Content-Type: application/json"};
	pairs[n++] = (struct job_pair){"http-body", body};
	pairs[n++] = (struct job_pair){"timeout", TIMEOUT};
	job = submitted_make(m, begin, pairs, n, err);
	free(http);
	free(body);
	return job;
}

/* When the next try is due; 0: there is none. */
static int64_t
next_try(int32_t tries)
{
	if (tries >= TRIES_MAX)
		return 0;
	return clock_ms() + ((int64_t)FIRST_MS << (tries - 1));
}

static void
tell(struct master *m, const char *id, int32_t tries, bool delivered)
{
	const struct record_reply record = {
	    .id = id,
	    .tries = tries,
	    .delivered = delivered,
	    .due_ms = delivered ? 0 : next_try(tries),
	};

	if (!delivered && record.due_ms == 0)
		log_error("run=%s: its end was not taken in %d tries, its "
			  "callback is given up",
		    id, tries);
	outbox_reply(m, &record);
}

/* Is it being told already? */
static bool
is_here(const struct master *m, const char *id)
{
	const struct run *run;

	for (size_t i = 0; i < RUNS_TABLE; i++)
		for (run = m->runs.table[i]; run != NULL; run = run->same)
			if (run->job->submitted &&
			    run->begin.trigger != TRIGGER_QUEUE &&
			    strcmp(run->begin.parent, id) == 0)
				return true;
	return false;
}

/* Each try is an attempt of the submission's slot, and comes after its run. */
static void
fill(struct master *m, struct run_begin *begin_r, const char *job,
    const struct submission_reply *s)
{
	char id[RUN_ID_SIZE];

	run_id_make(&m->ids, clock_ms(), (unsigned)places_take(&m->places), id);
	run_begin_fill_id(m, begin_r, id, job, s->slot_ms,
	    s->tries == 0 ? TRIGGER_AFTER : TRIGGER_RETRY);
	begin_r->attempt = s->tries + 1;
	begin_r->due_ms = begin_r->created_ms;
	snprintf(begin_r->chain, sizeof(begin_r->chain), "%s", s->id);
	snprintf(begin_r->parent, sizeof(begin_r->parent), "%s", s->id);
}

int
queue_reply(struct master *m, struct message *message)
{
	struct submission_reply s;
	struct run_begin begin;
	char name[JOB_NAME_MAX + 1];
	struct err err = {""};
	struct run *run;
	struct job *job;

	if (submission_reply_decode(&s, &message->body) == -1 ||
	    strlen(s.queue) > QUEUE_NAME_MAX || s.tries < 0)
		return -1;
	if (is_here(m, s.id))
		return 0;
	if (places_is_full(&m->places)) {
		tell(m, s.id, s.tries + 1, false);
		return 0;
	}
	snprintf(name, sizeof(name), SUBMISSION_REPLY "%s", s.queue);
	fill(m, &begin, name, &s);
	job = make_job(m, &begin, &s, &err);
	if (job == NULL) {
		log_error("run=%s: its callback: %s", s.id, err.text);
		places_give(&m->places, run_id_place(begin.id));
		tell(m, s.id, s.tries + 1, false);
		return 0;
	}
	begin.output_limit = run_output_limit(job);
	run = run_new(m, job, &begin);
	if (run_claim(run) == 0)
		run_go(run);
	return 0;
}

void
queue_reply_ended(
    struct master *m, const struct run *run, const struct run_result *result)
{
	if (run->begin.trigger == TRIGGER_QUEUE)
		return;
	tell(m, run->begin.parent, run->begin.attempt,
	    result->outcome == OUTCOME_SUCCESS);
}
