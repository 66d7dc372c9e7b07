#include "scheduler/clock/alarm.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/mem.h"

/* Beyond any schedule, and still within what a kernel takes. */
#define NEVER_S ((time_t)16725225600) /* the year 2500 */

struct alarm_clock {
	int fd;
	struct event *event;
	alarm_cb *cb;
	void *arg;
	int64_t at_ms;    /* what the timer is set to */
	int64_t ahead_us; /* of the time since the boot, when last looked at */
	bool cancelled;   /* by a step that no read will tell of */
};

int64_t
clock_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

int64_t
clock_ms(void)
{
	return clock_us() / 1000;
}

/* How far the wall clock is ahead of the one that nobody sets. */
static int64_t
ahead_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_BOOTTIME, &ts);
	return clock_us() - (ts.tv_sec * 1000000 + ts.tv_nsec / 1000);
}

static void
expired_cb(evutil_socket_t fd, short what, void *arg)
{
	struct alarm_clock *alarm = arg;
	int64_t before_us = alarm->ahead_us, step_ms = 0;
	uint64_t times;

	if (read(alarm->fd, &times, sizeof(times)) == -1) {
		if (errno == ECANCELED)
			alarm->cancelled = true;
		if (!alarm->cancelled)
			return;
	}
	alarm->at_ms = -1;
	/* What a clock that is slewed gains between two looks is no step. */
	alarm->ahead_us = ahead_us();
	if (alarm->cancelled)
		step_ms = (alarm->ahead_us - before_us) / 1000;
	alarm->cancelled = false;
	alarm->cb(step_ms, alarm->arg);
}

struct alarm_clock *
alarm_new(struct event_base *base, alarm_cb *cb, void *arg, struct err *err)
{
	struct alarm_clock *alarm = xcalloc(1, sizeof(*alarm));

	alarm->cb = cb;
	alarm->arg = arg;
	alarm->at_ms = -1;
	alarm->ahead_us = ahead_us();
	alarm->fd = timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC | TFD_NONBLOCK);
	if (alarm->fd == -1) {
		err_errno(err, "timerfd_create");
		free(alarm);
		return NULL;
	}
	alarm->event =
	    event_new(base, alarm->fd, EV_READ | EV_PERSIST, expired_cb, alarm);
	if (alarm->event == NULL || event_add(alarm->event, NULL) == -1)
		fatalx("cannot make the alarm's event");
	return alarm;
}

void
alarm_free(struct alarm_clock *alarm)
{
	if (alarm == NULL)
		return;
	event_free(alarm->event);
	fd_close(&alarm->fd);
	free(alarm);
}

void
alarm_set(struct alarm_clock *alarm, int64_t at_ms)
{
	struct itimerspec spec = {0};

	if (at_ms == alarm->at_ms)
		return;
	alarm->at_ms = at_ms;
	if (at_ms == INT64_MAX) {
		spec.it_value.tv_sec = NEVER_S;
	} else {
		spec.it_value.tv_sec = at_ms / 1000;
		spec.it_value.tv_nsec = at_ms % 1000 * 1000000;
		if (at_ms <= 0)
			spec.it_value.tv_nsec = 1; /* zero would disarm it */
	}
	if (timerfd_settime(alarm->fd,
		TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &spec, NULL) == 0)
		return;
	if (errno == ECANCELED) {
		/* It is set all the same; the step was a moment ago. */
		alarm->cancelled = true;
		event_active(alarm->event, EV_READ, 0);
	} else {
		log_error("cannot set the alarm: %s", strerror(errno));
	}
}
