/* Reads the files of a set: those of jobs, and crontabs. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "config/job/calendar.h"
#include "config/job/defaults.h"
#include "config/set/crontabs.h"
#include "config/set/dir.h"
#include "config/set/internal.h"
#include "schedule/zone/zone.h"

/* The last good definitions still count; only nothing is taken as read. */
static void
set_basis(struct job_set *set, const struct job_parse_env *env)
{
	const char *user = env->options->default_user;

	const struct zone *zone =
	    schedule_pool_zone(job_pool_schedules(env->pool), NULL, NULL);

	job_defaults_print(env->defaults, &set->basis);
	job_calendars_print(env->options->calendars, &set->basis);
	strbuf_addf(&set->basis, "%s\n", zone != NULL ? zone->name : "");
	strbuf_addf(&set->basis, "%s\n",
	    env->options->databases != NULL ? env->options->databases : "");
	strbuf_addf(&set->basis, "%s\n",
	    env->options->queues != NULL ? env->options->queues : "");
	strbuf_addf(&set->basis, "%s\n",
	    env->options->receivers != NULL ? env->options->receivers : "");
	strbuf_addf(&set->basis, "%d%s", env->options->privileged,
	    user != NULL ? user : "");
}

static bool
same_basis(const struct job_set *a, const struct job_set *b)
{
	return a->basis.len == b->basis.len &&
	    memcmp(a->basis.s, b->basis.s, a->basis.len) == 0;
}

static void
add_file(struct job_set *set, struct job_file *file)
{
	array_reserve(
	    &set->files, &set->files_cap, set->nfiles + 1, sizeof(*set->files));
	set->files[set->nfiles++] = file;
}

static void
load_file(struct job_set *set, const struct job_parse_env *env,
    const struct job_path *path, const struct job_set *previous)
{
	struct job_file *before = set_find_file(previous, path->path), *file;

	if (previous != NULL && before != NULL && !same_basis(set, previous))
		before->settled = false;
	if (env->options->crontabs_only && before != NULL &&
	    path->kind == JOB_SOURCE_INI)
		file = job_file_ref(before);
	else
		file = job_file_load(env, path->path, path->kind, before);
	add_file(set, file);
}

static void
add_hint(void *arg, const char *path, const char *text)
{
	struct job_set *set = arg;
	struct job_problem problem = {.file = path, .text = text};

	problem_add(&set->own, &problem, SIZE_MAX);
}

static void
add_error(void *arg, const char *path, const char *text)
{
	struct job_set *set = arg;
	struct job_problem problem = {
	    .is_error = true, .file = path, .text = text};

	problem_add(&set->own, &problem, SIZE_MAX);
}

/* Reads the files named, or the crontab, when there is one. */
static void
load(struct job_set *set, const struct job_paths *paths,
    const struct job_crontab *crontab, const struct job_set_options *options,
    const struct job_set *previous)
{
	struct job_defaults *built_in = job_defaults_new();
	struct job_parse_env env = {
	    .pool = set->pool,
	    .options = options,
	    .defaults =
		options->defaults != NULL ? options->defaults : built_in,
	};

	set_basis(set, &env);
	for (size_t i = 0; i < paths->n; i++)
		load_file(set, &env, &paths->items[i], previous);
	if (crontab != NULL)
		add_file(set, job_file_of_crontab(&env, crontab));
	set_assemble(set, previous, options);
	job_defaults_free(built_in);
}

/* The job files of dir. 0, or -1 with err. */
static int
list_dir(struct job_set *set, const char *dir, struct job_paths *paths,
    struct err *err)
{
	size_t n = 0;
	char **names = job_dir_list(dir, &n, add_hint, set, err);

	if (names == NULL)
		return -1;
	for (size_t i = 0; i < n; i++)
		job_paths_add(paths, names[i], JOB_SOURCE_INI);
	free(names);
	return 0;
}

/* The job files of the set that is in force. */
static void
list_previous(const struct job_set *previous, struct job_paths *paths)
{
	for (size_t i = 0; i < previous->nfiles; i++)
		if (previous->files[i]->kind == JOB_SOURCE_INI)
			job_paths_add(paths, xstrdup(previous->files[i]->path),
			    JOB_SOURCE_INI);
}

struct job_set *
job_set_load(const char *dir, struct schedule_pool *pool,
    const struct job_set_options *options, struct job_set *previous,
    struct err *err)
{
	struct job_set *set = set_new(pool, previous);
	struct job_paths paths = {NULL, 0, 0};

	if (options->crontabs_only && previous != NULL) {
		list_previous(previous, &paths);
	} else if (list_dir(set, dir, &paths, err) == -1) {
		job_set_free(set);
		return NULL;
	}
	if (options->crontabs != NULL)
		crontabs_list(
		    options->crontabs, &paths, add_error, add_hint, set);
	job_paths_sort(&paths);
	load(set, &paths, NULL, options, previous);
	job_paths_fini(&paths);
	return set;
}

struct job_set *
job_set_load_files(char *const *files, size_t nfiles,
    struct schedule_pool *pool, const struct job_set_options *options)
{
	struct job_set *set = set_new(pool, NULL);
	struct job_paths paths = {NULL, 0, 0};

	for (size_t i = 0; i < nfiles; i++)
		job_paths_add(&paths, xstrdup(files[i]), JOB_SOURCE_INI);
	if (options->crontabs != NULL)
		crontabs_list(
		    options->crontabs, &paths, add_error, add_hint, set);
	load(set, &paths, NULL, options, NULL);
	job_paths_fini(&paths);
	return set;
}

struct job_set *
job_set_load_crontab(const struct job_crontab *crontab,
    struct schedule_pool *pool, const struct job_set_options *options)
{
	struct job_set *set = set_new(pool, NULL);
	struct job_paths none = {NULL, 0, 0};

	load(set, &none, crontab, options, NULL);
	return set;
}
