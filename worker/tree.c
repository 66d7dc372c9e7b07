#include "tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/mem.h"

/* A turn takes so many at most; who forks faster is met in the next. */
#define REAP_MAX 4096
#define TREE_MAX 65536

/* Orphans come to us while we look: so often, until no more are found. */
#define FREEZE_PASSES 16

struct pid_list {
	pid_t *pids; /* owned */
	size_t n;
	size_t cap;
};

int
tree_adopt(void)
{
	return prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
}

void
tree_init(struct tree *tree, pid_t main, int kill_fd)
{
	memset(tree, 0, sizeof(*tree));
	tree->kill_fd = kill_fd;
	tree->main = main;
}

static int64_t
timeval_us(const struct timeval *tv)
{
	return (int64_t)tv->tv_sec * 1000000 + tv->tv_usec;
}

bool
tree_reap(struct tree *tree)
{
	struct rusage usage;
	int64_t cpu_us;
	int status;
	pid_t pid;

	for (int i = 0; i < REAP_MAX; i++) {
		pid = wait4(-1, &status, WNOHANG, &usage);
		if (pid == -1 && errno == ECHILD)
			tree->empty = true;
		if (pid <= 0)
			return false;
		cpu_us =
		    timeval_us(&usage.ru_utime) + timeval_us(&usage.ru_stime);
		tree->cpu_us += cpu_us;
		if (usage.ru_maxrss > tree->max_rss_kb)
			tree->max_rss_kb = usage.ru_maxrss;
		if (pid == tree->main && !tree->ended) {
			tree->ended = true;
			tree->status = status;
			tree->main_cpu_us = cpu_us;
		}
	}
	return true;
}

bool
tree_is_empty(const struct tree *tree)
{
	return tree->empty;
}

/*
 * The only place that sends signals. -1 would reach everybody, 0 our own
 * group and 1 the system: no mistake elsewhere may get there.
 */
static int
send_signal(pid_t pid, bool group, int signal)
{
	if (pid <= 1 || pid == getpid() || (group && pid == getpgrp())) {
		errno = EINVAL;
		return -1;
	}
	return kill(group ? -pid : pid, signal);
}

static void
list_add(struct pid_list *list, pid_t pid)
{
	if (pid <= 1 || list->n >= TREE_MAX)
		return;
	array_reserve(&list->pids, &list->cap, list->n + 1, sizeof(pid));
	list->pids[list->n++] = pid;
}

/* Adds the numbers of a file such as /proc/PID/task/TID/children. */
static int
add_from_file(struct pid_list *list, const char *path)
{
	char *text, *p, *end;
	long pid;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd == -1)
		return -1;
	text = fd_read_all(fd, (size_t)1 << 20, NULL);
	fd_close(&fd);
	if (text == NULL)
		return -1;
	for (p = text;; p = end) {
		pid = strtol(p, &end, 10);
		if (end == p)
			break;
		list_add(list, (pid_t)pid);
	}
	free(text);
	return 0;
}

/* -1 when the kernel does not tell children. */
static int
add_children(struct pid_list *list, pid_t pid)
{
	char path[64];
	struct dirent *entry;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
	dir = opendir(path);
	if (dir == NULL)
		return -1;
	while ((entry = readdir(dir)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "/proc/%d/task/%.12s/children",
		    (int)pid, entry->d_name);
		add_from_file(list, path);
	}
	closedir(dir);
	return 0;
}

/* State letter and parent of a process. 0, or -1 when it is not there. */
static int
read_stat(pid_t pid, char *state_r, pid_t *parent_r)
{
	char path[64], text[512], *p;
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd == -1)
		return -1;
	n = read(fd, text, sizeof(text) - 1);
	fd_close(&fd);
	if (n <= 0)
		return -1;
	text[n] = '\0';
	/* The name may hold anything, also ")". */
	p = strrchr(text, ')');
	if (p == NULL || p[1] != ' ' || p[2] == '\0')
		return -1;
	*state_r = p[2];
	*parent_r = (pid_t)strtol(p + 3, NULL, 10);
	return 0;
}

static bool
list_has(const struct pid_list *list, pid_t pid)
{
	for (size_t i = 0; i < list->n; i++)
		if (list->pids[i] == pid)
			return true;
	return false;
}

/* Without "children" files: whose parent is in the list, until none is new. */
static void
scan_parents(struct pid_list *list)
{
	struct dirent *entry;
	pid_t pid, parent;
	size_t before;
	char state;
	DIR *dir;

	do {
		before = list->n;
		dir = opendir("/proc");
		if (dir == NULL)
			return;
		while ((entry = readdir(dir)) != NULL) {
			pid = (pid_t)strtol(entry->d_name, NULL, 10);
			if (pid <= 1 || list_has(list, pid) ||
			    read_stat(pid, &state, &parent) == -1)
				continue;
			if (parent == getpid() || list_has(list, parent))
				list_add(list, pid);
		}
		closedir(dir);
	} while (list->n > before);
}

/*
 * Parents stand before their children. freeze: each is stopped before its
 * children are read, so that it has none that we do not see.
 */
static void
collect(const struct tree *tree, struct pid_list *list, bool freeze)
{
	list->n = 0;
	if (access("/proc/thread-self/children", R_OK) == 0) {
		add_children(list, getpid());
		for (size_t i = 0; i < list->n; i++) {
			if (freeze)
				send_signal(list->pids[i], false, SIGSTOP);
			add_children(list, list->pids[i]);
		}
	} else {
		scan_parents(list);
	}
	/* No /proc at all: this one at least. */
	if (list->n == 0 && !tree->ended)
		list_add(list, tree->main);
}

/*
 * A group is signalled at once, whatever it forks. Its members are all of
 * our tree: a group lies within a session, and the job began its own.
 */
static void
kill_group(pid_t pid)
{
	pid_t group = getpgid(pid);

	if (group > 1 && getsid(pid) != getsid(0))
		send_signal(group, true, SIGKILL);
}

void
tree_signal(const struct tree *tree, int signal)
{
	struct pid_list list = {NULL, 0, 0};

	collect(tree, &list, false);
	for (size_t i = 0; i < list.n; i++)
		send_signal(list.pids[i], false, signal);
	for (size_t i = 0; i < list.n; i++)
		send_signal(list.pids[i], false, SIGCONT);
	free(list.pids);
}

int
tree_count(const struct tree *tree)
{
	struct pid_list list = {NULL, 0, 0};
	int alive = 0;
	pid_t parent;
	char state;

	collect(tree, &list, false);
	for (size_t i = 0; i < list.n; i++)
		if (read_stat(list.pids[i], &state, &parent) == 0 &&
		    state != 'Z' && state != 'X')
			alive++;
	free(list.pids);
	return alive;
}

void
tree_kill(const struct tree *tree)
{
	struct pid_list list = {NULL, 0, 0};
	size_t before = 0;

	/* All at once, whatever they fork; the rounds see to what is left. */
	if (tree->kill_fd != -1 && write(tree->kill_fd, "1", 1) == -1)
		log_debug("cgroup.kill: %s", strerror(errno));
	collect(tree, &list, true);
	for (int i = 0; i < FREEZE_PASSES && list.n > before; i++) {
		before = list.n;
		collect(tree, &list, true);
	}
	for (size_t i = 0; i < list.n; i++) {
		kill_group(list.pids[i]);
		send_signal(list.pids[i], false, SIGKILL);
	}
	free(list.pids);
}
