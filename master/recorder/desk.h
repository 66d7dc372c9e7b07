/*
 * Queues, for the master: takes what is submitted to the store, hands out what
 * is due (QUEUE_*). It waits for nobody: a store that is a server answers in a
 * later turn.
 */
#ifndef BELFRY_MASTER_RECORDER_DESK_H
#define BELFRY_MASTER_RECORDER_DESK_H

#include "ipc/channel.h"
#include "recorder/store.h"

struct desk;

struct desk *desk_new(struct store *store);
void desk_free(struct desk *desk);

/* The master's channel, NULL when it is gone: nobody is answered then. */
void desk_set_channel(struct desk *desk, struct channel *channel);

/* One of the messages above. 0, or -1 with err. */
int desk_handle(struct desk *desk, struct message *message, struct err *err);

#endif
