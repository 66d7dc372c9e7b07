#include "scheduler/jobs/files.h"

#include "base/log.h"
#include "scheduler/jobs/plugins.h"
#include "scheduler/master.h"

int
files_load(struct master *m, bool crontabs_only, struct job_set **set_r,
    struct err *err)
{
	struct job_set_options options = {
	    .defaults = m->config->defaults,
	    .databases = m->config->database_names,
	    .queues = m->config->queue_names,
	    .crontabs = &m->config->crontabs,
	    .crontabs_only = crontabs_only,
	    .default_user = m->config->user,
	    .privileged = m->role->privileged,
	    .now = clock_ms() / 1000,
	    .plugin = plugins_find,
	    .arg = m,
	};

	refresh_files(m);
	options.calendars = m->jobs.calendars;
	*set_r = job_set_load(
	    m->config->jobs_dir, m->jobs.pool, &options, m->jobs.set, err);
	return *set_r != NULL ? 0 : -1;
}

void
files_log_problems(const struct job_set *set)
{
	for (size_t i = 0; i < job_set_problem_count(set); i++) {
		const struct job_problem *p = job_set_problem(set, i);

		if (p->is_error)
			log_error("%s:%u: %s%s%s%s", p->file, p->line,
			    p->job[0] != '\0' ? "job " : "", p->job,
			    p->job[0] != '\0' ? ": " : "", p->text);
	}
}
