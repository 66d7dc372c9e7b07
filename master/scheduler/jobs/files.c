#include "scheduler/jobs/files.h"

#include "base/log.h"
#include "scheduler/jobs/plugins.h"
#include "scheduler/master.h"

static bool
is_elsewhere(void *arg, const char *name)
{
	const struct master *m = arg;

	return jobs_find(&m->jobs, name) != NULL;
}

static void
fill_options(struct master *m, struct job_set_options *options)
{
	*options = (struct job_set_options){
	    .defaults = m->config->defaults,
	    .calendars = m->jobs.calendars,
	    .databases = m->config->database_names,
	    .receivers = m->config->notify_names,
	    .queues = m->config->queue_names,
	    .default_user = m->config->user,
	    .local_names = true,
	    .privileged = m->role->privileged,
	    .now = clock_ms() / 1000,
	    .plugin = plugins_find,
	    .arg = m,
	};
}

int
files_load(struct master *m, bool crontabs_only, struct job_set **set_r,
    struct err *err)
{
	struct job_set_options options;

	refresh_files(m);
	fill_options(m, &options);
	options.crontabs = &m->config->crontabs;
	options.crontabs_only = crontabs_only;
	*set_r = job_set_load(
	    m->config->jobs_dir, m->jobs.pool, &options, m->jobs.set, err);
	return *set_r != NULL ? 0 : -1;
}

struct job_set *
files_check_crontab(struct master *m, const struct job_crontab *crontab)
{
	struct job_set_options options;

	fill_options(m, &options);
	options.is_elsewhere = is_elsewhere;
	return job_set_load_crontab(crontab, m->jobs.pool, &options);
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
