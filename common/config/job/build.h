/*
 * Definitions from their keys, one job after another: what readers of job
 * files and of crontabs have in common. Checks what can be checked of a job.
 */
#ifndef BELFRY_CONFIG_JOB_BUILD_H
#define BELFRY_CONFIG_JOB_BUILD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/strbuf.h"
#include "config/job/block.h"
#include "config/job/draft.h"
#include "config/problem.h"

struct job_builder {
	const struct job_parse_env *env; /* borrowed, as the next two */
	struct job_block *block;
	struct problem_list *problems;
	struct job_draft draft;
	const struct job_options *default_options; /* the pool's, a reference */
	size_t cap;                                /* of block->defs */
	struct strbuf strings;
	const char *name; /* of the job at hand, borrowed; NULL: none */
	uint32_t line;
	bool bad;
	/* The last answers, because neighbours are alike. */
	char zone[64];
	char *user, *group; /* owned */
};

/* A block of no jobs yet, with one reference; text is what it comes from. */
struct job_block *job_block_new(const struct job_parse_env *env,
    const struct job_source *source, const char *text, size_t len);

/* block gets the jobs; nothing of builder was set. */
void
job_builder_init(struct job_builder *builder, const struct job_parse_env *env,
    struct job_block *block, struct problem_list *problems);

/* Tells what is wrong; the job at hand, if there is one, is left out. */
void job_builder_error(struct job_builder *builder, uint32_t line,
    const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* Tells what may surprise, if hints were asked for. */
void
job_builder_hint(struct job_builder *builder, uint32_t line, const char *text);

/* Begins a job. name lives until its end. */
void
job_builder_begin(struct job_builder *builder, const char *name, uint32_t line);

/*
 * Takes one key of it; value lives until its end. What is wrong is told. True
 * when it was right.
 */
bool job_builder_key(struct job_builder *builder, const char *key,
    const char *value, uint32_t line);

/* Ends the job at hand, if there is one: checked, and in the block if good. */
void job_builder_end(struct job_builder *builder);

/* Ends all: the definitions have their strings, the builder has nothing. */
void job_builder_finish(struct job_builder *builder);

#endif
