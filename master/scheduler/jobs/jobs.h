/*
 * The jobs that are in force and what the scheduler remembers of each.
 */
#ifndef BELFRY_SCHEDULER_JOBS_H
#define BELFRY_SCHEDULER_JOBS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/job.h"
#include "run/record.h"
#include "scheduler/clock/heap.h"

struct job_metrics; /* scheduler/metrics/metrics.h */
struct join;
struct master;
struct retry;
struct run;

/* How the last slot ended, all of its attempts; for those who are told. */
enum job_health {
	JOB_HEALTH_UNKNOWN, /* not since this process began */
	JOB_HEALTH_GOOD,
	JOB_HEALTH_BAD,
};

/*
 * Small: there may be a hundred thousand. Owned by struct jobs; one that was
 * removed from the files lives on until its last run has ended.
 */
struct job {
	struct timer timer;
	union {
		int64_t hwm_ms;        /* all slots up to here are decided */
		struct job *next_free; /* while it is no job */
	};
	const struct job_def *def; /* NULL when removed */
	const char *name;          /* def's, or our own copy when removed */
	int64_t last_end_ms;       /* 0 none */
	int64_t last_success_ms;
	int64_t *anchors;  /* by schedule; NULL: no interval among them */
	int64_t reboot_ms; /* @reboot is due since then; 0: not */
	struct run *runs;  /* all that have not ended; see runs.h */
	struct retry *retries;
	struct job_metrics *metrics; /* owned; NULL: none has ended yet */
	struct join *join; /* of its parents' ends; NULL: it never had any */
	char last_run[RUN_ID_SIZE];
	uint8_t last_outcome;
	uint8_t health; /* enum job_health */
	bool removed : 1;
	bool seen : 1;      /* while loading */
	bool paused : 1;    /* by name; see pause.h */
	bool submitted : 1; /* in no file, removed with its run; queue.h */
	uint16_t active;    /* runs that wait for room, start or run */
	uint16_t queued;    /* runs that wait for the ones before them */
	uint16_t staged;    /* of a cluster: slots that wait for their claim */
	uint32_t failures;
	int64_t told_ms;  /* receivers heard of a failure then; 0: not known */
	int64_t since_ms; /* its schedules are in force since then; 0: long */
};

struct jobs {
	struct job_slab *slabs; /* owned */
	struct job *free;
	struct schedule_pool *pool;
	struct job_set *set;
	struct job_calendars *calendars;
	struct job **all; /* in the set's order; n of them */
	size_t n;
	uint32_t
	    *table; /* by name: 1 + index in all, open addressing; 0 none */
	size_t table_size;     /* a power of 2 */
	size_t nremoved;       /* not in all, but for their runs */
	struct job **sorted;   /* by name; NULL until somebody asks */
	struct memory *memory; /* what the store knows of jobs, while loading */
	size_t nmemory;
	size_t memory_cap;
	char boot_id[40];
	bool shared; /* by all hosts of a cluster: see memory.h */
};

/* What changed in a reload; strings are owned. */
struct jobs_change {
	char **added, **removed, **changed;
	size_t nadded, nremoved, nchanged;
	size_t added_cap, removed_cap, changed_cap;
};

void jobs_init(struct jobs *jobs);
void jobs_fini(struct jobs *jobs);

struct job *jobs_find(const struct jobs *jobs, const char *name);

/* All by name; valid until the next load. */
struct job **jobs_sorted(struct jobs *jobs);

/* How many errors the job files have; 0 before they were read. */
size_t jobs_errors(const struct jobs *jobs);

/* Keeps what the store remembers of a job, for the load that follows. */
void jobs_remember(struct jobs *jobs, const struct record_job *record);

/*
 * Reads the job files and the crontabs, or the crontabs alone, and makes them
 * the ones in force; jobs that did not
 * change keep phase, memory and runs. change_r may be NULL. 0; -1 with err
 * when the directory cannot be read: nothing changes then. While the master
 * starts, JOBS_WAIT: plugins have to be asked first, nothing was loaded.
 */
#define JOBS_WAIT 1

int jobs_load(struct master *m, bool crontabs_only,
    struct jobs_change *change_r, struct err *err);
void jobs_change_fini(struct jobs_change *change);

/* Puts the job's next due time into the heap, or takes it out. */
void jobs_arm(struct master *m, struct job *job);

/* Moves the job's mark on: every slot up to slot_ms is decided. */
void jobs_decided(struct job *job, int64_t slot_ms);

/* A run of the job went away: frees a removed job after its last. */
void jobs_release(struct master *m, struct job *job);

/* Is a run of it not over, or does one wait for its retry? */
bool jobs_is_busy(const struct job *job);

/* A job that was removed and has runs that are not over; NULL: none. */
struct job *jobs_find_removed(const struct master *m, const char *name);

/* A job of no file, for runs that were found of one that is gone. */
struct job *jobs_orphan(struct master *m, const char *name);

/* The same, and never one that is there already. */
struct job *jobs_unlisted(struct master *m, const char *name);

/*
 * refresh.c: reads calendars, and on a reload the time zones, again. What
 * cannot be read stays as it was and is logged.
 */
void refresh_files(struct master *m);

/* Did the last one change the time zone of a job or of its calendar? */
bool refresh_moved(const struct job_def *def);

#endif
