/*
 * How often an address may try to say who it is, and fail. Pure: time is
 * given.
 */
#ifndef BELFRY_API_WHO_THROTTLE_H
#define BELFRY_API_WHO_THROTTLE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/address.h"

/* So many failures at once, and then one every so often. */
#define THROTTLE_BURST        10
#define THROTTLE_EVERY_MS     3000
/* All addresses together: what hashes may cost us. */
#define THROTTLE_ALL_BURST    100
#define THROTTLE_ALL_EVERY_MS 20

struct throttle;

struct throttle *throttle_new(void);
void throttle_free(struct throttle *throttle);

/*
 * May this address try now? An IPv6 network of 64 bits counts as one address.
 */
bool throttle_allows(
    struct throttle *throttle, const struct address *a, int64_t now_ms);

/* It tried, and failed. */
void throttle_count(
    struct throttle *throttle, const struct address *a, int64_t now_ms);

#endif
