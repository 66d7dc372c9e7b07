/*
 * Prints what it was given: ids, groups, umask, nice, directory, session,
 * signals, descriptors. One "name value" a line.
 */
#include <dirent.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
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
	printf("cwd %s\n", getcwd(cwd, sizeof(cwd)));
	printf("leader %d %d\n", getsid(0) == getpid(), getpgrp() == getpid());
	show_signals();
	show_descriptors();
	return 0;
}
