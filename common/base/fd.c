#include "base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/fault.h"
#include "base/mem.h"

void
fd_close(int *fd)
{
	int saved = errno;

	if (*fd != -1)
		close(*fd);
	*fd = -1;
	errno = saved;
}

int
fd_nonblock(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags == -1)
		return -1;
	return fcntl(fd, F_SETFL, flags | O_NONBLOCK);
}

int
fd_cloexec(int fd, int on)
{
	return fcntl(fd, F_SETFD, on ? FD_CLOEXEC : 0);
}

int
fd_pwrite_all(int fd, const void *p, size_t n, off_t offset)
{
	const char *s = p;
	ssize_t w;

	if (fault_fails(FAULT_WRITE))
		return -1;
	while (n > 0) {
		w = pwrite(fd, s, n, offset);
		if (w == -1 && errno == EINTR)
			continue;
		if (w == -1)
			return -1;
		s += w;
		n -= (size_t)w;
		offset += w;
	}
	return 0;
}

char *
fd_read_all(int fd, size_t max, size_t *len_r)
{
	char *buf = NULL;
	size_t cap = 0, len = 0;
	ssize_t n;

	for (;;) {
		array_reserve(&buf, &cap, len + 4096, 1);
		n = read(fd, buf + len, cap - len - 1);
		if (n == -1 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		len += (size_t)n;
		if (len > max) {
			errno = EFBIG;
			n = -1;
			break;
		}
	}
	if (n == -1) {
		free(buf);
		return NULL;
	}
	buf[len] = '\0';
	if (len_r != NULL)
		*len_r = len;
	return buf;
}

int
fd_mkdir_p(const char *path, mode_t mode)
{
	char *copy = xstrdup(path), *p;
	int rc = 0;

	for (p = copy + 1; rc == 0 && *p != '\0'; p++) {
		if (*p != '/')
			continue;
		*p = '\0';
		if (mkdir(copy, 0755) == -1 && errno != EEXIST)
			rc = -1;
		*p = '/';
	}
	if (rc == 0 && mkdir(copy, mode) == -1 && errno != EEXIST)
		rc = -1;
	free(copy);
	return rc;
}

static int
unix_is_alive(const struct sockaddr_un *sun, int type)
{
	int fd, alive;

	fd = socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd == -1)
		return 0;
	alive = connect(fd, (const struct sockaddr *)sun, sizeof(*sun)) == 0 ||
	    errno == EAGAIN;
	fd_close(&fd);
	return alive;
}

int
fd_listen_unix(const char *path, int type, mode_t mode, struct err *err)
{
	struct sockaddr_un sun = {.sun_family = AF_UNIX};
	struct stat st;
	mode_t old;
	int fd = -1, rc;

	if (strlen(path) >= sizeof(sun.sun_path))
		return err_set(err,
		    "%s: a socket's path may have at most %zu characters", path,
		    sizeof(sun.sun_path) - 1);
	memcpy(sun.sun_path, path, strlen(path) + 1);
	if (lstat(path, &st) == 0) {
		if (!S_ISSOCK(st.st_mode))
			return err_set(
			    err, "%s: exists and is not a socket", path);
		if (unix_is_alive(&sun, type)) {
			err_set(err, "%s: another daemon listens here", path);
			errno = EADDRINUSE;
			return -1;
		}
		if (unlink(path) == -1)
			return err_errno(err, "cannot remove %s", path);
	}
	fd = socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd == -1)
		return err_errno(err, "socket");
	/* The mode must be right from the first moment on. */
	old = umask(0777 & ~mode);
	rc = bind(fd, (const struct sockaddr *)&sun, sizeof(sun));
	umask(old);
	if (rc == -1 || listen(fd, 512) == -1) {
		err_errno(err, "cannot listen on %s", path);
		fd_close(&fd);
		return -1;
	}
	return fd;
}
