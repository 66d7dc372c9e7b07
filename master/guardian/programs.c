#include "programs.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/mem.h"

/* The real path of this program. NULL with err. */
static char *
real_path(struct err *err)
{
	char *path = xcalloc(1, PATH_MAX);

	if (readlink(PROGRAM_SELF, path, PATH_MAX - 1) != -1)
		return path;
	err_errno(err, "cannot find our own program");
	free(path);
	return NULL;
}

char *
program_path(const char *argv0, struct err *err)
{
	struct stat called, real;
	char *cwd, *path;

	if (argv0 == NULL || strchr(argv0, '/') == NULL ||
	    stat(argv0, &called) == -1 || stat(PROGRAM_SELF, &real) == -1 ||
	    called.st_ino != real.st_ino || called.st_dev != real.st_dev)
		return real_path(err);
	if (*argv0 == '/' || (cwd = getcwd(NULL, 0)) == NULL)
		return xstrdup(argv0);
	path = xasprintf("%s/%s", cwd, argv0);
	free(cwd);
	return path;
}

/* Above the numbers that a child's own descriptors get, see child.c. */
static int
open_high(const char *path)
{
	int low = open(path, O_PATH | O_CLOEXEC), fd;

	fd = low != -1 ? fcntl(low, F_DUPFD_CLOEXEC, PROGRAM_FD_MIN) : -1;
	fd_close(&low);
	return fd;
}

int
program_open_worker(struct err *err)
{
	char *self = real_path(err), *dir, *slash, *places[4];
	int fd = -1;

	if (self == NULL)
		return -1;
	dir = xstrdup(self);
	slash = strrchr(dir, '/');
	if (slash != NULL)
		*slash = '\0';
	places[0] = xasprintf("%s/belfry-worker", dir);
	places[1] = xasprintf("%s/../worker/belfry-worker", dir);
	places[2] = xasprintf("%s/../../worker/belfry-worker", dir);
	places[3] = xstrdup(BELFRY_LIBEXECDIR "/belfry-worker");
	for (size_t i = 0; i < nitems(places); i++) {
		if (fd == -1 && access(places[i], X_OK) == 0)
			fd = open_high(places[i]);
		free(places[i]);
	}
	if (fd == -1)
		err_set(err, "cannot find belfry-worker beside %s or in %s",
		    self, BELFRY_LIBEXECDIR);
	free(dir);
	free(self);
	return fd;
}
