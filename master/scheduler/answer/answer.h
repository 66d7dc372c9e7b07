/* What the master answers to the api process. The verbs are in ask.h. */
#ifndef BELFRY_SCHEDULER_ANSWER_H
#define BELFRY_SCHEDULER_ANSWER_H

#include <jansson.h>

#include "ask.h"
#include "scheduler/jobs/jobs.h"

struct master;
struct pause;
struct run;

/* For the channel's dispatch. */
int answer_handle(struct channel *channel, struct message *message, void *arg,
    struct err *err);
int answer_cancel(struct channel *channel, struct message *message, void *arg,
    struct err *err);

/*
 * A reload is over: answers those who asked for it. problem: why the
 * configuration or the jobs stayed as they were, or NULL.
 */
void answer_reload(
    struct master *m, const struct jobs_change *change, const char *problem);

/*
 * audit.c: what was asked for has changed something: a job, a run, or "" the
 * daemon. Takes was and became over; NULL where there is nothing.
 */
void answer_audit(struct master *m, const struct ask *ask, const char *object,
    json_t *was, json_t *became);

/*
 * The same when the answer took a while: who asked is kept until then. action
 * is the verb of what was asked.
 */
struct audit_asker;
struct audit_asker answer_audit_asker(const struct ask *ask);
void answer_audit_late(struct master *m, const struct audit_asker *asker,
    const char *action, const char *object, json_t *was, json_t *became);

/* AUDIT_TELL: for the dispatch of the channels to api and recorder. */
int answer_audit_told(struct channel *channel, struct message *message,
    void *arg, struct err *err);

/*
 * A reload is recorded when it is over: by each who asked for it, else by a
 * signal, whose sender nobody knows. problem: of the configuration or of the
 * directory; NULL: the first error of the job files, if there is one.
 */
void answer_audit_reload(struct master *m, const struct ask *ask);
void answer_audit_reloaded(
    struct master *m, const struct jobs_change *change, const char *problem);

/* JSON text of something that was built; takes json. */
void answer_object(struct ask *ask, int status, json_t *json);

/* The job of argument "job"; NULL: answered with 404. */
struct job *answer_wanted_job(struct master *m, struct ask *ask);

/* answer_list.c */
void answer_jobs(struct master *m, struct ask *ask);

/* answer_overview.c: what runs, fails and is late, and the next hour. */
void answer_overview(struct master *m, struct ask *ask);

/* answer_graph.c: the jobs around one, by what comes after what. */
void answer_graph(struct master *m, struct ask *ask);

/* answer_job.c */

/* "running", "waiting", "retrying", "paused", "disabled", "idle". */
const char *answer_job_state(const struct master *m, const struct job *job);

/* A job as lists have it. */
json_t *answer_job_row(const struct master *m, const struct job *job);
void answer_job(struct master *m, struct ask *ask);
void answer_next(struct master *m, struct ask *ask);

/*
 * answer_limits.c: what holds the limits of runs, and ends them; the same of
 * those that a job has.
 */
json_t *answer_limits(const struct master *m);
json_t *answer_job_limits(const struct master *m, const struct job_def *def);

/* answer_kill.c */
void answer_kill(struct master *m, struct ask *ask);
/* The last run of a job, or null. */
json_t *answer_last(const struct job *job);

/*
 * answer_family.c: a list of words as an array; the names of the jobs that
 * come after this one; and a tree: of those and what comes after them (down),
 * or of its parents and theirs. A job that was shown before is there "again",
 * one with branches that are cut has "more".
 */
json_t *answer_words(const char *words);
json_t *answer_dependents(const struct master *m, const struct job *job);
json_t *answer_tree(const struct master *m, const struct job *job, bool down);

/* answer_pause.c */
void answer_pause_ask(struct master *m, struct ask *ask);
void answer_resume_ask(struct master *m, struct ask *ask);

/* A pause for people, or null. */
json_t *answer_pause(const struct pause *pause);

/* RFC 3339 text, or null for 0. */
json_t *answer_time(int64_t ms);

/* answer_live.c: a run that lives. */
json_t *answer_live_run(const struct run *run);

/*
 * answer_live.c: runs in progress, of one job or of all (NULL), at most max:
 * those that have started, then those that wait, the newest first.
 */
json_t *answer_live(const struct master *m, const struct job *job, size_t max);

#endif
