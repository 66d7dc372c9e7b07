/*
 * The second guard of a cluster's slots: a row in PostgreSQL for each start,
 * which only one run can get. Asked there at once, on a connection of its own
 * and not through the spool: an answer must be everybody's.
 */
#ifndef BELFRY_MASTER_RECORDER_GUARD_H
#define BELFRY_MASTER_RECORDER_GUARD_H

#include <event2/event.h>

#include "run/guard.h"

struct guard_config {
	struct event_base *base;   /* borrowed, as all of this */
	const char *conninfo;      /* of PostgreSQL */
	const char *password_file; /* NULL none */
	const char *host;          /* who asks */
	/* Once for each question, perhaps during guard_request(). */
	void (*answer_cb)(void *arg, const struct guard_answer *answer);
	void *arg;
};

struct guard;

/* Begins to connect. */
struct guard *guard_new(const struct guard_config *config);

/* Questions that have no answer get none any more. */
void guard_free(struct guard *guard);

/* Asks for the row. Without a connection the answer is GUARD_DOWN, at once. */
void guard_request(struct guard *guard, const struct guard_ask *ask);

#endif
