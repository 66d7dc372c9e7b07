/* Files that grow, by inotify. */
#ifndef BELFRY_MASTER_RECORDER_WATCH_H
#define BELFRY_MASTER_RECORDER_WATCH_H

#include <event2/event.h>

/* A file was written to; number is its watch, -1: we missed which. */
typedef void watch_cb(void *arg, int number);

struct watch;

/* NULL with errno: the machine has no more of them. */
struct watch *watch_new(struct event_base *base, watch_cb *cb, void *arg);
void watch_free(struct watch *watch);

/* The file's watch, the same for the same file; -1 with errno. */
int watch_add(struct watch *watch, const char *path);
void watch_remove(struct watch *watch, int number);

#endif
