#include "users.h"

#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "ipc/spec.h"

#define FRESH_MS 60000

static void
clear(struct user *user)
{
	free(user->login);
	free(user->home);
	free(user->shell);
	free(user->groups);
	free(user->problem);
	user->login = user->home = user->shell = user->problem = NULL;
	user->groups = NULL;
	user->ngroups = 0;
	user->found = false;
}

static void
look_up_groups(struct user *user)
{
	gid_t groups[SPEC_GROUPS_MAX];
	int n = SPEC_GROUPS_MAX;

	if (getgrouplist(user->login, user->gid, groups, &n) == -1)
		n = SPEC_GROUPS_MAX; /* has more: these are enough */
	user->groups = xcalloc((size_t)n, sizeof(*user->groups));
	for (int i = 0; i < n; i++)
		user->groups[i] = groups[i];
	user->ngroups = (uint32_t)n;
}

static void
look_up(struct user *user)
{
	const struct passwd *pw;
	const struct group *gr;

	pw = user->name[0] != '\0' ? getpwnam(user->name) : getpwuid(getuid());
	if (pw == NULL && user->name[0] != '\0') {
		user->problem =
		    xasprintf("there is no user \"%s\"", user->name);
		return;
	}
	user->uid = pw != NULL ? pw->pw_uid : getuid();
	user->gid = pw != NULL ? pw->pw_gid : getgid();
	user->login =
	    pw != NULL ? xstrdup(pw->pw_name) : xasprintf("%u", user->uid);
	user->home = xstrdup(pw != NULL ? pw->pw_dir : "/");
	user->shell = xstrdup(
	    pw != NULL && pw->pw_shell[0] != '\0' ? pw->pw_shell : "/bin/sh");
	if (user->group[0] != '\0') {
		gr = getgrnam(user->group);
		if (gr == NULL) {
			user->problem =
			    xasprintf("there is no group \"%s\"", user->group);
			return;
		}
		user->gid = gr->gr_gid;
	}
	look_up_groups(user);
	user->found = true;
}

const struct user *
users_get(
    struct users *users, const char *name, const char *group, int64_t now_ms)
{
	struct user *user = NULL;

	for (size_t i = 0; i < users->n && user == NULL; i++)
		if (strcmp(users->all[i].name, name) == 0 &&
		    strcmp(users->all[i].group, group) == 0)
			user = &users->all[i];
	if (user == NULL) {
		array_reserve(&users->all, &users->cap, users->n + 1,
		    sizeof(*users->all));
		user = &users->all[users->n++];
		memset(user, 0, sizeof(*user));
		user->name = xstrdup(name);
		user->group = xstrdup(group);
	} else if (now_ms - user->looked_ms < FRESH_MS &&
	    now_ms >= user->looked_ms && user->found) {
		return user;
	}
	clear(user);
	look_up(user);
	user->looked_ms = now_ms;
	return user;
}

void
users_fini(struct users *users)
{
	for (size_t i = 0; i < users->n; i++) {
		clear(&users->all[i]);
		free(users->all[i].name);
		free(users->all[i].group);
	}
	free(users->all);
	memset(users, 0, sizeof(*users));
}
