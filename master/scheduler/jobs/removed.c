/* Jobs that are in no file: removed, or not there any more, or never. */
#include <string.h>

#include "base/mem.h"
#include "scheduler/master.h"

struct job *
jobs_find_removed(const struct master *m, const char *name)
{
	const struct run *run;

	for (size_t i = 0; m->jobs.nremoved > 0 && i < RUNS_TABLE; i++)
		for (run = m->runs.table[i]; run != NULL; run = run->same)
			if (run->job->removed && !run->job->submitted &&
			    strcmp(run->job->name, name) == 0)
				return run->job;
	return NULL;
}

struct job *
jobs_orphan(struct master *m, const char *name)
{
	struct job *job = jobs_find_removed(m, name);

	return job != NULL ? job : jobs_unlisted(m, name);
}
