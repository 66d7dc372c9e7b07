/*
 * Places of run files: which are free. A bounded number of slots can be
 * claimed and not yet recorded; those beyond stay due and wait their turn.
 */
#ifndef BELFRY_SCHEDULER_PLACES_H
#define BELFRY_SCHEDULER_PLACES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "run/runfile.h"

/* Files made ahead, so that the first runs do not pay for them. */
#define PLACES_READY     640
/* In a cluster: one for each job, for all of them may be claimed at once. */
#define PLACES_READY_MAX 8192

struct places {
	uint16_t free[RUNFILE_PLACES]; /* given back, the last one first */
	unsigned nfree;
	unsigned prepared; /* files made ahead so far */
	unsigned next;     /* places from here on were never used */
	bool used[RUNFILE_PLACES];
};

/*
 * Makes the files of some of the first so many places in directory dirfd.
 * False: all of them are there now.
 */
bool places_prepare(struct places *places, int dirfd, size_t ready);

/* A free place, -1 when there is none. */
int places_take(struct places *places);

/* One that a predecessor left in use. */
void places_mark(struct places *places, int place);

/* Gives it back; nothing for -1 or one that is free. */
void places_give(struct places *places, int place);

bool places_is_full(const struct places *places);

/* More than half of them are in use: none for what could wait without. */
bool places_is_scarce(const struct places *places);

#endif
