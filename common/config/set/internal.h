/* What a set of jobs is made of; for the files of this folder alone. */
#ifndef BELFRY_CONFIG_SET_INTERNAL_H
#define BELFRY_CONFIG_SET_INTERNAL_H

#include "base/strbuf.h"
#include "config/job.h"
#include "config/set/after.h"
#include "config/set/file.h"
#include "config/set/index.h"

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

/* An empty one; it shares the pool of previous, if there is one. */
struct job_set *
set_new(struct schedule_pool *schedules, const struct job_set *previous);

/* The file of that path; NULL: the set has none, or is NULL. */
struct job_file *set_find_file(const struct job_set *set, const char *path);

/* Numbers, index and problems, once all files are there. */
void set_assemble(struct job_set *set, const struct job_set *previous,
    const struct job_set_options *options);

#endif
