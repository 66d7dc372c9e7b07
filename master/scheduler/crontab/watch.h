/*
 * Notices when crontabs change, as cron does, and has them read again. In the
 * master; who edits a crontab tells nobody else.
 */
#ifndef BELFRY_SCHEDULER_CRONTAB_WATCH_H
#define BELFRY_SCHEDULER_CRONTAB_WATCH_H

struct crontab_watch;
struct event_base;
struct job_crontabs;

typedef void crontab_changed_cb(void *arg);

/*
 * cb is called a moment after a change, and once for many. NULL: there is no
 * inotify to be had, which is logged.
 */
struct crontab_watch *
crontab_watch_new(struct event_base *base, crontab_changed_cb *cb, void *arg);
void crontab_watch_free(struct crontab_watch *watch);

/*
 * Looks at these places from now on, and at /etc/passwd, which says whose
 * crontabs count. watch may be NULL.
 */
void crontab_watch_set(
    struct crontab_watch *watch, const struct job_crontabs *crontabs);

/* To the log, when a cron runs that reads the same crontabs. */
void crontab_warn_of_cron(const struct job_crontabs *crontabs);

/* cb was called too early: once more, later. */
void crontab_watch_again(struct crontab_watch *watch);

#endif
