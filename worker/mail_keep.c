#include "mail_keep.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"

/*
 * For good, as the directory is that user's, who could lead root anywhere.
 * libc's own calls would tell other threads; there are none.
 */
static int
become(uid_t uid, gid_t gid)
{
	if (geteuid() == uid)
		return 0;
	if (syscall(SYS_setgroups, (size_t)0, NULL) == -1 ||
	    syscall(SYS_setresgid, gid, gid, gid) == -1)
		return -1;
	return (int)syscall(SYS_setresuid, uid, uid, uid);
}

static int
copy(int to, int from)
{
	struct stat st;
	off_t at = 0;

	if (fstat(from, &st) == -1)
		return -1;
	while (at < st.st_size)
		if (sendfile(to, from, &at, (size_t)(st.st_size - at)) <= 0)
			return -1;
	return 0;
}

/* Behind a name that nobody looks for, until it is whole. */
static int
write_file(const char *directory, const char *name, int from)
{
	char path[PATH_MAX], whole[PATH_MAX];
	int fd, rc;

	if (snprintf(path, sizeof(path), "%s/.%s", directory, name) >=
	    (int)sizeof(path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	snprintf(whole, sizeof(whole), "%s/%s", directory, name);
	if (mkdir(directory, 0700) == -1 && errno != EEXIST)
		return -1;
	fd = open(
	    path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd == -1)
		return -1;
	rc = copy(fd, from);
	if (close(fd) == 0 && rc == 0)
		rc = rename(path, whole);
	if (rc == -1)
		unlink(path);
	return rc;
}

static _Noreturn void
be_keeper(const struct run_spec *spec, int fd)
{
	uid_t uid = (uid_t)strtoul(spec->mail[1], NULL, 10);
	gid_t gid = (gid_t)strtoul(spec->mail[2], NULL, 10);

	if (become(uid, gid) == -1 ||
	    write_file(spec->mail[0], spec->id, fd) == -1) {
		log_warn("run %s: its output is not mailed, for the mail "
			 "cannot be kept in %s: %s",
		    spec->id, spec->mail[0], strerror(errno));
		_exit(1);
	}
	_exit(0);
}

void
mail_keep(const struct run_spec *spec, int fd)
{
	pid_t pid;

	if (spec->mailc != 3)
		return;
	pid = fork();
	if (pid == 0)
		be_keeper(spec, fd);
	if (pid == -1)
		log_warn("run %s: its output is not mailed: cannot start a "
			 "process: %s",
		    spec->id, strerror(errno));
	while (pid != -1 && waitpid(pid, NULL, 0) == -1 && errno == EINTR)
		;
}
