/*
 * The wall clock's alarm: one CLOCK_REALTIME timerfd, which also tells when
 * the clock was stepped (timerfd_create(2), TFD_TIMER_CANCEL_ON_SET).
 */
#ifndef BELFRY_SCHEDULER_ALARM_H
#define BELFRY_SCHEDULER_ALARM_H

#include <event2/event.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct alarm_clock;

/*
 * Called when the time has come (step_ms 0), or the clock was stepped: by so
 * many ms, below 0 back, as far as that can be told from the time that has
 * passed.
 */
typedef void alarm_cb(int64_t step_ms, void *arg);

struct alarm_clock *
alarm_new(struct event_base *base, alarm_cb *cb, void *arg, struct err *err);
void alarm_free(struct alarm_clock *alarm);

/*
 * Wakes up at at_ms (ms since 1970), at once when it has passed; INT64_MAX:
 * never, but still when the clock is stepped.
 */
void alarm_set(struct alarm_clock *alarm, int64_t at_ms);

/* CLOCK_REALTIME in ms and us since 1970. */
int64_t clock_ms(void);
int64_t clock_us(void);

#endif
