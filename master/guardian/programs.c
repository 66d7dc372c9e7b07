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

/* The path of belfry-worker; the caller frees it. NULL with err. */
static char *
find_worker(struct err *err)
{
	static const char *const places[] = {
	    "belfry-worker",
	    "../worker/belfry-worker",
	    "../../worker/belfry-worker",
	    BELFRY_LIBEXECDIR "/belfry-worker",
	};
	char *self = real_path(err), *dir, *path = NULL;

	if (self == NULL)
		return NULL;
	dir = xstrdup(self);
	*strrchr(dir, '/') = '\0';
	for (size_t i = 0; i < nitems(places) && path == NULL; i++) {
		path = *places[i] == '/' ? xstrdup(places[i]) :
					   xasprintf("%s/%s", dir, places[i]);
		if (access(path, X_OK) == -1) {
			free(path);
			path = NULL;
		}
	}
	if (path == NULL)
		err_set(err, "cannot find belfry-worker beside %s or in %s",
		    self, BELFRY_LIBEXECDIR);
	free(dir);
	free(self);
	return path;
}

int
programs_open(struct programs *p, struct err *err)
{
	char *worker = find_worker(err), *library;

	if (worker == NULL)
		return -1;
	library = xasprintf("%s-lib", worker);
	p->worker_fd = open_high(worker);
	p->library_fd = access(library, X_OK) == 0 ? open_high(library) : -1;
	if (p->worker_fd == -1 || p->library_fd == -1) {
		err_errno(err, "cannot use %s",
		    p->worker_fd == -1 ? worker : library);
		programs_close(p);
	}
	free(worker);
	free(library);
	return p->worker_fd == -1 ? -1 : 0;
}

int
programs_copy(struct programs *p, const struct programs *from, struct err *err)
{
	p->worker_fd = fcntl(from->worker_fd, F_DUPFD_CLOEXEC, PROGRAM_FD_MIN);
	p->library_fd =
	    fcntl(from->library_fd, F_DUPFD_CLOEXEC, PROGRAM_FD_MIN);
	if (p->worker_fd == -1 || p->library_fd == -1)
		return err_errno(err, "cannot use the launchers' programs");
	return 0;
}

void
programs_close(struct programs *p)
{
	fd_close(&p->worker_fd);
	fd_close(&p->library_fd);
}
