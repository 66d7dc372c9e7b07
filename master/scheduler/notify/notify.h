/*
 * Who is told of what happens: decides which end of a run, late start or slot
 * that did not run is worth a notification, keeps those that were not sent
 * yet, and has them sent by workers. No job, no dependent and no other
 * receiver ever waits for it.
 *
 *   events.c   which events of jobs speak
 *   facts.c    what a notification says
 *   box.c      notifications that wait, by receiver: their lanes
 *   lane.c     when a lane sends, and how much at once
 *   order.c    what the worker is told
 *   send.c     the workers, and what became of it
 *   watch.c    once a second: late starts, runs that take too long
 *   usual.c    how long a run usually takes
 *   mail.c     mails of crontabs' jobs, which a server gets
 *   daemon.c   and what happens to the daemon and the cluster
 *   test.c     "belfry notify test"
 *
 * A notification is in the store before it is sent, and says there how it
 * stands: after a crash it is sent once more rather than not at all.
 */
#ifndef BELFRY_SCHEDULER_NOTIFY_H
#define BELFRY_SCHEDULER_NOTIFY_H

#include <event2/event.h>
#include <sys/queue.h>

#include "ask.h"
#include "run/record.h"
#include "run/result.h"

struct job;
struct lane;
struct master;
struct message;
struct notify_test; /* test.c */
struct run;

#define NOTIFY_LANES 256

/* The receiver of pings, which have a lane for each job. */
#define NOTIFY_PING "ping"

/* With a receiver's name behind it: of the mails of crontabs' jobs. */
#define NOTIFY_MAIL_LANE "mail"

TAILQ_HEAD(lane_list, lane);

struct notify_daemon; /* daemon.c */

struct notify {
	struct lane *lanes[NOTIFY_LANES]; /* by a hash of their names */
	struct lane_list blocked;         /* would send, but too many do */
	unsigned sending;                 /* messages on their way */
	size_t waiting;                   /* notifications */
	uint64_t sent, failed;            /* of them, by this process */
	struct event *watch;              /* the timer of watch.c */
	struct event *drain_timer;    /* owned; NULL: no drain was held up */
	bool drain_over;              /* that was long enough */
	bool watched;                 /* a job wants to know late, too-long */
	struct notify_test *tests;    /* that were not answered yet; owned */
	struct notify_daemon *daemon; /* owned */
};

void notify_init(struct master *m);
void notify_fini(struct master *m);

/* While loading: the store's; and all of that is forgotten again. */
int notify_remember(struct master *m, struct message *message);
void notify_forget(struct master *m);

/* The store is a new one: it hears of all that wait. */
void notify_retell(struct master *m);

/* Jobs are known, or others than before: from now on it sends. */
void notify_begin(struct master *m);

/* The recorder has all up to seq on disk. */
void notify_confirmed(struct master *m, uint64_t seq);

/* Its process runs. */
void notify_started(struct run *run);

/*
 * A run has ended, and its job does not know yet. final: it is not tried
 * again. Before its end is recorded: what is told of it goes with that or
 * earlier.
 */
void notify_ended(struct run *run, const struct run_result *result,
    bool has_file, bool final);

/*
 * The same of every attempt: of a crontab's job there may be a mail for a
 * server, which its worker left.
 */
void notify_mail(const struct run *run, const struct run_result *result);

/* Slots that did not run are recorded. */
void notify_slot(struct master *m, const struct record_slot *slot);

/* The recorder's answer to USUAL_ASK. */
int notify_usual(struct master *m, struct message *message);

/*
 * Is there something that nobody has tried to send yet? A drain waits for it a
 * moment; what cannot be sent then waits for the next start. Checks the drain
 * again when that is over.
 */
bool notify_holds_drain(struct master *m);

/* Hosts of the cluster came or went. */
void notify_nodes(struct master *m);

/* "notify-test" of the api. */
void notify_answer_test(struct master *m, struct ask *ask);
void notify_cancel_test(struct master *m, uint64_t ask);

#endif
