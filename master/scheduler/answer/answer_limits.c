/*
 * What holds the limits of runs and what ends all of their processes, by the
 * names that the kernel has for it. The worker decides (worker/run_cgroup.h);
 * this is the same in words.
 */
#include "json_text.h"
#include "scheduler/answer/answer.h"
#include "scheduler/master.h"

static bool
has_cgroups(const struct limits_info *limits)
{
	return limits->cgroup != NULL && limits->cgroup[0] != '\0';
}

static json_t *
cgroup(const struct limits_info *limits)
{
	return has_cgroups(limits) ? json_text(limits->cgroup) : json_null();
}

static const char *
memory(const struct limits_info *limits)
{
	return limits->memory ? "memory.max" : "RLIMIT_AS";
}

static const char *
processes(const struct limits_info *limits)
{
	return limits->processes ? "pids.max" : "RLIMIT_NPROC";
}

static const char *
killer(const struct limits_info *limits)
{
	return has_cgroups(limits) && limits->kill ? "cgroup.kill" :
						     "subreaper";
}

json_t *
answer_limits(const struct master *m)
{
	const struct limits_info *limits = &m->limits;

	return json_pack("{s:o, s:s, s:s, s:s, s:s, s:s}", "cgroup",
	    cgroup(limits), "cpu", "RLIMIT_CPU", "memory", memory(limits),
	    "files", "RLIMIT_NOFILE", "processes", processes(limits), "kill",
	    killer(limits));
}

json_t *
answer_job_limits(const struct master *m, const struct job_def *def)
{
	const struct job_options *o = def->options;
	const struct limits_info *limits = &m->limits;
	bool in_group = has_cgroups(limits) &&
	    (o->limit_memory != 0 || o->limit_processes != 0);
	json_t *json = json_pack(
	    "{s:o}", "cgroup", in_group ? cgroup(limits) : json_null());

	if (o->limit_cpu_ms != 0)
		json_object_set_new(json, "cpu", json_string("RLIMIT_CPU"));
	if (o->limit_memory != 0)
		json_object_set_new(
		    json, "memory", json_string(memory(limits)));
	if (o->limit_files != 0)
		json_object_set_new(
		    json, "files", json_string("RLIMIT_NOFILE"));
	if (o->limit_processes != 0)
		json_object_set_new(
		    json, "processes", json_string(processes(limits)));
	json_object_set_new(
	    json, "kill", json_string(in_group ? killer(limits) : "subreaper"));
	return json;
}
