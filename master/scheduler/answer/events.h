/*
 * What happens, told to the api process as it happens, as server-sent events:
 * "event: KIND\ndata: JSON\n\n". Nothing is made while nobody listens.
 *
 *   run     a run began to wait for others of its job, or to run, or ended
 *   slot    slots did not run
 *   pause   a job or all were paused, or go on
 *   jobs    the job files were read again
 *   reset   there was too much to tell: ask for everything again
 */
#ifndef BELFRY_SCHEDULER_EVENTS_H
#define BELFRY_SCHEDULER_EVENTS_H

#include <event2/event.h>
#include <jansson.h>

#include "base/strbuf.h"
#include "run/record.h"

struct ask;
struct jobs_change;
struct master;
struct run;

struct events {
	bool listens; /* somebody does */
	uint64_t ask; /* its question */
	struct strbuf waiting;
	bool overflow;       /* waiting could not hold all */
	struct event *timer; /* sends what waits; NULL: never needed */
};

/* The question "events", which has no end; and its end. */
void events_answer(struct master *m, struct ask *ask);
void events_cancel(struct master *m, uint64_t ask);
void events_fini(struct master *m);

/* A run's state is another now. */
void events_run(struct master *m, const struct run *run);
void events_ended(struct master *m, const struct record_end *end);
void events_slot(struct master *m, const struct record_slot *slot);
void events_pause(struct master *m, const struct record_pause *pause);
void events_jobs(struct master *m, const struct jobs_change *change);

#endif
