/* Where cgroup v2 is mounted and where we are in it. Pure: texts of /proc. */
#ifndef BELFRY_GUARDIAN_CGROUP_FIND_H
#define BELFRY_GUARDIAN_CGROUP_FIND_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

struct cgroup_mount {
	char point[PATH_MAX]; /* where it is mounted */
	char root[PATH_MAX];  /* what of the hierarchy is to be seen there */
	bool read_only;
};

/*
 * The cgroup2 file system of a text like /proc/self/mountinfo (proc(5)): one
 * that can be written comes before one that cannot. False: there is none.
 */
bool cgroup_find_mount(const char *mountinfo, struct cgroup_mount *mount_r);

/*
 * Our directory below the mount, of a text like /proc/self/cgroup
 * (cgroups(7)); equal to mount->point at its root. False when we are in no
 * group of cgroup v2, or in one that is not to be seen there.
 */
bool cgroup_find_own(
    const char *self, const struct cgroup_mount *mount, char *buf, size_t size);

#endif
