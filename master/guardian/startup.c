#include "startup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/mem.h"

#define CONFIG_MAX ((size_t)4 << 20)

/* Descriptors 0 to last become /dev/null. */
static void
close_terminal(int last)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (null == -1)
		return;
	for (int i = 0; i <= last; i++)
		dup2(null, i);
	fd_close(&null);
}

int
startup_detach(struct err *err)
{
	int fds[2];
	pid_t pid;
	char ok;

	if (pipe2(fds, O_CLOEXEC) == -1)
		return err_errno(err, "pipe");
	pid = fork();
	if (pid == -1)
		return err_errno(err, "fork");
	if (pid > 0) {
		fd_close(&fds[1]);
		_exit(read(fds[0], &ok, 1) == 1 ? 0 : 1);
	}
	fd_close(&fds[0]);
	if (setsid() == -1 || chdir("/") == -1)
		return err_errno(err, "cannot detach");
	/*
	 * The roles inherit these, and whoever reads what we print would wait
	 * for them. Standard error is needed until we are up.
	 */
	close_terminal(STDOUT_FILENO);
	return fds[1];
}

void
startup_detached(int fd, bool keeps_log)
{
	if (fd == -1)
		return;
	if (!keeps_log)
		close_terminal(STDERR_FILENO);
	if (write(fd, "", 1) == -1)
		return; /* the parent is gone: nobody to tell */
	fd_close(&fd);
}

/* The directory behind fd, named path, becomes that of ids. */
static int
give_directory(
    int fd, const char *path, const struct priv_ids *ids, struct err *err)
{
	struct stat st;

	if (fstat(fd, &st) == -1)
		return err_errno(err, "cannot look at %s", path);
	if (st.st_uid == ids->uid)
		return 0;
	if (st.st_uid != 0)
		return err_set(err,
		    "%s belongs to uid %u, and the daemon would work as uid "
		    "%u: set user in [master], or give the directory away",
		    path, st.st_uid, ids->uid);
	if (fchown(fd, ids->uid, ids->gid) == -1)
		return err_errno(
		    err, "cannot give %s to uid %u", path, ids->uid);
	return 0;
}

static int
make_directory(
    const char *path, mode_t mode, const struct priv_ids *ids, struct err *err)
{
	struct stat st;
	int fd, rc;

	if (fd_mkdir_p(path, mode) == -1)
		return err_errno(err, "cannot make directory %s", path);
	if (stat(path, &st) == 0 && !S_ISDIR(st.st_mode))
		return err_set(err, "%s is not a directory", path);
	if (geteuid() != 0 && access(path, W_OK | X_OK) == -1)
		return err_errno(err, "cannot work in %s", path);
	if (geteuid() != 0)
		return 0;
	fd = priv_open(path, O_RDONLY | O_DIRECTORY, 0, err);
	if (fd == -1)
		return -1;
	rc = give_directory(fd, path, ids, err);
	fd_close(&fd);
	return rc;
}

int
startup_directories(
    const struct config *config, const struct priv_ids *ids, struct err *err)
{
	char *runs = xasprintf("%s/runs", config->state_dir);
	int rc = 0;

	if (make_directory(config->state_dir, 0700, ids, err) == -1 ||
	    make_directory(runs, 0700, ids, err) == -1 ||
	    make_directory(config->run_dir, 0755, ids, err) == -1)
		rc = -1;
	free(runs);
	return rc;
}

static int
write_pid(int fd)
{
	char text[32];
	int n = snprintf(text, sizeof(text), "%d\n", (int)getpid());

	if (ftruncate(fd, 0) == -1)
		return -1;
	return fd_pwrite_all(fd, text, (size_t)n, 0);
}

int
startup_lock(const struct config *config, struct err *err)
{
	char *path = xasprintf("%s/belfryd.lock", config->state_dir);
	char pid[32] = "";
	int fd, rc = -1;

	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd == -1) {
		err_errno(err, "cannot open %s", path);
	} else if (flock(fd, LOCK_EX | LOCK_NB) == -1) {
		if (pread(fd, pid, sizeof(pid) - 1, 0) == -1)
			pid[0] = '\0';
		pid[strcspn(pid, "\n")] = '\0';
		err_set(err,
		    "belfryd already runs with state-dir %s (pid %s); stop it "
		    "first, or give this one a state-dir of its own",
		    config->state_dir, pid);
	} else if (write_pid(fd) == -1) {
		err_errno(err, "cannot write %s", path);
	} else {
		rc = 0;
	}
	if (rc == -1)
		fd_close(&fd);
	free(path);
	return fd;
}

int
startup_pid_file(const char *path, struct err *err)
{
	int fd, rc;

	/* A new file: what another program left there is not written into. */
	unlink(path);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (fd == -1)
		return err_errno(err, "cannot write pid file %s", path);
	rc = write_pid(fd);
	if (rc == -1)
		err_errno(err, "cannot write pid file %s", path);
	fd_close(&fd);
	return rc;
}

int
startup_copy(const char *path, struct err *err)
{
	char *text = NULL;
	size_t len;
	int in, out = -1;

	in = open(path, O_RDONLY | O_CLOEXEC);
	if (in == -1 || (text = fd_read_all(in, CONFIG_MAX, &len)) == NULL) {
		err_errno(err, "cannot read %s", path);
	} else {
		out = memfd_create("belfry.conf", MFD_CLOEXEC);
		if (out == -1 || fd_pwrite_all(out, text, len, 0) == -1) {
			err_errno(err, "cannot copy %s", path);
			fd_close(&out);
		}
	}
	free(text);
	fd_close(&in);
	return out;
}

/*
 * A log that is a terminal or a pipe stays whose it is, and one that has other
 * names may be a file that somebody has put there.
 */
static int
give_log(int fd, const char *path, const struct priv_ids *ids, struct err *err)
{
	struct stat st;

	if (geteuid() != 0)
		return 0;
	if (fstat(fd, &st) == -1)
		return err_errno(err, "cannot look at log %s", path);
	if (!S_ISREG(st.st_mode) || st.st_uid == ids->uid)
		return 0;
	if (st.st_nlink > 1)
		return err_set(err,
		    "log %s has %lu names, root does not give it to uid %u",
		    path, (unsigned long)st.st_nlink, ids->uid);
	if (fchown(fd, ids->uid, ids->gid) == -1)
		return err_errno(
		    err, "cannot give log %s to uid %u", path, ids->uid);
	return 0;
}

int
startup_open_log(const char *path, const struct priv_ids *ids, struct err *err)
{
	int fd = priv_open(path, O_WRONLY | O_CREAT | O_APPEND, 0640, err);

	if (fd == -1)
		return err_prefix(err, "log");
	if (give_log(fd, path, ids, err) == -1)
		fd_close(&fd);
	return fd;
}
