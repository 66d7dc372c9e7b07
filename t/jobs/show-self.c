/*
 * Prints what it was given: ids, groups, umask, nice, directory, session,
 * signals, descriptors. One "name value" a line.
 */
#include <dirent.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static void
show_signals(void)
{
	struct sigaction sa;
	sigset_t set;

	sigprocmask(SIG_BLOCK, NULL, &set);
	printf("blocked");
	for (int i = 1; i < NSIG; i++)
		if (sigismember(&set, i) == 1)
			printf(" %d", i);
	printf("\nhandled");
	for (int i = 1; i < NSIG; i++)
		if (sigaction(i, NULL, &sa) == 0 && sa.sa_handler != SIG_DFL)
			printf(" %d", i);
	printf("\n");
}

static void
show_limits(void)
{
	static const struct {
		const char *name;
		int resource;
	} table[] = {
	    {"cpu", RLIMIT_CPU},
	    {"memory", RLIMIT_AS},
	    {"files", RLIMIT_NOFILE},
	    {"processes", RLIMIT_NPROC},
	};
	struct rlimit limit;

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (getrlimit(table[i].resource, &limit) == 0)
			printf("%s %llu %llu\n", table[i].name,
			    (unsigned long long)limit.rlim_cur,
			    (unsigned long long)limit.rlim_max);
	printf("ionice %ld\n", syscall(SYS_ioprio_get, 1, 0));
	printf("nnp %d\n", prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
}

static void
show_descriptors(void)
{
	DIR *dir = opendir("/proc/self/fd");
	struct dirent *entry;

	printf("descriptors");
	while (dir != NULL && (entry = readdir(dir)) != NULL)
		if (entry->d_name[0] != '.' &&
		    strtol(entry->d_name, NULL, 10) != dirfd(dir))
			printf(" %s", entry->d_name);
	if (dir != NULL)
		closedir(dir);
	printf("\n");
}

int
main(int argc, char **argv)
{
	uid_t ruid, euid, suid;
	gid_t rgid, egid, sgid, groups[64];
	char cwd[4096];
	int n;

	getresuid(&ruid, &euid, &suid);
	getresgid(&rgid, &egid, &sgid);
	printf("argv0 %s\nargc %d\n", argv[0], argc);
	printf(
	    "uid %u %u %u\ngid %u %u %u\n", ruid, euid, suid, rgid, egid, sgid);
	n = getgroups(64, groups);
	printf("groups");
	for (int i = 0; i < n; i++)
		printf(" %u", groups[i]);
	printf("\numask %04o\n", (unsigned)umask(0));
	printf("nice %d\n", getpriority(PRIO_PROCESS, 0));
	show_limits();
	printf("cwd %s\n", getcwd(cwd, sizeof(cwd)));
	printf("leader %d %d\n", getsid(0) == getpid(), getpgrp() == getpid());
	show_signals();
	show_descriptors();
	return 0;
}
