#include "base/fault.h"

#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.h"

static struct faults *faults;

/* Forked processes have the mapping of their parent. */
static struct faults *
map_faults(void)
{
	const char *path = getenv("BELFRY_FAULTS");
	void *p;
	int fd;

	if (path == NULL)
		return NULL;
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd == -1)
		return NULL;
	p = mmap(
	    NULL, sizeof(*faults), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	fd_close(&fd);
	return p != MAP_FAILED ? p : NULL;
}

/* libc's getpid() and raise() are not for a child in our memory. */
static void
die(void)
{
	syscall(SYS_kill, (pid_t)syscall(SYS_getpid), SIGKILL);
}

static void
kill_victims(void)
{
	for (uint32_t i = 0; i < faults->nvictims && i < FAULT_VICTIMS; i++)
		if (faults->victims[i] > 1)
			kill(faults->victims[i], SIGKILL);
}

/* Is it the point of the death to come? */
static bool
is_next(enum fault_point point, struct fault_death *death)
{
	if (death->at == 0 ||
	    (death->only != 0 && death->only != (uint32_t)point + 1))
		return false;
	return __atomic_add_fetch(&faults->counted, 1, __ATOMIC_SEQ_CST) ==
	    death->at;
}

void
fault_point(enum fault_point point)
{
	struct fault_death *death;
	uint32_t n;

	if (faults == NULL)
		faults = map_faults();
	if (faults == NULL ||
	    __atomic_load_n(&faults->armed, __ATOMIC_SEQ_CST) == 0)
		return;
	n = __atomic_fetch_add(&faults->passed, 1, __ATOMIC_SEQ_CST);
	if (n < FAULT_TRACE)
		faults->trace[n] = (uint8_t)(point + 1);
	n = __atomic_load_n(&faults->ndied, __ATOMIC_SEQ_CST);
	if (n >= FAULT_DEATHS)
		return;
	death = &faults->deaths[n];
	if (!is_next(point, death))
		return;
	death->died = (uint32_t)point + 1;
	__atomic_store_n(&faults->counted, 0, __ATOMIC_SEQ_CST);
	__atomic_store_n(&faults->ndied, n + 1, __ATOMIC_SEQ_CST);
	if (faults->nvictims == 0)
		die();
	kill_victims();
}
