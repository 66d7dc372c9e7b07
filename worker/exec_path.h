/* Where a program may be: the search along PATH, without the file system. */
#ifndef BELFRY_WORKER_EXEC_PATH_H
#define BELFRY_WORKER_EXEC_PATH_H

#include <stdbool.h>
#include <stddef.h>

#define EXEC_PATH_DEFAULT "/usr/local/bin:/usr/bin:/bin"

struct exec_path {
	const char *name; /* borrowed */
	const char *rest; /* of PATH; NULL at the end */
};

/*
 * name with a slash is the only candidate, path is not looked at. path may be
 * NULL for the default. An empty element would mean the current directory: it
 * is left out, a job's directory may be writable by others.
 */
void
exec_path_init(struct exec_path *search, const char *name, const char *path);

/*
 * Writes the next candidate to buf; what does not fit is left out. False when
 * there is none. Needs no memory: it runs in a child that shares ours.
 */
bool exec_path_next(struct exec_path *search, char *buf, size_t size);

/* The value of PATH in env, NULL when it has none. */
const char *exec_path_of(const char *const *env);

#endif
