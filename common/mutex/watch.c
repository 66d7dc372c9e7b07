/* The watchdog of a mutex: a thread that extends it while it is held. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/fd.h"
#include "mutex/internal.h"

/* An eventfd takes any number but none. */
static void
tell(int fd)
{
	const uint64_t one = 1;
	ssize_t n;

	do
		n = write(fd, &one, sizeof(one));
	while (n == -1 && errno == EINTR);
}

/* Until the next extension; sooner when the last one did not succeed. */
static int
pause_ms(struct mutex *m, enum mutex_result last)
{
	int64_t left = mutex_until_ms(m) - mutex_now_ms();
	int64_t wait = m->options.expiry_ms / 3;

	if (last == MUTEX_DOWN)
		wait = m->options.expiry_ms / 20 + 1;
	if (wait > left)
		wait = left;
	return wait > 0 ? (int)wait : 0;
}

static void *
watch(void *arg)
{
	struct mutex *m = arg;
	struct pollfd end = {.fd = m->unwatch_fd, .events = POLLIN};
	enum mutex_result last = MUTEX_GOOD;
	struct err err;

	while (last != MUTEX_LOST) {
		if (poll(&end, 1, pause_ms(m, last)) > 0)
			return NULL;
		last = mutex_extend(m, &err);
	}
	tell(m->lost_fd);
	return NULL;
}

/* The holder's signals are for the holder. */
static int
start_thread(struct mutex *m)
{
	sigset_t all, before;
	int status;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	status = pthread_create(&m->watchdog, NULL, watch, m);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return status;
}

int
mutex_watch(struct mutex *m, struct err *err)
{
	if (m->watched)
		return m->lost_fd;
	fd_close(&m->lost_fd);
	m->lost_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	m->unwatch_fd = eventfd(0, EFD_CLOEXEC);
	if (m->lost_fd == -1 || m->unwatch_fd == -1)
		return err_errno(err, "cannot watch mutex %s", m->options.name);
	errno = start_thread(m);
	if (errno != 0)
		return err_errno(err, "cannot watch mutex %s", m->options.name);
	m->watched = true;
	return m->lost_fd;
}

void
mutex_unwatch(struct mutex *m)
{
	if (!m->watched)
		return;
	tell(m->unwatch_fd);
	pthread_join(m->watchdog, NULL);
	m->watched = false;
	fd_close(&m->unwatch_fd);
}
