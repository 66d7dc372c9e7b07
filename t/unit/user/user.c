/* Who a job runs as: found, not found, and on its way to the master. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <pwd.h>
#include <string.h>
#include <unistd.h>

#include "user/user.h"

static void
test_root(void **state)
{
	struct user user;

	user_look_up(&user, "root", "");
	assert_true(user.found);
	assert_int_equal(user.uid, 0);
	assert_int_equal(user.gid, 0);
	assert_string_equal(user.login, "root");
	assert_true(user.ngroups > 0);
	user_fini(&user);
	user_look_up(&user, "root", "daemon");
	assert_true(user.found);
	assert_int_not_equal(user.gid, 0);
	user_fini(&user);
}

/* A number needs no entry, and is the user's and the group's. */
static void
test_number(void **state)
{
	struct user user;

	user_look_up(&user, "98765", "");
	assert_true(user.found);
	assert_int_equal(user.uid, 98765);
	assert_int_equal(user.gid, 98765);
	assert_string_equal(user.login, "98765");
	assert_string_equal(user.home, "/");
	assert_string_equal(user.shell, "/bin/sh");
	user_fini(&user);
}

static void
test_nobody_knows(void **state)
{
	struct user user;

	user_look_up(&user, "no-such-user", "");
	assert_false(user.found);
	assert_string_equal(user.problem, "there is no user \"no-such-user\"");
	user_fini(&user);
	user_look_up(&user, "root", "no-such-group");
	assert_false(user.found);
	assert_string_equal(
	    user.problem, "there is no group \"no-such-group\"");
	user_fini(&user);
}

static void
test_self(void **state)
{
	struct user by_file, by_service;

	if (!user_find_self(&by_file)) {
		print_message("we are not in /etc/passwd\n");
		return;
	}
	user_look_up(&by_service, "", "");
	assert_true(by_file.found);
	assert_int_equal(by_file.uid, getuid());
	assert_string_equal(by_file.login, by_service.login);
	assert_string_equal(by_file.home, by_service.home);
	assert_int_equal(by_file.ngroups, 0);
	user_fini(&by_file);
	user_fini(&by_service);
}

static int
pass_on(const struct user *user, struct user *got_r, size_t cut)
{
	struct wire_writer w = WIRE_WRITER_INIT;
	struct wire_reader r;
	int rc;

	user_encode(user, &w);
	wire_reader_init(&r, w.p, w.len > cut ? w.len - cut : 0);
	rc = user_decode(got_r, &r);
	wire_writer_fini(&w);
	return rc;
}

static void
test_wire(void **state)
{
	uint32_t groups[] = {7, 8};
	struct user user = {
	    .found = true,
	    .login = (char *)(uintptr_t) "ann",
	    .home = (char *)(uintptr_t) "/home/ann",
	    .home_exists = true,
	    .shell = (char *)(uintptr_t) "/bin/ksh",
	    .uid = 5,
	    .gid = 6,
	    .groups = groups,
	    .ngroups = 2,
	};
	struct user got;

	assert_int_equal(pass_on(&user, &got, 0), 0);
	assert_string_equal(got.login, "ann");
	assert_string_equal(got.home, "/home/ann");
	assert_true(got.home_exists);
	assert_string_equal(got.shell, "/bin/ksh");
	assert_int_equal(got.uid, 5);
	assert_int_equal(got.gid, 6);
	assert_int_equal(got.ngroups, 2);
	assert_memory_equal(got.groups, groups, sizeof(groups));
	user_fini(&got);
	for (size_t cut = 1; cut < 50; cut++)
		assert_int_equal(pass_on(&user, &got, cut), -1);
}

static void
test_wire_problem(void **state)
{
	struct user user = {.problem = (char *)(uintptr_t) "no"};
	struct user got;

	assert_int_equal(pass_on(&user, &got, 0), 0);
	assert_false(got.found);
	assert_string_equal(got.problem, "no");
	user_fini(&got);
	assert_int_equal(pass_on(&user, &got, 1), -1);
	assert_null(got.problem);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_root),
	    cmocka_unit_test(test_number),
	    cmocka_unit_test(test_nobody_knows),
	    cmocka_unit_test(test_self),
	    cmocka_unit_test(test_wire),
	    cmocka_unit_test(test_wire_problem),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
