/*
 * Start, which is recovery: what the store remembers, what the run files
 * say, then the job files. There is no other way to start.
 */
#include <stdlib.h>
#include <string.h>

#include "base/fault.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/mem.h"
#include "scheduler/jobs/memory.h"
#include "scheduler/jobs/policy.h"
#include "scheduler/jobs/rewind.h"
#include "scheduler/master.h"
#include "scheduler/member/member.h"
#include "scheduler/recover_files.h"
#include "scheduler/runs/params.h"

/* Runs and retries that the store reported, until the jobs are known. */
struct recover_retry {
	struct recover_retry *next;
	char run[RUN_ID_SIZE];
	char *job;
	char *params, *parents;
	char chain[RUN_ID_SIZE], parent[RUN_ID_SIZE];
	int64_t slot_ms;
	int64_t due_ms;
	int32_t attempt;
};

struct recover_open {
	struct recover_open *next;
	struct run_begin begin;
};

struct recover {
	struct recover_retry *retries;
	struct recover_open *open;
	struct recover_files files;
};

static void
forget(struct recover *recover)
{
	struct recover_retry *retry;
	struct recover_open *open;

	while ((retry = recover->retries) != NULL) {
		recover->retries = retry->next;
		free(retry->job);
		free(retry->params);
		free(retry->parents);
		free(retry);
	}
	while ((open = recover->open) != NULL) {
		recover->open = open->next;
		free(open);
	}
	recover_files_fini(&recover->files);
}

void
recover_start(struct master *m)
{
	if (m->phase != MASTER_LOADING || m->recorder == NULL)
		return;
	/* A recorder that was started again is asked from the beginning. */
	if (m->recover == NULL)
		m->recover = xcalloc(1, sizeof(*m->recover));
	forget(m->recover);
	memory_forget(&m->jobs);
	after_forget(&m->after);
	pauses_fini(m);
	notify_forget(m);
	channel_send(m->recorder, MSG_STATE_ASK, 0, NULL, -1);
}

int
recover_state_job(struct master *m, struct message *message)
{
	struct record_job record;

	if (record_job_decode(&record, &message->body) == -1)
		return -1;
	if (m->phase == MASTER_LOADING)
		jobs_remember(&m->jobs, &record);
	return 0;
}

int
recover_state_retry(struct master *m, struct message *message)
{
	struct record_retry record;
	struct recover_retry *retry;

	if (record_retry_decode(&record, &message->body) == -1)
		return -1;
	if (m->phase != MASTER_LOADING)
		return 0;
	retry = xcalloc(1, sizeof(*retry));
	memccpy(retry->run, record.run, '\0', sizeof(retry->run) - 1);
	retry->job = xstrdup(record.job);
	retry->params = xstrdup(record.params);
	retry->parents = xstrdup(record.parents);
	memccpy(retry->chain, record.chain, '\0', sizeof(retry->chain) - 1);
	memccpy(retry->parent, record.parent, '\0', sizeof(retry->parent) - 1);
	retry->slot_ms = record.slot_ms;
	retry->due_ms = record.due_ms;
	retry->attempt = record.attempt;
	retry->next = m->recover->retries;
	m->recover->retries = retry;
	return 0;
}

int
recover_state_pause(struct master *m, struct message *message)
{
	struct record_pause record;

	if (record_pause_decode(&record, &message->body) == -1)
		return -1;
	if (m->phase == MASTER_LOADING)
		pause_begin(m, &record, false);
	return 0;
}

int
recover_state_open(struct master *m, struct message *message)
{
	struct recover_open *open;

	if (m->phase != MASTER_LOADING)
		return 0;
	open = xcalloc(1, sizeof(*open));
	if (run_begin_decode(&open->begin, &message->body) == -1) {
		free(open);
		return -1;
	}
	/* Hosts may share a store; a run is its own host's to look after. */
	if (m->member != NULL &&
	    strcmp(open->begin.host, m->config->node_name) != 0) {
		free(open);
		return 0;
	}
	open->next = m->recover->open;
	m->recover->open = open;
	return 0;
}

/* The job of a run that was found, or a stand-in for one that is gone. */
static struct job *
job_of(struct master *m, const char *name)
{
	struct job *job = jobs_find(&m->jobs, name);

	return job != NULL ? job : jobs_orphan(m, name);
}

/* Does it keep to the job's overlap? */
static bool
is_overlapped(const struct run_begin *begin)
{
	return begin->trigger == TRIGGER_SCHEDULE ||
	    begin->trigger == TRIGGER_CATCH_UP ||
	    begin->trigger == TRIGGER_AFTER;
}

/* Does it decide a slot of the schedule? */
static bool
is_scheduled(const struct run_begin *begin)
{
	return begin->trigger == TRIGGER_SCHEDULE ||
	    begin->trigger == TRIGGER_CATCH_UP;
}

/*
 * Made but never started. Those that run, and retries, are known by now; of
 * those that never started, the ones of earlier slots.
 */
static void
resume_created(struct master *m, struct run *run)
{
	const struct job_options *options;
	int64_t since = run->begin.due_ms;
	bool scheduled = is_scheduled(&run->begin);
	bool overlapped = is_overlapped(&run->begin);
	struct job *job = run->job;
	enum run_state state = RUN_WAITING;

	if (job->def == NULL) {
		run_end_with(run, OUTCOME_KILLED, true,
		    "the job was removed before it started");
		return;
	}
	options = job->def->options;
	/* One in a queue is late when those before it are over. */
	if (options->overlap == JOB_OVERLAP_QUEUE)
		since = jobs_is_busy(job)    ? clock_ms() :
		    job->last_end_ms > since ? job->last_end_ms :
					       since;
	/* It is not late by what it had to wait for room. */
	if (m->recover->files.alive_ms > since)
		since = m->recover->files.alive_ms;
	if (scheduled && policy_catch_up(options) == 0 &&
	    clock_ms() - since > policy_deadline_ms(options, 0)) {
		run_end_with(run, OUTCOME_KILLED, true,
		    "the daemon was stopped before it started, and came back "
		    "too late");
		return;
	}
	if (overlapped && options->overlap == JOB_OVERLAP_QUEUE &&
	    (jobs_is_busy(job) || pause_of(m, job) != NULL))
		state = RUN_QUEUED;
	if (overlapped && options->overlap == JOB_OVERLAP_REPLACE) {
		fire_replace(m, job, run);
		if (job->active > 0)
			state = RUN_QUEUED;
	}
	if (state == RUN_QUEUED)
		run_set_state(run, state);
	else
		run_go(run);
}

static struct run *
remake(struct master *m, const struct run_begin *begin)
{
	struct job *job = submitted_load(m, begin);
	struct run *run;

	run = run_new(m, job != NULL ? job : job_of(m, begin->job), begin);
	params_load(m->runs_dir, run->begin.id, &run->params, &run->parents);
	member_hold(run);
	return run;
}

/* Is it still to be launched, and nobody at it? */
static bool
is_unstarted(const struct master *m, const struct run_begin *begin)
{
	struct runfile file;
	struct err err;
	bool unstarted;

	if (runfile_open_locked(&file, m->runs_dir, begin->id, &err) == -1)
		return false;
	unstarted = file.state == RUNFILE_CREATED;
	runfile_close(&file);
	return unstarted;
}

/*
 * A slot that has a file is decided, and those before it. Runs among them
 * that are recorded are behind the job's mark, the others have files.
 */
static void
decide_found(struct master *m)
{
	const struct recover *recover = m->recover;

	for (size_t i = 0; i < recover->files.n; i++) {
		const struct run_begin *begin = &recover->files.all[i].begin;
		struct job *job = jobs_find(&m->jobs, begin->job);

		after_found(m, begin, recover->files.all[i].mark);
		if (job == NULL || !is_scheduled(begin))
			continue;
		/* Of other hosts' slots this store knows nothing. */
		if (m->member == NULL)
			fire_lost(m, job, begin->slot_ms);
		jobs_decided(job, begin->slot_ms);
	}
}

bool
recover_has_attempt(
    const struct master *m, const char *job, int64_t slot_ms, int32_t attempt)
{
	return m->recover != NULL &&
	    recover_files_attempt(&m->recover->files, job, slot_ms, attempt);
}

bool
recover_has_child(const struct master *m, const char *job, const char *parent)
{
	return m->recover != NULL &&
	    recover_files_child(&m->recover->files, job, parent);
}

/* Their workers live, or have left a result, or were killed. */
static void
resume_begun(struct master *m)
{
	struct recover *recover = m->recover;
	struct run *run;

	for (size_t i = 0; i < recover->files.n; i++) {
		struct recover_file *found = &recover->files.all[i];

		found->unstarted = is_unstarted(m, &found->begin);
		if (found->unstarted)
			continue;
		run = remake(m, &found->begin);
		run_tell(run);
		uses_hold(run);
		run_set_state(run, RUN_RUNNING);
		workers_lost(m, run);
	}
}

/* In a cluster the claim of a slot may have been asked for in vain. */
static void
resume_unstarted_run(struct master *m, struct run *run)
{
	if (m->member != NULL && run->begin.fence == 0 &&
	    is_scheduled(&run->begin)) {
		member_resume(run);
		return;
	}
	if (m->member == NULL)
		run_tell(run);
	resume_created(m, run);
}

static void
resume_unstarted(struct master *m)
{
	struct recover *recover = m->recover;

	for (size_t i = 0; i < recover->files.n; i++)
		if (recover->files.all[i].unstarted)
			resume_unstarted_run(
			    m, remake(m, &recover->files.all[i].begin));
	if (m->runs.n > 0)
		log_info("%zu runs were in progress", m->runs.n);
}

/* The store thinks it runs, and there is no file of it. */
static void
lose_run(struct master *m, const struct run_begin *begin)
{
	struct run *run;

	if (recover_files_have(&m->recover->files, begin))
		return;
	run = run_new(m, job_of(m, begin->job), begin);
	run->place = -1; /* another run may have it by now */
	run_end_with(run, OUTCOME_LOST, false,
	    "no trace of it was left after a restart of the daemon");
}

/* Is there still something to be tried again? */
static bool
is_wanted(const struct job *job, const struct record_retry *retry)
{
	/* The job is gone, or a newer slot took its place. */
	return job != NULL &&
	    (job->def->options->overlap != JOB_OVERLAP_REPLACE ||
		job->hwm_ms <= retry->slot_ms);
}

static void
resume_retry(struct master *m, const struct recover_retry *r)
{
	struct record_retry retry = {
	    .run = r->run,
	    .job = r->job,
	    .slot_ms = r->slot_ms,
	    .attempt = r->attempt,
	    .due_ms = r->due_ms,
	    .chain = r->chain,
	    .parent = r->parent,
	    .params = r->params,
	    .parents = r->parents,
	};
	struct job *job = jobs_find(&m->jobs, r->job);

	if (!is_wanted(job, &retry)) {
		retry_withdraw_record(m, &retry);
		return;
	}
	/* It was made, and its file found, before the store heard of it. */
	if (recover_has_attempt(m, retry.job, retry.slot_ms, retry.attempt))
		return;
	/* The end of the attempt before was found, too. */
	for (const struct retry *other = job->retries; other != NULL;
	     other = other->next)
		if (other->slot_ms == retry.slot_ms &&
		    other->attempt >= retry.attempt)
			return;
	if (rewind_is_ahead(
		retry.due_ms - job->def->options->retry_max_ms, clock_ms()))
		retry.due_ms = clock_ms(); /* that was another clock's */
	retry_add(m, job, &retry);
	jobs_arm(m, job);
}

void
recover_free(struct master *m)
{
	if (m->recover != NULL)
		forget(m->recover);
	free(m->recover);
	m->recover = NULL;
}

void
recover_state_end(struct master *m)
{
	if (m->phase != MASTER_LOADING)
		return;
	fault_point(FAULT_MASTER_STATE_KNOWN);
	recover_jobs(m);
}

void
recover_jobs(struct master *m)
{
	struct recover *recover = m->recover;
	struct err err = {""};
	int rc = jobs_load(m, false, NULL, &err);

	if (rc == -1)
		fatalx("%s", err.text);
	if (rc == JOBS_WAIT)
		return;
	recover_files_read(&recover->files, m);
	decide_found(m);
	fault_point(FAULT_MASTER_FILES_READ);
	resume_begun(m);
	fault_point(FAULT_MASTER_BEGUN_RESUMED);
	for (struct recover_open *o = recover->open; o != NULL; o = o->next)
		lose_run(m, &o->begin);
	fault_point(FAULT_MASTER_LOST_ENDED);
	for (struct recover_retry *r = recover->retries; r != NULL; r = r->next)
		resume_retry(m, r);
	fault_point(FAULT_MASTER_RETRIES_RESUMED);
	resume_unstarted(m);
	for (size_t i = 0; i < m->jobs.n; i++) {
		/* Until it is known what other hosts have decided. */
		if (m->member != NULL)
			jobs_decided(m->jobs.all[i], clock_ms());
		jobs_arm(m, m->jobs.all[i]);
	}
	rewind_all(m);
	recover_free(m);
	fault_point(FAULT_MASTER_RECOVERED);
	master_begin(m);
}
