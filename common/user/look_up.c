/* The only file that asks the name services who a job's user is. */
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "run/spec.h"
#include "user/user.h"

static void
look_up_groups(struct user *user)
{
	gid_t groups[SPEC_GROUPS_MAX];
	int n = SPEC_GROUPS_MAX;

	if (getgrouplist(user->login, user->gid, groups, &n) == -1)
		n = SPEC_GROUPS_MAX; /* has more: these are enough */
	user->groups = xcalloc((size_t)n + 1, sizeof(*user->groups));
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

/* pw is NULL: it is a number without an entry. */
static void
take_entry(struct user *user, const struct passwd *pw)
{
	if (pw != NULL) {
		user->uid = pw->pw_uid;
		user->gid = pw->pw_gid;
	}
	user->login =
	    pw != NULL ? xstrdup(pw->pw_name) : xasprintf("%u", user->uid);
	user->home = xstrdup(pw != NULL ? pw->pw_dir : "/");
	user->home_exists = access(user->home, X_OK) == 0;
	user->shell = xstrdup(
	    pw != NULL && pw->pw_shell[0] != '\0' ? pw->pw_shell : "/bin/sh");
}

static bool
look_up_name(struct user *user, const char *name)
{
	const struct passwd *pw = NULL;

	user->uid = getuid();
	user->gid = getgid();
	if (name[0] != '\0' && (pw = getpwnam(name)) == NULL) {
		if (!is_number(name))
			return false;
		user->uid = (uid_t)strtoul(name, NULL, 10);
		user->gid = (gid_t)user->uid;
	}
	take_entry(user, pw != NULL ? pw : getpwuid(user->uid));
	return true;
}

static bool
look_up_group(struct user *user, const char *name)
{
	const struct group *gr = getgrnam(name);

	if (gr == NULL && !is_number(name))
		return false;
	user->gid = gr != NULL ? gr->gr_gid : (gid_t)strtoul(name, NULL, 10);
	return true;
}

void
user_look_up(struct user *user_r, const char *name, const char *group)
{
	memset(user_r, 0, sizeof(*user_r));
	if (!look_up_name(user_r, name)) {
		user_r->problem = xasprintf("there is no user \"%s\"", name);
		return;
	}
	if (group[0] != '\0' && !look_up_group(user_r, group)) {
		user_r->problem = xasprintf("there is no group \"%s\"", group);
		return;
	}
	look_up_groups(user_r);
	user_r->found = true;
}

bool
user_find_self(struct user *user_r)
{
	FILE *f = fopen("/etc/passwd", "re");
	const struct passwd *pw = NULL;

	memset(user_r, 0, sizeof(*user_r));
	while (f != NULL && (pw = fgetpwent(f)) != NULL)
		if (pw->pw_uid == getuid())
			break;
	if (pw != NULL) {
		take_entry(user_r, pw);
		user_r->found = true;
	}
	if (f != NULL)
		fclose(f);
	return pw != NULL;
}
