/* The runs that live, for people: those that run before those that wait. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "json_text.h"
#include "scheduler/answer/answer.h"
#include "scheduler/master.h"

struct live {
	const struct run **runs;
	size_t n, cap;
};

static const char *
state_word(enum run_state state)
{
	switch (state) {
	case RUN_QUEUED:
		return "queued";
	case RUN_RUNNING:
		return "running";
	case RUN_NEW:
	case RUN_STAGED:
	case RUN_DELAYED:
	case RUN_WAITING:
	case RUN_LAUNCHING:
	case RUN_ENDED:
	case RUN_STATE_COUNT:
		break;
	}
	return "waiting";
}

/* {"done", "total", "text"}, total null when it is unknown. */
static json_t *
progress_of(const struct run *run)
{
	const struct progress *p = run->progress;

	if (p == NULL)
		return json_null();
	return json_pack("{s:I, s:o, s:o}", "done", (json_int_t)p->done,
	    "total", p->total > 0 ? json_integer(p->total) : json_null(),
	    "text", json_text(p->text));
}

json_t *
answer_live_run(const struct run *run)
{
	const struct run_begin *b = &run->begin;

	return json_pack(
	    "{s:s, s:s, s:o, s:o, s:i, s:s, s:o, s:s, s:o, s:o, s:s, s:o, "
	    "s:o, s:s?}",
	    "id", b->id, "job", b->job, "slot", answer_time(b->slot_ms), "due",
	    answer_time(b->due_ms), "attempt", (int)b->attempt, "trigger",
	    trigger_name(b->trigger), "host", json_text(b->host), "state",
	    state_word(run->state), "started",
	    answer_time(run->started_us / 1000), "pid",
	    run->pid != 0 ? json_integer(run->pid) : json_null(), "chain",
	    run_begin_chain(b), "parent", json_text_or_null(b->parent),
	    "progress", progress_of(run), "waits_for", run->waits_for);
}

/* One whose slot may be another host's does not count. */
static void
add(struct live *live, const struct run *run)
{
	if (run->state == RUN_STAGED)
		return;
	array_reserve(
	    &live->runs, &live->cap, live->n + 1, sizeof(const struct run *));
	live->runs[live->n++] = run;
}

static void
collect(struct live *live, const struct master *m, const struct job *job)
{
	const struct run *run;

	if (job != NULL) {
		for (run = job->runs; run != NULL; run = run->next)
			add(live, run);
		return;
	}
	for (size_t i = 0; i < RUNS_TABLE; i++)
		for (run = m->runs.table[i]; run != NULL; run = run->same)
			add(live, run);
}

/* Those that have started first; the newest first, by ids. */
static int
by_start(const void *a, const void *b)
{
	const struct run *x = *(const struct run *const *)a;
	const struct run *y = *(const struct run *const *)b;

	if ((x->started_us != 0) != (y->started_us != 0))
		return x->started_us != 0 ? -1 : 1;
	return strcmp(y->begin.id, x->begin.id);
}

json_t *
answer_live(const struct master *m, const struct job *job, size_t max)
{
	struct live live = {NULL, 0, 0};
	json_t *list = json_array();

	collect(&live, m, job);
	if (live.n > 0)
		qsort(live.runs, live.n, sizeof(const struct run *), by_start);
	for (size_t i = 0; i < live.n && i < max; i++)
		json_array_append_new(list, answer_live_run(live.runs[i]));
	free(live.runs);
	return list;
}
