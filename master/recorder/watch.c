#include "recorder/watch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/mem.h"

struct watch {
	int fd;
	struct event *event;
	watch_cb *cb;
	void *arg;
};

static void
read_cb(evutil_socket_t fd, short what, void *arg)
{
	_Alignas(struct inotify_event) char buf[4096];
	struct watch *watch = arg;
	struct inotify_event event;
	ssize_t n = read(watch->fd, buf, sizeof(buf));

	/* One bufferful a turn; what is left wakes us again. */
	for (ssize_t i = 0; i < n; i += (ssize_t)(sizeof(event) + event.len)) {
		memcpy(&event, buf + i, sizeof(event));
		if (event.mask & IN_Q_OVERFLOW)
			watch->cb(watch->arg, -1);
		else if (event.mask & IN_MODIFY)
			watch->cb(watch->arg, event.wd);
	}
}

struct watch *
watch_new(struct event_base *base, watch_cb *cb, void *arg)
{
	struct watch *watch;
	int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);

	if (fd == -1)
		return NULL;
	watch = xcalloc(1, sizeof(*watch));
	watch->fd = fd;
	watch->cb = cb;
	watch->arg = arg;
	watch->event =
	    event_new(base, fd, EV_READ | EV_PERSIST, read_cb, watch);
	if (watch->event == NULL || event_add(watch->event, NULL) == -1)
		fatalx("cannot watch files");
	return watch;
}

void
watch_free(struct watch *watch)
{
	if (watch == NULL)
		return;
	event_free(watch->event);
	fd_close(&watch->fd);
	free(watch);
}

int
watch_add(struct watch *watch, const char *path)
{
	return inotify_add_watch(watch->fd, path, IN_MODIFY);
}

void
watch_remove(struct watch *watch, int number)
{
	/* It is gone already when its file is. */
	inotify_rm_watch(watch->fd, number);
}
