#include "cgroups.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/mem.h"
#include "cgroup_find.h"

#define LEAF     "/daemon"
#define PROC_MAX ((size_t)4 << 20)

static const char *const controllers[] = {"memory", "pids"};

/* The text of dir/name, the caller frees it; NULL with errno. */
static char *
read_text(const char *dir, const char *name)
{
	char *path = xasprintf("%s/%s", dir, name), *text = NULL;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd != -1)
		text = fd_read_all(fd, PROC_MAX, NULL);
	fd_close(&fd);
	free(path);
	return text;
}

static int
write_text(const char *dir, const char *name, const char *text)
{
	char *path = xasprintf("%s/%s", dir, name);
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t n = fd == -1 ? -1 : write(fd, text, strlen(text));
	int saved = errno;

	fd_close(&fd);
	free(path);
	errno = saved;
	return n == -1 ? -1 : 0;
}

/* Whether one of the words in a file of the group is this one. */
static bool
group_has(const char *dir, const char *name, const char *word)
{
	char *text = read_text(dir, name), *p = text, *token;
	bool has = false;

	while (p != NULL && !has && (token = strsep(&p, " \n")) != NULL)
		has = strcmp(token, word) == 0;
	free(text);
	return has;
}

/* Switches a controller for the groups below dir. */
static int
switch_controller(const char *dir, char sign, const char *name)
{
	char text[32];

	snprintf(text, sizeof(text), "%c%s", sign, name);
	return write_text(dir, "cgroup.subtree_control", text);
}

/*
 * Enables what there is for the groups of runs; what there is not is no error:
 * rlimits stand in.
 */
static int
enable_controllers(const char *base, struct err *err)
{
	char *parent = xstrdup(base);
	int rc = 0;

	*strrchr(parent, '/') = '\0';
	for (size_t i = 0; i < nitems(controllers) && rc == 0; i++) {
		const char *name = controllers[i];

		if (!group_has(base, "cgroup.controllers", name) &&
		    switch_controller(parent, '+', name) == -1)
			log_debug(
			    "%s: no %s controller from above", base, name);
		if (group_has(base, "cgroup.controllers", name) &&
		    switch_controller(base, '+', name) == -1)
			rc = err_errno(err,
			    "cannot enable the %s controller in %s", name,
			    base);
	}
	free(parent);
	return rc;
}

/* Our processes go to a leaf, from where those of runs can be moved on. */
static int
move_daemon(struct cgroups *c, const char *from, struct err *err)
{
	char *leaf = xasprintf("%s" LEAF, c->base);
	int rc = 0;

	if ((mkdir(leaf, 0755) == -1 && errno != EEXIST) ||
	    write_text(leaf, "cgroup.procs", "0") == -1)
		rc = err_errno(err, "cannot move to control group %s", leaf);
	else
		c->origin = from != NULL ? xstrdup(from) : NULL;
	free(leaf);
	return rc;
}

/* Takes base, which is made if it is not there. */
static int
take_base(struct cgroups *c, const char *base, struct err *err)
{
	bool made = mkdir(base, 0755) == 0;
	struct statfs fs;

	if (!made && errno != EEXIST)
		return err_errno(err, "cannot make control group %s", base);
	if (statfs(base, &fs) == -1)
		return err_errno(err, "cannot use control group %s", base);
	if (fs.f_type != CGROUP2_SUPER_MAGIC) {
		if (made)
			rmdir(base);
		return err_set(
		    err, "%s is not in a cgroup v2 file system", base);
	}
	free(c->base);
	c->base = xstrdup(base);
	return 0;
}

/* systemd's mark (it has two names), or simply that it is ours. */
static bool
is_delegated(const char *dir)
{
	static const char *const marks[] = {
	    "user.delegate", "trusted.delegate"};
	char value[2] = "";
	struct stat st;

	for (size_t i = 0; i < nitems(marks); i++)
		if (getxattr(dir, marks[i], value, sizeof(value)) == 1 &&
		    value[0] == '1')
			return true;
	return geteuid() != 0 && stat(dir, &st) == 0 && st.st_uid == geteuid();
}

static bool
ends_with(const char *s, const char *end)
{
	size_t n = strlen(s), len = strlen(end);

	return n >= len && strcmp(s + n - len, end) == 0;
}

/* A group that somebody gave us with all that is below it. */
static int
take_delegated(struct cgroups *c, char *own, struct err *err)
{
	/* After an upgrade we are in our leaf already. */
	if (ends_with(own, LEAF))
		own[strlen(own) - strlen(LEAF)] = '\0';
	if (!is_delegated(own))
		return err_set(err, "%s is not delegated to us", own);
	if (ends_with(own, ".service"))
		return err_set(err,
		    "%s is a service of systemd: it could not start again "
		    "while runs are below it",
		    own);
	if (take_base(c, own, err) == -1 || move_daemon(c, own, err) == -1)
		return -1;
	return enable_controllers(own, err);
}

/* At the root of the hierarchy: the state directory tells daemons apart. */
static int
take_root(
    struct cgroups *c, const char *root, const char *state_dir, struct err *err)
{
	uint32_t hash = 2166136261U; /* FNV-1a */
	char *base;
	int rc;

	if (geteuid() != 0)
		return err_set(err, "%s belongs to root", root);
	for (const char *p = state_dir; *p != '\0'; p++)
		hash = (hash ^ (uint8_t)*p) * 16777619U;
	base = xasprintf("%s/belfry-%08x", root, hash);
	rc = take_base(c, base, err);
	c->own = rc == 0;
	if (rc == 0)
		rc = enable_controllers(base, err);
	free(base);
	return rc;
}

static int
find_base(struct cgroups *c, const struct config *config, struct err *err)
{
	char *mounts = read_text("/proc/self", "mountinfo");
	char *self = read_text("/proc/self", "cgroup");
	struct cgroup_mount mount;
	char own[PATH_MAX];
	int rc;

	if (mounts == NULL || self == NULL)
		rc = err_errno(err, "cannot read /proc/self");
	else if (!cgroup_find_mount(mounts, &mount))
		rc = err_set(err, "no cgroup v2 is mounted");
	else if (mount.read_only)
		rc = err_set(err, "%s is read-only", mount.point);
	else if (!cgroup_find_own(self, &mount, own, sizeof(own)))
		rc = err_set(err, "our group is not in %s", mount.point);
	else if (strcmp(own, mount.point) == 0)
		rc = take_root(c, mount.point, config->state_dir, err);
	else
		rc = take_delegated(c, own, err);
	free(mounts);
	free(self);
	return rc;
}

/* Root may move processes anywhere, others only below a group of theirs. */
static int
take_named(struct cgroups *c, const char *path, struct err *err)
{
	if (take_base(c, path, err) == -1 ||
	    (geteuid() != 0 && move_daemon(c, NULL, err) == -1) ||
	    enable_controllers(path, err) == -1)
		return err_prefix(err, "cgroup in [master]");
	return 0;
}

static void
log_base(const struct cgroups *c)
{
	const char *base = c->base;

	log_info("control groups of runs in %s, controllers:%s%s", base,
	    group_has(base, "cgroup.subtree_control", "memory") ? " memory" :
								  "",
	    group_has(base, "cgroup.subtree_control", "pids") ? " pids" : "");
}

int
cgroups_open(struct cgroups *c, const struct config *config, struct err *err)
{
	int rc = 0;

	c->base = xstrdup("");
	if (strcmp(config->cgroup, "off") == 0)
		return 0;
	if (config->cgroup[0] == '/') {
		rc = take_named(c, config->cgroup, err);
	} else if (find_base(c, config, err) == -1) {
		log_info(
		    "no control groups, limits hold by rlimit: %s", err->text);
		cgroups_close(c);
		c->base = xstrdup("");
	}
	if (rc == 0 && c->base[0] != '\0')
		log_base(c);
	return rc;
}

void
cgroups_describe(const struct cgroups *c, struct wire_writer *w)
{
	char *kill = xasprintf("%s/cgroup.kill", c->base);

	wire_put_str(w, c->base);
	for (size_t i = 0; i < nitems(controllers); i++)
		wire_put_u8(w,
		    group_has(
			c->base, "cgroup.subtree_control", controllers[i]));
	wire_put_u8(w, access(kill, F_OK) == 0);
	free(kill);
}

/* Whether there are groups of runs: their limits are to stay. */
static bool
has_runs(const char *base)
{
	struct dirent *entry;
	DIR *dir = opendir(base);
	bool has = false;

	while (dir != NULL && !has && (entry = readdir(dir)) != NULL)
		has = strncmp(entry->d_name, "run-", 4) == 0;
	if (dir != NULL)
		closedir(dir);
	return has;
}

/* Back to where we were, so that our leaf can go. */
static void
leave_leaf(struct cgroups *c)
{
	char *leaf = xasprintf("%s" LEAF, c->base);

	for (size_t i = 0; i < nitems(controllers); i++)
		switch_controller(c->base, '-', controllers[i]);
	if (write_text(c->origin, "cgroup.procs", "0") == 0)
		rmdir(leaf);
	free(leaf);
}

void
cgroups_close(struct cgroups *c)
{
	if (c->origin != NULL && !has_runs(c->base))
		leave_leaf(c);
	if (c->own)
		rmdir(c->base);
	free(c->base);
	free(c->origin);
	c->base = c->origin = NULL;
	c->own = false;
}
