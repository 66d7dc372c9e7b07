/* A directory of files for one test, and the problems of a set as text. */
#ifndef BELFRY_T_CONFIG_SUPPORT_H
#define BELFRY_T_CONFIG_SUPPORT_H

#include <stddef.h>

#include "base/strbuf.h"
#include "config/job.h"

struct scratch {
	char dir[64];
	struct schedule_pool *pool;
};

void scratch_init(struct scratch *s);
void scratch_fini(struct scratch *s);

/* Writes DIR/name anew (another inode) and waits until its clock moved on. */
void scratch_write(const struct scratch *s, const char *name, const char *text);
void scratch_write_bytes(
    const struct scratch *s, const char *name, const void *p, size_t n);
void scratch_remove(const struct scratch *s, const char *name);

/* DIR/name, valid until the next call. */
const char *scratch_path(const struct scratch *s, const char *name);

/* As job_set_load() with the built-in defaults; fails the test for NULL. */
struct job_set *scratch_load(const struct scratch *s, struct job_set *previous);

/* The same of one file with this text. */
struct job_set *scratch_text(const struct scratch *s, const char *text);

/* "NAME:LINE: [job J: ]error|hint: TEXT\n" for each, DIR left out. */
const char *problems_text(
    const struct scratch *s, const struct job_set *set, struct strbuf *b);

/* Fails the test for other problems; DIR/ in want stands for the directory. */
void scratch_expect(
    const struct scratch *s, const struct job_set *set, const char *want);

#endif
