#include "scheduler/runs/runs.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fault.h"
#include "base/log.h"
#include "base/mem.h"
#include "scheduler/jobs/policy.h"
#include "scheduler/jobs/rewind.h"
#include "scheduler/master.h"
#include "scheduler/member/member.h"
#include "scheduler/runs/params.h"

#define S(state) (1U << (state))

/* From which states a state may be entered. */
static const unsigned allowed_from[] = {
    [RUN_NEW] = 0,
    [RUN_STAGED] = S(RUN_NEW),
    [RUN_QUEUED] = S(RUN_NEW) | S(RUN_STAGED),
    [RUN_DELAYED] = S(RUN_NEW) | S(RUN_STAGED) | S(RUN_QUEUED),
    [RUN_WAITING] = S(RUN_NEW) | S(RUN_STAGED) | S(RUN_QUEUED) |
	S(RUN_DELAYED) | S(RUN_LAUNCHING) | S(RUN_RUNNING),
    [RUN_LAUNCHING] = S(RUN_WAITING),
    [RUN_RUNNING] = S(RUN_NEW) | S(RUN_LAUNCHING) | S(RUN_WAITING),
    [RUN_ENDED] = S(RUN_NEW) | S(RUN_STAGED) | S(RUN_QUEUED) | S(RUN_DELAYED) |
	S(RUN_WAITING) | S(RUN_LAUNCHING) | S(RUN_RUNNING),
};
_Static_assert(nitems(allowed_from) == RUN_STATE_COUNT, "a state is missing");

static bool
is_active(enum run_state state)
{
	return state == RUN_DELAYED || state == RUN_WAITING ||
	    state == RUN_LAUNCHING || state == RUN_RUNNING;
}

void
run_set_state(struct run *run, enum run_state state)
{
	struct master *m = run->master;
	struct job *job = run->job;

	if (!(allowed_from[state] & S(run->state)))
		fatalx("run %s: state %d cannot follow %d", run->begin.id,
		    (int)state, (int)run->state);
	if (run->state == RUN_LAUNCHING)
		launch_left(&m->launch, run);
	if (run->state == RUN_WAITING)
		launch_dequeue(&m->launch, run);
	heap_remove(&m->heap, &run->timer);
	m->runs.count[run->state]--;
	m->runs.count[state]++;
	job->active =
	    (uint16_t)(job->active + is_active(state) - is_active(run->state));
	job->queued = (uint16_t)(job->queued + (state == RUN_QUEUED) -
	    (run->state == RUN_QUEUED));
	job->staged = (uint16_t)(job->staged + (state == RUN_STAGED) -
	    (run->state == RUN_STAGED));
	run->state = state;
	if (state == RUN_WAITING)
		launch_enqueue(&m->launch, run);
	if (state == RUN_DELAYED)
		heap_set(&m->heap, &run->timer, run->begin.due_ms);
	events_run(m, run);
}

/* By its jitter; what a clock that was far ahead said is not waited for. */
static bool
is_delayed(const struct run *run)
{
	int64_t now_ms = clock_ms();
	const struct job_def *def = run->job->def;
	int64_t jitter_ms = def != NULL ? def->options->jitter_ms : 0;

	return run->begin.due_ms > now_ms &&
	    !rewind_is_ahead(run->begin.due_ms - jitter_ms, now_ms);
}

void
run_go(struct run *run)
{
	run_set_state(run, is_delayed(run) ? RUN_DELAYED : RUN_WAITING);
}

bool
run_is_unstarted(const struct run *run)
{
	return run->state == RUN_QUEUED || run->state == RUN_DELAYED ||
	    run->state == RUN_WAITING;
}

static struct run **
bucket(struct runs *runs, const char *id)
{
	uint32_t h = 2166136261u;

	for (; *id != '\0'; id++)
		h = (h ^ (unsigned char)*id) * 16777619u;
	return &runs->table[h % RUNS_TABLE];
}

struct run *
runs_find(const struct runs *runs, const char *id)
{
	struct run *run = *bucket((struct runs *)(uintptr_t)runs, id);

	while (run != NULL && strcmp(run->begin.id, id) != 0)
		run = run->same;
	return run;
}

struct run *
run_new(struct master *m, struct job *job, const struct run_begin *begin)
{
	struct run *run = xcalloc(1, sizeof(*run)), **p;

	run->timer.kind = TIMER_RUN;
	run->begin = *begin;
	run->master = m;
	run->job = job;
	run->place = run_id_place(begin->id);
	run->fd = -1;
	for (p = &job->runs; *p != NULL; p = &(*p)->next)
		;
	*p = run;
	p = bucket(&m->runs, begin->id);
	run->same = *p;
	*p = run;
	m->runs.count[RUN_NEW]++;
	m->runs.n++;
	return run;
}

static void
run_free(struct run *run)
{
	struct master *m = run->master;
	struct run **p;

	workers_forget(run);
	uses_release(run);
	run_set_state(run, RUN_ENDED);
	m->runs.count[RUN_ENDED]--;
	m->runs.n--;
	if (run->orphan)
		m->runs.orphans--;
	for (p = &run->job->runs; *p != run; p = &(*p)->next)
		;
	*p = run->next;
	for (p = bucket(&m->runs, run->begin.id); *p != run; p = &(*p)->same)
		;
	*p = run->same;
	if (run->params != NULL || run->parents != NULL)
		params_remove(m->runs_dir, run->begin.id);
	if (run->job->submitted)
		submitted_remove(run);
	free(run->params);
	free(run->parents);
	free(run->progress);
	free(run->row);
	free(run->lost);
	free(run);
}

void
run_begin_fill(struct master *m, struct run_begin *begin_r, struct job *job,
    int64_t slot_ms, enum trigger trigger, int32_t attempt)
{
	char id[RUN_ID_SIZE];

	run_id_make(
	    &m->ids, clock_us() / 1000, (unsigned)places_take(&m->places), id);
	run_begin_fill_id(m, begin_r, id, job->name, slot_ms, trigger);
	begin_r->attempt = attempt;
	begin_r->output_limit = run_output_limit(job);
}

uint64_t
run_output_limit(const struct job *job)
{
	const struct job_options *o = job->def->options;

	return o->output != JOB_OUTPUT_NONE ? o->output_limit : 0;
}

void
run_begin_fill_id(struct master *m, struct run_begin *begin_r, const char *id,
    const char *job, int64_t slot_ms, enum trigger trigger)
{
	int64_t now_us = clock_us();

	memset(begin_r, 0, sizeof(*begin_r));
	snprintf(begin_r->id, sizeof(begin_r->id), "%s", id);
	snprintf(begin_r->job, sizeof(begin_r->job), "%s", job);
	snprintf(
	    begin_r->host, sizeof(begin_r->host), "%s", m->config->node_name);
	begin_r->slot_ms = slot_ms;
	begin_r->due_ms = slot_ms;
	begin_r->attempt = 1;
	begin_r->trigger = trigger;
	begin_r->created_ms = now_us / 1000;
	/* Grows for the whole host, so for every job. */
	m->fence =
	    m->fence + 1 > (uint64_t)now_us ? m->fence + 1 : (uint64_t)now_us;
	begin_r->fence = m->fence;
}

static int
create_files(const struct run *run)
{
	int dir = run->master->runs_dir;

	if (params_save(dir, run->begin.id, run->params, run->parents) == -1)
		return -1;
	return runfile_create(dir, &run->begin);
}

int
run_make_files(const struct run *run)
{
	const struct master *m = run->master;
	int rc = create_files(run), saved = errno;

	if (rc == 0 || errno != ENOENT)
		return rc;
	if (runfile_renew_dir(m->runs_dir, m->runs_path) == 1) {
		log_warn("%s was deleted, and is made again", m->runs_path);
		return create_files(run);
	}
	errno = saved;
	return -1;
}

void
run_tell(struct run *run)
{
	if (run->told)
		return;
	run->told = true;
	outbox_begin(run->master, &run->begin);
	fault_point(FAULT_MASTER_BEGIN_TOLD);
	outbox_params(run->master, run);
}

void
run_drop(struct run *run)
{
	struct master *m = run->master;
	struct job *job = run->job;
	int place = run->place;

	if (run->asked && runfile_free(m->runs_dir, run->begin.id) == -1)
		log_warn("cannot free the run file of %s: %s", run->begin.id,
		    strerror(errno));
	run_free(run);
	places_give(&m->places, place);
	jobs_release(m, job);
	master_check_drained(m);
}

int
run_claim(struct run *run)
{
	struct master *m = run->master;

	fault_point(FAULT_MASTER_DUE);
	if (m->member != NULL)
		run->begin.fence = 0; /* a claim will tell */
	if (run_make_files(run) == -1) {
		run_tell(run);
		run_end_with(run, OUTCOME_LAUNCH_FAILED, false,
		    "cannot make the run file: %s", strerror(errno));
		return -1;
	}
	fault_point(FAULT_MASTER_FILE_WRITTEN);
	/* In a cluster its claim comes first, and with it the fence. */
	if (m->member == NULL)
		run_tell(run);
	return 0;
}

static void
log_end(const struct run *run, const struct run_result *result)
{
	void (*log)(const char *, ...) __attribute__((format(printf, 1, 2)));

	log = result->outcome == OUTCOME_SUCCESS ? log_info : log_warn;
	log("job %s: run=%s outcome=%s attempt=%d exit=%d signal=%d duration=%lldms%s%s",
	    run->begin.job, run->begin.id, outcome_name(result->outcome),
	    run->begin.attempt, result->exit_code, result->signal,
	    (long long)run_result_duration_ms(result),
	    result->reason[0] != '\0' ? ": " : "", result->reason);
}

/* Lets the job's memory know. */
static void
remember(
    struct job *job, const struct run *run, const struct run_result *result)
{
	int64_t end_ms = result->finished_us / 1000;

	if (end_ms > job->last_end_ms)
		job->last_end_ms = end_ms;
	snprintf(job->last_run, sizeof(job->last_run), "%s", run->begin.id);
	job->last_outcome = (uint8_t)result->outcome;
	if (result->outcome == OUTCOME_SUCCESS) {
		job->failures = 0;
		job->last_success_ms = result->started_us / 1000;
	} else if (!run_result_is_by_hand(result)) {
		job->failures++;
	}
}

static void
add_retry(struct run *run, int64_t due_ms)
{
	const struct record_retry record = {
	    .run = run->begin.id,
	    .slot_ms = run->begin.slot_ms,
	    .attempt = run->begin.attempt + 1,
	    .due_ms = due_ms,
	    .chain = run_begin_chain(&run->begin),
	    .parent = run->begin.parent,
	    .params = run->params != NULL ? run->params : "",
	    .parents = run->parents != NULL ? run->parents : "",
	};

	retry_add(run->master, run->job, &record);
}

/* output = failure: that of a success counts as dropped. */
static void
drop_output(const struct job *job, struct run_result *result)
{
	if (job->def != NULL &&
	    job->def->options->output == JOB_OUTPUT_FAILURE &&
	    result->outcome == OUTCOME_SUCCESS)
		result->dropped_bytes = result->output_bytes;
}

void
run_end(struct run *run, const struct run_result *result, bool has_file)
{
	struct master *m = run->master;
	struct job *job = run->job;
	struct record_end end = {
	    .begin = run->begin,
	    .result = *result,
	    .has_file = has_file,
	};
	int64_t wait = -1;
	bool repeated = false;

	if (end.result.finished_us == 0)
		end.result.finished_us = clock_us();
	if (job->def != NULL && !job->submitted)
		wait = policy_retry_ms(
		    job->def->options, result, run->begin.attempt);
	if (recover_has_attempt(
		m, run->begin.job, run->begin.slot_ms, run->begin.attempt + 1))
		repeated = true; /* it was made already */
	if (repeated)
		wait = -1;
	if (wait >= 0)
		end.retry_ms = clock_ms() + wait;
	member_ended(run, &end.result);
	log_end(run, &end.result);
	notify_mail(run, &end.result);
	notify_ended(run, &end.result, has_file, wait < 0 && !repeated);
	remember(job, run, &end.result);
	metrics_ended(m, job, &end);
	events_ended(m, &end);
	drop_output(job, &end.result);
	if (wait < 0 && !repeated)
		after_ended(m, run, &end.result, has_file);
	outbox_end(m, &end, run->place);
	fault_point(FAULT_MASTER_END_TOLD);
	if (job->submitted)
		queue_reply_ended(m, run, &end.result);
	if (wait >= 0) {
		add_retry(run, end.retry_ms);
		fault_point(FAULT_MASTER_RETRY_ARMED);
	}
	run_free(run);
	run_promote(m, job);
	jobs_arm(m, job);
	jobs_release(m, job);
	launch_pump(m);
	master_arm(m); /* for the retry, or an interval that begins now */
	master_check_drained(m);
}

void
run_end_with(
    struct run *run, enum outcome outcome, bool has_file, const char *fmt, ...)
{
	struct run_result result = {
	    .outcome = outcome,
	    .exit_code = -1,
	    .started_us = run->started_us,
	    .finished_us = clock_us(),
	};
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(result.reason, sizeof(result.reason), fmt, ap);
	va_end(ap);
	if (run->started_us != 0)
		result.duration_us = result.finished_us - run->started_us;
	run_end(run, &result, has_file);
}

static void
end_unstarted(struct run *run, enum kill_why why)
{
	run_end_with(run, OUTCOME_KILLED, true, "%s before it started",
	    kill_reason(why));
}

void
run_wait_again(struct run *run)
{
	struct master *m = run->master;

	if (run->kill_why != 0) {
		end_unstarted(run, run->kill_why);
		return;
	}
	if (run->state != RUN_WAITING)
		run_set_state(run, RUN_WAITING);
	/* While draining nothing starts any more: it was the last, perhaps. */
	master_check_drained(m);
}

void
run_kill(struct run *run, enum kill_why why)
{
	if (run->state == RUN_STAGED)
		return; /* perhaps it is not ours */
	if (run_is_unstarted(run)) {
		end_unstarted(run, why);
		return;
	}
	if (run->kill_why != 0)
		return;
	run->kill_why = (uint8_t)why;
	/* Without a channel: told when the worker comes back. */
	workers_kill(run, why);
}

void
run_promote(struct master *m, struct job *job)
{
	struct run *run, *first = NULL;

	if (job->active > 0 || job->queued == 0 || job->retries != NULL ||
	    m->phase == MASTER_DRAINING || pause_of(m, job) != NULL)
		return;
	for (run = job->runs; run != NULL; run = run->next)
		if (run->state == RUN_QUEUED &&
		    (first == NULL ||
			run->begin.slot_ms < first->begin.slot_ms))
			first = run;
	if (first != NULL)
		run_go(first);
}
