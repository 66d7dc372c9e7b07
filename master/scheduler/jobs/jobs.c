#include "scheduler/jobs/jobs.h"

#include <fcntl.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/mem.h"
#include "config/job/calendar.h"
#include "scheduler/clock/due.h"
#include "scheduler/jobs/files.h"
#include "scheduler/jobs/memory.h"
#include "scheduler/master.h"

static uint32_t
hash_name(const char *name)
{
	uint32_t h = 2166136261u;

	for (; *name != '\0'; name++)
		h = (h ^ (unsigned char)*name) * 16777619u;
	return h ^ h >> 15;
}

void
jobs_init(struct jobs *jobs)
{
	int fd;

	memset(jobs, 0, sizeof(*jobs));
	jobs->pool = schedule_pool_new(NULL);
	fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
	if (fd == -1 || read(fd, jobs->boot_id, sizeof(jobs->boot_id) - 1) <= 0)
		snprintf(jobs->boot_id, sizeof(jobs->boot_id), "unknown");
	jobs->boot_id[strcspn(jobs->boot_id, "\n")] = '\0';
	fd_close(&fd);
}

/* Jobs come in slabs: a hundred thousand small blocks cost their headers. */
#define SLAB_JOBS 512

struct job_slab {
	struct job_slab *next;
	struct job jobs[SLAB_JOBS];
};

static struct job *
job_alloc(struct jobs *jobs)
{
	struct job_slab *slab;
	struct job *job;

	if (jobs->free == NULL) {
		slab = xcalloc(1, sizeof(*slab));
		slab->next = jobs->slabs;
		jobs->slabs = slab;
		for (int i = SLAB_JOBS - 1; i >= 0; i--) {
			slab->jobs[i].next_free = jobs->free;
			jobs->free = &slab->jobs[i];
		}
	}
	job = jobs->free;
	jobs->free = job->next_free;
	memset(job, 0, sizeof(*job));
	job->timer.kind = TIMER_JOB;
	return job;
}

static void
job_free(struct jobs *jobs, struct job *job)
{
	if (job->removed)
		free((char *)(uintptr_t)job->name);
	free(job->anchors);
	join_free(job->join);
	free(job->metrics);
	memset(job, 0, sizeof(*job));
	job->next_free = jobs->free;
	jobs->free = job;
}

void
jobs_fini(struct jobs *jobs)
{
	struct job_slab *slab;

	for (size_t i = 0; i < jobs->n; i++)
		job_free(jobs, jobs->all[i]);
	while ((slab = jobs->slabs) != NULL) {
		jobs->slabs = slab->next;
		free(slab);
	}
	free(jobs->all);
	free(jobs->table);
	free(jobs->sorted);
	job_set_free(jobs->set);
	job_calendars_free(jobs->calendars);
	schedule_pool_free(jobs->pool);
}

struct job *
jobs_find(const struct jobs *jobs, const char *name)
{
	size_t i, mask = jobs->table_size - 1;

	if (jobs->table_size == 0)
		return NULL;
	for (i = hash_name(name) & mask; jobs->table[i] != 0;
	     i = (i + 1) & mask) {
		struct job *job = jobs->all[jobs->table[i] - 1];

		if (strcmp(job->name, name) == 0)
			return job;
	}
	return NULL;
}

static int
compare_jobs(const void *a, const void *b)
{
	return strcmp(
	    (*(struct job *const *)a)->name, (*(struct job *const *)b)->name);
}

struct job **
jobs_sorted(struct jobs *jobs)
{
	if (jobs->sorted != NULL || jobs->n == 0)
		return jobs->sorted;
	jobs->sorted = xcalloc(jobs->n, sizeof(*jobs->sorted));
	memcpy(jobs->sorted, jobs->all, jobs->n * sizeof(*jobs->sorted));
	qsort(jobs->sorted, jobs->n, sizeof(*jobs->sorted), compare_jobs);
	return jobs->sorted;
}

size_t
jobs_errors(const struct jobs *jobs)
{
	size_t errors = 0;

	if (jobs->set == NULL)
		return 0;
	for (size_t i = 0; i < job_set_problem_count(jobs->set); i++)
		errors += job_set_problem(jobs->set, i)->is_error;
	return errors;
}

static void
table_build(struct jobs *jobs)
{
	size_t size = 16, i;

	while (size < jobs->n * 2)
		size *= 2;
	free(jobs->sorted);
	jobs->sorted = NULL;
	free(jobs->table);
	jobs->table = xcalloc(size, sizeof(*jobs->table));
	jobs->table_size = size;
	for (size_t n = 0; n < jobs->n; n++) {
		i = hash_name(jobs->all[n]->name) & (size - 1);
		while (jobs->table[i] != 0)
			i = (i + 1) & (size - 1);
		jobs->table[i] = (uint32_t)n + 1;
	}
}

static void
restore(struct master *m, struct job *job, const struct memory *memory,
    int64_t now_ms)
{
	job->hwm_ms = memory->hwm_ms;
	job->last_end_ms = memory->last_end_ms;
	job->last_success_ms = memory->last_success_ms;
	job->failures = (uint32_t)memory->failures;
	job->last_outcome = (uint8_t)memory->last_outcome;
	snprintf(job->last_run, sizeof(job->last_run), "%s", memory->last_run);
	job->join = memo_join(memory->memo, memory->joined);
	if (memo_apply(&m->jobs, job, memory->memo, now_ms)) {
		memo_tell_change(m, job, memory->memo);
		return;
	}
	/* Another schedule: its past is not ours to catch up with. */
	job->since_ms = now_ms;
	if (job->reboot_ms == 0 && job->hwm_ms < now_ms)
		job->hwm_ms = now_ms;
	else if (job->reboot_ms != 0)
		job->hwm_ms = now_ms - 1;
	memo_tell_store(m, job);
}

/* It was in the files before, and runs of it are not over. */
static struct job *
job_revive(struct master *m, const struct job_def *def, int64_t now_ms)
{
	struct job *job = jobs_find_removed(m, def->name);

	if (job == NULL)
		return NULL;
	free((char *)(uintptr_t)job->name);
	job->removed = false;
	m->jobs.nremoved--;
	job->def = def;
	job->name = def->name;
	if (job->hwm_ms < now_ms)
		job->hwm_ms = now_ms;
	job->since_ms = now_ms;
	memo_apply(&m->jobs, job, "", now_ms);
	memo_tell_store(m, job);
	return job;
}

static struct job *
job_make(struct master *m, const struct job_def *def,
    const struct memory *memory, int64_t now_ms)
{
	struct job *job = job_alloc(&m->jobs);

	job->def = def;
	job->name = def->name;
	if (memory != NULL) {
		restore(m, job, memory, now_ms);
		return job;
	}
	job->hwm_ms = job->since_ms = now_ms;
	memo_apply(&m->jobs, job, "", now_ms);
	memo_tell_store(m, job);
	return job;
}

static void
note(char ***list, size_t *n, size_t *cap, const char *name)
{
	array_reserve(list, cap, *n + 1, sizeof(**list));
	(*list)[(*n)++] = xstrdup(name);
}

void
jobs_change_fini(struct jobs_change *change)
{
	for (size_t i = 0; i < change->nadded; i++)
		free(change->added[i]);
	for (size_t i = 0; i < change->nremoved; i++)
		free(change->removed[i]);
	for (size_t i = 0; i < change->nchanged; i++)
		free(change->changed[i]);
	free(change->added);
	free(change->removed);
	free(change->changed);
	memset(change, 0, sizeof(*change));
}

/* The job is in the new files too: keeps what it remembers. */
static void
carry_over(struct master *m, struct job *job, const struct job_def *def,
    int64_t now_ms, struct jobs_change *change)
{
	char *memo = memo_make(job, m->jobs.boot_id);
	bool same_run = job_def_equal(job->def, def);
	bool same_time;

	job->def = def;
	job->name = def->name;
	same_time = memo_apply(&m->jobs, job, memo, now_ms);
	same_time &= !refresh_moved(def);
	if (!same_time) {
		if (job->hwm_ms < now_ms)
			job->hwm_ms = now_ms;
		job->since_ms = now_ms;
		memo_tell_store(m, job);
	} else if (!same_run) {
		memo_tell_change(m, job, memo);
	}
	free(memo);
	if (!same_time || !same_run)
		note(&change->changed, &change->nchanged, &change->changed_cap,
		    def->name);
}

static struct run *
find_unstarted(const struct job *job)
{
	struct run *run = job->runs;

	while (run != NULL && !run_is_unstarted(run))
		run = run->next;
	return run;
}

/* Its runs go on; what did not start yet never will. */
static void
remove_job(struct master *m, struct job *job)
{
	struct run *run;
	char *memo = memo_make(job, m->jobs.boot_id);

	memo_tell_gone(m, job->name, memo, job->hwm_ms);
	free(memo);
	after_gone(m, job);
	heap_remove(&m->heap, &job->timer);
	job->name = xstrdup(job->name);
	job->def = NULL;
	job->removed = true;
	m->jobs.nremoved++;
	while (job->retries != NULL)
		retry_withdraw(m, job->retries);
	if (job->paused)
		pause_end(m, pause_find(m, job->name));
	job->active++; /* must not be freed under us */
	/* The end of one may be that of others: there may be room to launch. */
	while ((run = find_unstarted(job)) != NULL)
		run_end_with(run, OUTCOME_KILLED, true,
		    "the job was removed before it started");
	job->active--;
	jobs_release(m, job);
}

/* Finds or makes the job of each definition, in the set's order. */
static struct job **
match_set(struct master *m, const struct job_set *set, int64_t now_ms,
    struct jobs_change *change)
{
	struct jobs *jobs = &m->jobs;
	size_t n = job_set_count(set);
	struct job **all = xcalloc(n, sizeof(struct job *));

	for (size_t i = 0; i < n; i++) {
		const struct job_def *def = job_set_at(set, i);
		struct job *job = jobs_find(jobs, def->name);

		if (job != NULL) {
			carry_over(m, job, def, now_ms, change);
		} else {
			job = job_revive(m, def, now_ms);
			if (job == NULL)
				job = job_make(m, def,
				    memory_find(jobs, def->name), now_ms);
			note(&change->added, &change->nadded,
			    &change->added_cap, def->name);
		}
		job->seen = true;
		all[i] = job;
	}
	return all;
}

static void
remove_unseen(struct master *m, struct jobs_change *change)
{
	struct jobs *jobs = &m->jobs;

	for (size_t i = 0; i < jobs->n; i++) {
		if (jobs->all[i]->seen)
			continue;
		note(&change->removed, &change->nremoved, &change->removed_cap,
		    jobs->all[i]->name);
		remove_job(m, jobs->all[i]);
	}
}

int
jobs_load(struct master *m, bool crontabs_only, struct jobs_change *change_r,
    struct err *err)
{
	struct jobs *jobs = &m->jobs;
	struct jobs_change unused = {0};
	struct jobs_change *change = change_r != NULL ? change_r : &unused;
	struct job_set *set;
	struct job **all;

	if (files_load(m, crontabs_only, &set, err) == -1)
		return -1;
	if (m->phase == MASTER_LOADING && plugins_are_asked(m)) {
		job_set_free(set);
		return JOBS_WAIT;
	}
	files_log_problems(set);
	after_unload(&m->after);
	memory_sort(jobs);
	all = match_set(m, set, clock_ms(), change);
	remove_unseen(m, change);
	free(jobs->all);
	jobs->all = all;
	jobs->n = job_set_count(set);
	job_set_free(jobs->set);
	jobs->set = set;
	table_build(jobs);
	after_load(m);
	memo_tell_absent(m);
	memory_forget(jobs);
	pause_apply(m);
	heap_reserve(&m->heap, jobs->n + jobs->n / 16);
	for (size_t i = 0; i < jobs->n; i++) {
		all[i]->seen = false;
		launch_need(m, (enum job_kind)all[i]->def->options->kind);
		jobs_arm(m, all[i]);
	}
	jobs_change_fini(&unused);
	malloc_trim(0); /* what loading took for a while */
	return 0;
}

void
jobs_arm(struct master *m, struct job *job)
{
	struct due due;

	if (job->join != NULL && job->join->fires != NULL)
		heap_set(&m->heap, &job->timer, job->join->fires->last->end_ms);
	else if (due_next(job, &due))
		heap_set(&m->heap, &job->timer, due.at_ms);
	else
		heap_remove(&m->heap, &job->timer);
}

void
jobs_decided(struct job *job, int64_t slot_ms)
{
	if (slot_ms > job->hwm_ms)
		job->hwm_ms = slot_ms;
}

bool
jobs_is_busy(const struct job *job)
{
	return job->active > 0 || job->queued > 0 || job->staged > 0 ||
	    job->retries != NULL;
}

void
jobs_release(struct master *m, struct job *job)
{
	if (!job->removed || job->runs != NULL || job->active > 0)
		return;
	heap_remove(&m->heap, &job->timer);
	m->jobs.nremoved--;
	if (job->submitted)
		submitted_free(m, job);
	job_free(&m->jobs, job);
}

struct job *
jobs_unlisted(struct master *m, const char *name)
{
	struct job *job = job_alloc(&m->jobs);

	job->name = xstrdup(name);
	job->removed = true;
	m->jobs.nremoved++;
	return job;
}
