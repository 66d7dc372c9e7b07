/*
 * The definitions of one job file: parsed from its text, immutable, counted by
 * reference, in two blocks of memory.
 */
#ifndef BELFRY_CONFIG_JOB_BLOCK_H
#define BELFRY_CONFIG_JOB_BLOCK_H

#include <stddef.h>

#include "config/job.h"
#include "config/job/draft.h"
#include "config/problem.h"
#include "config/set/pool.h"

struct job_block {
	unsigned refs;
	struct job_pool *pool; /* a reference */
	struct job_source source;
	char *path;           /* source.path */
	struct job_def *defs; /* in order of their lines */
	size_t ndefs;
	char *strings;   /* of each def: name, command, description */
	uint64_t digest; /* hash of the file's text, and of plugins */
	size_t nplugins; /* jobs that have one: what it is may change */
	size_t nwaiting; /* of these, not yet described, and left out */
};

struct job_parse_env {
	struct job_pool *pool;
	const struct job_set_options *options;
	const struct job_defaults *defaults; /* never NULL */
};

/*
 * Parses text, which is cut to pieces: len bytes and a NUL. Jobs with errors
 * are left out and named in problems. source's path is copied.
 */
struct job_block *job_block_parse(const struct job_parse_env *env,
    const struct job_source *source, char *text, size_t len,
    struct problem_list *problems);

struct job_block *job_block_ref(struct job_block *block);
void job_block_release(struct job_block *block);

#endif
