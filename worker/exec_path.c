#include "exec_path.h"

#include <string.h>

void
exec_path_init(struct exec_path *search, const char *name, const char *path)
{
	search->name = name;
	search->rest = path != NULL ? path : EXEC_PATH_DEFAULT;
}

static bool
next_plain(struct exec_path *search, char *buf, size_t size)
{
	size_t n = strlen(search->name);

	if (search->rest == NULL || n == 0 || n >= size)
		return false;
	memcpy(buf, search->name, n + 1);
	search->rest = NULL;
	return true;
}

bool
exec_path_next(struct exec_path *search, char *buf, size_t size)
{
	size_t n, name = strlen(search->name);
	const char *dir;

	if (name == 0 || strchr(search->name, '/') != NULL)
		return next_plain(search, buf, size);
	while ((dir = search->rest) != NULL) {
		n = strcspn(dir, ":");
		search->rest = dir[n] == ':' ? dir + n + 1 : NULL;
		if (n == 0 || n + name + 2 > size)
			continue;
		memcpy(buf, dir, n);
		buf[n] = '/';
		memcpy(buf + n + 1, search->name, name + 1);
		return true;
	}
	return false;
}

const char *
exec_path_of(const char *const *env)
{
	for (; *env != NULL; env++)
		if (strncmp(*env, "PATH=", 5) == 0)
			return *env + 5;
	return NULL;
}
