#include "scheduler/jobs/after.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/fault.h"
#include "base/log.h"
#include "base/mem.h"
#include "scheduler/master.h"
#include "scheduler/member/member.h"

/* A RECORD_AFTER as it came. */
struct after_row {
	struct after_row *next;
	size_t len;
	uint8_t data[];
};

static int
compare_edges(const void *a, const void *b)
{
	const struct after_edge *x = a, *y = b;

	if (x->parent != y->parent)
		return x->parent < y->parent ? -1 : 1;
	return strcmp(x->child->name, y->child->name);
}

const struct after_edge *
after_children(const struct after *after, const struct job *parent, size_t *n_r)
{
	size_t low = 0, high = after->n, middle, end;

	*n_r = 0;
	if (after->n == 0)
		return NULL;
	while (low < high) {
		middle = low + (high - low) / 2;
		if (after->edges[middle].parent < parent)
			low = middle + 1;
		else
			high = middle;
	}
	for (end = low; end < after->n && after->edges[end].parent == parent;)
		end++;
	*n_r = end - low;
	return after->edges + low;
}

static void
add_edges(struct master *m, struct job *child)
{
	const char *p = child->def->options->after, *word;
	struct after *after = &m->after;
	char name[JOB_NAME_MAX + 1];
	struct job *parent;
	size_t len;

	while ((word = job_next_word(&p, &len)) != NULL) {
		memcpy(name, word, len);
		name[len] = '\0';
		parent = jobs_find(&m->jobs, name);
		if (parent == NULL)
			fatalx("job %s: no parent %s", child->name, name);
		array_reserve(&after->edges, &after->cap, after->n + 1,
		    sizeof(*after->edges));
		after->edges[after->n++] = (struct after_edge){parent, child};
	}
}

/* Takes back what the store keeps for a job up to a mark. */
static void
tell_used(struct master *m, const char *job, uint64_t mark)
{
	const struct record_after record = {.job = job, .used = mark};

	outbox_after(m, &record);
}

void
after_take_back(struct master *m, const struct job *job, uint64_t mark)
{
	const struct record_after record = {
	    .job = job->name,
	    .replaces = mark,
	};

	outbox_after(m, &record);
}

struct left {
	struct master *m;
	const struct job *job;
};

static void
round_left(void *arg, uint64_t mark)
{
	const struct left *left = arg;

	after_take_back(left->m, left->job, mark);
}

static void
use_plan(struct master *m, struct job *job)
{
	struct left left = {m, job};
	char *plan;

	if (job->join == NULL && *job->def->options->after == '\0')
		return;
	plan = join_plan(job->def->options);
	if (job->join == NULL)
		job->join = join_new(plan);
	join_set_plan(job->join, plan, round_left, &left);
	free(plan);
}

/* By the plan that the job had when the row was made. */
static void
take_row(struct master *m, const struct after_row *row)
{
	struct record_after end;
	struct wire_reader r;
	uint64_t replaced;
	struct job *job;

	wire_reader_init(&r, row->data, row->len);
	if (record_after_decode(&end, &r) == -1)
		fatalx("a record that was read before is malformed");
	if (end.mark > m->after.mark)
		m->after.mark = end.mark;
	job = jobs_find(&m->jobs, end.job);
	if (job == NULL || job->join == NULL)
		tell_used(m, end.job, end.mark);
	else if (end.mark > job->join->seen)
		join_add(job->join, &end, &replaced);
}

void
after_forget(struct after *after)
{
	struct after_row *row;

	while ((row = after->rows) != NULL) {
		after->rows = row->next;
		free(row);
	}
}

void
after_fini(struct after *after)
{
	after_forget(after);
	free(after->edges);
	memset(after, 0, sizeof(*after));
}

void
after_unload(struct after *after)
{
	after->n = 0;
}

void
after_load(struct master *m)
{
	const struct after_row *row;
	struct job *job;

	for (row = m->after.rows; row != NULL; row = row->next)
		take_row(m, row);
	after_forget(&m->after);
	for (size_t i = 0; i < m->jobs.n; i++) {
		job = m->jobs.all[i];
		use_plan(m, job);
		add_edges(m, job);
		if (job->join != NULL && job->join->seen > m->after.mark)
			m->after.mark = job->join->seen;
	}
	if (m->after.n > 0)
		qsort(m->after.edges, m->after.n, sizeof(*m->after.edges),
		    compare_edges);
}

void
after_gone(struct master *m, struct job *job)
{
	if (job->join != NULL && job->join->seen > 0)
		tell_used(m, job->name, job->join->seen);
	join_free(job->join);
	job->join = NULL;
}

static void
retell_ends(struct master *m, const struct job *job, const struct join_end *end)
{
	struct record_after record;

	for (; end != NULL; end = end->next) {
		record = join_end_record(end);
		record.job = job->name;
		outbox_after(m, &record);
	}
}

void
after_retell(struct master *m)
{
	const struct join_fire *fire;
	const struct job *job;

	for (size_t i = 0; i < m->jobs.n; i++) {
		job = m->jobs.all[i];
		if (job->join == NULL)
			continue;
		for (fire = job->join->fires; fire != NULL; fire = fire->next)
			retell_ends(m, job, fire->ends);
		retell_ends(m, job, job->join->ends);
		retell_ends(m, job, job->join->sent);
	}
}

int
after_state(struct master *m, struct message *message)
{
	const struct wire_reader *body = &message->body;
	size_t len = body->len - body->pos;
	struct after_row *row, **p;
	struct record_after end;
	struct wire_reader r;

	if (m->phase != MASTER_LOADING)
		return 0;
	row = xmalloc(sizeof(*row) + len);
	row->next = NULL;
	row->len = len;
	memcpy(row->data, body->p + body->pos, len);
	wire_reader_init(&r, row->data, len);
	if (record_after_decode(&end, &r) == -1 || *end.run == '\0') {
		free(row);
		return -1;
	}
	for (p = &m->after.rows; *p != NULL; p = &(*p)->next)
		;
	*p = row;
	return 0;
}

void
after_found(struct master *m, const struct run_begin *begin, uint64_t mark)
{
	struct job *job = jobs_find(&m->jobs, begin->job);

	if (mark > m->after.mark)
		m->after.mark = mark;
	if (begin->joined > m->after.mark)
		m->after.mark = begin->joined;
	if (job != NULL && job->join != NULL && begin->joined > 0)
		join_use(job->join, begin->joined);
}

static uint64_t
next_mark(struct master *m)
{
	uint64_t now_us = (uint64_t)clock_us();

	m->after.mark = m->after.mark + 1 > now_us ? m->after.mark + 1 : now_us;
	return m->after.mark;
}

/* Its end may be found again, in its file, and must have the same mark then. */
static void
set_mark(struct master *m, struct run *run, bool has_file)
{
	if (run->mark != 0)
		return;
	run->mark = next_mark(m);
	if (has_file &&
	    runfile_set_mark(m->runs_dir, run->begin.id, run->mark) == -1)
		log_warn("job %s: run=%s: cannot mark its run file: %s",
		    run->begin.job, run->begin.id, strerror(errno));
}

/*
 * Did this job hear of it before a predecessor was killed? Without a file
 * there is no mark to tell by, but what it led to names the run.
 */
static bool
has_heard(const struct master *m, const struct job *job, const struct run *run,
    bool has_file)
{
	if (run->mark <= job->join->seen)
		return true;
	return !has_file && m->phase == MASTER_LOADING &&
	    (join_has_run(job->join, run->begin.id) ||
		recover_has_child(m, job->name, run->begin.id));
}

/* On its way to another host there is an older end: this one comes instead. */
static void
drop_sent(struct master *m, struct job *job, const char *parent)
{
	uint64_t mark;

	while ((mark = join_sent_parent(job->join, parent)) != 0)
		after_take_back(m, job, mark);
}

void
after_has_arrived(struct master *m, struct job *job, const char *run)
{
	struct join *join = job->join;
	uint64_t mark = join != NULL ? join_sent_run(join, run) : 0;

	if (mark == 0)
		return;
	after_take_back(m, job, mark);
	/* Should the run's file be found again, it has been heard. */
	if (join->ends == NULL && join->fires == NULL && join->sent == NULL &&
	    join->waits == 0)
		tell_used(m, job->name, join->seen);
}

/*
 * What a job waits for gathers at one host of a cluster. What another host has
 * told stays a while: they may not agree which one that is.
 */
static void
hear(struct master *m, struct job *job, struct record_after *end)
{
	const struct job_options *options = job->def->options;
	bool ready = false;
	uint64_t undone;

	end->job = job->name;
	end->replaces = 0;
	drop_sent(m, job, end->parent);
	if (join_counts(
		(enum job_after_when)options->after_when, end->outcome)) {
		ready = join_add(job->join, end, &end->replaces);
		outbox_after(m, end);
	} else if (options->after_join == JOB_AFTER_ALL) {
		undone = join_undo(job->join, end->parent, end->mark);
		if (undone != 0)
			after_take_back(m, job, undone);
		if (!end->moved)
			member_tell_undone(m, job, end);
	}
	if (ready)
		jobs_arm(m, job);
	if (!end->moved)
		member_move_ends(m, job);
}

/*
 * Others may have taken the run for lost, when its claim is ended: then they
 * have told so. Until that is known the store keeps the end.
 */
static void
hear_later(struct run *run, struct job *job, struct record_after *end)
{
	const struct job_options *options =
	    run->job->def != NULL ? run->job->def->options : NULL;
	struct after_wait *wait = xcalloc(1, sizeof(*wait));

	end->job = job->name;
	if (join_counts((enum job_after_when)job->def->options->after_when,
		end->outcome))
		outbox_after(run->master, end);
	wait->end = join_end_new(end);
	wait->again = options != NULL &&
	    options->guarantee == JOB_AT_LEAST_ONCE &&
	    run->begin.copy != COPY_OF_HOST;
	snprintf(wait->child, sizeof(wait->child), "%s", job->name);
	job->join->waits++;
	member_await(run, wait);
}

void
after_wait_free(struct after_wait *wait)
{
	struct after_wait *next;

	for (; wait != NULL; wait = next) {
		next = wait->next;
		join_end_free(wait->end);
		free(wait);
	}
}

/* Has the host that took the run for lost told the job so? */
static bool
was_told(const struct job *job, const struct after_wait *wait)
{
	return wait->again ||
	    join_counts((enum job_after_when)job->def->options->after_when,
		OUTCOME_LOST);
}

void
after_settle(struct master *m, struct after_wait *wait, bool late)
{
	struct job *job = jobs_find(&m->jobs, wait->child);
	struct record_after end = join_end_record(wait->end);
	uint64_t mark = end.mark;

	if (job != NULL && job->join != NULL) {
		if (job->join->waits > 0)
			job->join->waits--;
		if (!late || !was_told(job, wait))
			after_told(m, job, &end);
		after_take_back(m, job, mark);
		master_arm(m);
	}
	wait->next = NULL;
	after_wait_free(wait);
}

static bool
comes_after(const struct job *job, const char *parent)
{
	const char *p = job->def->options->after, *word;
	size_t len;

	while ((word = job_next_word(&p, &len)) != NULL)
		if (strlen(parent) == len && memcmp(word, parent, len) == 0)
			return true;
	return false;
}

void
after_told(struct master *m, struct job *job, struct record_after *end)
{
	if (job->join == NULL || *end->run == '\0' ||
	    !comes_after(job, end->parent) || join_has_run(job->join, end->run))
		return;
	end->mark = next_mark(m);
	hear(m, job, end);
}

void
after_lost(struct master *m, const struct record_end *lost)
{
	const struct job *job = jobs_find(&m->jobs, lost->begin.job);
	const struct after_edge *edges;
	struct record_after end = {
	    .parent = lost->begin.job,
	    .run = lost->begin.id,
	    .outcome = lost->result.outcome,
	    .exit_code = lost->result.exit_code,
	    .end_ms = lost->result.finished_us / 1000,
	    .chain = run_begin_chain(&lost->begin),
	    .params = "",
	    .results = "",
	};
	size_t n = 0;

	if (job == NULL)
		return;
	edges = after_children(&m->after, job, &n);
	for (size_t i = 0; i < n; i++)
		after_told(m, edges[i].child, &end);
	master_arm(m);
}

void
after_ended(struct master *m, struct run *run, const struct run_result *result,
    bool has_file)
{
	size_t n;
	const struct after_edge *edges =
	    after_children(&m->after, run->job, &n);
	struct record_after end = {
	    .parent = run->begin.job,
	    .run = run->begin.id,
	    .outcome = result->outcome,
	    .exit_code = result->exit_code,
	    .end_ms = result->finished_us / 1000,
	    .chain = run_begin_chain(&run->begin),
	    .params = run->params != NULL ? run->params : "",
	    .results = result->values,
	};

	if (n == 0)
		return;
	set_mark(m, run, has_file);
	fault_point(FAULT_MASTER_END_MARKED);
	end.mark = run->mark;
	for (size_t i = 0; i < n; i++) {
		if (has_heard(m, edges[i].child, run, has_file))
			continue;
		if (run->ending != NULL)
			hear_later(run, edges[i].child, &end);
		else
			hear(m, edges[i].child, &end);
	}
	fault_point(FAULT_MASTER_AFTER_TOLD);
}
