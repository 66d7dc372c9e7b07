/*
 * Questions to the library launcher, which forks a child for each. The child
 * may do what this process must not: load a stranger's code, crash, or wait
 * for a server. It answers in one message, or it does not.
 */
#ifndef BELFRY_SCHEDULER_INQUIRY_H
#define BELFRY_SCHEDULER_INQUIRY_H

#include <stdbool.h>
#include <stdint.h>

#include "ipc/packet.h"

struct inquiry;
struct master;

struct inquiry_kind {
	uint16_t ask;
	uint16_t answer;
	int patience_s; /* from when it is asked, or wants to be */
	int tries;      /* so many children may die over it */
	/* Writes the question; about is that of inquiry_new(). */
	void (*put)(struct master *m, const void *about, struct wire_writer *w);
	/*
	 * It is over, and freed. answer is NULL when there is none: the
	 * children died, or the time was up (too_late).
	 */
	void (*done)(struct master *m, void *about, struct message *answer,
	    bool too_late);
};

/* Asks; done is called from the loop, never from here. */
struct inquiry *
inquiry_new(struct master *m, const struct inquiry_kind *kind, void *about);

/* Nobody wants to know any more; NULL is nothing. */
void inquiry_free(struct inquiry *inquiry);

/* The launcher is there: it is asked what it was not asked yet. */
void inquiries_pump(struct master *m);

#endif
