/*
 * Answers the questions of the api process that ask.h gives to the recorder:
 * runs, show, output, ledger, explain, verify, audit.
 */
#ifndef BELFRY_RECORDER_QUERY_QUERY_H
#define BELFRY_RECORDER_QUERY_QUERY_H

#include "ask.h"
#include "recorder/intake/intake.h"
#include "recorder/others.h"
#include "recorder/store.h"
#include "recorder/streams.h"

/* What the answers need; lives as long as any of them. */
struct event_base;

struct query_env {
	struct event_base *base;
	struct store *store;
	struct streams *streams;
	const char *node_name; /* whose run files these are */
	int runs_fd;           /* directory of the run files */
	const struct intake *intake;
	/* Of a cluster whose hosts each have a store of their own. */
	bool apart;
	struct others *others; /* which are asked, too; NULL: are not */
	/* Where answers go, NULL nowhere; connection counts its changes. */
	struct channel *channel;
	uint64_t connection;
};

/* Answers now or later; keeps nothing of ask. */
void query_answer(struct query_env *env, const struct ask *ask);

/* audit.c: answers "audit". */
void audit_answer(struct query_env *env, const struct ask *ask);

/* numbers.c: answers "metrics". */
void numbers_answer(struct query_env *env, const struct ask *ask);

/* The start of a run that is not over; 0: it has no run file here. */
int64_t query_live_start_us(const struct query_env *env, const char *run);

/*
 * A run that is not over has its start in its run file alone: the store hears
 * of beginnings and ends. Adds it, when this host has that file.
 */
void query_add_live_start(const struct query_env *env, struct store_run *run);

#endif
