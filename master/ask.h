/*
 * Questions of the api process to master and recorder (ASK ... ANSWER_END):
 * the verbs, and helpers to answer them in pieces.
 *
 * The api process knows HTTP and who may do what; the answerers know the
 * content. An answer is JSON text (or raw bytes for "output"), ready to be
 * passed on. Lists are JSON arrays.
 *
 *   verb     answered by  arguments                        HTTP
 *   status   master       -                                GET /v1/status
 *   nodes    master       -                                GET /v1/nodes
 *   metrics  master and recorder                           GET /metrics
 *   overview master       -                                GET /v1/overview
 *   jobs     master       after limit label search state outcome host sort
 *                                                          GET /v1/jobs
 *   job      master       job                              GET /v1/jobs/J
 *   next     master       job n                            GET /v1/jobs/J/next
 *   graph    master       job                              GET /v1/jobs/J/graph
 *   run      master       job params host                  POST /v1/jobs/J/run
 *   kill     master       run                              POST /v1/runs/R/kill
 *   pause    master       job until reason                 POST /v1/jobs/J/pause
 *   resume   master       job                              POST /v1/jobs/J/resume
 *   pause-all, resume-all: the same of all jobs            POST /v1/pause,
 *                                                          POST /v1/resume
 *   crontab  master       user                             GET /v1/crontab
 *   crontab-install, crontab-remove: user text             POST /v1/crontab,
 *                                                          POST /v1/crontab/remove
 *   reload   master       -                                POST /v1/reload
 *   drain    master       -                                POST /v1/drain
 *   upgrade  master       -                                POST /v1/upgrade
 *   runs     recorder     job chain host since until outcome limit before
 *                                                          GET /v1/runs
 *   explain  recorder     job at until                     GET /v1/jobs/J/explain
 *   events   master       - (no end: server-sent events)   GET /v1/events
 *   stats    recorder     job since until points           GET /v1/jobs/J/stats
 *   strips   recorder     jobs n                           GET /v1/strips
 *   timeline recorder     since until jobs host by         GET /v1/timeline
 *   heat     recorder     since until                      GET /v1/heat
 *   verify   recorder     job since after                  GET /v1/verify
 *   show     recorder     run                              GET /v1/runs/R
 *   output   recorder     run offset follow                GET /v1/runs/R/output
 *   notifications recorder job receiver state limit before
 *                                                          GET /v1/notifications
 *   notify-test master    receiver              POST /v1/notify/RECEIVER/test
 *   submit   master       command argv queue at in key callback uid
 *                                                          POST /v1/submit
 *   queue    recorder     queue all limit                  GET /v1/queue
 *   queued   recorder     run                              GET /v1/queue/R
 *   cancel   recorder     run                              POST /v1/queue/R/cancel
 *   ledger   recorder     job since until outcome reason limit before
 *                                                          GET /v1/ledger
 *
 *   others   master       verb, and the arguments of that; only
 *            (asked by the recorder: what the recorders of the other hosts, or
 *            of that one, answer to that verb; member/letters/survey.c)
 *   piece    recorder     run offset
 *            (asked by other hosts: query/piece.h)
 *
 *   audit    recorder     who action object since limit before
 *                                                          GET /v1/audit
 *
 * uid is who asks, as the kernel says: it is not there when nobody can tell.
 *
 * A list that goes on ends with the header Link: rel="next"; the api makes it
 * from the key "next" that ANSWER_END may carry: ANSWER_END's payload is empty
 * or one string, the query of the next page.
 */
#ifndef BELFRY_MASTER_ASK_H
#define BELFRY_MASTER_ASK_H

#include "ipc/channel.h"

#define ASK_ARGS_MAX 32

struct ask {
	uint64_t id;
	struct channel *channel;
	const char *verb;
	const char *who;  /* "uid 0", "token ci": for the audit and the log */
	const char *from; /* an address; "socket": the same */
	unsigned nargs;
	const char *keys[ASK_ARGS_MAX];
	const char *values[ASK_ARGS_MAX];
};

/* Strings point into the message. 0 or -1 when malformed. */
int
ask_decode(struct ask *ask, struct channel *channel, struct message *message);
void ask_encode(const struct ask *ask, struct wire_writer *w);

/* The value of a key; NULL when it was not given. */
const char *ask_arg(const struct ask *ask, const char *key);

/*
 * A number; fallback when the key was not given. Answers 400 itself and
 * returns -1 when it is none or outside min to max.
 */
int ask_arg_int(const struct ask *ask, const char *key, int64_t min,
    int64_t max, int64_t fallback, int64_t *value_r);

/* A complete answer: JSON text. */
void
answer_json(struct channel *channel, uint64_t id, int status, const char *json);

/* {"error": {"code": code, "message": ...}} */
void
answer_error(struct channel *channel, uint64_t id, int status, const char *code,
    const char *fmt, ...) __attribute__((format(printf, 5, 6)));

/* An answer in pieces; n may be more than one message holds. */
void answer_begin(
    struct channel *channel, uint64_t id, int status, const char *content_type);
void answer_data(struct channel *channel, uint64_t id, const void *p, size_t n);
void answer_end(struct channel *channel, uint64_t id, const char *next);

#endif
