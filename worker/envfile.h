/*
 * Environment files: NAME=VALUE lines for a job's environment. Pure, but for
 * what the caller read.
 *
 *   # a comment, and so is a line that begins with ;
 *   NAME=value to the end of the line, blanks around it removed
 *   export NAME="quoted, with \" \\ \$ and \` for these characters"
 *   NAME='quoted, everything as it stands'
 *
 * A CR at the end of a line does not count. Nothing is expanded.
 */
#ifndef BELFRY_WORKER_ENVFILE_H
#define BELFRY_WORKER_ENVFILE_H

#include <stddef.h>

#include "base/err.h"

#define ENVFILE_SIZE_MAX ((size_t)65536)
#define ENVFILE_VARS_MAX 4096

struct envfile {
	char **vars; /* n "K=V"; owned, the strings are in the parsed text */
	size_t n;
};

/*
 * Reads the text, len bytes and a NUL, and changes it in place. 0, or -1 with
 * err that names the line. envfile_fini() also after -1.
 */
int
envfile_parse(struct envfile *file, char *text, size_t len, struct err *err);
void envfile_fini(struct envfile *file);

/*
 * A new NULL-terminated environment: base and file, which wins, and of two in
 * file the later; the strings are borrowed, the caller frees the array.
 */
const char **
envfile_merge(const char *const *base, size_t n, const struct envfile *file);

#endif
