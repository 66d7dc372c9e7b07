#include "scheduler/runs/uses.h"

#include <event2/event.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "config/section/queue.h"
#include "scheduler/jobs/policy.h"
#include "scheduler/master.h"
#include "scheduler/member/member.h"

/* How soon other hosts are looked at again: so much, and up to so much more. */
#define RETRY_MS        250
#define RETRY_SPREAD_MS 150

struct use {
	struct use *next;
	struct master *master;
	unsigned held;            /* by runs of this host */
	char asking[RUN_ID_SIZE]; /* the run for which Redis was asked; "" */
	uint32_t full; /* until the retry: none for so many, or fewer */
	char name[];
};

static struct use *
use_of(struct master *m, const char *name)
{
	size_t len = strlen(name) + 1;
	struct use *use = m->uses.first;

	while (use != NULL && strcmp(use->name, name) != 0)
		use = use->next;
	if (use != NULL)
		return use;
	use = xcalloc(1, sizeof(*use) + len);
	memcpy(use->name, name, len);
	use->master = m;
	use->next = m->uses.first;
	m->uses.first = use;
	return use;
}

/* The i-th that the run uses; NULL: there are no more. */
static struct use *
nth(const struct run *run, unsigned i, uint32_t *limit_r)
{
	char name[JOB_USE_NAME_MAX + 1];
	const char *p = run->uses;

	do {
		if (!job_next_use(&p, name, limit_r))
			return NULL;
	} while (i-- > 0);
	return use_of(run->master, name);
}

/* A queue is a semaphore of a name that no job can write. */
#define QUEUE_PREFIX   "queue/"
/* So is what of a job may be in progress at once, over all hosts. */
#define OVERLAP_PREFIX "overlap/"

static bool
is_queue(const struct use *use)
{
	return strncmp(use->name, QUEUE_PREFIX, strlen(QUEUE_PREFIX)) == 0;
}

static bool
is_overlap(const struct use *use)
{
	return strncmp(use->name, OVERLAP_PREFIX, strlen(OVERLAP_PREFIX)) == 0;
}

/*
 * In a cluster: alone, and of what each host has for itself, a host counts its
 * own (jobs/policy.h). What a person asks for starts whatever else runs.
 */
static void
add_overlap(struct strbuf *uses, const struct run *run)
{
	const struct job_options *o = run->job->def->options;
	char copy[16] = "";

	if (run->master->member == NULL || !policy_limits_overlap(o) ||
	    run->begin.copy == COPY_OF_HOST ||
	    run->begin.trigger == TRIGGER_MANUAL ||
	    run->begin.trigger == TRIGGER_QUEUE)
		return;
	if (run->begin.copy != 0)
		snprintf(copy, sizeof(copy), "#%u", run->begin.copy);
	strbuf_addf(uses, OVERLAP_PREFIX "%s%s:%d", run->begin.job, copy,
	    (int)o->overlap_limit);
}

static void
add_words(struct strbuf *uses, const char *words)
{
	if (*words != '\0')
		strbuf_addf(uses, "%s%s", uses->len > 0 ? " " : "", words);
}

static void
add_queue(struct strbuf *uses, const struct master *m, const char *name)
{
	const struct queue_section *queue = config_queue_find(m->config, name);

	if (queue != NULL)
		strbuf_addf(uses, "%s" QUEUE_PREFIX "%s:%lld",
		    uses->len > 0 ? " " : "", name, (long long)queue->workers);
}

/* What it uses is decided once: a reload may change the job meanwhile. */
static bool
has_uses(struct run *run)
{
	const struct job_def *def = run->job->def;
	struct strbuf uses = STRBUF_INIT;

	if (run->uses != NULL || def == NULL)
		return run->uses != NULL;
	add_overlap(&uses, run);
	add_words(&uses, def->options->uses);
	if (*def->options->queue != '\0')
		add_queue(&uses, run->master, def->options->queue);
	if (uses.len > 0)
		run->uses = xstrdup(strbuf_str(&uses));
	strbuf_fini(&uses);
	return run->uses != NULL;
}

/* All but so many. */
static void
give(struct run *run, unsigned but)
{
	struct master *m = run->master;
	struct use *use;
	uint32_t limit;

	while (run->nuses > but &&
	    (use = nth(run, --run->nuses, &limit)) != NULL) {
		use->held--;
		use->full = 0;
		if (m->member != NULL)
			member_give(m, use->name, run->begin.id);
	}
}

/* While it waits for one: but its place beside others of its job is its own. */
static void
give_others(struct run *run)
{
	uint32_t limit;
	const struct use *first = nth(run, 0, &limit);

	give(run, first != NULL && is_overlap(first) ? 1 : 0);
}

/* A slot does not wait for others of its job to end. */
static bool
is_skipped(const struct run *run, const struct use *use)
{
	return is_overlap(use) &&
	    (run->begin.trigger == TRIGGER_SCHEDULE ||
		run->begin.trigger == TRIGGER_CATCH_UP);
}

static void
log_wait(const struct run *run, const struct use *use, uint32_t limit)
{
	const char *kind = is_queue(use) || is_overlap(use) ? "" : "semaphore ";

	if (use->full == UINT32_MAX)
		log_info("job %s: run=%s waits for %s%s: Redis cannot tell how "
			 "many are taken",
		    run->begin.job, run->begin.id, kind, use->name);
	else
		log_info("job %s: run=%s waits for %s%s, of which %u are taken",
		    run->begin.job, run->begin.id, kind, use->name, limit);
}

/* From now on it is seen to wait, a slot of a schedule until it is too late. */
static void
wait_for(struct run *run, const struct use *use, uint32_t limit)
{
	struct master *m = run->master;
	int64_t from_ms = run->begin.due_ms;

	if (run->waits_for != NULL) {
		run->waits_for = use->name;
		return;
	}
	log_wait(run, use, limit);
	launch_block(run, use->name);
	if (run->begin.trigger != TRIGGER_SCHEDULE || run->job->def == NULL ||
	    is_queue(use))
		return;
	/* One in a queue is not late by the runs that were before it. */
	if (run->job->def->options->overlap == JOB_OVERLAP_QUEUE)
		from_ms = clock_ms();
	heap_set(&m->heap, &run->timer,
	    from_ms + fire_deadline_ms(run->job, run->begin.slot_ms));
	master_arm(m);
}

/* Without a cluster. */
static bool
take_here(struct run *run)
{
	struct use *use;
	uint32_t limit;

	for (unsigned i = 0; (use = nth(run, i, &limit)) != NULL; i++)
		if (use->held >= limit) {
			wait_for(run, use, limit);
			return false;
		}
	while ((use = nth(run, run->nuses, &limit)) != NULL) {
		use->held++;
		run->nuses++;
	}
	return true;
}

static void
retry_cb(evutil_socket_t fd, short what, void *arg)
{
	struct master *m = arg;

	for (struct use *use = m->uses.first; use != NULL; use = use->next)
		use->full = 0;
	launch_pump(m);
}

static void
retry_later(struct master *m)
{
	const struct timeval soon = {
	    .tv_usec = (RETRY_MS + random() % RETRY_SPREAD_MS) * 1000,
	};

	if (m->uses.retry == NULL)
		m->uses.retry = evtimer_new(m->role->base, retry_cb, m);
	if (!evtimer_pending(m->uses.retry, NULL))
		evtimer_add(m->uses.retry, &soon);
}

/* It was not to be had. */
static void
do_without(struct run *run, struct use *use, enum cluster_taken taken)
{
	uint32_t limit = 0;

	if (taken == CLUSTER_FULL && is_skipped(run, use)) {
		member_give_up(run, OUTCOME_SKIPPED, "overlap",
		    "overlap-limit runs are in progress over all hosts");
		return;
	}
	nth(run, run->nuses, &limit);
	give_others(run);
	use->full = taken == CLUSTER_FULL ? limit : UINT32_MAX;
	wait_for(run, use, limit);
	retry_later(run->master);
}

static void
answered(enum cluster_taken taken, void *arg)
{
	struct use *use = arg;
	struct master *m = use->master;
	struct run *run = runs_find(&m->runs, use->asking);
	bool is_for_us = run != NULL && run->state == RUN_WAITING;

	if (!is_for_us && taken == CLUSTER_TAKEN)
		member_give(m, use->name, use->asking);
	use->asking[0] = '\0';
	if (is_for_us && taken == CLUSTER_TAKEN) {
		run->nuses++;
		use->held++;
	} else if (is_for_us) {
		do_without(run, use, taken);
	}
	launch_pump(m);
}

/* One run at a time asks for a semaphore, and not for one known to be full. */
static bool
take_of_all(struct run *run)
{
	struct use *use;
	uint32_t limit;

	use = nth(run, run->nuses, &limit);
	if (use == NULL)
		return true;
	if (use->asking[0] != '\0')
		return false;
	if (limit <= use->full && !is_skipped(run, use)) {
		give_others(run);
		wait_for(run, use, limit);
		return false;
	}
	memcpy(use->asking, run->begin.id, sizeof(use->asking));
	member_take(run->master, use->name, limit, use->asking, answered, use);
	return false;
}

bool
uses_ready(struct run *run)
{
	uint32_t limit;

	if (run->unguarded || !has_uses(run))
		return true;
	if (run->master->member != NULL)
		return take_of_all(run);
	return nth(run, run->nuses, &limit) == NULL || take_here(run);
}

void
uses_hold(struct run *run)
{
	struct use *use;
	uint32_t limit;

	if (run->unguarded || !has_uses(run))
		return;
	while ((use = nth(run, run->nuses, &limit)) != NULL) {
		use->held++;
		run->nuses++;
	}
}

void
uses_release(struct run *run)
{
	give(run, 0);
	free(run->uses);
	run->uses = NULL;
}

void
uses_expired(struct run *run)
{
	/* A slot does not wait while Redis knows that there is no room. */
	if (strncmp(run->waits_for, OVERLAP_PREFIX, strlen(OVERLAP_PREFIX)) ==
	    0) {
		member_give_up(run, OUTCOME_MISSED, "late",
		    "Redis had forgotten how many of its runs are in progress");
		return;
	}
	run_end_with(run, OUTCOME_KILLED, true,
	    "semaphore %s was not free within start-deadline", run->waits_for);
}

const struct queue_section *
uses_full_queue(const struct master *m, const struct job_def *def)
{
	const struct queue_section *queue =
	    config_queue_find(m->config, def->options->queue);
	const struct run *run;
	struct launch_walk walk;
	int64_t waiting = 0;

	if (queue == NULL)
		return NULL;
	launch_walk_init(&walk, &m->launch);
	while ((run = launch_walk_next(&walk)) != NULL)
		waiting += run->waits_for != NULL && run->job->def != NULL &&
		    strcmp(run->job->def->options->queue, queue->name) == 0;
	return waiting >= queue->limit ? queue : NULL;
}

const char **
uses_list(const struct master *m, size_t *n_r)
{
	const char **list = NULL;
	const struct run *run;
	const struct use *use;
	uint32_t limit;
	size_t n = 0, cap = 0;

	for (size_t i = 0; i < RUNS_TABLE; i++)
		for (run = m->runs.table[i]; run != NULL; run = run->same)
			for (unsigned k = 0; k < run->nuses &&
			     (use = nth(run, k, &limit)) != NULL;
			     k++) {
				array_reserve(
				    &list, &cap, n + 2, sizeof(*list));
				list[n++] = use->name;
				list[n++] = run->begin.id;
			}
	for (use = m->uses.first; use != NULL; use = use->next) {
		if (use->asking[0] == '\0')
			continue;
		array_reserve(&list, &cap, n + 2, sizeof(*list));
		list[n++] = use->name;
		list[n++] = use->asking;
	}
	*n_r = n;
	return list;
}

void
uses_fini(struct uses *uses)
{
	struct use *use;

	while ((use = uses->first) != NULL) {
		uses->first = use->next;
		free(use);
	}
	if (uses->retry != NULL)
		event_free(uses->retry);
}
