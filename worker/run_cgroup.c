#include "run_cgroup.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "run/runfile.h"

#define PREFIX   "run-"
#define FILE_MAX 4096

/* The beginning of a small file; "" when it cannot be read. */
static void
read_small(int dir, const char *name, char *buf, size_t size)
{
	int fd = openat(dir, name, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd == -1 ? -1 : read(fd, buf, size - 1);

	buf[n < 0 ? 0 : n] = '\0';
	fd_close(&fd);
}

static int
write_small(int dir, const char *name, const char *value)
{
	int fd = openat(dir, name, O_WRONLY | O_CLOEXEC);
	ssize_t n = fd == -1 ? -1 : write(fd, value, strlen(value));
	int saved = errno;

	fd_close(&fd);
	errno = saved;
	return n == -1 ? -1 : 0;
}

/* Whether a line of blank-separated words has this one. */
static bool
has_word(const char *text, const char *word)
{
	size_t len = strlen(word);

	for (; *text != '\0'; text += strcspn(text, " \n")) {
		text += strspn(text, " \n");
		if (strncmp(text, word, len) == 0 &&
		    strchr(" \n", text[len]) != NULL)
			return true;
	}
	return false;
}

/* The number behind a name, as in "oom 0\noom_kill 1\n"; 0 without it. */
static unsigned long long
find_count(const char *text, const char *name)
{
	size_t len = strlen(name);

	for (; text != NULL && *text != '\0'; text = strchr(text, '\n')) {
		text += *text == '\n';
		if (strncmp(text, name, len) == 0 && text[len] == ' ')
			return strtoull(text + len, NULL, 10);
	}
	return 0;
}

void
cgroup_base_init(struct cgroup_base *base, const char *path)
{
	char text[FILE_MAX];
	int dir;

	base->path = path;
	base->memory = base->pids = false;
	if (path[0] == '\0')
		return;
	dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir == -1) {
		log_warn("cannot open %s, limits hold by rlimit: %s", path,
		    strerror(errno));
		base->path = "";
		return;
	}
	read_small(dir, "cgroup.subtree_control", text, sizeof(text));
	base->memory = has_word(text, "memory");
	base->pids = has_word(text, "pids");
	fd_close(&dir);
}

/* Nobody has the lock of a run whose worker is gone. */
static bool
is_worker_gone(int runs_fd, const char *run)
{
	struct runfile file;

	if (strlen(run) < 4 || strlen(run) >= RUN_ID_SIZE)
		return true;
	if (runfile_open_locked(&file, runs_fd, run, NULL) == -1)
		return errno != EWOULDBLOCK;
	runfile_close(&file);
	return true;
}

static void
clean_group(int base, const char *name)
{
	int dir = openat(base, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (dir == -1)
		return;
	log_info("removing control group %s, its worker is gone", name);
	/* It may be removed when the dead were reaped: at the next start. */
	if (write_small(dir, "cgroup.kill", "1") == -1)
		log_warn(
		    "cannot kill what is in %s: %s", name, strerror(errno));
	fd_close(&dir);
	if (unlinkat(base, name, AT_REMOVEDIR) == -1)
		log_debug("cannot remove %s: %s", name, strerror(errno));
}

void
cgroup_base_clean(const struct cgroup_base *base, int runs_fd)
{
	const size_t skip = strlen(PREFIX);
	struct dirent *entry;
	DIR *dir;

	if (base->path[0] == '\0')
		return;
	dir = opendir(base->path);
	while (dir != NULL && (entry = readdir(dir)) != NULL)
		if (strncmp(entry->d_name, PREFIX, skip) == 0 &&
		    is_worker_gone(runs_fd, entry->d_name + skip))
			clean_group(dirfd(dir), entry->d_name);
	if (dir != NULL)
		closedir(dir);
}

void
run_cgroup_init(struct run_cgroup *group)
{
	group->base = group->dir = group->procs = group->kill = -1;
}

static int
write_number(int dir, const char *name, unsigned long long n)
{
	char text[32];

	snprintf(text, sizeof(text), "%llu", n);
	return write_small(dir, name, text);
}

/*
 * The run is killed as a whole: what is left of a job whose half is dead does
 * nobody good. Swap counts: without it, a job would only get slow.
 */
static int
set_memory(int dir, uint64_t bytes)
{
	if (write_number(dir, "memory.max", bytes) == -1)
		return -1;
	if (write_small(dir, "memory.oom.group", "1") == -1)
		return -1;
	if (write_small(dir, "memory.swap.max", "0") == -1 && errno != ENOENT)
		return -1;
	return 0;
}

static int
set_limits(struct run_cgroup *group, const struct cgroup_base *base,
    struct run_limits *limits)
{
	if (base->memory && limits->memory != 0) {
		if (set_memory(group->dir, limits->memory) == -1)
			return -1;
		limits->memory = 0;
	}
	if (base->pids && limits->processes != 0) {
		if (write_number(group->dir, "pids.max", limits->processes) ==
		    -1)
			return -1;
		limits->processes = 0;
	}
	return 0;
}

static int
open_files(struct run_cgroup *group)
{
	group->dir = openat(
	    group->base, group->name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (group->dir == -1)
		return -1;
	group->kill = openat(group->dir, "cgroup.kill", O_WRONLY | O_CLOEXEC);
	group->procs = openat(group->dir, "cgroup.procs", O_WRONLY | O_CLOEXEC);
	return group->procs == -1 ? -1 : 0;
}

int
run_cgroup_make(struct run_cgroup *group, const struct cgroup_base *base,
    const char *run, struct run_limits *limits, struct err *err)
{
	if (base->path[0] == '\0' ||
	    (limits->memory == 0 && limits->processes == 0))
		return 0;
	snprintf(group->name, sizeof(group->name), PREFIX "%s", run);
	group->base = open(base->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (group->base != -1 &&
	    (mkdirat(group->base, group->name, 0755) == 0 || errno == EEXIST) &&
	    open_files(group) == 0 && set_limits(group, base, limits) == 0)
		return 0;
	return err_errno(
	    err, "cannot set up control group %s/%s", base->path, group->name);
}

bool
run_cgroup_exceeded_memory(const struct run_cgroup *group)
{
	char text[FILE_MAX];

	if (group->dir == -1)
		return false;
	read_small(group->dir, "memory.events", text, sizeof(text));
	return find_count(text, "oom_kill") > 0;
}

bool
run_cgroup_refused_forks(const struct run_cgroup *group)
{
	char text[FILE_MAX];

	if (group->dir == -1)
		return false;
	read_small(group->dir, "pids.events", text, sizeof(text));
	return find_count(text, "max") > 0;
}

void
run_cgroup_remove(struct run_cgroup *group)
{
	if (group->dir != -1 &&
	    unlinkat(group->base, group->name, AT_REMOVEDIR) == -1)
		log_warn("cannot remove control group %s: %s", group->name,
		    strerror(errno));
	fd_close(&group->kill);
	fd_close(&group->procs);
	fd_close(&group->dir);
	fd_close(&group->base);
}
