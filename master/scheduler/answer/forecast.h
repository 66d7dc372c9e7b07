/* How many slots fall due in each minute of the next hour. */
#ifndef BELFRY_SCHEDULER_FORECAST_H
#define BELFRY_SCHEDULER_FORECAST_H

#include <stdbool.h>
#include <stdint.h>

struct master;
struct timer;

#define FORECAST_STEPS   60
#define FORECAST_STEP_MS 60000

struct forecast {
	int64_t from_ms; /* 0: never made */
	bool estimated;  /* there are too many slots to count each */
	double starts[FORECAST_STEPS];
};

/*
 * The one that is at most 15 seconds old. To make it costs a bounded number of
 * steps, however many jobs there are and however often they fire: of too many
 * jobs some stand for all, of too many slots of a job the first for the rest.
 */
const struct forecast *forecast_get(struct master *m, int64_t now_ms);

/* Is it of a job that runs then: enabled, and not paused? */
bool forecast_counts(const struct master *m, const struct timer *timer);

#endif
