/* What the files about a host share. */
#ifndef MODEL_HOST_H
#define MODEL_HOST_H

#include "sim.h"

/* Its number in sim->hosts. */
unsigned host_index(const struct host *h);

/* ask.c */
/* Written down: it survives the master. */
struct ask *ask_new(struct host *h, unsigned job, int64_t slot_ms);
void ask_send(struct ask *ask);
/* What of the host's protocol is to know after a start. */
void asks_adopt(struct host *h);

/* events.c: what a host does when its protocol tells something. */
extern const struct cluster_events host_events;

#endif
