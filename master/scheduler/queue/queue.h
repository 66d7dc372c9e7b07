/*
 * Queues of commands that people submit. The store has them; here is who
 * waits for an answer, how many workers of each are busy with what was
 * submitted, and when to look again.
 *
 *   queue.c      what is taken from the store, and when
 *   ask.c        POST /v1/submit
 *   submitted.c  a job that is in no file
 *   reply.c      ends that URLs are told
 *
 * The runs go through semaphores as those of jobs do (runs/uses.h), so that
 * both share a queue's workers.
 */
#ifndef BELFRY_SCHEDULER_QUEUE_H
#define BELFRY_SCHEDULER_QUEUE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "ask.h"
#include "config/job/single.h"
#include "run/result.h"
#include "run/submission.h"
#include "scheduler/clock/heap.h"

struct job;
struct master;
struct queue_ask; /* ask.c */
struct run;
struct run_begin;

struct queue {
	struct timer timer; /* first: the heap has it; when to look again */
	struct queue *next;
	unsigned running; /* submitted, and not over */
	bool asked;       /* the recorder, and it did not answer yet */
	bool again;       /* to be asked again then */
	char name[];      /* "" that of ends that URLs are to be told */
};

struct queues {
	struct queue *first;    /* each that was ever used, owned */
	struct queue_ask *asks; /* that wait for the store; owned */
	size_t nasks, cap;
	uint64_t serial;    /* of the last; the api's ids begin anew with it */
	struct event *keep; /* says what is still this host's */
	bool started;
};

/* --- queue.c --- */

/* Recovery is over: gives back what is not here, then looks at all queues. */
void queue_start(struct master *m);

/* Something may be there, or there is room again. */
void queue_look_all(struct master *m);

/* The timer of a queue went off. */
void queue_due(struct master *m, struct queue *queue);

/* The queue of a submitted job's name; made when there is none. */
struct queue *queue_of_job(struct master *m, const char *job);

/* One of its jobs is over, or could not be. */
void queue_left(struct master *m, struct queue *queue);

/* QUEUE_* of the recorder. 0, or -1 when malformed. */
int queue_handle(struct master *m, struct message *message);

/* The recorder is gone, or there is a new one. */
void queue_recorder_gone(struct master *m);
void queue_recorder_back(struct master *m);

/* For the status: an array. */
json_t *queue_status(const struct master *m);

void queue_fini(struct master *m);

/* --- ask.c --- */
void queue_answer_submit(struct master *m, struct ask *ask);
int queue_submitted(struct master *m, struct message *message);

/* Whoever asked went away; or everybody, with the api process. */
void queue_cancel_ask(struct master *m, uint64_t id);
void queue_forget_asks(struct master *m);

/* The store cannot answer any more: they are told. */
void queue_fail_asks(struct master *m);

/* The end: frees what is left. */
void queue_drop_asks(struct master *m);

/* --- submitted.c --- */

/*
 * Makes the job of a run that begin describes, of keys and values, and keeps
 * it in a file beside the run's, so that it survives a master. NULL with err.
 */
struct job *submitted_make(struct master *m, const struct run_begin *begin,
    const struct job_pair *pairs, size_t n, struct err *err);

/* Recovery: the job of a run whose file was found; NULL: it has none. */
struct job *submitted_load(struct master *m, const struct run_begin *begin);

/* The run is over: removes the file. */
void submitted_remove(const struct run *run);

/* For jobs_release(): its definition goes, and its queue has a worker more. */
void submitted_free(struct master *m, struct job *job);

/* --- reply.c --- */

/* Makes the run that tells a URL. 0, or -1 when the message is malformed. */
int queue_reply(struct master *m, struct message *message);

/* The run of a job that was made here has ended. */
void queue_reply_ended(
    struct master *m, const struct run *run, const struct run_result *result);

#endif
