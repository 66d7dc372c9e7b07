/*
 * Preloaded into the daemon by tests: name services that hang or crash. While
 * there is a file hang-NAME in the directory $BELFRY_TEST_NSS, whoever looks
 * up user NAME waits; while there is die-NAME, he ends; groups-NAME is for
 * whoever asks in which groups NAME is.
 */
#include <dlfcn.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static char *dir; /* the launcher forgets its environment */

__attribute__((constructor)) static void
remember(void)
{
	const char *path = getenv("BELFRY_TEST_NSS");

	if (path != NULL && asprintf(&dir, "%s", path) == -1)
		dir = NULL;
}

static int
is_there(const char *what, const char *name)
{
	char path[4096];

	snprintf(path, sizeof(path), "%s/%s-%s", dir, what, name);
	return dir != NULL && access(path, F_OK) == 0;
}

struct passwd *
getpwnam(const char *name)
{
	struct passwd *(*real)(const char *) =
	    (struct passwd * (*)(const char *)) dlsym(RTLD_NEXT, "getpwnam");

	while (is_there("hang", name))
		usleep(10000);
	if (is_there("die", name))
		_exit(1);
	return real(name);
}

int
getgrouplist(const char *user, gid_t group, gid_t *groups, int *n)
{
	int (*real)(const char *, gid_t, gid_t *, int *) =
	    (int (*)(const char *, gid_t, gid_t *, int *))dlsym(
		RTLD_NEXT, "getgrouplist");

	while (is_there("groups", user))
		usleep(10000);
	return real(user, group, groups, n);
}

int
initgroups(const char *user, gid_t group)
{
	int (*real)(const char *, gid_t) =
	    (int (*)(const char *, gid_t))dlsym(RTLD_NEXT, "initgroups");

	while (is_there("groups", user))
		usleep(10000);
	return real(user, group);
}
