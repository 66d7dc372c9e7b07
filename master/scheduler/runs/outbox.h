/*
 * What the recorder was told and has not confirmed: sent again to its
 * successor when it dies.
 */
#ifndef BELFRY_SCHEDULER_OUTBOX_H
#define BELFRY_SCHEDULER_OUTBOX_H

#include <stddef.h>
#include <stdint.h>

#include "run/record.h"
#include "run/submission.h"

struct master;
struct run;

struct outbox_item {
	struct outbox_item *next;
	uint64_t seq;
	int32_t place; /* free once this is confirmed; -1 none */
	uint16_t type;
	uint32_t len;
	uint8_t data[];
};

struct outbox {
	struct outbox_item *first;
	struct outbox_item *last;
	struct outbox_item *unsent; /* the first that was not sent yet */
	size_t n;
	uint64_t seq;
	uint64_t trimmed; /* seq when memory was last given back */
};

void outbox_job(struct master *m, const struct record_job *record);
void outbox_begin(struct master *m, const struct run_begin *begin);

/* place: the run's, to be given back once this is confirmed; -1 none. */
void outbox_end(struct master *m, const struct record_end *end, int place);
void outbox_params(struct master *m, const struct run *run);
void outbox_after(struct master *m, const struct record_after *record);
void outbox_pause(struct master *m, const struct record_pause *pause);
void outbox_audit(struct master *m, const struct record_audit *audit);
/* Returns its sequence number. */
uint64_t outbox_notice(struct master *m, const struct record_notice *record);
void outbox_reply(struct master *m, const struct record_reply *reply);
void outbox_slot(struct master *m, const struct record_slot *slot);

/* The recorder confirmed all up to seq. */
void outbox_confirmed(struct master *m, uint64_t seq);

void outbox_fini(struct outbox *box);

/* There is a new recorder: tell it again what was not confirmed. */
void outbox_resend(struct master *m);

#endif
