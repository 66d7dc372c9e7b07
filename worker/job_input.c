#include "job_input.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdlib.h>
#include <sys/fsuid.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/mem.h"
#include "envfile.h"

/* O_NONBLOCK: a FIFO of that name must not hold us up. */
#define OPEN_FLAGS (O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)

/* Opens path as the job itself could. */
static int
open_as_job(const struct run_spec *spec, const char *path)
{
	int fd = -1, saved;

	if (setgroups(spec->ngroups, spec->groups) == -1)
		return -1;
	setfsgid(spec->gid);
	setfsuid(spec->uid);
	/* These calls do not tell failure; asking with -1 changes nothing. */
	errno = EPERM;
	if ((gid_t)setfsgid((gid_t)-1) == spec->gid &&
	    (uid_t)setfsuid((uid_t)-1) == spec->uid)
		fd = open(path, OPEN_FLAGS);
	saved = errno;
	setfsuid(geteuid());
	setfsgid(getegid());
	if (setgroups(0, NULL) == -1)
		fd_close(&fd);
	errno = saved;
	return fd;
}

char *
job_input_read(const struct run_spec *spec, const char *path, size_t max,
    struct stat *st_r, size_t *len_r)
{
	bool as_job = spec->set_ids && !spec->trusted;
	char *text = NULL;
	int fd = as_job ? open_as_job(spec, path) : open(path, OPEN_FLAGS);

	if (fd == -1)
		return NULL;
	if (fstat(fd, st_r) == -1)
		goto out;
	if (!S_ISREG(st_r->st_mode)) {
		errno = S_ISDIR(st_r->st_mode) ? EISDIR : EINVAL;
		goto out;
	}
	text = fd_read_all(fd, max, len_r);
out:
	fd_close(&fd);
	return text;
}

static int
load_file(const struct run_spec *spec, struct envfile *file, struct err *err)
{
	const char *path = spec->environment_file;
	bool optional = path[0] == '-';
	struct stat st;
	size_t len;
	char *text;

	path += optional;
	text = job_input_read(spec, path, ENVFILE_SIZE_MAX, &st, &len);
	if (text == NULL && optional && errno == ENOENT)
		return 0;
	if (text == NULL && errno == EFBIG)
		return err_set(err, "environment file %s has more than %zuK",
		    path, ENVFILE_SIZE_MAX / 1024);
	if (text == NULL && errno == EINVAL)
		return err_set(
		    err, "environment file %s is not a regular file", path);
	if (text == NULL)
		return err_errno(err, "cannot read environment file %s", path);
	if (envfile_parse(file, text, len, err) == -1)
		return err_prefix(err, "environment file %s", path);
	return 0; /* text lives on: the variables are in it */
}

const char **
job_input_env(const struct run_spec *spec, struct err *err)
{
	struct envfile file = {NULL, 0};

	if (spec->environment_file[0] == '\0')
		return spec->env;
	if (load_file(spec, &file, err) == -1)
		return NULL;
	return envfile_merge(spec->env, spec->envc, &file);
}

int
job_input_open(const struct run_spec *spec, struct err *err)
{
	int fd;

	if (spec->stdin_data == NULL)
		return -1;
	fd = memfd_create("stdin", MFD_CLOEXEC);
	if (fd == -1 ||
	    fd_pwrite_all(fd, spec->stdin_data, spec->stdin_len, 0) == -1) {
		err_errno(err, "cannot hold its standard input");
		fd_close(&fd);
	}
	return fd;
}
