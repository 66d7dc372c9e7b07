/*
 * A token bucket: so many things a second, evenly, and a tenth of a second's
 * worth at once. Pure: the caller brings the time, which never goes back.
 */
#ifndef BELFRY_SCHEDULER_BUCKET_H
#define BELFRY_SCHEDULER_BUCKET_H

#include <stdint.h>

struct bucket {
	int64_t rate;    /* a second; 0: no limit */
	int64_t next_us; /* when the next would be due at an even pace */
};

/* 0: go on, one is taken. Else in how many us to ask again. */
int64_t bucket_take(struct bucket *bucket, int64_t now_us);

#endif
