/*
 * What the ledgers of the other hosts say, in a cluster whose hosts each keep
 * their own: the master asks them (scheduler/member/letters/survey.c), which
 * takes a second at most when one of them does not answer.
 */
#ifndef BELFRY_RECORDER_OTHERS_H
#define BELFRY_RECORDER_OTHERS_H

#include <jansson.h>

#include "ask.h"

struct others;

struct others *others_new(void);

/* What was asked and has no answer yet is told that there is none. */
void others_free(struct others *others);

/* The master's channel, NULL none; what was asked of the one before ends. */
void others_set_channel(struct others *others, struct channel *channel);

/*
 * answers: [{"host", "status", "body"}] of those that answered; silent: the
 * names of those that did not. Both are borrowed; empty when there is no
 * master to ask.
 */
typedef void others_cb(void *arg, const json_t *answers, const json_t *silent);

/* Asks all of them this verb; cb is called once, now or later. */
void others_ask(
    struct others *others, const struct ask *ask, others_cb *cb, void *arg);

/* ANSWER_* of the master. 0, or -1 when malformed. */
int others_handle(struct others *others, struct message *message);

#endif
