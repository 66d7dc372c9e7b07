/* What the files of the intake share. */
#ifndef BELFRY_RECORDER_INTAKE_INTAKE_INTERNAL_H
#define BELFRY_RECORDER_INTAKE_INTAKE_INTERNAL_H

#include "ipc/channel.h"
#include "recorder/desk.h"
#include "recorder/guard/guard.h"
#include "recorder/intake/batch.h"
#include "recorder/intake/intake.h"
#include "recorder/state_feed.h"

struct intake {
	struct intake_config config;
	struct batch *batch;
	struct event *flush_event;
	int retry_ms; /* 0: the store takes what it is given */
	struct channel *master;
	int master_fd;    /* the channel's */
	bool paused;      /* its channel is not read */
	unsigned renewed; /* of the store, as the master was told */
	bool state_asked;
	uint64_t state_id;
	struct state_feed *feed;
	struct desk *desk;
	struct guard *guard; /* NULL: there is none */
};

/* intake_ask.c: what the master asks; arg is the intake. */
int intake_usual_ask(struct channel *channel, struct message *message,
    void *arg, struct err *err);
int intake_guard_ask(struct channel *channel, struct message *message,
    void *arg, struct err *err);

/* Questions from and to other hosts: what was recorded before counts. */
int intake_other(struct channel *channel, struct message *message, void *arg,
    struct err *err);

/* With a guard in the configuration. */
void intake_make_guard(struct intake *in);

#endif
