/* Whose job files are read, and whom their jobs may run as. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <pwd.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support.h"

static struct scratch scratch;

static int
set_up(void **state)
{
	scratch_init(&scratch);
	return 0;
}

static int
tear_down(void **state)
{
	scratch_fini(&scratch);
	return 0;
}

static const char *
first_problem(const struct job_set *set)
{
	return job_set_problem_count(set) > 0 ? job_set_problem(set, 0)->text :
						"";
}

/* Loads as root's daemon of user nobody would. */
static void
expect_privileged(const char *want, size_t jobs)
{
	const struct job_set_options options = {
	    .default_user = "nobody",
	    .privileged = true,
	};
	struct job_set *set;
	struct err err;

	set = job_set_load(scratch.dir, scratch.pool, &options, NULL, &err);
	assert_non_null(set);
	assert_string_equal(first_problem(set), want);
	assert_int_equal(job_set_count(set), jobs);
	job_set_free(set);
}

static void
give(const char *name, uid_t uid, gid_t gid, mode_t mode)
{
	const char *path = scratch_path(&scratch, name);

	assert_int_equal(chown(path, uid, gid), 0);
	assert_int_equal(chmod(path, mode), 0);
}

#define OTHERS_JOB "[job a]\ncommand = 1\nuser = daemon\n"

static void
root_reads_what_root_or_the_user_wrote(void **state)
{
	const struct passwd *nobody = getpwnam("nobody");

	if (geteuid() != 0 || nobody == NULL) {
		print_message("this needs root\n");
		return;
	}
	scratch_write(&scratch, "a.ini", OTHERS_JOB);
	give("a.ini", 0, 0, 0644);
	expect_privileged("", 1);
	give("a.ini", 0, 0, 0664);
	expect_privileged("", 1);
	give("a.ini", 0, 0, 0666);
	expect_privileged("anybody may write this file, so root does not read "
			  "it; chmod o-w",
	    0);
	give("a.ini", 0, 12345, 0664);
	expect_privileged("group 12345 may write this file, so root does not "
			  "read it; chmod g-w",
	    0);
	give("a.ini", 12345, 0, 0644);
	expect_privileged("uid 12345 owns this file, so root does not read "
			  "it; chown root",
	    0);
	give("a.ini", nobody->pw_uid, 0, 0644);
	expect_privileged("user \"daemon\": only a file of root's may name "
			  "another user than nobody; chown root the file",
	    0);
	scratch_write(
	    &scratch, "a.ini", "[job a]\ncommand = 1\nuser = nobody\n");
	give("a.ini", nobody->pw_uid, 0, 0644);
	expect_privileged("", 1);
	scratch_write(
	    &scratch, "a.ini", "[job a]\ncommand = 1\ngroup = root\n");
	give("a.ini", nobody->pw_uid, 0, 0644);
	expect_privileged("group \"root\": only a file of root's may name a "
			  "group that nobody is not in by /etc/group; chown "
			  "root the file",
	    0);
}

static void
without_root_only_ourselves(void **state)
{
	const struct passwd *pw = getpwuid(geteuid());
	struct job_set *set;
	struct err err;
	char text[200];

	if (pw == NULL) {
		print_message("this needs a user with a name\n");
		return;
	}
	snprintf(text, sizeof(text), "[job a]\ncommand = 1\nuser = %s\n",
	    pw->pw_name);
	scratch_write(&scratch, "a.ini", text);
	set = scratch_load(&scratch, NULL);
	scratch_expect(&scratch, set, "");
	job_set_free(set);
	scratch_write(&scratch, "a.ini",
	    "[job a]\ncommand = 1\nnice = 3\nuser = no-such-user\n");
	set = scratch_load(&scratch, NULL);
	snprintf(text, sizeof(text),
	    "a.ini:4: job a: error: user \"no-such-user\": belfryd does not "
	    "run as root, so its jobs run as uid %u and nobody else\n",
	    geteuid());
	scratch_expect(&scratch, set, text);
	job_set_free(set);
	/* The daemon, which asks no name service, says the same. */
	set = job_set_load(scratch.dir, scratch.pool,
	    &(struct job_set_options){.local_names = true}, NULL, &err);
	scratch_expect(&scratch, set, text);
	job_set_free(set);
	scratch_write(
	    &scratch, "a.ini", "[job a]\ncommand = 1\ngroup = no-such\n");
	set = scratch_load(&scratch, NULL);
	snprintf(text, sizeof(text),
	    "a.ini:3: job a: error: group \"no-such\": belfryd does not run "
	    "as root, so its jobs run in group %u and no other\n",
	    getegid());
	scratch_expect(&scratch, set, text);
	job_set_free(set);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(
		root_reads_what_root_or_the_user_wrote, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(
		without_root_only_ourselves, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
