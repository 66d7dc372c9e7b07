/* What is wrong with job files: a list that owns its strings. */
#ifndef BELFRY_CONFIG_PROBLEM_H
#define BELFRY_CONFIG_PROBLEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/job.h"

/* More errors than this of one file are counted, not told, if nobody says. */
#define PROBLEM_FILE_MAX 20

struct problem_list {
	struct job_problem *items;
	size_t n, cap;
	size_t untold;
	uint32_t untold_line; /* of the first of them */
};

/*
 * Adds an error or a hint; job may be NULL. With a limit, what comes after
 * that many is only counted.
 */
void problem_add(
    struct problem_list *list, const struct job_problem *problem, size_t limit);

/* Adds, at the place of the first one, how many were only counted. */
void problem_close(struct problem_list *list, const char *file);

void problem_fini(struct problem_list *list);

#endif
