#include "config/set/herd.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/timestamp.h"

#define SPAN      86400
#define FIRES_MAX 4000000 /* half a second of searching */

static void
rule_of(const struct job_use *use, struct rule *rule_r)
{
	size_t i = 0;

	while (use->def->schedules[i] != use->schedule)
		i++;
	job_def_rule(use->def, i, rule_r);
}

static int
compare(uint64_t a, uint64_t b)
{
	return a < b ? -1 : a > b;
}

/* 0: they fire at the same times. */
static int
by_rule(const struct job_use *a, const struct job_use *b)
{
	const struct job_options *x = a->def->options, *y = b->def->options;
	int order;

	if (a->schedule != b->schedule || x == y)
		return compare((uintptr_t)a->schedule, (uintptr_t)b->schedule);
	order = compare((uintptr_t)x->calendar, (uintptr_t)y->calendar);
	if (order == 0)
		order = compare(x->calendar_mode, y->calendar_mode);
	if (order == 0)
		order = compare((uint64_t)x->start_s, (uint64_t)y->start_s);
	if (order == 0)
		order = compare((uint64_t)x->end_s, (uint64_t)y->end_s);
	return order;
}

static int
by_schedule(const void *a, const void *b)
{
	const struct job_use *x = a, *y = b;
	int order = by_rule(x, y);

	if (order != 0)
		return order;
	/* Of one file they stand in order; files by name, as in the set. */
	if (x->def->source != y->def->source)
		return strcmp(x->def->source->path, y->def->source->path);
	return compare((uintptr_t)x->def, (uintptr_t)y->def);
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

static bool
is_counted(const struct job_def *def)
{
	return def->options->enabled != 0 && def->options->jitter_ms == 0;
}

uint32_t *
job_herd_count(const struct job_use *uses, size_t n, int64_t from, int64_t span)
{
	uint32_t *counts = xcalloc((size_t)span, sizeof(*counts)), jobs = 0;
	long budget = FIRES_MAX;
	struct rule rule;
	int64_t t;

	for (size_t i = 0; i < n; i++) {
		jobs += is_counted(uses[i].def);
		if (i + 1 < n && by_rule(&uses[i + 1], &uses[i]) == 0)
			continue;
		rule_of(&uses[i], &rule);
		t = from;
		while (jobs > 0 && has_times(uses[i].schedule) &&
		    budget-- > 0 && rule_next(&rule, t, &t) && t <= from + span)
			counts[t - from - 1] += jobs;
		jobs = 0;
	}
	return counts;
}

bool
job_use_fires(const struct job_use *use, int64_t t)
{
	struct rule rule;
	int64_t next;

	rule_of(use, &rule);
	return is_counted(use->def) && has_times(use->schedule) &&
	    rule_next(&rule, t - 1, &next) && next == t;
}

/* The first job, in order of files and lines, that fires at t. */
static const struct job_def *
first_at(const struct job_use *uses, size_t n, int64_t t)
{
	const struct job_def *first = NULL, *def;
	bool fires = false;

	for (size_t i = 0; i < n; i++) {
		def = uses[i].def;
		if (i == 0 || by_rule(&uses[i], &uses[i - 1]) != 0 || !fires)
			fires = job_use_fires(&uses[i], t);
		if (!fires || !is_counted(def))
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
	counts = job_herd_count(uses, n, now, SPAN);
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
