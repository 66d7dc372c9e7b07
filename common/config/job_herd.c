#include "config/job_herd.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/timestamp.h"

#define SPAN      86400
#define FIRES_MAX 4000000 /* half a second of searching */

static int
by_schedule(const void *a, const void *b)
{
	const struct job_use *x = a, *y = b;

	if (x->schedule != y->schedule)
		return (uintptr_t)x->schedule < (uintptr_t)y->schedule ? -1 : 1;
	/* Of one file they stand in order; files by name, as in the set. */
	if (x->def->source != y->def->source)
		return strcmp(x->def->source->path, y->def->source->path);
	return x->def < y->def ? -1 : x->def > y->def;
}

struct job_use *
job_uses(const struct job_set *set, size_t *n_r)
{
	struct job_use *uses = NULL;
	size_t n = 0, cap = 0;

	for (size_t i = 0; i < job_set_count(set); i++) {
		const struct job_def *def = job_set_at(set, i);

		array_reserve(&uses, &cap, n + def->nschedules, sizeof(*uses));
		for (size_t j = 0; j < def->nschedules; j++) {
			uses[n].schedule = def->schedules[j];
			uses[n++].def = def;
		}
	}
	if (n > 0)
		qsort(uses, n, sizeof(*uses), by_schedule);
	*n_r = n;
	return uses;
}

static bool
has_times(const struct schedule *schedule)
{
	enum schedule_kind kind = schedule_kind(schedule);

	return kind == SCHEDULE_CRON || kind == SCHEDULE_AT;
}

static void
count_fires(const struct schedule *schedule, uint32_t jobs, int64_t now,
    uint32_t *counts, long *budget)
{
	int64_t t = now;

	while (
	    *budget > 0 && schedule_next(schedule, t, &t) && t <= now + SPAN) {
		counts[t - now - 1] += jobs;
		--*budget;
	}
}

static void
count_all(const struct job_use *uses, size_t n, int64_t now, uint32_t *counts)
{
	long budget = FIRES_MAX;
	uint32_t jobs = 0;

	for (size_t i = 0; i < n; i++) {
		jobs += uses[i].def->options->enabled != 0;
		if (i + 1 < n && uses[i + 1].schedule == uses[i].schedule)
			continue;
		if (jobs > 0 && has_times(uses[i].schedule))
			count_fires(
			    uses[i].schedule, jobs, now, counts, &budget);
		jobs = 0;
	}
}

/* The first job, in order of files and lines, that fires at t. */
static const struct job_def *
first_at(const struct job_use *uses, size_t n, int64_t t)
{
	const struct job_def *first = NULL, *def;
	const struct schedule *asked = NULL;
	bool fires = false;
	int64_t next;

	for (size_t i = 0; i < n; i++) {
		def = uses[i].def;
		if (uses[i].schedule != asked) {
			asked = uses[i].schedule;
			fires = has_times(asked) &&
			    schedule_next(asked, t - 1, &next) && next == t;
		}
		if (!fires || def->options->enabled == 0)
			continue;
		if (first == NULL ||
		    (first->source == def->source ?
			    def->line < first->line :
			    strcmp(def->source->path, first->source->path) < 0))
			first = def;
	}
	return first;
}

static void
tell(const struct job_def *first, uint32_t jobs, uint32_t others, int64_t t,
    struct problem_list *problems)
{
	char when[TIMESTAMP_TEXT_MAX];
	char *text, *more = xstrdup("");

	if (others > 0) {
		free(more);
		more = xasprintf(", and as many as %d at %u other seconds of "
				 "the coming 24 h",
		    JOB_HERD, others);
	}
	timestamp_format_ms(when, t * 1000);
	text = xasprintf("%u jobs fire at the same second, %s, this one among "
			 "them%s; spread them: H in a field is a value fixed "
			 "for each job, as in H 3 * * *",
	    jobs, when, more);
	problem_add(problems,
	    &(struct job_problem){
		.file = first->source->path,
		.line = first->line,
		.job = first->name,
		.text = text,
	    },
	    SIZE_MAX);
	free(text);
	free(more);
}

void
job_herd(const struct job_use *uses, size_t n, int64_t now,
    struct problem_list *problems)
{
	uint32_t *counts, herds = 0;
	size_t fullest = 0;

	if (n < JOB_HERD)
		return;
	counts = xcalloc(SPAN, sizeof(*counts));
	count_all(uses, n, now, counts);
	for (size_t i = 0; i < SPAN; i++) {
		herds += counts[i] >= JOB_HERD;
		if (counts[i] > counts[fullest])
			fullest = i;
	}
	if (herds > 0) {
		int64_t t = now + 1 + (int64_t)fullest;

		tell(first_at(uses, n, t), counts[fullest], herds - 1, t,
		    problems);
	}
	free(counts);
}
