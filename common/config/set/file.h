/*
 * One job file as it was last seen: what it defines, what is wrong with it,
 * and by what one can see that it has not changed. Counted by reference.
 */
#ifndef BELFRY_CONFIG_JOB_FILE_H
#define BELFRY_CONFIG_JOB_FILE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>
#include <time.h>

#include "config/job/block.h"
#include "config/problem.h"

struct job_file {
	unsigned refs;
	enum job_source_kind kind;
	char *path;
	dev_t dev;
	ino_t ino;
	off_t size;
	struct timespec mtime, ctime;
	/*
	 * The file was at rest when it was read: what happens to it later
	 * changes its times. Else it is read again the next time.
	 */
	bool settled;
	struct job_block *block; /* NULL: none; may be an older one's */
	size_t nwaiting;         /* jobs whose plugins nobody knows yet */
	struct problem_list problems;
};

/*
 * Reads the file; previous, or NULL, is what it was. The same object when it
 * has not changed. When anything is wrong, the definitions of previous stay.
 * Never fails: what is wrong is among the problems.
 */
struct job_file *job_file_load(const struct job_parse_env *env,
    const char *path, enum job_source_kind kind, struct job_file *previous);

/* A crontab as if it were such a file. */
struct job_file *job_file_of_crontab(
    const struct job_parse_env *env, const struct job_crontab *crontab);

/* Back to the definitions of previous, and read it again the next time. */
void job_file_fall_back(struct job_file *file, const struct job_file *previous);

struct job_file *job_file_ref(struct job_file *file);
void job_file_release(struct job_file *file);

#endif
