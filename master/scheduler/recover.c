/*
 * Start, which is recovery: what the store remembers, what the run files
 * say, then the job files. There is no other way to start.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/mem.h"
#include "master.h"
#include "memory.h"
#include "policy.h"

/* Runs and retries that the store reported, until the jobs are known. */
struct recover_retry {
	struct recover_retry *next;
	char run[RUN_ID_SIZE];
	char *job;
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
};

static void
forget(struct recover *recover)
{
	struct recover_retry *retry;
	struct recover_open *open;

	while ((retry = recover->retries) != NULL) {
		recover->retries = retry->next;
		free(retry->job);
		free(retry);
	}
	while ((open = recover->open) != NULL) {
		recover->open = open->next;
		free(open);
	}
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
	pauses_fini(m);
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
	open->next = m->recover->open;
	m->recover->open = open;
	return 0;
}

/* The job of a run that was found, or a stand-in for one that is gone. */
static struct job *
job_of(struct master *m, const char *name)
{
	struct job *job = jobs_find(&m->jobs, name);

	return job != NULL ? job : jobs_orphan(&m->jobs, name);
}

/* A slot that was claimed, and is too late now to be caught up with. */
static bool
is_too_late(const struct run *run)
{
	const struct job_options *options = run->job->def->options;

	return run->begin.trigger == TRIGGER_SCHEDULE &&
	    policy_catch_up(options) == 0 &&
	    clock_ms() - run->begin.due_ms > policy_deadline_ms(options, 0);
}

/* Made but never started. */
static void
resume_created(struct master *m, struct run *run)
{
	if (run->job->def == NULL)
		run_end_with(run, OUTCOME_KILLED, true,
		    "the job was removed before it started");
	else if (is_too_late(run))
		run_end_with(run, OUTCOME_KILLED, true,
		    "the daemon was stopped before it started, and came back "
		    "too late");
	else if (run->job->def->options->overlap == JOB_OVERLAP_QUEUE &&
	    (run->job->active > 0 || pause_of(m, run->job) != NULL))
		run_set_state(run, RUN_QUEUED);
	else
		run_set_state(run, RUN_WAITING);
}

/* One file that a predecessor left. */
static void
resume_file(struct master *m, struct runfile *file)
{
	struct job *job = job_of(m, file->begin.job);
	struct err err;
	struct run *run;

	if (file->begin.trigger == TRIGGER_SCHEDULE ||
	    file->begin.trigger == TRIGGER_CATCH_UP)
		jobs_decided(job, file->begin.slot_ms);
	run = run_new(m, job, &file->begin);
	outbox_begin(m, &run->begin);
	run->started_us = file->started_us;
	run->pid = (uint32_t)file->pid;
	if (runfile_lock(file) == 0 && runfile_reload(file, &err) == 0 &&
	    file->state == RUNFILE_CREATED) {
		runfile_close(file);
		resume_created(m, run);
		return;
	}
	runfile_close(file);
	/* Its worker lives, or has left a result, or was killed. */
	run_set_state(run, RUN_RUNNING);
	workers_lost(m, run);
}

static void
resume_place(struct master *m, const char *name)
{
	int place = run_id_place(name);
	struct runfile file;
	struct err err = {""};

	if (runfile_open_place(&file, m->runs_dir, name, &err) == -1) {
		/* Not ours to guess about: the place is left alone. */
		log_error("%s", err.text);
		places_mark(&m->places, place);
		return;
	}
	if (file.state == RUNFILE_FREE) {
		runfile_close(&file);
		return;
	}
	places_mark(&m->places, place);
	if (strcmp(runfile_name(file.begin.id), name) != 0 ||
	    runs_find(&m->runs, file.begin.id) != NULL) {
		log_error(
		    "run file %s holds another run: %s", name, file.begin.id);
		runfile_close(&file);
		return;
	}
	resume_file(m, &file);
}

static void
resume_runs(struct master *m)
{
	DIR *dir = fdopendir(fcntl(m->runs_dir, F_DUPFD_CLOEXEC, 0));
	const struct dirent *entry;

	if (dir == NULL)
		fatal("cannot read the directory of run files");
	rewinddir(dir);
	while ((entry = readdir(dir)) != NULL)
		if (strlen(entry->d_name) == 3 &&
		    run_id_place(entry->d_name) != -1)
			resume_place(m, entry->d_name);
	closedir(dir);
	if (m->runs.n > 0)
		log_info("%zu runs were in progress", m->runs.n);
}

/* The store thinks it runs, and there is no file of it. */
static void
lose_run(struct master *m, const struct run_begin *begin)
{
	struct run *run;

	if (runs_find(&m->runs, begin->id) != NULL)
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
	const struct record_retry retry = {
	    .run = r->run,
	    .job = r->job,
	    .slot_ms = r->slot_ms,
	    .attempt = r->attempt,
	    .due_ms = r->due_ms,
	};
	struct job *job = jobs_find(&m->jobs, r->job);

	if (!is_wanted(job, &retry)) {
		retry_withdraw_record(m, &retry);
		return;
	}
	/* It was made, and its file found, before the store heard of it. */
	for (const struct run *run = job->runs; run != NULL; run = run->next)
		if (run->begin.slot_ms == retry.slot_ms &&
		    run->begin.attempt >= retry.attempt)
			return;
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
	struct recover *recover = m->recover;
	struct err err = {""};

	if (m->phase != MASTER_LOADING)
		return;
	if (jobs_load(m, NULL, &err) == -1)
		fatalx("%s", err.text);
	resume_runs(m);
	for (struct recover_open *o = recover->open; o != NULL; o = o->next)
		lose_run(m, &o->begin);
	for (struct recover_retry *r = recover->retries; r != NULL; r = r->next)
		resume_retry(m, r);
	for (size_t i = 0; i < m->jobs.n; i++)
		jobs_arm(m, m->jobs.all[i]);
	recover_free(m);
	master_begin(m);
}
