/*
 * Answers the master's STATE_ASK: all jobs, open retries and running runs, in
 * pages, each sent when the master has read the one before.
 */
#ifndef BELFRY_MASTER_RECORDER_STATE_FEED_H
#define BELFRY_MASTER_RECORDER_STATE_FEED_H

#include "ipc/channel.h"
#include "recorder/store.h"

struct state_feed_config {
	struct store *store; /* borrowed */
	struct event_base *base;
	/* Call state_feed_continue() when the master's channel is empty. */
	void (*wait_cb)(void *arg);
	void *arg;
};

struct state_feed;

struct state_feed *state_feed_new(const struct state_feed_config *config);
void state_feed_free(struct state_feed *feed);

/* Begins to answer id; one that is being answered is given up. */
void
state_feed_start(struct state_feed *feed, struct channel *channel, uint64_t id);

/* The channel is gone. */
void state_feed_stop(struct state_feed *feed);

/* Sends the next page. */
void state_feed_continue(struct state_feed *feed);

#endif
