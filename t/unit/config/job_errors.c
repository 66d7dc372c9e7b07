/* What is wrong with a job, and where. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
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

#define JOB  "[job j]\n"
#define JOBC "[job j]\ncommand = c\n"
#define JOBH "[job j]\nhttp = http://h\n"
#define L3   "a.ini:3: job j: error: "

static const struct {
	const char *text, *problems;
} wrong[] = {
    {JOB "schedule = @daily\n",
	"a.ini:1: job j: error: the key command is missing; "
	"write command = what it runs, http = what it requests, "
	"sql = its statements, or plugin = whose function it calls\n"},
    {JOB "command =\n",
	"a.ini:2: job j: error: command: a command line is missing\n"},
    {JOBC "comand = c\n", L3 "unknown key \"comand\"; did you mean command?\n"},
    {JOBC "limit-sky = 1\n",
	L3 "unknown key \"limit-sky\"; did you mean limit-cpu?\n"},
    {JOBC "http = GET http://h\n",
	L3
	"http \"GET http://h\": a job has one of command, http, sql and plugin; "
	"command is in line 2\n"},
    {JOBH "command = c\n",
	L3 "command \"c\": a job has one of command, http, sql and plugin; "
	   "http is in line 2\n"},
    {JOB "http = GET x\n",
	"a.ini:2: job j: error: http \"GET x\": write a URL like "
	"https://host/path\n"},
    {JOBC "http-follow = 1\n",
	L3 "http-follow has no meaning in a job with command\n"},
    {JOBH "shell = /bin/sh\n", L3 "shell has no meaning in a job with http\n"},
    {JOBH "stdin = x\n",
	L3 "stdin has no meaning in a job with http; see http-body\n"},
    {JOBH "http-header = X\n", L3 "http-header: write Name: value\n"},
    {JOBH "http-user = u\nhttp-password = ${\n",
	"a.ini:4: job j: error: http-password: column 1: write ${NAME} for a "
	"variable of the job's environment, ${NAME:url}, ${NAME:json} or "
	"${NAME:raw} to escape it so, ${NAME:-TEXT} for a text when it is not "
	"set, or $${ for the characters ${\n"},
    {JOBH "http-follow = 51\n",
	L3 "http-follow \"51\": write a number from 0 to 50\n"},
    {JOBH "http-follow = 1\nhttp-follow = 2\n",
	"a.ini:4: job j: error: http-follow is given twice; the first is in "
	"line 3\n"},
    {JOBH "http-verify = maybe\n",
	L3 "http-verify \"maybe\": write yes or no\n"},
    {JOBH "http-read-timeout = 5\n",
	L3 "http-read-timeout \"5\": column 2: the unit is missing; write ns, "
	   "us, ms, s, m, h, d or w\n"},
    {JOBH "http-connect-timeout = 0\n",
	L3 "http-connect-timeout \"0\": too short; at least 1ms, or none\n"},
    {JOBH "http-ca-file = ca.pem\n",
	L3 "http-ca-file \"ca.pem\": an absolute path is needed; begin it "
	   "with /\n"},
    {JOBH "http-body = a\nhttp-body-file = /b\n",
	"a.ini:4: job j: error: a request has one body: http-body or "
	"http-body-file\n"},
    {JOB "http = HEAD http://h\nhttp-body = b\n",
	L3 "HEAD has no body; leave http-body out\n"},
    {JOBH "http-key = /k\n",
	L3 "http-key is the key of http-cert, which is missing\n"},
    {JOBH "http-auth = ntlm\n",
	L3 "http-auth \"ntlm\": write basic, digest or bearer\n"},
    {JOBH "http-auth = digest\n",
	L3 "http-auth needs http-password-file or http-password\n"},
    {JOBH "http-user = u\n",
	L3 "http-user needs http-password-file or http-password\n"},
    {JOBH "http-password-file = /p\n",
	L3 "http-password-file needs http-user, or http-auth = bearer\n"},
    {JOBH "http-user = u\nhttp-password = p\nhttp-password-file = /p\n",
	"a.ini:5: job j: error: write http-password or http-password-file, "
	"not both\n"},
    {JOBH "http-auth = bearer\nhttp-password = p\nhttp-user = u\n",
	"a.ini:5: job j: error: http-user has no meaning with "
	"http-auth = bearer\n"},
    {JOBC "jitter = 8d\n", L3 "jitter \"8d\": too long; at most 1w\n"},
    {JOBC "dialect = quarz\n",
	L3 "dialect \"quarz\": write cron or quartz; did you mean quartz?\n"},
    {JOBC "dst-gap = first\n", L3 "dst-gap \"first\": write run or skip\n"},
    {JOBC "hosts = tag:a tag:b\n",
	L3 "hosts \"tag:a tag:b\": column 7: expected \"&\" or \"|\" between "
	   "hosts\n"},
    {JOBC "uses = db\n",
	L3 "uses \"db\": column 1: write NAME:N, like database:2, or several "
	   "with blanks between them\n"},
    {JOBC "uses = a:1 b:0\n",
	L3 "uses \"a:1 b:0\": column 5: write a number from 1 to 100000 "
	   "behind the :\n"},
    {JOBC "queue = a b\n",
	L3 "queue \"a b\": this is no name of a queue; write the NAME of a "
	   "[queue NAME] of belfry.conf\n"},
    {JOBC "uses = a:1 a:2\n", L3 "uses \"a:1 a:2\": \"a\" is there twice\n"},
    {JOBC "place = here\n",
	L3 "place \"here\": write hash, spread or least-loaded\n"},
    {JOBC "guarantee = exactly-once\n",
	L3 "guarantee \"exactly-once\": write at-most-once or "
	   "at-least-once\n"},
    {JOBC "calendar-mode = x\n",
	L3 "calendar-mode \"x\": write exclude, include, next or previous\n"},
    {JOBC "start-at = 2026-02-30\n",
	L3 "start-at \"2026-02-30\": day 30; 2026-02 has days 01-28\n"},
    {JOBC "start-at = tomorrow\n",
	L3 "start-at \"tomorrow\": expected a date; write YYYY-MM-DD\n"},
    {JOBC "end-at = 2026-01-02\nstart-at = 2026-01-03\n",
	L3 "end-at is not after start-at: no slot is between them\n"},
    {JOBC "calendar = x\n",
	L3 "calendar \"x\": unknown calendar; belfry.conf has no "
	   "[calendar x]\n"},
    {JOBC "dialect = quartz\nschedule = 0 3 * * *\n",
	"a.ini:4: job j: error: schedule \"0 3 * * *\": column 10: 5 fields; "
	"the quartz dialect has 6 or 7: second minute hour day month weekday "
	"[year]\n"},
    {JOBC "command = d\n",
	L3 "command is given twice; the first is in line "
	   "2\n"},
    {JOBC "timeout = 5y\n",
	L3 "timeout \"5y\": column 2: unknown unit; "
	   "write ns, us, ms, s, m, h, d or w\n"},
    {JOBC "timeout =\n",
	L3 "timeout: column 1: a duration is missing; "
	   "write one like 1h30m\n"},
    {JOBC "timeout = x\ntimeout = 5m\n",
	L3 "timeout \"x\": column 1: expected a number; "
	   "write a duration like 1h30m\n"
	   "a.ini:4: job j: error: timeout is given twice; "
	   "the first is in line 3\n"},
    {JOBC "kill-grace = -1s\n",
	L3 "kill-grace \"-1s\": column 1: a duration cannot be negative\n"},
    {JOBC "overlap = alow\n",
	L3 "overlap \"alow\": write allow, skip, queue "
	   "or replace; did you mean allow?\n"},
    {JOBC "overlap = queue\nschedule = @after 5m\n",
	L3 "overlap has no meaning with @after, which counts from the end of "
	   "the last run; leave it out, or write @every\n"},
    {JOBC "enabled = maybe\n", L3 "enabled \"maybe\": write yes or no\n"},
    {JOBC "kill-signal = FOO\n",
	L3 "kill-signal \"FOO\": unknown signal; "
	   "write a name like TERM, INT, HUP, QUIT or KILL\n"},
    {JOBC "kill-signal = 0\n",
	L3 "kill-signal \"0\": unknown signal; "
	   "write a name like TERM, INT, HUP, QUIT or KILL\n"},
    {JOBC "success-codes = 0,3\n",
	L3 "success-codes \"0,3\": column 2: codes are separated by blanks; "
	   "write them like 0 3 10-12\n"},
    {JOBC "success-codes = 0 256\n",
	L3 "success-codes \"0 256\": column 3: an exit code is 0 to 255\n"},
    {JOBC "success-codes = 5-1\n",
	L3 "success-codes \"5-1\": a range ascends; write 1-5\n"},
    {JOBC "success-codes = 1-\n",
	L3 "success-codes \"1-\": column 3: expected an exit code; "
	   "write them like 0 3 10-12\n"},
    {JOBC "success-codes =\n",
	L3 "success-codes: column 1: expected an exit code; "
	   "write them like 0 3 10-12\n"},
    {JOBC "retries = 1001\n",
	L3 "retries \"1001\": out of range; 0 to 1000 is possible\n"},
    {JOBC "retries = -1\n",
	L3 "retries \"-1\": out of range; 0 to 1000 is possible\n"},
    {JOBC "retries = 1x\n",
	L3 "retries \"1x\": write a number from 0 to 1000\n"},
    {JOBC "retries = 99999999999999999999\n",
	L3 "retries \"99999999999999999999\": out of range; "
	   "0 to 1000 is possible\n"},
    {JOBC "nice = 20\n",
	L3 "nice \"20\": out of range; -20 to 19 is possible\n"},
    {JOBC "ionice = idle:3\n",
	L3 "ionice \"idle:3\": write idle, best-effort:0 to best-effort:7, "
	   "realtime:0 to realtime:7, or none\n"},
    {JOBC "ionice = realtime:8\n",
	L3 "ionice \"realtime:8\": write idle, best-effort:0 to "
	   "best-effort:7, realtime:0 to realtime:7, or none\n"},
    {JOBC "limit-cpu = 1500ms\n",
	L3 "limit-cpu \"1500ms\": write whole seconds, at least 1s, or "
	   "none\n"},
    {JOBC "limit-cpu = 0\n",
	L3 "limit-cpu \"0\": write whole seconds, at least 1s, or none\n"},
    {JOBC "limit-memory = 64K\n",
	L3 "limit-memory \"64K\": no program starts with that; at least 1M, "
	   "or none\n"},
    {JOBC "limit-memory = 15E\n",
	L3 "limit-memory \"15E\": too much; write none for no limit\n"},
    {JOBC "limit-files = 2\n",
	L3 "limit-files \"2\": write a number from 3 to 1073741824, or "
	   "none\n"},
    {JOBC "limit-processes = many\n",
	L3 "limit-processes \"many\": write a number from 1 to 4194304, or "
	   "none\n"},
    {JOBC "nice = -21\n",
	L3 "nice \"-21\": out of range; -20 to 19 is possible\n"},
    {JOBC "overlap-limit = 0\n",
	L3 "overlap-limit \"0\": out of range; 1 to 1000 is possible\n"},
    {JOBC "start-deadline = 0\n",
	L3 "start-deadline \"0\": too short; at least 1s\n"},
    {JOBC "start-deadline = none\n",
	L3 "start-deadline \"none\": column 1: expected a number; "
	   "write a duration like 1h30m\n"},
    {JOBC "catch-up = some\n",
	L3 "catch-up \"some\": write none, last or all\n"},
    {JOBC "catch-up-limit = 1001\n",
	L3 "catch-up-limit \"1001\": out of range; 1 to 1000 is possible\n"},
    {JOBC "retry-codes = 256\n",
	L3 "retry-codes \"256\": column 1: an exit code is 0 to 255\n"},
    {JOBC "retry-backoff = 0.9\n",
	L3 "retry-backoff \"0.9\": out of range; 1 to 100 is possible\n"},
    {JOBC "retry-backoff = 100.1\n",
	L3 "retry-backoff \"100.1\": out of range; 1 to 100 is possible\n"},
    {JOBC "retry-backoff = nan\n",
	L3 "retry-backoff \"nan\": write a number like 2 or 1.5\n"},
    {JOBC "retry-backoff = 1e1\n",
	L3 "retry-backoff \"1e1\": write a number like 2 or 1.5\n"},
    {JOBC "umask = 8\n", L3 "umask \"8\": write an octal number, 000 to 777\n"},
    {JOBC "umask = 1000\n",
	L3 "umask \"1000\": write an octal number, 000 to 777\n"},
    {JOBC "labels = a a\n",
	L3 "labels \"a a\": column 3: \"a\" is there twice\n"},
    {JOBC "labels = =x\n",
	L3
	"labels \"=x\": column 1: write labels like nightly or team=data, of "
	"letters, digits and ._-/, with blanks between them\n"},
    {JOBC "after = a/b\n",
	L3 "after \"a/b\": column 1: this is no name of a job; write after = "
	   "JOB, or several with blanks between them\n"},
    {JOBC "after = a, b a\n",
	L3 "after \"a, b a\": column 6: \"a\" is there twice\n"},
    {JOBC "after = ,\n", L3 "after \",\": a value is missing\n"},
    {JOBC "after-when = ok\n",
	L3 "after-when \"ok\": write success, failure or always\n"},
    {JOBC "output-limit = 1025M\n",
	L3 "output-limit \"1025M\": too much; at most 1G\n"},
    {JOBC "output-limit = 1X\n",
	L3 "output-limit \"1X\": column 2: unknown unit; "
	   "write K, M, G, T or nothing for bytes\n"},
    {JOBC "timeout = \"5s\"\n",
	L3 "timeout \"\"5s\"\": column 1: expected a number; write a duration "
	   "like 1h30m; a value is written without quotes\n"},
    {JOBC "timeout = 5min\n",
	L3 "timeout \"5min\": column 2: unknown unit \"min\"; did you mean "
	   "m?\n"},
    {JOBC "shell = bash\n",
	L3 "shell \"bash\": write a shell's path, like "
	   "/bin/bash, or none\n"},
    {JOBC "shell = /bin/bash -e\n",
	L3 "shell \"/bin/bash -e\": a shell's path alone; it is called with "
	   "-c and the command\n"},
    {JOBC "directory = srv\n",
	L3 "directory \"srv\": an absolute path is "
	   "needed; begin it with /\n"},
    {JOBC "environment-file = -x\n",
	L3 "environment-file \"-x\": an absolute path is needed; "
	   "begin it with /\n"},
    {JOBC "environment = 1A=2\n",
	L3 "environment \"1A=2\": write NAME=VALUE; a name has letters, "
	   "digits and _ and does not begin with a digit\n"},
    {JOBC "environment = A\n",
	L3 "environment \"A\": write NAME=VALUE; a name has letters, "
	   "digits and _ and does not begin with a digit\n"},
    {JOBC "environment = BELFRY_JOB=x\n",
	L3 "environment \"BELFRY_JOB=x\": names that begin with BELFRY_ are "
	   "belfry's own\n"},
    {JOBC "environment = A=1\nenvironment = A=2\n",
	"a.ini:4: job j: error: environment \"A=2\": A is given twice\n"},
    {JOBC "stdin = a\\qb\n",
	L3 "stdin: column 2: unknown escape; "
	   "\\n, \\t and \\\\ are possible\n"},
    {JOBC "stdin = a\\\n",
	L3 "stdin: column 2: unknown escape; "
	   "\\n, \\t and \\\\ are possible\n"},
    {JOBC "user =\n", L3 "user: a value is missing\n"},
    {JOBC "timezone = Mars/Base\n",
	L3 "timezone: unknown time zone \"Mars/Base\"; "
	   "write a name of tzdata such as Europe/Berlin or UTC\n"},
    {JOBC "schedule =\n",
	L3 "schedule: a schedule is missing; leave the key out for a job that "
	   "is run by hand\n"},
    {JOBC "schedule = 61 * * * *\n",
	L3 "schedule \"61 * * * *\": column 1: minute 61 is out of range; "
	   "write 0-59\n"},
    {JOBC "schedule = @daily\nschedule = 0 25 * * *\n",
	"a.ini:4: job j: error: schedule \"0 25 * * *\": column 3: "
	"hour 25 is out of range; write 0-23\n"},
    {JOB "shell = none\ncommand = a 'b\n",
	L3 "command: column 3: this single quote is not closed\n"},
    /* sections */
    {"[job]\ncommand = c\n",
	"a.ini:1: error: column 2: a job without a name; write [job NAME]\n"},
    {"[job a b]\n",
	"a.ini:1: error: "
	"column 2: bad name of a job \"a b\"; letters, digits, \".\", \"_\" and \"-\" "
	"are possible, at most 128\n"},
    {"[jobs x]\nkey = v\n",
	"a.ini:1: error: column 2: unknown section \"jobs\"; write [job x]\n"},
    {"[backup]\n",
	"a.ini:1: error: column 2: unknown section \"backup\"; write [job backup]\n"},
    {"[Job x]\n",
	"a.ini:1: error: column 2: unknown section \"Job\"; write [job x]\n"},
    {"[defaults]\ntimeout = 5m\n",
	"a.ini:1: error: column 2: [defaults] belongs in belfry.conf, "
	"not in a job file\n"},
    {"[job j\ncommand = c\n",
	"a.ini:1: error: column 7: \"]\" is missing; write [job NAME]\n"},
    {"command = c\n" JOBC,
	"a.ini:1: error: column 1: a key before the first section; "
	"write [job NAME] above it\n"},
    {JOBC "word\n", L3 "column 1: expected KEY = VALUE, found \"word\"\n"},
    {JOBC JOBC,
	"a.ini:3: job j: error: this job is already defined in "
	"DIR/a.ini:1; names must differ\n"},
};

static void
errors_name_the_line(void **state)
{
	struct job_set *set;

	for (size_t i = 0; i < nitems(wrong); i++) {
		set = scratch_text(&scratch, wrong[i].text);
		scratch_expect(&scratch, set, wrong[i].problems);
		job_set_free(set);
	}
}

static void
one_bad_job_leaves_the_others(void **state)
{
	struct job_set *set = scratch_text(&scratch,
	    "[job a]\ncommand = a\n"
	    "[job b]\ncommand = b\nnice = 99\n"
	    "[job c]\ncommand = c\n"
	    "[job d\ncommand = d\n"
	    "[job e]\ncommand = e\n");

	assert_int_equal(job_set_count(set), 3);
	assert_non_null(job_set_find(set, "a"));
	assert_null(job_set_find(set, "b"));
	assert_non_null(job_set_find(set, "c"));
	assert_null(job_set_find(set, "d"));
	assert_non_null(job_set_find(set, "e"));
	assert_int_equal(job_set_problem_count(set), 2);
	job_set_free(set);
}

static void
garbage_is_told_briefly(void **state)
{
	struct strbuf b = STRBUF_INIT;
	struct job_set *set;
	size_t n;

	for (unsigned i = 0; i < 400000; i++)
		strbuf_addf(&b, "garbage %u of ten megabytes\n", i);
	/* It may be any file: one line says so. */
	set = scratch_text(&scratch, b.s);
	assert_int_equal(job_set_problem_count(set), 1);
	assert_string_equal(job_set_problem(set, 0)->text,
	    "column 1: expected [job NAME], found \"garbage 0 of ten megabytes\"");
	assert_int_equal(job_set_problem(set, 0)->line, 1);
	job_set_free(set);
	/* It is a job file: the first mistakes, and how many there are. */
	memcpy(b.s, "[job a]\n          ", 18);
	set = scratch_text(&scratch, b.s);
	n = job_set_problem_count(set);
	assert_int_equal(n, 21);
	assert_string_equal(job_set_problem(set, n - 1)->text,
	    "and 399981 more errors in this file");
	assert_int_equal(job_set_problem(set, n - 1)->line, 22);
	job_set_free(set);
	strbuf_fini(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(errors_name_the_line),
	    cmocka_unit_test(one_bad_job_leaves_the_others),
	    cmocka_unit_test(garbage_is_told_briefly),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
