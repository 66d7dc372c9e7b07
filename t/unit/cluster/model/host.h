/* What the files about a host share. */
#ifndef MODEL_HOST_H
#define MODEL_HOST_H

#include "sim.h"

/* Its number in sim->hosts. */
unsigned host_index(const struct host *h);

/* host.c: written down, so that the next start knows it. */
void host_note_incarnation(struct host *h);

/* ask.c */
/* Written down: it survives the master. */
struct ask *ask_new(struct host *h, unsigned job, int64_t slot_ms);
void ask_send(struct ask *ask);
/* Gives the token back that its run has. */
void ask_give(struct ask *ask);
/* Says which ones there are. */
void asks_keep_tokens(struct host *h);
/* What of the host's protocol is to know after a start. */
void asks_adopt(struct host *h);

/* disk.c */
/* On its way: if the host dies before it is written, it is lost. */
void disk_write(struct host *h, const struct row *row);
/* What a rerun is in place of needs it no more: once its row is written. */
void disk_bury(struct ask *ask);

/* events.c: what a host does when its protocol tells something. */
extern const struct cluster_events host_events;

#endif
