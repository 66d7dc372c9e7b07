/*
 * Answers the questions of the api process that ask.h gives to the recorder:
 * runs, show, output, ledger, explain, verify.
 */
#ifndef BELFRY_MASTER_RECORDER_QUERY_H
#define BELFRY_MASTER_RECORDER_QUERY_H

#include "ask.h"
#include "recorder/store.h"
#include "recorder/streams.h"

/* What the answers need; lives as long as any of them. */
struct query_env {
	struct store *store;
	struct streams *streams;
	const char *node_name; /* whose run files these are */
	int runs_fd;           /* directory of the run files */
	/* Where answers go, NULL nowhere; connection counts its changes. */
	struct channel *channel;
	uint64_t connection;
};

/* Answers now or later; keeps nothing of ask. */
void query_answer(struct query_env *env, const struct ask *ask);

#endif
