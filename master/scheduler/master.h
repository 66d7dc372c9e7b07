/*
 * The scheduler's own process: holds jobs and runs, decides, never forks,
 * never waits. One struct master; each file has one part of the work.
 *
 *   master.c    role entry: peers, start, the tick
 *   recover.c   start: what the store and the run files tell; recover_files.c
 *   reload.c    the guardian's RELOAD; refresh.c: zones and calendars
 *   retell.c    a new store is told what is not over
 *   inquiry.c   what a child of the library launcher is asked
 *   teardown.c  the end
 *   clock/      the alarm, the heap, when a job is due, the launch rate
 *   jobs/       the table of jobs, their memory, retries and pauses; what is
 *               done with a due slot
 *   runs/       runs and their end, the waiting line, workers, what the
 *               recorder has not confirmed yet
 *   queue/      commands that people submit
 *   answer/     questions of the api process
 *   notify/     who is told of what happens
 *   metrics/    what is counted
 *   member/     this host among others: claims, in a cluster
 */
#ifndef BELFRY_SCHEDULER_MASTER_H
#define BELFRY_SCHEDULER_MASTER_H

#include "role.h"
#include "scheduler/answer/events.h"
#include "scheduler/answer/forecast.h"
#include "scheduler/clock/alarm.h"
#include "scheduler/clock/heap.h"
#include "scheduler/jobs/after.h"
#include "scheduler/jobs/jobs.h"
#include "scheduler/jobs/pause.h"
#include "scheduler/jobs/plugins.h"
#include "scheduler/jobs/retries.h"
#include "scheduler/metrics/metrics.h"
#include "scheduler/notify/notify.h"
#include "scheduler/queue/queue.h"
#include "scheduler/runs/launch.h"
#include "scheduler/runs/outbox.h"
#include "scheduler/runs/places.h"
#include "scheduler/runs/run_id.h"
#include "scheduler/runs/runs.h"
#include "scheduler/runs/users.h"
#include "scheduler/runs/uses.h"

#define PROCESSES_MAX 16

enum master_phase {
	MASTER_WAITING, /* for the guardian's SETUP_DONE */
	MASTER_LOADING, /* the recorder tells what it knows */
	MASTER_RUNNING,
	MASTER_DRAINING, /* nothing starts any more */
};

/* Kinds of struct timer in the heap. */
enum timer_kind {
	TIMER_JOB = 1,
	TIMER_RETRY = 2,
	TIMER_RUN = 3,   /* one that is delayed */
	TIMER_PAUSE = 4, /* its end */
	TIMER_QUEUE = 5, /* something in it is due */
};

/* One process of the daemon, for the status. */
struct process_info {
	enum role_id role;
	unsigned index;
	uint32_t pid;
	uint32_t restarts;
};

/* What holds the limits of runs and ends them, for status and show. */
struct limits_info {
	char *cgroup; /* owned: directory of their control groups; "" none */
	bool memory;  /* it has the controller */
	bool processes;
	bool kill; /* and cgroup.kill */
};

/* How the last upgrade stands, for the status. */
struct upgrade_info {
	uint32_t attempt;         /* 0: there was none */
	enum upgrade_state state; /* as the guardian has it */
	char from[64];            /* version before */
	char error[1024];         /* why it failed */
};
struct member;
struct crontab_watch; /* crontab/watch.h */

/* Somebody whose request takes a while, for the audit log. */
struct audit_asker {
	char who[128];
	char from[64];
};

struct master {
	struct role *role;     /* borrowed */
	struct config *config; /* role's, or owned after a reload */
	enum master_phase phase;
	int64_t started_ms;
	struct heap heap;
	struct alarm_clock *alarm;
	struct event *tick_event; /* more is due than one turn may do */
	int64_t ticked_ms;        /* time of the last tick */
	struct jobs jobs;
	struct after after;
	struct runs runs;
	struct launch launch;
	struct outbox outbox;
	struct pauses pauses;
	struct users users;
	struct inquiry *inquiries; /* under way; inquiry.h */
	struct run_ids ids;
	struct places places;
	struct uses uses;
	struct queues queues;
	uint64_t fence;
	int runs_dir;    /* fd of STATE-DIR/runs */
	char *runs_path; /* its path */
	int workers_fd;
	struct event *workers_event;
	struct event *orphan_timer;
	struct event *prepare_timer;
	struct event *drain_timer;
	struct event *retell_event;
	size_t retold;     /* jobs, so far */
	bool drain_wanted; /* while loading */
	bool drain_now;
	bool drained;
	bool waits_for_records; /* only for them, and not much longer */
	bool leaves_records;
	struct channel *recorder;
	struct channel *api;
	struct wire_writer scratch; /* reused for messages */
	struct process_info processes[PROCESSES_MAX];
	unsigned nprocesses;
	int guardian_pid;
	struct upgrade_info upgrade;
	struct limits_info limits;
	struct recover *recover; /* while loading; recover.c */
	struct member *member;   /* member/member.h; NULL: no cluster */
	struct plugins plugins;
	struct notify notify;
	char store_down[256]; /* why, as the recorder says; "" it is not */
	struct metrics metrics;
	struct events events;
	struct forecast forecast;          /* the last one */
	struct crontab_watch *crontabs;    /* NULL: nobody notices changes */
	struct jobs_change reloaded;       /* while a reload goes on */
	char *reload_problem;              /* owned; of it; NULL none */
	struct audit_asker *reload_askers; /* and who they were, gone or not */
	size_t nreload_askers;
	size_t reload_askers_cap;
	uint64_t *reloaders; /* asks that wait for a reload to be over */
	size_t nreloaders;
	size_t reloaders_cap;
};

/* Looks at the heap and sets the alarm: after any change of the heap. */
void master_arm(struct master *m);

/* True while something is due that this turn could not do, though it may be. */
bool master_is_behind(const struct master *m);

/* The wall clock's time of this turn, ms. */
int64_t master_now(struct master *m);

/* Everything is known: begin to fire. */
void master_begin(struct master *m);

/* How long a drain may take, for the guardian: after each load of jobs. */
void master_tell_patience(struct master *m);

/* There may be room again for slots that had to wait. */
void master_room(struct master *m);

/* Tells the guardian that we are up, and fires what is due. */
void master_ready(struct master *m);

/* How often the guardian had to start this process again. */
uint32_t master_restarts(const struct master *m);

/* drain.c */

/*
 * A predecessor may have left runs that are to be waited for: they are known
 * when loading is over. Who asks twice (now) does not want to wait for that,
 * nor for the runs, nor for long for a store that takes no records.
 */
void drain_begin(struct master *m, bool now);

/* The drain_timer's callback. */
void drain_expired_cb(evutil_socket_t fd, short what, void *arg);

/* Called when something ended: lets the guardian know once all is over. */
void master_check_drained(struct master *m);

/* teardown.c */
void master_free(struct master *m);

/* recover.c: everything between SETUP_DONE and the first tick. */
void recover_start(struct master *m);

/* The recorder's answers to STATE_ASK. */
int recover_state_job(struct master *m, struct message *message);
int recover_state_retry(struct master *m, struct message *message);
int recover_state_open(struct master *m, struct message *message);
int recover_state_pause(struct master *m, struct message *message);
void recover_state_end(struct master *m);

/* Goes on with the start: what the plugins of jobs are is known by now. */
void recover_jobs(struct master *m);
void recover_free(struct master *m);

/*
 * While loading: is there a file of this attempt of the slot, or of a later
 * one? False when loading is over.
 */
bool recover_has_attempt(
    const struct master *m, const char *job, int64_t slot_ms, int32_t attempt);

/* While loading: is there a file of a run of job that parent's end began? */
bool
recover_has_child(const struct master *m, const char *job, const char *parent);

/* Looks again at runs whose workers have not come back yet. */
void recover_orphans(struct master *m);

/* workers.c */
void workers_listen(struct master *m, int fd);

/* Watches our end of a worker's channel; takes fd. */
void workers_watch(struct master *m, struct run *run, int fd);
void workers_forget(struct run *run);

/* Asks a run's worker to end it. False: it has no channel now. */
bool workers_kill(struct run *run, enum kill_why why);

/*
 * What to do with a run whose worker went away without a word: its run file
 * decides.
 */
void workers_lost(struct master *m, struct run *run);

/* peers.c: .peer of struct role_ops, a new channel to one. */
void master_peer(struct role *role, enum role_id peer, unsigned index, int fd);

/* fire.c; fire_replace() is of jobs/decide.c */
void fire_job(struct master *m, struct job *job, int64_t now_ms);
void fire_retry(struct master *m, struct retry *retry);

/*
 * A later slot, until_ms, was claimed by a predecessor: so it had decided
 * those before it, too, and the recorder never heard of it.
 */
void fire_lost(struct master *m, struct job *job, int64_t until_ms);

/*
 * overlap = replace: ends what there is of a job, runs and retries, but for
 * the run that is to replace it (NULL: not made yet).
 */
void fire_replace(struct master *m, struct job *job, const struct run *but);

/*
 * A person asked; params may be NULL. NULL with err when it cannot be
 * (draining ...). The run waits: launch_pump() starts it, or ends it, and then
 * it is gone.
 */
struct run *fire_manual(
    struct master *m, struct job *job, const char *params, struct err *err);

/*
 * The slot of a staged run was claimed: it goes on, or is recorded as one that
 * does not run; then false.
 */
bool fire_won(struct run *run);

/* How late the slot may start, ms. */
int64_t fire_deadline_ms(const struct job *job, int64_t slot_ms);

/*
 * Slots between the two, both excluded, that no host claimed: recorded as
 * missed, but for those that were another schedule's. True: there were any.
 */
bool fire_passed(struct master *m, struct job *job, int64_t after_ms,
    int64_t before_ms, const char *reason);
/* retell.c: STATE_NEW of the recorder; the jobs a few at a time. */
void retell_start(struct master *m);
void retell_cb(evutil_socket_t fd, short what, void *arg);

/* reload.c: the guardian's RELOAD. */
int reload_handle(struct master *m, struct message *message, struct err *err);

/* Loads the jobs, and ends the reload unless plugins have to be asked. */
void reload_jobs(struct master *m);

/* Reads the crontabs alone, again: somebody changed one. */
void reload_crontabs(struct master *m);

#endif
