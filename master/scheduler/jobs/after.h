/*
 * Jobs that come after others: which, who is told of an end, and what is kept
 * of that until it is used up.
 *
 * The end of a run that will not be repeated gets a mark, which its run file
 * keeps; each job that comes after it hears of it (join.h), the store too. A
 * run that is begun by it says up to which mark it uses up its job's ends, in
 * its run file and in the store. So whatever is killed and whenever, an end
 * that is found again is told from one that has been heard.
 */
#ifndef BELFRY_SCHEDULER_AFTER_H
#define BELFRY_SCHEDULER_AFTER_H

#include "run/runfile.h"
#include "scheduler/jobs/join.h"

struct after_row;
struct job;
struct master;
struct message;
struct run;

struct after_edge {
	struct job *parent;
	struct job *child;
};

struct after {
	struct after_edge *edges; /* by parent; valid until the next load */
	size_t n, cap;
	uint64_t mark;          /* the last one given out, or seen */
	struct after_row *rows; /* of the store, while loading */
};

/* The jobs that come after this one: *n_r edges of it. */
const struct after_edge *after_children(
    const struct after *after, const struct job *parent, size_t *n_r);

/*
 * The job files were read: until after_load(), when all of the old jobs are
 * gone, nobody comes after anybody. Runs that end meanwhile are of those.
 */
void after_unload(struct after *after);

/* Finds who comes after whom. */
void after_load(struct master *m);

/* A job went from the files: what it waited for is dropped. */
void after_gone(struct master *m, struct job *job);

/*
 * A run is over and will not be repeated. Before that is recorded: then who
 * comes after it knows what the store knows. has_file: it has a run file.
 */
void after_ended(struct master *m, struct run *run,
    const struct run_result *result, bool has_file);

/*
 * A parent ended on another host, which tells it here (member/letters/ends.c);
 * end has no mark yet. What was told before counts once.
 */
void after_told(struct master *m, struct job *job, struct record_after *end);

/* The store keeps the end of that mark no longer. */
void after_take_back(struct master *m, const struct job *job, uint64_t mark);

/* Somebody is told of an end when its run's claim is ended (member_await()). */
struct after_wait {
	struct after_wait *next;
	struct join_end *end; /* owned */
	bool again;           /* who takes it for lost runs it again */
	char child[JOB_NAME_MAX + 1];
};

/* late: others had taken it for lost. Frees wait, but not its next. */
void after_settle(struct master *m, struct after_wait *wait, bool late);

/* Frees it and its next; the store keeps the end. NULL is nothing. */
void after_wait_free(struct after_wait *wait);

/* What was sent to another host is there. */
void after_has_arrived(struct master *m, struct job *job, const char *run);

/*
 * A run was lost with its host, and will not be run again: those that come
 * after it hear of it here. Its parameters and its chain were that host's.
 */
void after_lost(struct master *m, const struct record_end *lost);

/* The store is a new one: tells it what is not used up. */
void after_retell(struct master *m);

/* Starting: a row of the store, and a run file that was found. */
int after_state(struct master *m, struct message *message);
void
after_found(struct master *m, const struct run_begin *begin, uint64_t mark);

/* Starting again, or ending: forgets the rows; all. */
void after_forget(struct after *after);
void after_fini(struct after *after);

#endif
