/* Which files of a directory are job files. */
#ifndef BELFRY_CONFIG_JOB_DIR_H
#define BELFRY_CONFIG_JOB_DIR_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

/*
 * The paths of all names that end in .ini, in order of names. Dot files and
 * what editors and dpkg leave behind are passed over; hint is called for any
 * other name. The caller gives the list back to job_dir_free(). NULL with err
 * when dir cannot be read.
 */
char **job_dir_list(const char *dir, size_t *n_r,
    void (*hint)(void *arg, const char *path, const char *text), void *arg,
    struct err *err);
void job_dir_free(char **paths, size_t n);

/* A dot file, or what editors and dpkg leave behind. */
bool job_dir_is_litter(const char *name);

#endif
