/* belfry check: what it prints and how it exits. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "cli/check/cmd_check.h"
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

/* Runs the command; *status_r its exit status. What it printed. */
static char *
check(const char *conf, int argc, const char **args, int *status_r)
{
	char *argv[8] = {xstrdup("check")}, *path, *text;
	FILE *out = tmpfile();
	int saved = dup(STDOUT_FILENO);

	assert_non_null(out);
	path = xstrdup(scratch_path(&scratch, conf));
	for (int i = 0; i < argc; i++)
		argv[i + 1] = args[i][0] == '-' ?
		    xstrdup(args[i]) :
		    xstrdup(scratch_path(&scratch, args[i]));
	fflush(stdout);
	dup2(fileno(out), STDOUT_FILENO);
	*status_r = cmd_check(argc + 1, argv, path);
	fflush(stdout);
	dup2(saved, STDOUT_FILENO);
	close(saved);
	lseek(fileno(out), 0, SEEK_SET);
	text = fd_read_all(fileno(out), 1 << 24, NULL);
	assert_non_null(text);
	fclose(out);
	for (int i = 0; i <= argc; i++)
		free(argv[i]);
	free(path);
	return text;
}

/* DIR/ in the text is left out, so that what is expected can be written. */
static void
without_dir(char *text)
{
	char dir[80], *p = text;
	size_t n = (size_t)snprintf(dir, sizeof(dir), "%s/", scratch.dir);

	while ((p = strstr(p, dir)) != NULL)
		memmove(p, p + n, strlen(p + n) + 1);
}

static void
expect(
    const char *conf, int argc, const char **args, int status, const char *want)
{
	int got;
	char *text = check(conf, argc, args, &got);

	without_dir(text);
	assert_string_equal(text, want);
	assert_int_equal(got, status);
	free(text);
}

static void
good_jobs(void **state)
{
	scratch_write(&scratch, "b.conf", "[master]\njobs-dir = .\n");
	scratch_write(&scratch, "a.ini",
	    "[job a]\ncommand = /bin/true\nschedule = @hourly\n"
	    "[job by-hand]\ncommand = /bin/true\n");
	/* b.conf stands in the directory of jobs. */
	expect("b.conf", 0, NULL, 0,
	    "b.conf: hint: this is not read; the name of a job file ends in "
	    ".ini\n"
	    "2 jobs, 0 errors, 1 hint\n");
}

static void
errors_come_first(void **state)
{
	static const char *files[] = {"a.ini", "b.ini"};

	scratch_write(&scratch, "a.ini",
	    "[job a]\ncommand = /nonexistent/a\n"
	    "[job x]\ncommand = date\nnice = 99\n"
	    "[job y]\ncomand = date\n");
	scratch_write(&scratch, "b.ini", "[job a]\ncommand = date\n");
	expect("none.conf", 2, files, 2,
	    "a.ini:5: job x: error: nice \"99\": out of range; "
	    "-20 to 19 is possible\n"
	    "a.ini:6: job y: error: the key command is missing; "
	    "write command = what it runs, http = what it requests, "
	    "sql = its statements, or plugin = whose function it calls\n"
	    "a.ini:7: job y: error: unknown key \"comand\"; "
	    "did you mean command?\n"
	    "b.ini:1: job a: error: this job is already defined in a.ini:1; "
	    "names must differ\n"
	    "a.ini:1: job a: hint: program \"/nonexistent/a\": "
	    "No such file or directory\n"
	    "1 job, 4 errors, 1 hint\n");
}

static void
every_error_of_a_file_is_told(void **state)
{
	static const char *files[] = {"a.ini"};
	struct strbuf text = STRBUF_INIT, want = STRBUF_INIT;

	for (int i = 0; i < 30; i++) {
		strbuf_addf(&text, "[job j%d]\ncommand = date\nnice = 99\n", i);
		strbuf_addf(&want,
		    "a.ini:%d: job j%d: error: nice \"99\": out of range; "
		    "-20 to 19 is possible\n",
		    3 * i + 3, i);
	}
	strbuf_adds(&want, "0 jobs, 30 errors, 0 hints\n");
	scratch_write(&scratch, "a.ini", strbuf_str(&text));
	expect("none.conf", 1, files, 2, strbuf_str(&want));
	strbuf_fini(&text);
	strbuf_fini(&want);
}

static void
a_key_without_effect_is_a_hint(void **state)
{
	static const char *files[] = {"a.ini"};

	scratch_write(&scratch, "a.ini",
	    "[job a]\ncommand = date\nretry-codes = 1\nafter-join = any\n"
	    "overlap = skip\noverlap-limit = 3\ncatch-up-limit = 5\n"
	    "schedule = @hourly\noutput = none\noutput-limit = 1M\n"
	    "[job b]\ncommand = date\ncatch-up = all\ncatch-up-limit = 5\n"
	    "retries = 2\njitter = 1m\n"
	    "[job c]\ncommand = date\nafter = a\nafter-when = always\n"
	    "retries = 2\nretry-delay = 1s\njitter = 1m\n"
	    "[job d]\ncommand = date\nschedule = @hourly\ncatch-up = all\n"
	    "catch-up-limit = 5\noverlap = queue\noverlap-limit = 3\n");
	expect("none.conf", 1, files, 0,
	    "a.ini:3: job a: hint: retry-codes has no meaning without retries\n"
	    "a.ini:4: job a: hint: after-join has no meaning without after\n"
	    "a.ini:6: job a: hint: overlap-limit has no meaning with overlap = "
	    "skip or replace\n"
	    "a.ini:7: job a: hint: catch-up-limit has no meaning without "
	    "catch-up = all\n"
	    "a.ini:10: job a: hint: output-limit has no meaning with output = "
	    "none\n"
	    "a.ini:13: job b: hint: catch-up has no meaning without a schedule\n"
	    "a.ini:16: job b: hint: jitter has no meaning without schedule and "
	    "after\n"
	    "4 jobs, 0 errors, 7 hints\n");
}

static void
what_does_not_exist_is_a_hint(void **state)
{
	static const char *files[] = {"a.ini"};

	scratch_write(&scratch, "file", "");
	scratch_write(&scratch, "a.ini",
	    "[job a]\ncommand = /etc\ndirectory = /nonexistent\n"
	    "[job b]\ncommand = a | b\nshell = /nonexistent/bash\n"
	    "[job c]\ncommand = /etc/passwd\nenvironment-file = /nonexistent\n"
	    "[job d]\ncommand = date\nenvironment-file = -/nonexistent\n"
	    "directory = /etc/passwd\n");
	expect("none.conf", 1, files, 0,
	    "a.ini:1: job a: hint: directory \"/nonexistent\": "
	    "No such file or directory\n"
	    "a.ini:1: job a: hint: program \"/etc\" is a directory\n"
	    "a.ini:4: job b: hint: shell \"/nonexistent/bash\": "
	    "No such file or directory\n"
	    "a.ini:7: job c: hint: environment-file \"/nonexistent\": "
	    "No such file or directory\n"
	    "a.ini:7: job c: hint: program \"/etc/passwd\" is not executable; "
	    "chmod +x\n"
	    "a.ini:10: job d: hint: directory \"/etc/passwd\" is not a "
	    "directory\n"
	    "4 jobs, 0 errors, 6 hints\n");
}

static void
a_user_that_does_not_exist(void **state)
{
	static const char *files[] = {"a.ini"};

	if (geteuid() != 0) {
		print_message("this needs root\n");
		return;
	}
	scratch_write(&scratch, "a.ini",
	    "[job a]\ncommand = date\nuser = no-such-user\n"
	    "group = no-such-group\n"
	    "[job b]\ncommand = date\nuser = 65534\n"
	    "[job c]\ncommand = date\nuser = 4294967296\n");
	expect("none.conf", 1, files, 0,
	    "a.ini:1: job a: hint: group \"no-such-group\" does not exist "
	    "here\n"
	    "a.ini:1: job a: hint: user \"no-such-user\" does not exist "
	    "here\n"
	    "a.ini:8: job c: hint: user \"4294967296\" does not exist here\n"
	    "3 jobs, 0 errors, 3 hints\n");
}

static void
schedules_that_surprise(void **state)
{
	static const char *files[] = {"a.ini"};
	int status;
	char *text;

	scratch_write(&scratch, "a.ini",
	    "[job never]\ncommand = date\nschedule = 0 0 30 2 *\n"
	    "[job gap]\ncommand = date\nschedule = 30 2 * * *\n"
	    "timezone = America/New_York\n"
	    "[job days]\ncommand = date\nschedule = 0 0 13 * 5\n"
	    "[job plain]\ncommand = date\nschedule = 0 3 * * *\n"
	    "timezone = UTC\n");
	text = check("none.conf", 1, files, &status);
	assert_int_equal(status, 0);
	assert_non_null(strstr(text, "job never: hint: never fires"));
	assert_non_null(strstr(text, "job gap: hint: "));
	assert_non_null(strstr(text, "does not exist in America/New_York"));
	assert_non_null(strstr(text, "job days: hint: day of month and day"));
	assert_null(strstr(text, "job plain: "));
	free(text);
}

static char *
check_herd(unsigned n, const char *schedule)
{
	static const char *files[] = {"a.ini"};
	struct strbuf b = STRBUF_INIT;
	int status;
	char *text;

	strbuf_adds(&b,
	    "[job off]\ncommand = date\nenabled = no\n"
	    "schedule = 0 3 * * *\n");
	for (unsigned i = 0; i < n; i++)
		strbuf_addf(&b, "[job j%u]\ncommand = date\nschedule = %s\n", i,
		    schedule);
	scratch_write(&scratch, "a.ini", b.s);
	text = check("none.conf", 1, files, &status);
	assert_int_equal(status, 0);
	strbuf_fini(&b);
	return text;
}

static void
a_quoted_command_is_a_hint(void **state)
{
	static const char *files[] = {"a.ini"};

	scratch_write(&scratch, "a.ini",
	    "[job a]\ncommand = \"echo hi\"\n"
	    "[job b]\ncommand = \"date\"\n"
	    "[job c]\ncommand = 'echo' 'hi'\n");
	expect("none.conf", 1, files, 0,
	    "a.ini:1: job a: hint: the command stands in quotes: all of it is "
	    "the name of one program; a value is written without quotes\n"
	    "3 jobs, 0 errors, 1 hint\n");
}

static void
a_herd_is_a_hint(void **state)
{
	char *text = check_herd(49, "0 3 * * *");

	assert_null(strstr(text, "same second"));
	free(text);
	text = check_herd(50, "0 3 * * *");
	assert_non_null(strstr(
	    text, "a.ini:5: job j0: hint: 50 jobs fire at the same second, "));
	assert_null(strstr(text, "other seconds"));
	assert_non_null(strstr(text, "51 jobs, 0 errors, 1 hint\n"));
	free(text);
	text = check_herd(60, "0 */2 * * *");
	assert_non_null(strstr(text, "60 jobs fire at the same second, "));
	assert_non_null(strstr(
	    text, "as many as 50 at 11 other seconds of the coming 24 h"));
	free(text);
	text = check_herd(60, "@every 2h");
	assert_null(strstr(text, "same second"));
	free(text);
	text = check_herd(60, "* * * * * *");
	assert_non_null(strstr(text, "at 86399 other seconds"));
	free(text);
}

static void
the_configuration_is_checked_too(void **state)
{
	static const char *files[] = {"b.conf"};

	scratch_write(&scratch, "b.conf", "[mastr]\n[api]\nsocket =\n");
	expect("b.conf", 0, NULL, 2,
	    "b.conf:1: error: column 2: unknown section \"mastr\"; "
	    "did you mean master?\n"
	    "b.conf:3: error: socket: a value is missing\n"
	    "0 jobs, 2 errors, 0 hints\n");
	expect("none.conf", 1, files, 2,
	    "b.conf:1: error: column 2: unknown section \"mastr\"; "
	    "did you mean master?\n"
	    "b.conf:3: error: socket: a value is missing\n"
	    "0 jobs, 2 errors, 0 hints\n");
	expect("none.conf", 0, NULL, 2,
	    "none.conf: error: cannot open the configuration: "
	    "No such file or directory\n"
	    "0 jobs, 1 error, 0 hints\n");
}

static void
json(void **state)
{
	static const char *args[] = {"a.ini", "--json"};
	json_t *doc, *problem;
	json_error_t error;
	int status;
	char *text;

	scratch_write(&scratch, "a.ini",
	    "[job a]\ncommand = date\n[job b]\ncommand = date\n\xff = 1\n");
	text = check("none.conf", 2, args, &status);
	assert_int_equal(status, 2);
	doc = json_loads(text, 0, &error);
	assert_non_null(doc);
	assert_int_equal(json_integer_value(json_object_get(doc, "jobs")), 1);
	assert_int_equal(json_integer_value(json_object_get(doc, "errors")), 1);
	problem = json_array_get(json_object_get(doc, "problems"), 0);
	assert_string_equal(
	    json_string_value(json_object_get(problem, "severity")), "error");
	assert_string_equal(
	    json_string_value(json_object_get(problem, "job")), "b");
	assert_int_equal(
	    json_integer_value(json_object_get(problem, "line")), 5);
	assert_string_equal(json_string_value(json_object_get(problem, "text")),
	    "unknown key \"?\"");
	json_decref(doc);
	free(text);
}

static void
usage(void **state)
{
	static const char *bad[] = {"--colour"}, *help[] = {"--help"};
	int status;
	char *text = check("none.conf", 1, bad, &status);

	assert_int_equal(status, 2);
	assert_string_equal(text, "");
	free(text);
	text = check("none.conf", 1, help, &status);
	assert_int_equal(status, 0);
	assert_memory_equal(text, "usage: belfry check", 19);
	free(text);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(good_jobs),
	    TEST(errors_come_first),
	    TEST(every_error_of_a_file_is_told),
	    TEST(a_key_without_effect_is_a_hint),
	    TEST(what_does_not_exist_is_a_hint),
	    TEST(a_user_that_does_not_exist),
	    TEST(schedules_that_surprise),
	    TEST(a_quoted_command_is_a_hint),
	    TEST(a_herd_is_a_hint),
	    TEST(the_configuration_is_checked_too),
	    TEST(json),
	    TEST(usage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
