/* Definitions of jobs from the text of a crontab. */
#ifndef BELFRY_CONFIG_CRONTAB_JOBS_H
#define BELFRY_CONFIG_CRONTAB_JOBS_H

#include <stddef.h>

#include "config/job/block.h"

/*
 * As job_block_parse(), of a crontab; source->kind says of which. In the
 * crontab of a user the file has the user's name, and its comments to belfry
 * cannot take what root alone may give.
 */
struct job_block *
crontab_parse(const struct job_parse_env *env, const struct job_source *source,
    char *text, size_t len, struct problem_list *problems);

/* May a user's own crontab have this key? */
bool crontab_key_is_free(const char *key);

#endif
