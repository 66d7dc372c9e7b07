#include "cgroup_find.h"

#include <stdio.h>
#include <string.h>

/* A field of mountinfo ends at a blank; \040 and the like are its octets. */
static void
copy_field(char *buf, size_t size, const char *p)
{
	size_t n = 0;

	for (; *p != '\0' && *p != ' ' && *p != '\n' && n + 1 < size; p++) {
		if (p[0] == '\\' && strspn(p + 1, "01234567") >= 3) {
			buf[n++] = (char)((p[1] - '0') << 6 |
			    (p[2] - '0') << 3 | (p[3] - '0'));
			p += 3;
		} else {
			buf[n++] = *p;
		}
	}
	buf[n] = '\0';
}

/* The field so many further, "" at the end of the line. */
static const char *
next_field(const char *p, int count)
{
	for (; count > 0; count--) {
		p += strcspn(p, " \n");
		p += *p == ' ';
	}
	return p;
}

static bool
is_field(const char *p, const char *word)
{
	size_t len = strcspn(p, " \n");

	return len == strlen(word) && strncmp(p, word, len) == 0;
}

/* Options are words with commas in between. */
static bool
has_option(const char *p, const char *option)
{
	size_t len = strlen(option);

	for (;;) {
		if (strncmp(p, option, len) == 0 &&
		    strchr(", \n", p[len]) != NULL)
			return true;
		p += strcspn(p, ", \n");
		if (*p++ != ',')
			return false;
	}
}

/* id parent device root point options tag* - type source options */
static bool
read_line(const char *line, struct cgroup_mount *m)
{
	const char *options = next_field(line, 5), *p = options;

	while (*p != '\0' && *p != '\n' && !is_field(p, "-"))
		p = next_field(p, 1);
	if (!is_field(next_field(p, 1), "cgroup2"))
		return false;
	copy_field(m->root, sizeof(m->root), next_field(line, 3));
	copy_field(m->point, sizeof(m->point), next_field(line, 4));
	m->read_only =
	    has_option(options, "ro") || has_option(next_field(p, 3), "ro");
	return true;
}

bool
cgroup_find_mount(const char *mountinfo, struct cgroup_mount *mount_r)
{
	struct cgroup_mount m;
	bool found = false;

	for (const char *line = mountinfo; line != NULL && *line != '\0';) {
		if (read_line(line, &m) && (!found || !m.read_only)) {
			*mount_r = m;
			found = true;
			if (!m.read_only)
				return true;
		}
		line = strchr(line, '\n');
		line += line != NULL;
	}
	return found;
}

/* The path of line "0::PATH", up to its end; NULL without one. */
static const char *
find_path(const char *self, size_t *len_r)
{
	const char *line = self;

	while (line != NULL && strncmp(line, "0::/", 4) != 0) {
		line = strchr(line, '\n');
		line += line != NULL;
	}
	if (line == NULL)
		return NULL;
	*len_r = strcspn(line + 3, "\n");
	return line + 3;
}

bool
cgroup_find_own(
    const char *self, const struct cgroup_mount *mount, char *buf, size_t size)
{
	size_t len, skip = strlen(mount->root);
	const char *path = find_path(self, &len);
	int n;

	if (path == NULL || strncmp(path, "/..", 3) == 0)
		return false;
	if (strcmp(mount->root, "/") == 0)
		skip = 0;
	if (len < skip || strncmp(path, mount->root, skip) != 0 ||
	    (len > skip && path[skip] != '/'))
		return false;
	path += skip;
	len -= skip;
	if (len == 1)
		len = 0; /* "/" */
	n = snprintf(buf, size, "%s%.*s", mount->point, (int)len, path);
	return n > 0 && (size_t)n < size;
}
