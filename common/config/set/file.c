#include "config/set/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/mem.h"
#include "config/crontab/jobs.h"
#include "config/ini.h"
#include "config/set/crontabs.h"
#include "config/set/owner.h"

static bool
same_time(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

static bool
is_unchanged(const struct job_file *file, const char *path)
{
	struct stat st;

	return file->settled && stat(path, &st) == 0 &&
	    st.st_dev == file->dev && st.st_ino == file->ino &&
	    st.st_size == file->size && same_time(&st.st_mtim, &file->mtime) &&
	    same_time(&st.st_ctim, &file->ctime);
}

/*
 * now is from before the file was read, from the clock that files get their
 * times from: a change within the same tick would leave no trace.
 */
static void
set_identity(
    struct job_file *file, const struct stat *st, const struct timespec *now)
{
	file->dev = st->st_dev;
	file->ino = st->st_ino;
	file->size = st->st_size;
	file->mtime = st->st_mtim;
	file->ctime = st->st_ctim;
	file->settled = st->st_ctim.tv_sec < now->tv_sec ||
	    (st->st_ctim.tv_sec == now->tv_sec &&
		st->st_ctim.tv_nsec < now->tv_nsec);
}

static int
check_kind(const struct stat *st, struct err *err)
{
	if (S_ISDIR(st->st_mode))
		return err_set(
		    err, "this is a directory; a job file is a text file");
	if (!S_ISREG(st->st_mode))
		return err_set(err,
		    "this is not a regular file; a job file is a text file");
	if ((uint64_t)st->st_size > INI_FILE_MAX)
		return err_set(err,
		    "%lld bytes are too many for a job file; "
		    "at most %u",
		    (long long)st->st_size, INI_FILE_MAX);
	return 0;
}

static int
check_owner(const struct job_parse_env *env, const struct job_file *file,
    const struct stat *st, struct err *err)
{
	if (file->kind == JOB_SOURCE_INI)
		return job_owner_check_file(st, env->options, err);
	return crontab_check_file(
	    file->path, st, file->kind, env->options, err);
}

/* The descriptor; -1 with err. */
static int
open_file(const struct job_parse_env *env, const struct job_file *file,
    struct err *err)
{
	int fd;

	if (file->kind != JOB_SOURCE_INI)
		return crontab_open(file->path, file->kind, env->options, err);
	/* Not blocking: the name could be a fifo's. */
	fd = open(file->path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd == -1)
		err_errno(err, "cannot open this file");
	return fd;
}

/* The text of the file, which the caller frees; NULL with err. */
static char *
read_text(const struct job_parse_env *env, struct job_file *file,
    struct stat *st, size_t *len_r, struct err *err)
{
	struct timespec now;
	char *text = NULL;
	int fd = open_file(env, file, err);

	if (fd == -1)
		return NULL;
	clock_gettime(CLOCK_REALTIME_COARSE, &now);
	if (fstat(fd, st) == -1) {
		err_errno(err, "cannot stat this file");
		goto out;
	}
	set_identity(file, st, &now);
	if (check_kind(st, err) == -1 || check_owner(env, file, st, err) == -1)
		goto out;
	text = fd_read_all(fd, INI_FILE_MAX, len_r);
	if (text == NULL)
		err_errno(err, "cannot read this file");
out:
	fd_close(&fd);
	return text;
}

static void
parse_file(const struct job_parse_env *env, struct job_file *file)
{
	struct job_problem problem = {.is_error = true, .file = file->path};
	struct job_source source = {.kind = file->kind, .path = file->path};
	struct err err;
	struct stat st;
	size_t len = 0;
	char *text = read_text(env, file, &st, &len, &err);

	if (text == NULL) {
		/* Who its user is may change, though the file does not. */
		if (file->kind != JOB_SOURCE_INI)
			file->settled = false;
		problem.text = err.text;
		problem_add(&file->problems, &problem, PROBLEM_FILE_MAX);
		return;
	}
	source.trusted =
	    file->kind != JOB_SOURCE_USER_CRONTAB && job_owner_is_trusted(&st);
	source.uid = st.st_uid;
	source.mtime = st.st_mtim;
	file->block =
	    (file->kind == JOB_SOURCE_INI ? job_block_parse : crontab_parse)(
		env, &source, text, len, &file->problems);
	free(text);
}

struct job_file *
job_file_load(const struct job_parse_env *env, const char *path,
    enum job_source_kind kind, struct job_file *previous)
{
	struct job_file *file;

	if (previous != NULL && is_unchanged(previous, path))
		return job_file_ref(previous);
	file = xcalloc(1, sizeof(*file));
	file->refs = 1;
	file->kind = kind;
	file->path = xstrdup(path);
	parse_file(env, file);
	/* What a plugin is may have changed, though the file did not. */
	if (file->block != NULL && file->block->nplugins > 0)
		file->settled = false;
	file->nwaiting = file->block != NULL ? file->block->nwaiting : 0;
	if ((file->problems.n > 0 || file->nwaiting > 0) && previous != NULL &&
	    previous->block != NULL && previous->block->ndefs > 0) {
		job_block_release(file->block);
		file->block = job_block_ref(previous->block);
	}
	return file;
}

struct job_file *
job_file_of_crontab(
    const struct job_parse_env *env, const struct job_crontab *crontab)
{
	struct job_file *file = xcalloc(1, sizeof(*file));
	struct job_source source = {.path = crontab->path,
	    .user = crontab->user,
	    .trusted = crontab->user == NULL};
	char *text = xmalloc(crontab->len + 1);

	memcpy(text, crontab->text, crontab->len);
	text[crontab->len] = '\0';
	file->refs = 1;
	file->kind = source.kind = crontab->user != NULL ?
	    JOB_SOURCE_USER_CRONTAB :
	    JOB_SOURCE_SYSTEM_CRONTAB;
	file->path = xstrdup(crontab->path);
	file->block =
	    crontab_parse(env, &source, text, crontab->len, &file->problems);
	free(text);
	return file;
}

void
job_file_fall_back(struct job_file *file, const struct job_file *previous)
{
	job_block_release(file->block);
	file->block = job_block_ref(previous->block);
	file->settled = false;
}

struct job_file *
job_file_ref(struct job_file *file)
{
	file->refs++;
	return file;
}

void
job_file_release(struct job_file *file)
{
	if (file == NULL || --file->refs > 0)
		return;
	job_block_release(file->block);
	problem_fini(&file->problems);
	free(file->path);
	free(file);
}
