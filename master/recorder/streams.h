/*
 * Output of runs on its way to the api process: from the store, another host's
 * too, or from the run file while the run is not recorded yet; with follow until
 * it is.
 *
 * Pieces go out when the channel is empty, in turn, so that a reader who is
 * slow, or many who follow, cost no memory.
 */
#ifndef BELFRY_MASTER_RECORDER_STREAMS_H
#define BELFRY_MASTER_RECORDER_STREAMS_H

#include "ipc/channel.h"
#include "recorder/others.h"
#include "recorder/store.h"

struct streams_config {
	struct store *store;   /* borrowed */
	struct others *others; /* for the outputs that they have; borrowed */
	struct event_base *base;
	int runs_fd;           /* directory of the run files; borrowed */
	const char *runs_path; /* the same; borrowed */
	/* Call streams_pump() when the api's channel is empty. */
	void (*wait_cb)(void *arg);
	void *arg;
};

struct streams_request {
	uint64_t id; /* of the ASK */
	uint64_t offset;
	bool follow;
	const char *host; /* the one that has it; NULL: this one */
	const struct store_run *run;
};

struct streams;

struct streams *streams_new(const struct streams_config *config);
void streams_free(struct streams *streams);

/* Where answers go; ends all that went elsewhere. NULL: nowhere. */
void streams_set_channel(struct streams *streams, struct channel *channel);

/*
 * Answers with the run's output from offset. From offset 0 what was dropped
 * is shown as a line "[belfry: N bytes dropped]"; from elsewhere positions
 * count, and nothing is put in.
 */
void
streams_open(struct streams *streams, const struct streams_request *request);

/* The client went away. */
void streams_cancel(struct streams *streams, uint64_t id);

/*
 * A run is recorded; its file is still its own. Those that read it get the
 * rest from the store.
 */
void streams_run_ended(struct streams *streams, const char *run);

/* Sends what can be sent now. */
void streams_pump(struct streams *streams);

/* Answers that are not complete. */
size_t streams_count(const struct streams *streams);

#endif
