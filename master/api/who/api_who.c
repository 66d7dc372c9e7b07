/*
 * Names of users for the audit. Local users only, as they were when the
 * process started: a look-up later could block on a directory server.
 */
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>

#include "api/api.h"
#include "base/mem.h"

#define NAMES_MAX 4096

struct api_name {
	uid_t uid;
	char *name;
};

struct api_names {
	size_t n;
	size_t cap;
	struct api_name *list; /* owned */
};

struct api_names *
api_names_load(const char *path)
{
	struct api_names *names = xcalloc(1, sizeof(*names));
	FILE *f = fopen(path, "re");
	struct passwd *pw;

	while (
	    f != NULL && names->n < NAMES_MAX && (pw = fgetpwent(f)) != NULL) {
		array_reserve(&names->list, &names->cap, names->n + 1,
		    sizeof(*names->list));
		names->list[names->n].uid = pw->pw_uid;
		names->list[names->n].name = xstrdup(pw->pw_name);
		names->n++;
	}
	if (f != NULL)
		fclose(f);
	return names;
}

void
api_names_free(struct api_names *names)
{
	size_t i;

	if (names == NULL)
		return;
	for (i = 0; i < names->n; i++)
		free(names->list[i].name);
	free(names->list);
	free(names);
}

void
api_names_who(const struct api_names *names, uid_t uid, char *buf, size_t size)
{
	size_t i;

	for (i = 0; i < names->n; i++)
		if (names->list[i].uid == uid)
			break;
	if (i < names->n)
		snprintf(buf, size, "uid %ju (%s)", (uintmax_t)uid,
		    names->list[i].name);
	else
		snprintf(buf, size, "uid %ju", (uintmax_t)uid);
}
