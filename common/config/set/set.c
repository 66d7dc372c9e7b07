/*
 * All job files of a directory. Sets share files, files share definitions, and
 * a definition shares options and schedules: a reload costs what changed.
 */
#include "config/job.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/strbuf.h"
#include "config/hash.h"
#include "config/job/calendar.h"
#include "config/job/defaults.h"
#include "config/set/after.h"
#include "config/set/dir.h"
#include "config/set/file.h"
#include "config/set/hints.h"
#include "config/set/index.h"
#include "schedule/hash.h"
#include "schedule/zone.h"

/* A run of definitions of one file: numbers first, first + 1 ... of the set. */
struct segment {
	const struct job_def *defs;
	uint32_t first;
	uint32_t n;
};

struct job_set {
	struct job_pool *pool;   /* a reference */
	struct strbuf basis;     /* what else the definitions depend on */
	struct job_file **files; /* references, in order */
	size_t nfiles, files_cap;
	struct segment *segments;
	size_t nsegments, segments_cap;
	struct job_index index;
	uint32_t count;
	struct problem_list own; /* of the set as a whole, not of one file */
	struct job_after after;  /* while it is assembled: what is left out */
	const struct job_problem **problems; /* the files' and our own */
	size_t nproblems, problems_cap;
};

size_t
job_set_count(const struct job_set *set)
{
	return set->count;
}

const struct job_def *
job_set_at(const struct job_set *set, size_t i)
{
	size_t low = 0, high = set->nsegments, middle;

	while (high - low > 1) {
		middle = (low + high) / 2;
		if (set->segments[middle].first <= i)
			low = middle;
		else
			high = middle;
	}
	return &set->segments[low].defs[i - set->segments[low].first];
}

static uint32_t
name_hash(const char *name)
{
	return hash_bytes(name, strlen(name)) >> 9;
}

/* pos is where the walk over the index begins; where it ended. */
static const struct job_def *
find(const struct job_set *set, const char *name, uint32_t hash, uint32_t *pos)
{
	const struct job_def *def;
	uint32_t number = 0;

	*pos = job_index_start(&set->index, hash);
	while (job_index_next(&set->index, hash, pos, &number)) {
		def = job_set_at(set, number);
		if (def->hash == hash && strcmp(def->name, name) == 0)
			return def;
	}
	return NULL;
}

const struct job_def *
job_set_find(const struct job_set *set, const char *name)
{
	uint32_t pos;

	return find(set, name, name_hash(name), &pos);
}

uint64_t
job_set_digest(const struct job_set *set)
{
	uint64_t digest = hash_add(HASH_INIT, set->basis.s, set->basis.len);

	digest = hash_finish(digest);
	/* A sum, because files may have other names, and another order. */
	for (size_t i = 0; i < set->nfiles; i++)
		if (set->files[i]->block != NULL)
			digest += set->files[i]->block->digest;
	return digest;
}

size_t
job_set_waiting(const struct job_set *set)
{
	size_t n = 0;

	for (size_t i = 0; i < set->nfiles; i++)
		n += set->files[i]->nwaiting;
	return n;
}

size_t
job_set_problem_count(const struct job_set *set)
{
	return set->nproblems;
}

const struct job_problem *
job_set_problem(const struct job_set *set, size_t i)
{
	return set->problems[i];
}

/* Appends a definition to the numbers and the index. */
static void
take_def(struct job_set *set, const struct job_def *def, uint32_t pos)
{
	struct segment *last = NULL;

	if (set->nsegments > 0)
		last = &set->segments[set->nsegments - 1];
	if (last == NULL || last->defs + last->n != def ||
	    last->defs->source != def->source) {
		array_reserve(&set->segments, &set->segments_cap,
		    set->nsegments + 1, sizeof(*set->segments));
		last = &set->segments[set->nsegments++];
		last->defs = def;
		last->first = set->count;
		last->n = 0;
	}
	last->n++;
	job_index_put(&set->index, def->hash, pos, set->count);
	set->count++;
}

static void
duplicate(
    struct job_set *set, const struct job_def *def, const struct job_def *first)
{
	char *text = xasprintf("this job is already defined in %s:%u; names "
			       "must differ",
	    first->source->path, first->line);
	struct job_problem problem = {
	    .is_error = true,
	    .file = def->source->path,
	    .line = def->line,
	    .job = def->name,
	    .text = text,
	};

	problem_add(&set->own, &problem, SIZE_MAX);
	free(text);
}

/*
 * All definitions of a block but those that are left out and those whose name
 * is taken; how many are.
 */
static size_t
take_block(struct job_set *set, const struct job_block *block, bool tell)
{
	const struct job_def *def, *first;
	size_t ntaken = 0;
	uint32_t pos;

	for (size_t i = 0; i < block->ndefs; i++) {
		def = &block->defs[i];
		if (job_after_is_bad(&set->after, def))
			continue;
		first = find(set, def->name, def->hash, &pos);
		if (first == NULL) {
			take_def(set, def, pos);
			continue;
		}
		ntaken++;
		if (tell)
			duplicate(set, def, first);
	}
	return ntaken;
}

/* Back to count jobs: the last ones go. */
static void
give_back(struct job_set *set, uint32_t count)
{
	struct segment *last;

	while (set->count > count) {
		last = &set->segments[set->nsegments - 1];
		set->count--;
		last->n--;
		job_index_undo(
		    &set->index, last->defs[last->n].hash, set->count);
		if (last->n == 0)
			set->nsegments--;
	}
}

static struct job_file *
find_file(const struct job_set *set, const char *path)
{
	size_t low = 0, high = set != NULL ? set->nfiles : 0, middle;
	int order;

	while (low < high) {
		middle = (low + high) / 2;
		order = strcmp(set->files[middle]->path, path);
		if (order == 0)
			return set->files[middle];
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

static size_t
block_size(const struct job_file *file)
{
	return file != NULL && file->block != NULL ? file->block->ndefs : 0;
}

/*
 * A file that was read anew and takes a name that is another's is broken, like
 * one with any other error: it falls back to what it was, less what is taken.
 */
static void
take_file(
    struct job_set *set, struct job_file *file, const struct job_file *previous)
{
	uint32_t count = set->count;

	if (file->block == NULL || take_block(set, file->block, true) == 0)
		return;
	if (file == previous || block_size(previous) == 0)
		return;
	give_back(set, count);
	job_file_fall_back(file, previous);
	take_block(set, file->block, false);
}

static void
list_problems(struct job_set *set, const struct problem_list *list)
{
	array_reserve(&set->problems, &set->problems_cap,
	    set->nproblems + list->n, sizeof(*set->problems));
	for (size_t i = 0; i < list->n; i++)
		set->problems[set->nproblems++] = &list->items[i];
}

/* Numbers and index of all files, as they are by now. */
static void
take_again(struct job_set *set)
{
	/* Definitions that were taken may be gone. */
	job_index_clear(&set->index);
	set->nsegments = 0;
	set->count = 0;
	for (size_t i = 0; i < set->nfiles; i++)
		if (set->files[i]->block != NULL)
			take_block(set, set->files[i]->block, false);
}

static bool
has_bad(const struct job_set *set, const struct job_block *block)
{
	for (size_t i = 0; i < block->ndefs; i++)
		if (job_after_is_bad(&set->after, &block->defs[i]))
			return true;
	return false;
}

/* Files that were read anew and have jobs that are bad: as they were. */
static bool
fall_back(struct job_set *set, const struct job_set *previous)
{
	const struct job_file *before;
	struct job_file *file;
	bool any = false;

	for (size_t i = 0; i < set->nfiles; i++) {
		file = set->files[i];
		before = find_file(previous, file->path);
		if (block_size(before) == 0 || file->block == NULL ||
		    file->block == before->block || !has_bad(set, file->block))
			continue;
		job_file_fall_back(file, before);
		any = true;
	}
	return any;
}

/*
 * Jobs whose parents cannot be: first the files that brought them fall back,
 * as for other errors; what is still wrong then is left out.
 */
static void
check_after(struct job_set *set, const struct job_set *previous,
    const struct job_set_options *options)
{
	struct job_after told;

	job_after_check(set, options, NULL, &set->after, &set->own);
	if (set->after.nbad == 0)
		return;
	if (fall_back(set, previous)) {
		told = set->after;
		memset(&set->after, 0, sizeof(set->after));
		take_again(set);
		job_after_check(set, options, &told, &set->after, &set->own);
		job_after_fini(&told);
	}
	take_again(set);
	job_after_fini(&set->after);
}

/* Numbers, index and problems of all files. */
static void
assemble(struct job_set *set, const struct job_set *previous,
    const struct job_set_options *options)
{
	const struct job_file *before;
	size_t most = 0, n;

	for (size_t i = 0; i < set->nfiles; i++) {
		before = find_file(previous, set->files[i]->path);
		n = block_size(set->files[i]);
		most += n > block_size(before) ? n : block_size(before);
	}
	job_index_init(&set->index, most);
	for (size_t i = 0; i < set->nfiles; i++)
		take_file(set, set->files[i],
		    find_file(previous, set->files[i]->path));
	check_after(set, previous, options);
	if (options->hints)
		job_hints(set, options, &set->own);
	for (size_t i = 0; i < set->nfiles; i++)
		list_problems(set, &set->files[i]->problems);
	list_problems(set, &set->own);
}

static struct job_set *
set_new(struct schedule_pool *schedules, const struct job_set *previous)
{
	struct job_set *set = xcalloc(1, sizeof(*set));

	if (previous != NULL) {
		set->pool = previous->pool;
		job_pool_ref(set->pool);
	} else {
		set->pool = job_pool_new(schedules);
	}
	return set;
}

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
load_file(struct job_set *set, const struct job_parse_env *env,
    const char *path, const struct job_set *previous)
{
	struct job_file *before = find_file(previous, path), *file;

	if (previous != NULL && before != NULL && !same_basis(set, previous))
		before->settled = false;
	file = job_file_load(env, path, before);
	array_reserve(
	    &set->files, &set->files_cap, set->nfiles + 1, sizeof(*set->files));
	set->files[set->nfiles++] = file;
}

static void
add_hint(void *arg, const char *path, const char *text)
{
	struct job_set *set = arg;
	struct job_problem problem = {.file = path, .text = text};

	problem_add(&set->own, &problem, SIZE_MAX);
}

/* Reads the files named; env but for its pool and defaults is given. */
static void
load(struct job_set *set, char *const *paths, size_t npaths,
    const struct job_set_options *options, const struct job_set *previous)
{
	struct job_defaults *built_in = job_defaults_new();
	struct job_parse_env env = {
	    .pool = set->pool,
	    .options = options,
	    .defaults =
		options->defaults != NULL ? options->defaults : built_in,
	};

	set_basis(set, &env);
	for (size_t i = 0; i < npaths; i++)
		load_file(set, &env, paths[i], previous);
	assemble(set, previous, options);
	job_defaults_free(built_in);
}

struct job_set *
job_set_load(const char *dir, struct schedule_pool *pool,
    const struct job_set_options *options, struct job_set *previous,
    struct err *err)
{
	struct job_set *set = set_new(pool, previous);
	size_t npaths = 0;
	char **paths = job_dir_list(dir, &npaths, add_hint, set, err);

	if (paths == NULL) {
		job_set_free(set);
		return NULL;
	}
	load(set, paths, npaths, options, previous);
	job_dir_free(paths, npaths);
	return set;
}

struct job_set *
job_set_load_files(char *const *files, size_t nfiles,
    struct schedule_pool *pool, const struct job_set_options *options)
{
	struct job_set *set = set_new(pool, NULL);

	load(set, files, nfiles, options, NULL);
	return set;
}

void
job_set_free(struct job_set *set)
{
	if (set == NULL)
		return;
	for (size_t i = 0; i < set->nfiles; i++)
		job_file_release(set->files[i]);
	free(set->files);
	free(set->segments);
	free(set->problems);
	job_index_fini(&set->index);
	problem_fini(&set->own);
	strbuf_fini(&set->basis);
	job_pool_release(set->pool);
	free(set);
}
