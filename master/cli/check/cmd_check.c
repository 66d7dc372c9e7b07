#include "cli/check/cmd_check.h"

#include <errno.h>
#include <getopt.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "cli/check/check_heat.h"
#include "cli/check/plugins.h"
#include "config/config.h"
#include "config/job.h"
#include "config/job/calendar.h"
#include "config/problem.h"
#include "config/set/dir.h"
#include "config/set/heat.h"

#define EXIT_USAGE 2

/* All errors of a file, but not of one of 64 MB that is something else. */
#define FILE_ERRORS_MAX 10000

#define USAGE                                                                  \
	"usage: belfry check [--heat] [--json] [FILE...]\n"                    \
	"Checks belfry.conf and the job files of its jobs-dir, or only the\n"  \
	"job files, directories of them or .conf files that are named.\n"      \
	"--heat shows how many jobs fire in each hour of a week.\n"

struct check {
	const char *config_path;
	struct config *config; /* NULL: none, or a wrong one */
	struct schedule_pool *pool;
	struct job_calendars *calendars; /* of config */
	struct problem_list problems;
	const char *config_file; /* at hand, for config_problem() */
	size_t njobs;
	struct job_set *set;
	/* files were named: what is in the jobs-dir of config, once needed */
	bool files_named;
	struct job_set *others;
	struct job_heat heat_map; /* with --heat */
	bool json, heat;
	struct cli_plugins plugins;
};

static void
add(struct check *check, bool is_error, const char *file, uint32_t line,
    const char *text)
{
	const struct job_problem problem = {
	    .is_error = is_error,
	    .file = file,
	    .line = line,
	    .text = text,
	};

	problem_add(&check->problems, &problem, SIZE_MAX);
}

static void
config_problem(void *arg, uint32_t line, const char *text)
{
	struct check *check = arg;

	add(check, true, check->config_file, line, text);
}

static void
name_hint(void *arg, const char *path, const char *text)
{
	add(arg, false, path, 0, text);
}

/* As the daemon of this configuration would: root's is run by root. */
static bool
is_privileged(const struct check *check)
{
	struct stat st;

	if (geteuid() == 0)
		return true;
	return check->config != NULL && stat(check->config_path, &st) == 0 &&
	    st.st_uid == 0;
}

static enum job_plugin
find_plugin(void *arg, const char *name, const struct plugin_info **info_r,
    struct err *err)
{
	struct check *check = arg;

	return cli_plugins_find(
	    &check->plugins, check->config, name, info_r, err);
}

/* A job of a file that is checked alone may come after others. */
static bool
is_elsewhere(void *arg, const char *name)
{
	struct check *check = arg;
	const struct job_set_options options = {
	    .defaults = check->config != NULL ? check->config->defaults : NULL,
	    .calendars = check->calendars,
	    .plugin = find_plugin,
	    .arg = check,
	};
	struct err err;

	if (!check->files_named || check->config == NULL)
		return false;
	if (check->others == NULL)
		check->others = job_set_load(
		    check->config->jobs_dir, check->pool, &options, NULL, &err);
	return check->others != NULL &&
	    job_set_find(check->others, name) != NULL;
}

/* With FILE... none; the users' own are read by those who may. */
static struct job_crontabs
readable_crontabs(const struct check *check)
{
	struct job_crontabs crontabs = {"", ""};

	if (check->config == NULL || check->files_named)
		return crontabs;
	crontabs = check->config->crontabs;
	if (geteuid() != 0 && access(crontabs.spool, R_OK | X_OK) == -1)
		crontabs.spool = "";
	return crontabs;
}

static void
check_jobs(struct check *check, char *const *paths, size_t npaths)
{
	const struct config *config = check->config;
	struct job_crontabs crontabs = readable_crontabs(check);
	const struct job_set_options options = {
	    .defaults = config != NULL ? config->defaults : NULL,
	    .crontabs = &crontabs,
	    .calendars = check->calendars,
	    .databases = config != NULL ? config->database_names : NULL,
	    .receivers = config != NULL ? config->notify_names : NULL,
	    .queues = config != NULL ? config->queue_names : NULL,
	    .default_user = config != NULL ? config->user : "",
	    .privileged = is_privileged(check),
	    .hints = true,
	    .errors_max = FILE_ERRORS_MAX,
	    .now = time(NULL),
	    .is_elsewhere = is_elsewhere,
	    .plugin = find_plugin,
	    .arg = check,
	};
	struct job_set *set =
	    job_set_load_files(paths, npaths, check->pool, &options);

	for (size_t i = 0; i < job_set_problem_count(set); i++)
		problem_add(
		    &check->problems, job_set_problem(set, i), SIZE_MAX);
	check->njobs += job_set_count(set);
	if (check->heat)
		job_heat_count(set, schedule_pool_zone(check->pool, NULL, NULL),
		    options.now, &check->heat_map);
	check->set = set;
}

struct paths {
	char **items;
	size_t n, cap;
};

static void
add_path(struct paths *paths, const char *path)
{
	array_reserve(
	    &paths->items, &paths->cap, paths->n + 1, sizeof(*paths->items));
	paths->items[paths->n++] = xstrdup(path);
}

static void
add_directory(struct check *check, struct paths *paths, const char *dir)
{
	struct err err;
	size_t n = 0;
	char **list = job_dir_list(dir, &n, name_hint, check, &err);

	if (list == NULL) {
		add(check, true, dir, 0, err.text);
		return;
	}
	for (size_t i = 0; i < n; i++)
		add_path(paths, list[i]);
	job_dir_free(list, n);
}

static struct config *
check_config(struct check *check, const char *path)
{
	check->config_file = path;
	return config_check(path, config_problem, check);
}

static bool
is_config_name(const char *path)
{
	size_t n = strlen(path);

	return n > 5 && strcmp(path + n - 5, ".conf") == 0;
}

static void
add_file(struct check *check, struct paths *paths, const char *path)
{
	struct stat st;

	if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		add_directory(check, paths, path);
	else if (is_config_name(path))
		config_free(check_config(check, path));
	else
		add_path(paths, path);
}

/* Their files; the rest of them was checked with the configuration. */
static void
load_calendars(struct check *check)
{
	const struct config *config = check->config;

	if (config == NULL)
		return;
	check->config_file = check->config_path;
	check->calendars = job_calendars_load(config->calendars,
	    config->ncalendars, check->pool, NULL, config_problem, check);
}

static void
run_checks(struct check *check, int nfiles, char **files)
{
	struct paths paths = {0};

	/* Files can be checked where no belfry is set up, or not for us. */
	if (nfiles == 0 || access(check->config_path, R_OK) == 0)
		check->config = check_config(check, check->config_path);
	load_calendars(check);
	check->files_named = nfiles > 0;
	if (nfiles == 0 && check->config != NULL)
		add_directory(check, &paths, check->config->jobs_dir);
	for (int i = 0; i < nfiles; i++)
		if (strcmp(files[i], check->config_path) != 0)
			add_file(check, &paths, files[i]);
	check_jobs(check, paths.items, paths.n);
	job_dir_free(paths.items, paths.n);
}

/* Errors first; in each by file, line, and the same on every run. */
static int
by_place(const void *a, const void *b)
{
	const struct job_problem *x = a, *y = b;
	int order;

	if (x->is_error != y->is_error)
		return x->is_error ? -1 : 1;
	order = strcmp(x->file, y->file);
	if (order != 0)
		return order;
	if (x->line != y->line)
		return x->line < y->line ? -1 : 1;
	return strcmp(x->text, y->text);
}

static size_t
count_errors(const struct check *check)
{
	size_t n = 0;

	for (size_t i = 0; i < check->problems.n; i++)
		n += check->problems.items[i].is_error;
	return n;
}

/* File names are others': no control characters on a terminal. */
static void
put_clean(const char *s)
{
	for (; *s != '\0'; s++)
		putchar((unsigned char)*s < 0x20 || *s == 0x7f ? '?' : *s);
}

static void
print_problem(const struct job_problem *problem)
{
	put_clean(problem->file);
	if (problem->line > 0)
		printf(":%u", problem->line);
	printf(": ");
	if (*problem->job != '\0')
		printf("job %s: ", problem->job);
	printf("%s: ", problem->is_error ? "error" : "hint");
	put_clean(problem->text);
	putchar('\n');
}

static void
print_count(size_t n, const char *word, const char *end)
{
	printf("%zu %s%s%s", n, word, n == 1 ? "" : "s", end);
}

static void
print_text(const struct check *check, size_t nerrors)
{
	for (size_t i = 0; i < check->problems.n; i++)
		print_problem(&check->problems.items[i]);
	print_count(check->njobs, "job", ", ");
	print_count(nerrors, "error", ", ");
	print_count(check->problems.n - nerrors, "hint", "\n");
	if (check->heat)
		check_heat_print(&check->heat_map);
}

/* What is not UTF-8 has "?" for each byte above 127. */
static json_t *
json_text(const char *s)
{
	json_t *json = json_string(s);
	char *copy;

	if (json != NULL)
		return json;
	copy = xstrdup(s);
	for (char *p = copy; *p != '\0'; p++)
		if (((unsigned char)*p & 0x80) != 0)
			*p = '?';
	json = json_string(copy);
	free(copy);
	return json;
}

static json_t *
json_problem(const struct job_problem *problem)
{
	json_t *json = json_object();

	json_object_set_new(json, "severity",
	    json_string(problem->is_error ? "error" : "hint"));
	json_object_set_new(json, "file", json_text(problem->file));
	json_object_set_new(json, "line",
	    problem->line > 0 ? json_integer(problem->line) : json_null());
	json_object_set_new(json, "job",
	    *problem->job != '\0' ? json_text(problem->job) : json_null());
	json_object_set_new(json, "text", json_text(problem->text));
	return json;
}

static void
print_json(const struct check *check, size_t nerrors)
{
	json_t *json = json_object(), *list = json_array();

	for (size_t i = 0; i < check->problems.n; i++)
		json_array_append_new(
		    list, json_problem(&check->problems.items[i]));
	json_object_set_new(
	    json, "jobs", json_integer((json_int_t)check->njobs));
	json_object_set_new(json, "errors", json_integer((json_int_t)nerrors));
	json_object_set_new(json, "hints",
	    json_integer((json_int_t)(check->problems.n - nerrors)));
	json_object_set_new(json, "problems", list);
	if (check->heat)
		json_object_set_new(
		    json, "heat", check_heat_json(&check->heat_map));
	json_dumpf(json, stdout, JSON_INDENT(2));
	putchar('\n');
	json_decref(json);
}

static int
report(struct check *check)
{
	size_t nerrors = count_errors(check);

	if (check->problems.n > 0)
		qsort(check->problems.items, check->problems.n,
		    sizeof(*check->problems.items), by_place);
	if (check->json)
		print_json(check, nerrors);
	else
		print_text(check, nerrors);
	if (fflush(stdout) == EOF || ferror(stdout)) {
		fprintf(stderr, "belfry check: cannot write: %s\n",
		    strerror(errno));
		return EXIT_FAILURE;
	}
	return nerrors > 0 ? EXIT_USAGE : EXIT_SUCCESS;
}

/* -1 to go on, or the exit status. */
static int
parse_arguments(struct check *check, int argc, char **argv)
{
	static const struct option long_options[] = {
	    {"heat", no_argument, NULL, 't'},
	    {"json", no_argument, NULL, 'j'},
	    {"help", no_argument, NULL, 'h'},
	    {NULL, 0, NULL, 0},
	};
	int opt;

	optind = 0; /* another command may have used it */
	opterr = 0;
	while ((opt = getopt_long(argc, argv, "h", long_options, NULL)) != -1) {
		if (opt == 'j') {
			check->json = true;
		} else if (opt == 't') {
			check->heat = true;
		} else if (opt == 'h') {
			fputs(USAGE, stdout);
			return EXIT_SUCCESS;
		} else {
			fprintf(stderr, "belfry check: unknown option %s\n%s",
			    argv[optind - 1], USAGE);
			return EXIT_USAGE;
		}
	}
	return -1;
}

int
cmd_check(int argc, char **argv, const char *config_path)
{
	struct check check = {.config_path = config_path};
	int status = parse_arguments(&check, argc, argv);

	if (status != -1)
		return status;
	check.pool = schedule_pool_new(NULL);
	run_checks(&check, argc - optind, argv + optind);
	status = report(&check);
	job_heat_fini(&check.heat_map);
	job_set_free(check.set);
	job_set_free(check.others);
	job_calendars_free(check.calendars);
	cli_plugins_fini(&check.plugins);
	config_free(check.config);
	problem_fini(&check.problems);
	schedule_pool_free(check.pool);
	return status;
}
