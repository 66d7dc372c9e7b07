/* Sets of job files: directories, reload, duplicates. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "config/config.h"
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

static void
expect_problems(const struct job_set *set, const char *want)
{
	scratch_expect(&scratch, set, want);
}

/* "NAME:COMMAND " for each job, in order. */
static void
expect_jobs(const struct job_set *set, const char *want)
{
	struct strbuf b = STRBUF_INIT;

	for (size_t i = 0; i < job_set_count(set); i++) {
		const struct job_def *def = job_set_at(set, i);

		strbuf_addf(
		    &b, "%s%s:%s", i > 0 ? " " : "", def->name, def->command);
		assert_ptr_equal(job_set_find(set, def->name), def);
	}
	assert_string_equal(strbuf_str(&b), want);
	strbuf_fini(&b);
}

/* The next state of the directory; the old set goes. */
static struct job_set *
reload(struct job_set *set)
{
	struct job_set *next = scratch_load(&scratch, set);

	job_set_free(set);
	return next;
}

/* What hosts hold against each other: the texts, not the names of files. */
static void
a_digest_is_of_the_texts(void **state)
{
	struct job_set *set;
	uint64_t first, second;

	scratch_write(&scratch, "a.ini", "[job a]\ncommand = c\n");
	scratch_write(&scratch, "b.ini", "[job b]\ncommand = c\n");
	set = scratch_load(&scratch, NULL);
	first = job_set_digest(set);
	scratch_remove(&scratch, "b.ini");
	set = reload(set);
	second = job_set_digest(set);
	assert_true(first != second);
	scratch_write(&scratch, "0.ini", "[job b]\ncommand = c\n");
	set = reload(set);
	assert_true(first == job_set_digest(set));
	scratch_write(&scratch, "0.ini", "[job b]\ncommand = d\n");
	set = reload(set);
	assert_true(first != job_set_digest(set));
	job_set_free(set);
}

static void
files_are_read_by_name(void **state)
{
	struct job_set *set;

	scratch_write(&scratch, "20.ini", "[job b]\ncommand = 2\n");
	scratch_write(
	    &scratch, "10.ini", "[job z]\ncommand = 1\n[job a]\ncommand = 1\n");
	scratch_write(&scratch, ".hidden.ini", "x");
	scratch_write(&scratch, "10.ini~", "x");
	scratch_write(&scratch, "10.ini.bak", "x");
	scratch_write(&scratch, "10.ini.dpkg-old", "x");
	scratch_write(&scratch, "10.ini.orig", "x");
	scratch_write(&scratch, ".10.ini.swp", "x");
	scratch_write(&scratch, "empty.ini", "");
	set = scratch_load(&scratch, NULL);
	expect_jobs(set, "z:1 a:1 b:2");
	expect_problems(set, "");
	assert_null(job_set_find(set, "c"));
	assert_null(job_set_find(set, ""));
	job_set_free(set);
}

static void
other_names_are_a_hint(void **state)
{
	struct job_set *set;

	scratch_write(&scratch, "backup.conf", "x");
	set = scratch_load(&scratch, NULL);
	expect_problems(set,
	    "backup.conf:0: hint: this is not read; the name "
	    "of a job file ends in .ini\n");
	job_set_free(set);
}

static void
what_is_no_text_file_is_one_problem(void **state)
{
	struct job_set *set;

	assert_int_equal(mkdir(scratch_path(&scratch, "a.ini"), 0755), 0);
	assert_int_equal(mkfifo(scratch_path(&scratch, "b.ini"), 0644), 0);
	assert_int_equal(
	    symlink("/nonexistent", scratch_path(&scratch, "c.ini")), 0);
	scratch_write_bytes(&scratch, "d.ini",
	    "\x7f"
	    "ELF\0\0\n\0\n",
	    9);
	scratch_write(&scratch, "e.ini", "[job e]\ncommand = e\n");
	scratch_write(&scratch, "f.ini", "");
	assert_int_equal(
	    truncate(scratch_path(&scratch, "f.ini"), (64 << 20) + 1), 0);
	set = scratch_load(&scratch, NULL);
	expect_jobs(set, "e:e");
	expect_problems(set,
	    "a.ini:0: error: this is a directory; "
	    "a job file is a text file\n"
	    "b.ini:0: error: this is not a regular file; "
	    "a job file is a text file\n"
	    "c.ini:0: error: cannot open this file: "
	    "No such file or directory\n"
	    "d.ini:1: error: column 5: binary data (a NUL byte); "
	    "this must be a text file\n"
	    "f.ini:0: error: 67108865 bytes are too many for a job file; "
	    "at most 67108864\n");
	job_set_free(set);
}

static void
a_file_that_cannot_be_read(void **state)
{
	struct job_set *set;

	if (geteuid() == 0) {
		print_message("root reads everything\n");
		return;
	}
	scratch_write(&scratch, "a.ini", "[job a]\ncommand = 1\n");
	set = scratch_load(&scratch, NULL);
	assert_int_equal(chmod(scratch_path(&scratch, "a.ini"), 0), 0);
	set = reload(set);
	expect_jobs(set, "a:1");
	expect_problems(
	    set, "a.ini:0: error: cannot open this file: Permission denied\n");
	job_set_free(set);
}

static void
a_directory_that_is_gone(void **state)
{
	const struct job_set_options options = {0};
	struct err err;

	assert_null(
	    job_set_load("/nonexistent", scratch.pool, &options, NULL, &err));
	assert_string_equal(err.text,
	    "cannot read the directory of job files /nonexistent: "
	    "No such file or directory");
}

static void
what_did_not_change_is_not_read(void **state)
{
	const struct job_def *a, *b;
	struct job_set *set;

	scratch_write(&scratch, "a.ini", "[job a]\ncommand = 1\n");
	scratch_write(&scratch, "b.ini", "[job b]\ncommand = 1\n");
	set = scratch_load(&scratch, NULL);
	a = job_set_find(set, "a");
	b = job_set_find(set, "b");
	set = reload(set);
	assert_ptr_equal(job_set_find(set, "a"), a);
	assert_ptr_equal(job_set_find(set, "b"), b);
	scratch_write(&scratch, "b.ini", "[job b]\ncommand = 2\n");
	set = reload(set);
	assert_ptr_equal(job_set_find(set, "a"), a);
	assert_ptr_not_equal(job_set_find(set, "b"), b);
	expect_jobs(set, "a:1 b:2");
	job_set_free(set);
}

static void
files_come_and_go(void **state)
{
	struct job_set *set;

	scratch_write(&scratch, "b.ini", "[job b]\ncommand = 1\n");
	set = scratch_load(&scratch, NULL);
	scratch_write(&scratch, "a.ini", "[job a]\ncommand = 1\n");
	scratch_write(&scratch, "c.ini", "[job c]\ncommand = 1\n");
	set = reload(set);
	expect_jobs(set, "a:1 b:1 c:1");
	scratch_remove(&scratch, "b.ini");
	set = reload(set);
	expect_jobs(set, "a:1 c:1");
	scratch_remove(&scratch, "a.ini");
	scratch_remove(&scratch, "c.ini");
	set = reload(set);
	expect_jobs(set, "");
	assert_null(job_set_find(set, "a"));
	job_set_free(set);
}

static void
a_broken_file_keeps_what_it_had(void **state)
{
	const struct job_def *a;
	struct job_set *set;

	scratch_write(
	    &scratch, "a.ini", "[job a]\ncommand = 1\n[job b]\ncommand = 1\n");
	set = scratch_load(&scratch, NULL);
	a = job_set_find(set, "a");
	scratch_write(
	    &scratch, "a.ini", "[job a]\ncommand = 2\n[job b]\ncomand = 2\n");
	set = reload(set);
	expect_jobs(set, "a:1 b:1");
	assert_ptr_equal(job_set_find(set, "a"), a);
	assert_int_equal(job_set_problem_count(set), 2);
	/* Unchanged and still broken: still told, still kept. */
	set = reload(set);
	expect_jobs(set, "a:1 b:1");
	assert_int_equal(job_set_problem_count(set), 2);
	/* Broken in another way. */
	scratch_write_bytes(&scratch, "a.ini", "\0", 1);
	set = reload(set);
	expect_jobs(set, "a:1 b:1");
	assert_int_equal(job_set_problem_count(set), 1);
	/* Whole again. */
	scratch_write(&scratch, "a.ini", "[job a]\ncommand = 3\n");
	set = reload(set);
	expect_jobs(set, "a:3");
	expect_problems(set, "");
	/* An empty file is not a broken one. */
	scratch_write(&scratch, "a.ini", "");
	set = reload(set);
	expect_jobs(set, "");
	job_set_free(set);
}

static void
a_new_broken_file_gives_its_good_jobs(void **state)
{
	struct job_set *set;

	set = scratch_load(&scratch, NULL);
	scratch_write(
	    &scratch, "a.ini", "[job a]\ncommand = 1\n[job b]\ncomand = 1\n");
	set = reload(set);
	expect_jobs(set, "a:1");
	job_set_free(set);
}

static void
a_name_is_one_job(void **state)
{
	struct job_set *set;

	scratch_write(
	    &scratch, "a.ini", "[job x]\ncommand = 1\n[job y]\ncommand = 1\n");
	scratch_write(&scratch, "b.ini",
	    "[job p]\ncommand = 2\n\n[job x]\ncommand = 2\n"
	    "[job q]\ncommand = 2\n");
	set = scratch_load(&scratch, NULL);
	expect_jobs(set, "x:1 y:1 p:2 q:2");
	expect_problems(set,
	    "b.ini:4: job x: error: this job is already defined in "
	    "DIR/a.ini:1; names must differ\n");
	job_set_free(set);
}

static void
a_taken_name_breaks_a_changed_file(void **state)
{
	struct job_set *set;

	scratch_write(&scratch, "a.ini", "[job x]\ncommand = 1\n");
	scratch_write(
	    &scratch, "b.ini", "[job p]\ncommand = 1\n[job q]\ncommand = 1\n");
	scratch_write(&scratch, "c.ini", "[job r]\ncommand = 1\n");
	set = scratch_load(&scratch, NULL);
	scratch_write(&scratch, "b.ini",
	    "[job p]\ncommand = 2\n[job x]\ncommand = 2\n"
	    "[job s]\ncommand = 2\n");
	set = reload(set);
	expect_jobs(set, "x:1 p:1 q:1 r:1");
	expect_problems(set,
	    "b.ini:3: job x: error: this job is already defined in "
	    "DIR/a.ini:1; names must differ\n");
	/* Still so, though nothing changed. */
	set = reload(set);
	expect_jobs(set, "x:1 p:1 q:1 r:1");
	assert_int_equal(job_set_problem_count(set), 1);
	/* The name is free: b.ini is good without having changed. */
	scratch_remove(&scratch, "a.ini");
	set = reload(set);
	expect_jobs(set, "p:2 x:2 s:2 r:1");
	expect_problems(set, "");
	job_set_free(set);
}

static void
a_name_moves_between_files(void **state)
{
	struct job_set *set;

	scratch_write(&scratch, "a.ini", "[job a]\ncommand = 1\n");
	scratch_write(
	    &scratch, "b.ini", "[job b]\ncommand = 1\n[job c]\ncommand = 1\n");
	set = scratch_load(&scratch, NULL);
	scratch_write(
	    &scratch, "a.ini", "[job a]\ncommand = 2\n[job b]\ncommand = 2\n");
	/* b.ini, not changed, is the second to say so and loses it. */
	set = reload(set);
	expect_jobs(set, "a:2 b:2 c:1");
	assert_int_equal(job_set_problem_count(set), 1);
	scratch_write(&scratch, "b.ini", "[job c]\ncommand = 2\n");
	set = reload(set);
	expect_jobs(set, "a:2 b:2 c:2");
	expect_problems(set, "");
	job_set_free(set);
}

static struct job_set *
load_with(const char *conf, struct job_set *previous)
{
	struct err err;
	struct config *config =
	    config_parse("belfry.conf", conf, strlen(conf), &err);
	struct job_set_options options = {0};
	struct job_set *set;

	if (config == NULL)
		fail_msg("%s", err.text);
	options.defaults = config->defaults;
	set = job_set_load(scratch.dir, scratch.pool, &options, previous, &err);
	assert_non_null(set);
	config_free(config);
	job_set_free(previous);
	return set;
}

/* [defaults] are a part of every definition, also of files at rest. */
static void
defaults_of_the_configuration(void **state)
{
	const struct job_options *o;
	const struct job_def *a;
	struct job_set *set;

	scratch_write(&scratch, "a.ini",
	    "[job a]\ncommand = 1\nenvironment = A=3\n[job b]\n");
	set = load_with("[defaults]\ntimeout = 5m\ncommand = d\n"
			"schedule = @daily\nenvironment = A=1\n"
			"environment = B=2\n",
	    NULL);
	expect_jobs(set, "a:1 b:d");
	a = job_set_find(set, "a");
	o = a->options;
	assert_int_equal(o->timeout_ms, 300000);
	assert_string_equal(o->environment, "B=2\nA=3");
	assert_int_equal(a->nschedules, 1);
	assert_string_equal(job_def_schedule_text(a, 0), "@daily");
	assert_string_equal(
	    job_set_find(set, "b")->options->environment, "A=1\nB=2");
	set = load_with("[defaults]\ntimeout = 6m\ncommand = e\n", set);
	expect_jobs(set, "a:1 b:e");
	a = job_set_find(set, "a");
	assert_int_equal(a->options->timeout_ms, 360000);
	assert_int_equal(a->nschedules, 0);
	job_set_free(set);
}

static void
a_default_is_for_jobs_that_can_have_it(void **state)
{
	struct job_set *set;

	scratch_write(&scratch, "a.ini",
	    "[job a]\ncommand = 1\nschedule = @after 5s\n"
	    "[job b]\ncommand = 1\nschedule = @every 5s\n");
	set = load_with("[defaults]\noverlap = queue\n", NULL);
	assert_int_equal(
	    job_set_find(set, "a")->options->overlap, JOB_OVERLAP_DEFAULT);
	assert_int_equal(
	    job_set_find(set, "b")->options->overlap, JOB_OVERLAP_QUEUE);
	job_set_free(set);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(a_digest_is_of_the_texts),
	    TEST(files_are_read_by_name),
	    TEST(other_names_are_a_hint),
	    TEST(what_is_no_text_file_is_one_problem),
	    TEST(a_file_that_cannot_be_read),
	    TEST(a_directory_that_is_gone),
	    TEST(what_did_not_change_is_not_read),
	    TEST(files_come_and_go),
	    TEST(a_broken_file_keeps_what_it_had),
	    TEST(a_new_broken_file_gives_its_good_jobs),
	    TEST(a_name_is_one_job),
	    TEST(a_taken_name_breaks_a_changed_file),
	    TEST(a_name_moves_between_files),
	    TEST(defaults_of_the_configuration),
	    TEST(a_default_is_for_jobs_that_can_have_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
