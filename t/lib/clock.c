/*
 * Preloaded into the daemon by tests: its wall clock is the real one plus
 * what the file $BELFRY_TEST_CLOCK says, 8 bytes of nanoseconds that may
 * change at any time. A timerfd of the wall clock looks at it twenty times a
 * second, and is cancelled by a change as the kernel's is by a step.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define SECOND_NS 1000000000LL
#define LOOK_NS   (SECOND_NS / 20)
#define FDS       1024

struct wall_timer {
	bool is_wall;
	int64_t at;     /* in the shifted time */
	int64_t offset; /* when it was set */
};

static const volatile int64_t *shared;
static struct wall_timer timers[FDS];

static int64_t
offset_ns(void)
{
	const char *path = getenv("BELFRY_TEST_CLOCK");
	void *p;
	int fd;

	if (shared == NULL && path != NULL) {
		fd = open(path, O_RDONLY | O_CLOEXEC);
		p = mmap(NULL, sizeof(*shared), PROT_READ, MAP_SHARED, fd, 0);
		close(fd);
		if (p != MAP_FAILED)
			shared = p;
	}
	return shared != NULL ? *shared : 0;
}

static int64_t
real_ns(void)
{
	struct timespec ts;

	syscall(SYS_clock_gettime, CLOCK_REALTIME, &ts);
	return ts.tv_sec * SECOND_NS + ts.tv_nsec;
}

int
clock_gettime(clockid_t id, struct timespec *ts)
{
	int64_t ns;
	int rc = (int)syscall(SYS_clock_gettime, id, ts);

	if (rc == 0 && (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE)) {
		ns = ts->tv_sec * SECOND_NS + ts->tv_nsec + offset_ns();
		ts->tv_sec = ns / SECOND_NS;
		ts->tv_nsec = ns % SECOND_NS;
	}
	return rc;
}

int
gettimeofday(struct timeval *restrict tv, void *restrict zone)
{
	int64_t ns = real_ns() + offset_ns();

	tv->tv_sec = ns / SECOND_NS;
	tv->tv_usec = ns % SECOND_NS / 1000;
	return 0;
}

time_t
time(time_t *t_r)
{
	time_t t = (real_ns() + offset_ns()) / SECOND_NS;

	if (t_r != NULL)
		*t_r = t;
	return t;
}

int
timerfd_create(int id, int flags)
{
	int fd = (int)syscall(SYS_timerfd_create, id, flags);

	if (fd >= 0 && fd < FDS)
		timers[fd] =
		    (struct wall_timer){.is_wall = id == CLOCK_REALTIME};
	return fd;
}

static int
look_soon(int fd)
{
	const struct wall_timer *timer = &timers[fd];
	int64_t at = timer->at - timer->offset, soon = real_ns() + LOOK_NS;
	struct itimerspec spec = {0};

	if (at > soon)
		at = soon;
	if (at <= 0)
		at = 1;
	spec.it_value.tv_sec = at / SECOND_NS;
	spec.it_value.tv_nsec = at % SECOND_NS;
	return (int)syscall(
	    SYS_timerfd_settime, fd, TFD_TIMER_ABSTIME, &spec, NULL);
}

int
timerfd_settime(
    int fd, int flags, const struct itimerspec *spec, struct itimerspec *old)
{
	if (fd < 0 || fd >= FDS || !timers[fd].is_wall ||
	    !(flags & TFD_TIMER_ABSTIME))
		return (int)syscall(SYS_timerfd_settime, fd, flags, spec, old);
	timers[fd].at =
	    spec->it_value.tv_sec * SECOND_NS + spec->it_value.tv_nsec;
	timers[fd].offset = offset_ns();
	return look_soon(fd);
}

ssize_t
read(int fd, void *buf, size_t n)
{
	ssize_t got = syscall(SYS_read, fd, buf, n);
	int64_t offset;

	if (got <= 0 || fd < 0 || fd >= FDS || !timers[fd].is_wall)
		return got;
	offset = offset_ns();
	if (offset != timers[fd].offset) {
		timers[fd].offset = offset;
		look_soon(fd);
		errno = ECANCELED;
		return -1;
	}
	if (real_ns() + offset < timers[fd].at) {
		look_soon(fd);
		errno = EAGAIN;
		return -1;
	}
	return got;
}

int
close(int fd)
{
	if (fd >= 0 && fd < FDS)
		timers[fd].is_wall = false;
	return (int)syscall(SYS_close, fd);
}
