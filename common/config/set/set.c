/*
 * All job files of a directory. Sets share files, files share definitions, and
 * a definition shares options and schedules: a reload costs what changed.
 */
#include "config/job.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "config/hash.h"
#include "config/set/hints.h"
#include "config/set/internal.h"
#include "schedule/hash.h"

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

struct job_file *
set_find_file(const struct job_set *set, const char *path)
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
		before = set_find_file(previous, file->path);
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

void
set_assemble(struct job_set *set, const struct job_set *previous,
    const struct job_set_options *options)
{
	const struct job_file *before;
	size_t most = 0, n;

	for (size_t i = 0; i < set->nfiles; i++) {
		before = set_find_file(previous, set->files[i]->path);
		n = block_size(set->files[i]);
		most += n > block_size(before) ? n : block_size(before);
	}
	job_index_init(&set->index, most);
	for (size_t i = 0; i < set->nfiles; i++)
		take_file(set, set->files[i],
		    set_find_file(previous, set->files[i]->path));
	check_after(set, previous, options);
	if (options->hints)
		job_hints(set, options, &set->own);
	for (size_t i = 0; i < set->nfiles; i++)
		list_problems(set, &set->files[i]->problems);
	list_problems(set, &set->own);
}

struct job_set *
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
