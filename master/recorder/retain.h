/*
 * When old runs and slots are deleted: has the store sweep in short slices
 * with pauses, and sleeps until something will be too old.
 */
#ifndef BELFRY_MASTER_RECORDER_RETAIN_H
#define BELFRY_MASTER_RECORDER_RETAIN_H

#include <event2/event.h>

#include "recorder/store.h"

struct retain;

/* base and store are borrowed; of keep what is to be kept counts. */
struct retain *retain_new(struct event_base *base, struct store *store,
    const struct store_keep *keep);
void retain_free(struct retain *retain);

/* Something was recorded. */
void retain_recorded(struct retain *retain);

#endif
