/* Mounts and groups as machines of different kinds have them. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "base/mem.h"
#include "guardian/cgroup_find.h"

#define DISK "22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n"
#define V1                                                                     \
	"35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup "      \
	"rw,memory\n"

/* mountinfo, /proc/self/cgroup -> mount, read-only, our directory */
static const struct {
	const char *mounts, *self;
	const char *point;
	bool read_only;
	const char *own;
} table[] = {
    /* cgroup v2 alone, with systemd */
    {DISK "31 23 0:27 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 "
	  "rw,nsdelegate\n",
	"0::/system.slice/belfry.service\n", "/sys/fs/cgroup", false,
	"/sys/fs/cgroup/system.slice/belfry.service"},
    /* hybrid */
    {DISK V1 "41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n",
	"4:memory:/a\n1:name=systemd:/b\n0::/c\n", "/sys/fs/cgroup/unified",
	false, "/sys/fs/cgroup/unified/c"},
    /* at the root */
    {"41 31 0:38 / /cg rw - cgroup2 none rw", "0::/\n", "/cg", false, "/cg"},
    /* a container's, with a name space of its own, read-only */
    {"41 31 0:38 / /sys/fs/cgroup ro,nosuid - cgroup2 cgroup rw\n", "0::/\n",
	"/sys/fs/cgroup", true, "/sys/fs/cgroup"},
    {"41 31 0:38 / /sys/fs/cgroup rw - cgroup2 cgroup ro,nsdelegate\n",
	"0::/\n", "/sys/fs/cgroup", true, "/sys/fs/cgroup"},
    /* one that can be written comes first, wherever it stands */
    {"41 31 0:38 / /a ro - cgroup2 cgroup2 rw\n"
     "42 31 0:38 / /b rw - cgroup2 cgroup2 rw\n"
     "43 31 0:38 / /c rw - cgroup2 cgroup2 rw\n",
	"0::/x\n", "/b", false, "/b/x"},
    /* a part of the hierarchy is mounted */
    {"41 31 0:38 /docker/1 /cg rw - cgroup2 cgroup rw\n", "0::/docker/1\n",
	"/cg", false, "/cg"},
    {"41 31 0:38 /docker/1 /cg rw - cgroup2 cgroup rw\n", "0::/docker/1/x\n",
	"/cg", false, "/cg/x"},
    {"41 31 0:38 /docker/1 /cg rw - cgroup2 cgroup rw\n", "0::/docker/12\n",
	"/cg", false, NULL},
    {"41 31 0:38 /docker/1 /cg rw - cgroup2 cgroup rw\n", "0::/other\n", "/cg",
	false, NULL},
    /* outside of the name space's root */
    {"41 31 0:38 / /cg rw - cgroup2 cgroup rw\n", "0::/../sibling\n", "/cg",
	false, NULL},
    /* no group of v2 */
    {"41 31 0:38 / /cg rw - cgroup2 cgroup rw\n", "4:memory:/a\n", "/cg", false,
	NULL},
    {"41 31 0:38 / /cg rw - cgroup2 cgroup rw\n", "", "/cg", false, NULL},
    /* octal escapes, tags, blanks at the end */
    {"41 31 0:38 / /my\\040cg\\134 rw shared:1 master:2 - cgroup2 x rw\n",
	"0::/a b\n", "/my cg\\", false, "/my cg\\/a b"},
    /* none, or rubbish */
    {DISK V1, "0::/\n", NULL, false, NULL},
    {"", "0::/\n", NULL, false, NULL},
    {"41 31 0:38 / /cgroup2 rw", "", NULL, false, NULL},
    {"\n \n- cgroup2\n", "", NULL, false, NULL},
};

static void
test_table(void **state)
{
	struct cgroup_mount mount;
	char own[PATH_MAX];
	bool found;

	for (size_t i = 0; i < nitems(table); i++) {
		found = cgroup_find_mount(table[i].mounts, &mount);
		assert_int_equal(found, table[i].point != NULL);
		if (!found)
			continue;
		assert_string_equal(mount.point, table[i].point);
		assert_int_equal(mount.read_only, table[i].read_only);
		found =
		    cgroup_find_own(table[i].self, &mount, own, sizeof(own));
		assert_int_equal(found, table[i].own != NULL);
		if (found)
			assert_string_equal(own, table[i].own);
	}
}

static void
test_too_long(void **state)
{
	struct cgroup_mount mount = {.point = "/cg", .root = "/"};
	char own[8];

	assert_true(cgroup_find_own("0::/abc\n", &mount, own, sizeof(own)));
	assert_string_equal(own, "/cg/abc");
	assert_false(cgroup_find_own("0::/abcd\n", &mount, own, sizeof(own)));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_table),
	    cmocka_unit_test(test_too_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
