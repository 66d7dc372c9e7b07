/*
 * Preloaded into Debian's cron by a test, behind libclock: it sleeps by the
 * clock of the test, and tells in the file $BELFRY_TEST_SLEEP, 8 bytes, until
 * which second. What it rests between minutes that it catches up is left out.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define REST_S 10

unsigned int
sleep(unsigned int seconds)
{
	const struct timespec look = {0, 5000000};
	int64_t end = time(NULL) + seconds, now;
	const char *path = getenv("BELFRY_TEST_SLEEP");
	int fd;

	if (seconds == REST_S || path == NULL)
		return 0;
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	if (fd == -1 || pwrite(fd, &end, sizeof(end), 0) != sizeof(end))
		abort();
	close(fd);
	while ((now = time(NULL)) < end)
		if (nanosleep(&look, NULL) == -1)
			return (unsigned int)(end - now);
	return 0;
}
