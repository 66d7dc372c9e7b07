#include "base/fault.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.h"
#include "ipc/message.h"

static struct faults *faults;
static uint32_t own_role;

/* By its program and arguments: "belfryd -x ROLE". */
static uint32_t
find_role(void)
{
	static const char *const names[ROLE_COUNT] = {
	    [ROLE_MASTER] = "master",
	    [ROLE_RECORDER] = "recorder",
	    [ROLE_API] = "api",
	};
	char text[4096] = "";
	int fd = open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC);
	ssize_t n = read(fd, text, sizeof(text) - 1);
	const char *end = text + (n > 0 ? n : 0), *p = text;

	fd_close(&fd);
	if (strstr(text, "belfry-worker") != NULL)
		return ROLE_WORKER;
	while (p < end && strcmp(p, "-x") != 0)
		p += strlen(p) + 1;
	p += strlen(p) + 1;
	for (uint32_t i = 0; i < ROLE_COUNT && p < end; i++)
		if (names[i] != NULL && strcmp(p, names[i]) == 0)
			return i;
	return ROLE_GUARDIAN;
}

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
	own_role = find_role();
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

/* Before a program can forget its environment. */
static __attribute__((constructor)) void
map_at_start(void)
{
	faults = map_faults();
}

static bool
is_armed(void)
{
	return faults != NULL &&
	    __atomic_load_n(&faults->armed, __ATOMIC_SEQ_CST) != 0;
}

void
fault_point(enum fault_point point)
{
	struct fault_death *death;
	uint32_t n;

	if (!is_armed())
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

bool
fault_fails(enum fault_kind kind)
{
	int saved = errno;

	if (!is_armed() || faults->fail_kind != (uint32_t)kind ||
	    faults->fail_role != own_role ||
	    __atomic_add_fetch(&faults->failing, 1, __ATOMIC_SEQ_CST) !=
		faults->fail_at) {
		errno = saved;
		return false;
	}
	faults->failed = 1;
	errno = (int)faults->fail_errno;
	return true;
}
