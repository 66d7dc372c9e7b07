#include "scheduler/crontab/watch.h"

#include <errno.h>
#include <event2/event.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/mem.h"
#include "config/job.h"

#define CHANGES                                                                \
	(IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_CREATE |            \
	    IN_DELETE | IN_ATTRIB | IN_ONLYDIR)

/* An editor and a package manager take several steps. */
#define SETTLE_US  200000
#define RETRY_S    1
#define READS_MAX  16
#define USERS_FILE "/etc/passwd"

/* What is looked for: a name in a directory, or any when name is NULL. */
struct place {
	char *dir, *name; /* owned */
	int wd;           /* -1: the directory is not there */
};

struct crontab_watch {
	int fd;
	struct event *event;
	struct event *timer;
	crontab_changed_cb *cb;
	void *arg;
	struct place *places; /* owned */
	size_t n, cap;
};

static void
add_place(
    struct crontab_watch *watch, const char *dir, size_t len, const char *name)
{
	struct place *place;

	array_reserve(
	    &watch->places, &watch->cap, watch->n + 1, sizeof(*watch->places));
	place = &watch->places[watch->n++];
	place->dir = xstrndup(dir, len);
	place->name = name != NULL ? xstrdup(name) : NULL;
	place->wd = -1;
}

/* The path may be a file's or a directory's, now or later. */
static void
add_path(struct crontab_watch *watch, const char *path)
{
	const char *slash = strrchr(path, '/');

	if (slash == NULL || slash[1] == '\0')
		return;
	/* "/" is the directory of what has no other. */
	add_place(
	    watch, path, slash > path ? (size_t)(slash - path) : 1, slash + 1);
	add_place(watch, path, strlen(path), NULL);
}

/* A directory that came back has another watch; one that stayed, the same. */
static void
look(struct crontab_watch *watch)
{
	for (size_t i = 0; i < watch->n; i++) {
		struct place *place = &watch->places[i];

		place->wd = inotify_add_watch(watch->fd, place->dir, CHANGES);
		if (place->wd == -1 && errno != ENOENT && errno != ENOTDIR)
			log_warn("cannot watch %s for crontabs that change, "
				 "which are read in a reload: %s",
			    place->dir, strerror(errno));
	}
}

static bool
concerns_us(
    const struct crontab_watch *watch, const struct inotify_event *event)
{
	if ((event->mask & (IN_Q_OVERFLOW | IN_IGNORED)) != 0)
		return true;
	for (size_t i = 0; i < watch->n; i++) {
		const struct place *place = &watch->places[i];

		if (place->wd == event->wd &&
		    (place->name == NULL ||
			(event->len > 0 &&
			    strcmp(place->name, event->name) == 0)))
			return true;
	}
	return false;
}

static void
read_cb(evutil_socket_t fd, short what, void *arg)
{
	struct crontab_watch *watch = arg;
	static const struct timeval settle = {0, SETTLE_US};
	char buf[4096]
	    __attribute__((aligned(__alignof__(struct inotify_event))));
	bool concerned = false;
	ssize_t n;

	for (int i = 0; i < READS_MAX; i++) {
		n = read(watch->fd, buf, sizeof(buf));
		if (n <= 0)
			break;
		for (char *p = buf; p < buf + n;) {
			const struct inotify_event *event = (const void *)p;

			concerned = concerned || concerns_us(watch, event);
			p += sizeof(*event) + event->len;
		}
	}
	if (concerned)
		event_add(watch->timer, &settle);
}

static void
settled_cb(evutil_socket_t fd, short what, void *arg)
{
	struct crontab_watch *watch = arg;

	/* First, so that nothing happens in between unseen. */
	look(watch);
	watch->cb(watch->arg);
}

struct crontab_watch *
crontab_watch_new(struct event_base *base, crontab_changed_cb *cb, void *arg)
{
	struct crontab_watch *watch = xcalloc(1, sizeof(*watch));

	watch->cb = cb;
	watch->arg = arg;
	watch->fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (watch->fd == -1) {
		log_warn("no inotify, crontabs are read in a reload: %s",
		    strerror(errno));
		free(watch);
		return NULL;
	}
	watch->event =
	    event_new(base, watch->fd, EV_READ | EV_PERSIST, read_cb, watch);
	watch->timer = event_new(base, -1, 0, settled_cb, watch);
	if (watch->event == NULL || watch->timer == NULL ||
	    event_add(watch->event, NULL) == -1)
		fatalx("cannot make the events for crontabs");
	return watch;
}

static void
forget_places(struct crontab_watch *watch)
{
	for (size_t i = 0; i < watch->n; i++) {
		free(watch->places[i].dir);
		free(watch->places[i].name);
	}
	watch->n = 0;
}

void
crontab_watch_free(struct crontab_watch *watch)
{
	if (watch == NULL)
		return;
	forget_places(watch);
	free(watch->places);
	event_free(watch->event);
	event_free(watch->timer);
	fd_close(&watch->fd);
	free(watch);
}

void
crontab_watch_set(
    struct crontab_watch *watch, const struct job_crontabs *crontabs)
{
	if (watch == NULL)
		return;
	/* What was watched and is no more is read and passed over. */
	forget_places(watch);
	for (const char *p = crontabs->files; *p != '\0';) {
		size_t len = strcspn(p, "\n");
		char *path = xstrndup(p, len);

		add_path(watch, path);
		free(path);
		p += len + (p[len] == '\n');
	}
	if (*crontabs->spool != '\0') {
		add_path(watch, crontabs->spool);
		add_path(watch, USERS_FILE);
	}
	look(watch);
}

void
crontab_watch_again(struct crontab_watch *watch)
{
	static const struct timeval later = {RETRY_S, 0};

	event_add(watch->timer, &later);
}
