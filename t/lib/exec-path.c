/*
 * Preloaded into the daemon where it runs below valgrind, which cannot execute
 * by /proc/self/exe (that is valgrind) nor by a descriptor that is closed on
 * the way: both are executed by the path that they lead to.
 */
#include <limits.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

int
execv(const char *path, char *const argv[])
{
	char real[PATH_MAX];
	ssize_t n = -1;

	if (strncmp(path, "/proc/self/", strlen("/proc/self/")) == 0)
		n = readlink(path, real, sizeof(real) - 1);
	if (n > 0) {
		real[n] = '\0';
		path = real;
	}
	return (int)syscall(SYS_execve, path, argv, environ);
}
