/* Descriptors are owned like memory. Everything here is close-on-exec. */
#ifndef BELFRY_BASE_FD_H
#define BELFRY_BASE_FD_H

#include <sys/types.h>
#include <stddef.h>

#include "base/err.h"

/* Closes *fd if it is open and sets it to -1. Keeps errno. */
void fd_close(int *fd);

/* Makes fd non-blocking. 0, or -1 with errno. */
int fd_nonblock(int fd);

/* Sets or clears close-on-exec. 0, or -1 with errno. */
int fd_cloexec(int fd, int on);

/*
 * Writes all of n bytes at offset, retrying short writes and EINTR.
 * 0, or -1 with errno.
 */
int fd_pwrite_all(int fd, const void *p, size_t n, off_t offset);

/*
 * Reads until end of file into a new NUL-terminated buffer, which the caller
 * frees. A file of more than max bytes is an error (EFBIG). *len_r may be
 * NULL. NULL with errno on failure.
 */
char *fd_read_all(int fd, size_t max, size_t *len_r);

/* Makes directory path and its parents, as mkdir -p. 0, or -1 with errno. */
int fd_mkdir_p(const char *path, mode_t mode);

/*
 * Binds and listens on a unix socket of type SOCK_STREAM or SOCK_SEQPACKET at
 * path, replacing a dead one that stands there; an alive one is an error
 * (errno EADDRINUSE). Returns the non-blocking descriptor or -1.
 */
int fd_listen_unix(const char *path, int type, mode_t mode, struct err *err);

#endif
