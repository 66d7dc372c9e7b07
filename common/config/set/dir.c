#include "config/set/dir.h"

#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

static bool
ends_in(const char *name, const char *end)
{
	size_t n = strlen(name), m = strlen(end);

	return n >= m && strcmp(name + n - m, end) == 0;
}

bool
job_dir_is_litter(const char *name)
{
	return name[0] == '.' || ends_in(name, "~") || ends_in(name, ".bak") ||
	    ends_in(name, ".orig") || ends_in(name, ".swp") ||
	    strstr(name, ".dpkg-") != NULL;
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

char **
job_dir_list(const char *dir, size_t *n_r,
    void (*hint)(void *arg, const char *path, const char *text), void *arg,
    struct err *err)
{
	DIR *d = opendir(dir);
	const struct dirent *entry;
	char **paths = NULL, *path;
	size_t n = 0, cap = 0;

	if (d == NULL) {
		err_errno(
		    err, "cannot read the directory of job files %s", dir);
		return NULL;
	}
	array_reserve(&paths, &cap, 1, sizeof(*paths));
	while ((entry = readdir(d)) != NULL) {
		if (job_dir_is_litter(entry->d_name))
			continue;
		path = xasprintf("%s/%s", dir, entry->d_name);
		if (ends_in(entry->d_name, ".ini")) {
			array_reserve(&paths, &cap, n + 1, sizeof(*paths));
			paths[n++] = path;
			continue;
		}
		hint(arg, path,
		    "this is not read; the name of a job file ends in .ini");
		free(path);
	}
	closedir(d);
	qsort(paths, n, sizeof(*paths), by_name);
	*n_r = n;
	return paths;
}

void
job_dir_free(char **paths, size_t n)
{
	if (paths == NULL)
		return;
	for (size_t i = 0; i < n; i++)
		free(paths[i]);
	free(paths);
}
