#include "job_limit.h"

#include <errno.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/mem.h"

int64_t
job_limit_cpu_hard_s(const struct run_spec *spec)
{
	int64_t grace_s = (spec->kill_grace_ms + 999) / 1000;

	return spec->limits.cpu_ms / 1000 + (grace_s > 0 ? grace_s : 1);
}

/*
 * Sets a limit unless it is 0. A hard limit that is lower already stays, as
 * long as the soft one fits below it.
 */
static int
set_limit(int resource, rlim_t soft, rlim_t hard)
{
	struct rlimit limit;

	if (soft == 0)
		return 0;
	if (syscall(SYS_prlimit64, 0, resource, NULL, &limit) == -1)
		return -1;
	if (soft <= limit.rlim_max && hard > limit.rlim_max)
		hard = limit.rlim_max;
	limit.rlim_cur = soft;
	limit.rlim_max = hard;
	return (int)syscall(SYS_prlimit64, 0, resource, &limit, NULL);
}

int
job_limit_apply(struct job_start *start)
{
	const struct run_limits *l = &start->limits;
	rlim_t cpu_hard = (rlim_t)job_limit_cpu_hard_s(start->spec);

	start->step = START_CGROUP;
	if (start->cgroup != -1 && write(start->cgroup, "0", 1) == -1)
		return -1;
	start->step = START_LIMIT_CPU;
	if (set_limit(RLIMIT_CPU, (rlim_t)l->cpu_ms / 1000, cpu_hard) == -1)
		return -1;
	start->step = START_LIMIT_MEMORY;
	if (set_limit(RLIMIT_AS, l->memory, l->memory) == -1)
		return -1;
	start->step = START_LIMIT_FILES;
	if (set_limit(RLIMIT_NOFILE, l->files, l->files) == -1)
		return -1;
	start->step = START_LIMIT_PROCESSES;
	return set_limit(RLIMIT_NPROC, l->processes, l->processes);
}

int
job_limit_error(const struct job_start *start, struct err *err)
{
	static const struct {
		enum start_step step;
		int resource;
		const char *key;
	} table[] = {
	    {START_LIMIT_CPU, RLIMIT_CPU, "limit-cpu"},
	    {START_LIMIT_MEMORY, RLIMIT_AS, "limit-memory"},
	    {START_LIMIT_FILES, RLIMIT_NOFILE, "limit-files"},
	    {START_LIMIT_PROCESSES, RLIMIT_NPROC, "limit-processes"},
	};
	struct rlimit limit;
	size_t i = 0;

	while (i + 1 < nitems(table) && table[i].step != start->step)
		i++;
	errno = start->error;
	if (errno == EPERM && getrlimit(table[i].resource, &limit) == 0)
		return err_set(err,
		    "cannot set %s: the hard limit of the daemon is %llu",
		    table[i].key, (unsigned long long)limit.rlim_max);
	return err_errno(err, "cannot set %s", table[i].key);
}
