#include "scheduler/runs/users.h"

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

static bool
is_number(const char *s)
{
	size_t len = strlen(s);

	return len > 0 && len < 10 && strspn(s, "0123456789") == len;
}

/* By name, then as a number, which needs no entry: it has that group too. */
static bool
look_up_user(struct user *user, const struct passwd **pw_r)
{
	const struct passwd *pw = NULL;

	user->uid = getuid();
	user->gid = getgid();
	if (user->name[0] != '\0' && (pw = getpwnam(user->name)) == NULL) {
		if (!is_number(user->name))
			return false;
		user->uid = (uid_t)strtoul(user->name, NULL, 10);
		user->gid = (gid_t)user->uid;
	}
	if (pw == NULL)
		pw = getpwuid(user->uid);
	if (pw != NULL) {
		user->uid = pw->pw_uid;
		user->gid = pw->pw_gid;
	}
	*pw_r = pw;
	return true;
}

static bool
look_up_group(struct user *user)
{
	const struct group *gr = getgrnam(user->group);

	if (gr == NULL && !is_number(user->group))
		return false;
	user->gid =
	    gr != NULL ? gr->gr_gid : (gid_t)strtoul(user->group, NULL, 10);
	return true;
}

static void
look_up(struct user *user)
{
	const struct passwd *pw;

	if (!look_up_user(user, &pw)) {
		user->problem =
		    xasprintf("there is no user \"%s\"", user->name);
		return;
	}
	user->login =
	    pw != NULL ? xstrdup(pw->pw_name) : xasprintf("%u", user->uid);
	user->home = xstrdup(pw != NULL ? pw->pw_dir : "/");
	user->home_exists = access(user->home, X_OK) == 0;
	user->shell = xstrdup(
	    pw != NULL && pw->pw_shell[0] != '\0' ? pw->pw_shell : "/bin/sh");
	if (user->group[0] != '\0' && !look_up_group(user)) {
		user->problem =
		    xasprintf("there is no group \"%s\"", user->group);
		return;
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
