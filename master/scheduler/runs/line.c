/* The waiting line: who goes before whom, and how many there are. */
#include "scheduler/master.h"

bool
launch_goes_before(const struct run *a, const struct run *b)
{
	if (a->priority != b->priority)
		return a->priority > b->priority;
	return a->begin.due_ms < b->begin.due_ms;
}

enum launch_line
launch_line_of(const struct run *run)
{
	const struct job_def *def = run->job->def;

	if (def == NULL)
		return LINE_PLAIN;
	return def->options->kind == KIND_COMMAND ? LINE_PLAIN : LINE_LIBRARY;
}

/* Nearly always at the end. */
void
launch_enqueue(struct launch *launch, struct run *run)
{
	struct line *line = &launch->lines[launch_line_of(run)];
	struct run *after = line->last;

	run->line = (uint8_t)launch_line_of(run);
	if (run->line == LINE_LIBRARY)
		launch_need(run->master, KIND_PLUGIN);
	if (run->job->def != NULL)
		run->priority = (int8_t)run->job->def->options->priority;
	while (after != NULL && launch_goes_before(run, after))
		after = after->earlier;
	run->earlier = after;
	run->later = after != NULL ? after->later : line->first;
	if (run->later != NULL)
		run->later->earlier = run;
	else
		line->last = run;
	if (after != NULL)
		after->later = run;
	else
		line->first = run;
	line->waiting++;
}

void
launch_dequeue(struct launch *launch, struct run *run)
{
	struct line *line = &launch->lines[run->line];

	if (run->earlier != NULL)
		run->earlier->later = run->later;
	else
		line->first = run->later;
	if (run->later != NULL)
		run->later->earlier = run->earlier;
	else
		line->last = run->earlier;
	run->later = run->earlier = NULL;
	line->waiting--;
	line->blocked -= run->waits_for != NULL;
	run->waits_for = NULL;
}

void
launch_block(struct run *run, const char *what)
{
	struct launch *launch = &run->master->launch;

	launch->lines[run->line].blocked++;
	run->waits_for = what;
	master_room(run->master);
}

void
launch_unblock(struct launch *launch, const char *what)
{
	for (size_t i = 0; i < LINE_COUNT; i++)
		for (struct run *run = launch->lines[i].first; run != NULL;
		     run = run->later) {
			if (run->waits_for != what)
				continue;
			run->waits_for = NULL;
			launch->lines[i].blocked--;
		}
}

size_t
launch_waiting_in(const struct launch *launch, unsigned line)
{
	return launch->lines[line].waiting - launch->lines[line].blocked;
}

size_t
launch_waiting(const struct launch *launch)
{
	return launch_waiting_in(launch, LINE_PLAIN) +
	    launch_waiting_in(launch, LINE_LIBRARY);
}

bool
launch_is_open(const struct launch *launch)
{
	for (unsigned i = 0; i < LINE_COUNT; i++)
		if (launch_waiting_in(launch, i) >= launch->waiting_max[i])
			return false;
	return true;
}

void
launch_walk_init(struct launch_walk *walk, const struct launch *launch)
{
	for (size_t i = 0; i < LINE_COUNT; i++)
		walk->at[i] = launch->lines[i].first;
}

const struct run *
launch_walk_next(struct launch_walk *walk)
{
	const struct run *best = NULL;
	size_t line = 0;

	for (size_t i = 0; i < LINE_COUNT; i++) {
		if (walk->at[i] == NULL ||
		    (best != NULL && !launch_goes_before(walk->at[i], best)))
			continue;
		best = walk->at[i];
		line = i;
	}
	if (best != NULL)
		walk->at[line] = best->later;
	return best;
}
