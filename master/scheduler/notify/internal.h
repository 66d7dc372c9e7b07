/* What the files of notify/ share. */
#ifndef BELFRY_SCHEDULER_NOTIFY_INTERNAL_H
#define BELFRY_SCHEDULER_NOTIFY_INTERNAL_H

#include <jansson.h>

#include "config/job.h"
#include "config/section/notify.h"
#include "notify/order.h"
#include "scheduler/master.h"
#include "scheduler/notify/notify.h"

/* Of the output that a notification has. */
#define NOTIFY_TAIL_MAX 2000

/* One that waits, in its lane. Strings are owned. */
struct notice {
	TAILQ_ENTRY(notice) link;
	char id[NOTICE_ID_SIZE];
	char *event;
	char *job; /* "" none */
	char *run; /* "" none */
	char *facts;
	int64_t created_ms;
	int64_t next_ms; /* of the next try; 0 at once */
	int32_t tries;
	uint64_t seq; /* its record is on its way to the disk; 0: it is there */
	bool flying;  /* in the message that is being sent */
	bool refused; /* the receiver is there, and does not want it */
};

TAILQ_HEAD(notice_list, notice);

struct sending; /* send.c */

/*
 * What goes to one receiver, in one message after the other; so a receiver
 * that hangs holds up nobody else.
 */
struct lane {
	struct lane *next; /* with the same hash */
	TAILQ_ENTRY(lane) link;
	struct master *master;
	char *name; /* the receiver; "ping JOB", "mail NAME" */
	bool is_ping;
	bool is_mail;    /* of crontabs' jobs, with a receiver's settings */
	bool is_blocked; /* in the list */
	bool told_full;  /* the log was */
	struct notice_list notices; /* the oldest first */
	size_t n;
	double tokens; /* messages that may go now */
	int64_t token_ms;
	int64_t hold_ms;   /* the receiver cannot be reached: not before */
	unsigned failures; /* in a row */
	struct sending *sending; /* NULL none */
	void *out;               /* what it sends; owned */
	struct event *timer;
};

/* --- box.c --- */

/* The lane of a receiver, made if need be. */
struct lane *notify_lane(struct master *m, const char *name);

/*
 * Tells a receiver: records it, and it waits to be sent. what makes its id,
 * with the receiver: the same one is not told twice. facts is taken over.
 */
void notify_tell(struct master *m, const char *receiver, const char *what,
    const char *event, const char *job, const char *run, json_t *facts);

/* It is sent, given up, or to be tried again; recorded. Frees what is over. */
void notify_settle(struct lane *lane, struct notice *notice,
    enum notice_state state, const char *error);

/* Calls cb for every lane. */
void notify_each_lane(struct master *m, void (*cb)(struct lane *lane));

/* The lane has nothing to do any more, perhaps: pings' go then. */
void notify_release(struct lane *lane);

/* --- lane.c --- */

/* Sends if there is something to send and it may; else sets its timer. */
void lane_pump(struct lane *lane);

/* A message ended: others may go. */
void lane_unblock(struct master *m);

/* The receiver's settings; NULL: it is a ping, or gone. */
const struct notify_section *lane_section(const struct lane *lane);

/* --- order.c --- */

/*
 * Writes what a worker is to send into m->scratch: the n notices of the lane.
 * 0, or -1 with err.
 */
int notify_encode(struct lane *lane, struct notice *const *notices, size_t n,
    struct err *err);

/* The same of facts that are in no lane. */
int notify_encode_test(struct master *m, const struct notify_section *section,
    const json_t *facts, struct err *err);

/* --- send.c --- */

typedef void notify_sent(void *arg, bool sent, bool refused, const char *why);

/* Has m->scratch sent by a worker; cb is called once, from the loop. */
struct sending *notify_send(struct master *m, notify_sent *cb, void *arg);

/* Nobody wants to know any more. NULL is fine. */
void notify_send_cancel(struct sending *sending);

/* --- facts.c --- */

/* What all have: the event, the job if any, this host, the time. */
json_t *
notify_facts(struct master *m, const char *event, const struct job *job);

void notify_facts_add(json_t *facts, const char *name, const char *text);

/* What is known of a run; result may be NULL. */
void notify_facts_run(
    json_t *facts, const struct run *run, const struct run_result *result);

/* The end of its output. */
void notify_facts_tail(
    json_t *facts, const struct run *run, const struct run_result *result);

/* --- events.c --- */

/* Tells all receivers of a job whose notify-on has the event. */
void notify_job(struct master *m, const struct job *job, enum job_event event,
    const char *what, const char *run, json_t *facts);

/* --- usual.c --- */

/*
 * Beyond how long a run that has been running for so long is unusual; 0: that
 * is not known, or not yet.
 */
int64_t notify_usual_ms(struct run *run, int64_t running_ms);

/* --- mail.c --- */

/* Where the mail of a run is; the caller frees it. */
char *notify_mail_path(const struct master *m, const char *run);

/* Nobody needs the mail of this notification any more, if it is one. */
void notify_mail_settled(const struct lane *lane, const struct notice *notice);

/* Removes what was forgotten long ago, by a crash. */
void notify_mail_begin(struct master *m);

/* --- watch.c, daemon.c --- */

void notify_watch_begin(struct master *m);
void notify_daemon_look(struct master *m);
void notify_daemon_free(struct notify_daemon *daemon);

/* --- test.c --- */

void notify_tests_fini(struct master *m);

#endif
