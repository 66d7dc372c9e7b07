/*
 * A command that somebody submitted to a queue, and what master and recorder
 * say of it: the payloads of QUEUE_*. The store has the queues; the master
 * takes from them what it has workers for.
 */
#ifndef BELFRY_RUN_SUBMISSION_H
#define BELFRY_RUN_SUBMISSION_H

#include <stdbool.h>
#include <stdint.h>

#include "ipc/wire.h"
#include "run/runfile.h"

/* Bytes. */
#define SUBMISSION_COMMAND_MAX  32768
#define SUBMISSION_KEY_MAX      256
#define SUBMISSION_CALLBACK_MAX 2048

/* The names of the jobs that runs of a queue are of, "queue:mail". */
#define SUBMISSION_JOB   "queue:"
#define SUBMISSION_REPLY "callback:"

/* Strings are borrowed; "" stands for none. */
struct submission {
	const char *id; /* that of its run */
	const char *queue;
	const char *command;  /* a line, as in a job file */
	const char *user;     /* who runs it; "" whose jobs run */
	const char *who;      /* asked for it: "uid 0" */
	const char *key;      /* a second one with it is the first */
	const char *callback; /* URL that is told of the end */
	int64_t slot_ms;      /* its slot: due, and no other's of its queue */
	int64_t due_ms;       /* not before */
	int64_t created_ms;
};

/* What became of it; numbers are on the wire. */
enum submit_result {
	SUBMIT_STORED = 0,
	SUBMIT_KNOWN = 1,  /* its key was there: *id is the first one's */
	SUBMIT_FULL = 2,   /* as many wait as may */
	SUBMIT_FAILED = 3, /* the store could not be used */
};

/* The end of a run that is to be told to a URL. */
struct submission_reply {
	const char *id; /* of the run */
	const char *queue;
	const char *user;
	const char *url;
	const char *body; /* JSON of the run */
	int64_t slot_ms;  /* of the run */
	int32_t tries;    /* so many there were */
};

/* What a try came to: RECORD_REPLY. */
struct record_reply {
	const char *id;
	int32_t tries; /* so many there were, with this one */
	bool delivered;
	int64_t due_ms; /* of the next; 0: none */
};

/* A run that was submitted, and has no place of its own; see run_id.h. */
static inline bool
submission_is_id(const char *id)
{
	return runfile_name(id) == id && id[0] != '\0';
}

void submission_encode(const struct submission *s, struct wire_writer *w);
int submission_decode(struct submission *s, struct wire_reader *r);
void submission_reply_encode(
    const struct submission_reply *s, struct wire_writer *w);
int submission_reply_decode(struct submission_reply *s, struct wire_reader *r);
void record_reply_encode(const struct record_reply *s, struct wire_writer *w);
int record_reply_decode(struct record_reply *s, struct wire_reader *r);

#endif
