/*
 * belfry exec: one run of a job here, in the terminal, as the daemon would do
 * it. Needs no daemon, and no daemon hears of it.
 */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/mem.h"
#include "cli/check/plugins.h"
#include "cli/cli.h"
#include "cli/job/param.h"
#include "config/config.h"
#include "config/job.h"
#include "config/job/calendar.h"
#include "config/quote.h"
#include "guardian/programs.h"
#include "ipc/message.h"
#include "scheduler/runs/params.h"
#include "scheduler/runs/run_id.h"
#include "scheduler/runs/spec.h"
#include "user/user.h"

#define CONFIG_DEFAULT BELFRY_SYSCONFDIR "/belfry/belfry.conf"

/* What a run is made of; all lives until the program is another. */
struct exec {
	struct cli *cli;
	const char *config_path;
	struct config *config;
	struct schedule_pool *pool;
	struct job_calendars *calendars;
	struct job_set *set;
	struct user user; /* whom the job runs as */
	struct cli_plugins plugins;
	const struct job_def *def;
	char *params; /* JSON, NULL none */
};

/* That of a calendar is told with the jobs that use it. */
static void
ignore_problem(void *arg, uint32_t line, const char *text)
{
}

/* A daemon that root has configured is started by root. */
static bool
is_privileged(const char *config_path)
{
	struct stat st;

	return geteuid() == 0 ||
	    (stat(config_path, &st) == 0 && st.st_uid == 0);
}

static enum job_plugin
find_plugin(void *arg, const char *name, const struct plugin_info **info_r,
    struct err *err)
{
	struct exec *e = arg;

	return cli_plugins_find(&e->plugins, e->config, name, info_r, err);
}

static int
load_jobs(struct exec *e, struct err *err)
{
	struct job_set_options options = {
	    .privileged = is_privileged(e->config_path),
	    .now = time(NULL),
	    .plugin = find_plugin,
	    .arg = e,
	};

	e->config = config_load(e->config_path, err);
	if (e->config == NULL)
		return -1;
	e->pool = schedule_pool_new(NULL);
	e->calendars = job_calendars_load(e->config->calendars,
	    e->config->ncalendars, e->pool, NULL, ignore_problem, NULL);
	options.defaults = e->config->defaults;
	options.calendars = e->calendars;
	options.databases = e->config->database_names;
	options.receivers = e->config->notify_names;
	options.crontabs = &e->config->crontabs;
	options.queues = e->config->queue_names;
	options.default_user = e->config->user;
	e->set =
	    job_set_load(e->config->jobs_dir, e->pool, &options, NULL, err);
	return e->set != NULL ? 0 : -1;
}

/* What is wrong with the job, or with a file that it may be in. */
static size_t
tell_problems(const struct job_set *set, const char *name)
{
	size_t n = 0;

	for (size_t i = 0; i < job_set_problem_count(set); i++) {
		const struct job_problem *p = job_set_problem(set, i);

		if (!p->is_error ||
		    (p->job[0] != '\0' && strcmp(p->job, name) != 0))
			continue;
		fprintf(
		    stderr, "belfry: %s:%u: %s\n", p->file, p->line, p->text);
		n++;
	}
	return n;
}

/* The exit status for a job that is not there. */
static int
not_found(const struct exec *e, const char *name)
{
	char buf[QUOTE_SIZE];
	struct suggest s;

	if (tell_problems(e->set, name) > 0)
		return CLI_USAGE;
	suggest_init(&s, name);
	for (size_t i = 0; i < job_set_count(e->set); i++)
		suggest_try(&s, job_set_at(e->set, i)->name);
	fprintf(stderr, "belfry: there is no job \"%s\" in %s%s\n", name,
	    e->config->jobs_dir, suggest_text(buf, &s));
	return CLI_REFUSED;
}

static int64_t
now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* As of a run by hand. No claim stands behind it, and so its fence is 0. */
static void
fill_begin(const struct exec *e, struct run_begin *begin, int64_t now)
{
	struct run_ids ids;

	memset(begin, 0, sizeof(*begin));
	run_ids_init(&ids);
	run_id_make(&ids, now, 0, begin->id);
	snprintf(begin->job, sizeof(begin->job), "%s", e->def->name);
	snprintf(begin->host, sizeof(begin->host), "%s", e->config->node_name);
	begin->slot_ms = begin->due_ms = begin->created_ms = now;
	begin->attempt = 1;
	begin->trigger = TRIGGER_MANUAL;
}

/* Only root can become somebody else. */
static int
check_user(const struct exec *e, struct err *err)
{
	const struct user *user = &e->user;

	if (!user->found || geteuid() == 0 || user->uid == geteuid())
		return 0; /* what else is wrong the run will tell */
	return err_set(err,
	    "job %s runs as user %s: only root can do that here", e->def->name,
	    user->login);
}

/* A memfd with the specification. -1 with err. */
static int
write_spec(struct exec *e, struct err *err)
{
	struct wire_writer w = WIRE_WRITER_INIT;
	struct run_begin begin;
	struct spec_source source = {
	    .def = e->def,
	    .begin = &begin,
	    .params = e->params,
	    .config = e->config,
	    .launcher = geteuid(),
	    .user = &e->user,
	};
	int fd = -1;

	fill_begin(e, &begin, now_ms());
	user_look_up(&e->user, spec_user_name(e->def, e->config->user),
	    e->def->options->group);
	if (check_user(e, err) == 0) {
		if (spec_encode(&source, &w) == -1)
			err_set(err,
			    "command, environment and stdin together are too "
			    "big: %zu bytes, at most %d",
			    w.len, MESSAGE_PAYLOAD_MAX);
		else if ((fd = memfd_create("belfry-exec", 0)) == -1 ||
		    fd_pwrite_all(fd, w.p, w.len, 0) == -1)
			err_errno(err, "cannot hand over the job");
	}
	wire_writer_fini(&w);
	return err->text[0] == '\0' ? fd : -1;
}

/* Becomes the worker. Returns only with err. */
static void
become_worker(const struct exec *e, int spec_fd, struct err *err)
{
	struct programs programs = PROGRAMS_INIT;
	char program[32], number[16];
	const char *argv[] = {"belfry-worker", WORKER_FOREGROUND, number, NULL};

	if (programs_open(&programs, err) == -1)
		return;
	snprintf(program, sizeof(program), "/proc/self/fd/%d",
	    e->def->options->kind == KIND_COMMAND ? programs.worker_fd :
						    programs.library_fd);
	snprintf(number, sizeof(number), "%d", spec_fd);
	execv(program, (char *const *)(uintptr_t)argv);
	err_errno(err, "cannot execute belfry-worker");
	programs_close(&programs);
}

static int
execute(struct exec *e, const char *name)
{
	struct err err = {""};
	int fd;

	if (load_jobs(e, &err) == -1)
		return cli_fail(CLI_USAGE, &err);
	e->def = job_set_find(e->set, name);
	if (e->def == NULL)
		return not_found(e, name);
	fd = write_spec(e, &err);
	if (fd != -1)
		become_worker(e, fd, &err);
	return cli_fail(CLI_REFUSED, &err);
}

static void
exec_fini(struct exec *e)
{
	user_fini(&e->user);
	job_set_free(e->set);
	job_calendars_free(e->calendars);
	schedule_pool_free(e->pool);
	cli_plugins_fini(&e->plugins);
	config_free(e->config);
	free(e->params);
}

/* -1: go on; else exit with it. */
static int
read_options(struct exec *e, int argc, char **argv)
{
	json_t *params = json_object();
	int letter, status;

	while ((letter = cli_option(e->cli, argc, argv, &status)) > 0)
		if (param_add(e->cli, params, optarg) == -1)
			break;
	if (letter > 0)
		status = CLI_USAGE;
	else if (letter == -1)
		status = cli_operands(e->cli, argc, argv);
	if (status == -1 && param_text(params, &e->params) == -1)
		status = CLI_USAGE;
	json_decref(params);
	return status;
}

static int
exec_job(struct cli *cli, int argc, char **argv)
{
	struct exec e = {.cli = cli};
	int status = read_options(&e, argc, argv);

	if (status == -1 && (cli->url != NULL || cli->json))
		status = cli_usage_error(cli,
		    cli->json ? "it prints what the job prints: no JSON" :
				"it runs the job here: no -H");
	e.config_path =
	    cli->config_path != NULL ? cli->config_path : CONFIG_DEFAULT;
	if (status == -1)
		status = execute(&e, argv[optind]);
	exec_fini(&e);
	return status;
}

static const struct cli_option options[] = {
    {'p', "param", "NAME=VALUE", "BELFRY_PARAM_NAME of the job"},
    {0, NULL, NULL, NULL},
};

const struct command cmd_exec = {
    .name = "exec",
    .operands = "JOB",
    .summary = "Run a job here as the daemon would; it is not recorded",
    .options = options,
    .min = 1,
    .max = 1,
    .run = exec_job,
};
