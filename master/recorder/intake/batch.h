/*
 * Records of the master that wait to be written, and how they become one
 * transaction: at most one is on its way, in order; when it fails, all of it
 * is kept and tried again with the next flush.
 *
 * The output of a run that ended is copied from its run file in the same
 * transaction; after the commit the file is removed.
 */
#ifndef BELFRY_RECORDER_INTAKE_BATCH_H
#define BELFRY_RECORDER_INTAKE_BATCH_H

#include "ipc/packet.h"
#include "prom.h"
#include "recorder/store.h"

struct batch_config {
	struct store *store;   /* borrowed */
	int runs_fd;           /* directory of the run files; borrowed */
	const char *runs_path; /* of it; borrowed */
	/* A run's end is on disk; its run file is about to go. */
	void (*ended_cb)(void *arg, const char *run);
	/*
	 * A flush is done (err is NULL; all up to seq is on disk, 0: nothing
	 * that anybody waits for) or nothing of it is.
	 */
	void (*flushed_cb)(void *arg, uint64_t seq, const struct err *err);
	void *arg;
};

/* What was written since the process was started. */
struct batch_counts {
	uint64_t records;
	uint64_t failures;           /* of transactions */
	struct prom_histogram write; /* of one, from its begin */
};

struct batch;

struct batch *batch_new(const struct batch_config *config);
void batch_free(struct batch *batch);

/*
 * Takes a copy of a RECORD_*, whose id is its sequence number. 0, or -1 with
 * err when it is malformed or makes no sense.
 */
int
batch_add(struct batch *batch, const struct message *message, struct err *err);

/*
 * Writes all that waits. Nothing happens when nothing waits or a flush is on
 * its way.
 */
void batch_flush(struct batch *batch);

/* Records, and their bytes, that are not on disk. */
size_t batch_count(const struct batch *batch);
size_t batch_bytes(const struct batch *batch);

const struct batch_counts *batch_counts(const struct batch *batch);

/* Who sent what waits is gone: its numbers mean nothing to its successor. */
void batch_forget_seq(struct batch *batch);

#endif
