/* Crontabs as Debian's cron and cronie read them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/strbuf.h"
#include "config/crontab/crontab.h"
#include "config/crontab/name.h"
#include "config/crontab/parts.h"

static void
add_entry(void *arg, const struct crontab_entry *e)
{
	struct strbuf *b = arg;

	strbuf_addf(b, "%u: [%s]", e->line, e->schedule);
	if (e->user != NULL)
		strbuf_addf(b, " user=%s", e->user);
	strbuf_addf(b, " {%s}", e->command);
	if (e->input != NULL)
		strbuf_addf(b, " <{%s}", e->input);
	for (const char *p = e->environment; *p != '\0'; p++) {
		if (p == e->environment)
			strbuf_addch(b, ' ');
		strbuf_addch(b, *p == '\n' ? ';' : *p);
	}
	for (size_t i = 0; i < e->nwords; i++)
		strbuf_addf(b, " %s:=%s", e->words[i].key, e->words[i].value);
	strbuf_addf(b, "%s%s%s\n", e->quiet ? " quiet" : "",
	    e->mail_failures ? " failures" : "", e->single ? " single" : "");
}

static void
add_error(void *arg, uint32_t line, const char *text)
{
	strbuf_addf(arg, "%u: error: %s\n", line, text);
}

static void
add_hint(void *arg, uint32_t line, const char *text)
{
	strbuf_addf(arg, "%u: hint: %s\n", line, text);
}

static void
check_as(struct crontab_reader reader, const char *text, const char *wanted)
{
	struct strbuf b = STRBUF_INIT;
	char *copy = xstrdup(text);

	reader.entry = add_entry;
	reader.error = add_error;
	reader.hint = add_hint;
	reader.arg = &b;
	crontab_read(&reader, copy, strlen(copy));
	assert_string_equal(strbuf_str(&b), wanted);
	strbuf_fini(&b);
	free(copy);
}

static void
check(const char *text, const char *wanted)
{
	check_as((struct crontab_reader){.system = false}, text, wanted);
}

static void
check_system(const char *text, const char *wanted)
{
	check_as((struct crontab_reader){.system = true}, text, wanted);
}

static void
test_entries(void **state)
{
	check("", "");
	check("\n  \n# comment\n \t# another\n", "");
	check("*/5 0 1,15 * 1-5  echo  a b \n",
	    "1: [*/5 0 1,15 * 1-5] {echo  a b }\n");
	/* cron looks at the first character alone. */
	check("5,* */2,*/3 1,*/2 *,4,* 0,*/2,* x\n",
	    "1: [5,0-59 */2,0-23/3 1,1-31/2 *,4,1-12 0,0-6/2,0-6] {x}\n");
	check("1,*5 ,* *, 1,** 1,,2 x\n", "1: [1,*5 ,0-23 *, 1,** 1,,2] {x}\n");
	check(" \t5\t4 * * sun\tx\n", "1: [5 4 * * sun] {x}\n");
	check("@daily x\n@reboot\ty\n", "1: [@daily] {x}\n2: [@reboot] {y}\n");
	check_system("17 *\t* * *\troot\tcd / && run\n",
	    "1: [17 * * * *] user=root {cd / && run}\n");
	check_system("@hourly nobody  x\n", "1: [@hourly] user=nobody {x}\n");
	check("1 2 3 4 5 x",
	    "1: [1 2 3 4 5] {x}\n"
	    "1: hint: the last line has no end: cron would "
	    "not read this file\n");
}

#define MISSING                                                                \
	" is missing; write minute, hour, day of month, month and day of "     \
	"week, then the command, or NAME=VALUE\n"
#define NO_COMMAND                                                             \
	"the command is missing; before it are five fields of times, or a "    \
	"name such as @daily"
#define NO_SUCH_TIME                                                           \
	"; a crontab has @reboot, @yearly, @annually, @monthly, @weekly, "     \
	"@daily, @midnight and @hourly; for others write five fields, such "   \
	"as */5 * * * *\n"

static void
test_errors(void **state)
{
	check("* * * *\n", "1: error: column 8: the day of week" MISSING);
	check("FOO=\n", "1: error: column 5: the hour" MISSING);
	check(" * * * * *\n", "1: error: column 11: " NO_COMMAND "\n");
	check("* * * * * %x\n", "1: error: column 11: " NO_COMMAND "\n");
	check("* * * * * * x\n",
	    "1: error: column 11: a command does not begin with \"*\"; there "
	    "are five fields of times before it\n");
	check("@sometimes x\n \t@\n",
	    "1: error: column 1: unknown time \"@sometimes\"" NO_SUCH_TIME
	    "2: error: column 3: unknown time \"@\"" NO_SUCH_TIME);
	check("0 5 * * *\xc2\xa0x\n",
	    "1: error: column 10: there is a no-break space, which divides no "
	    "fields; write a blank\n");
	check_system("* * * * *\n",
	    "1: error: column 10: the user is missing; in this crontab it "
	    "stands before the command\n");
	check_system("* * * * * * x\n",
	    "1: error: column 11: a user does not begin with \"*\"; there are "
	    "five fields of times before it\n");
	check_system("* * * * * root\n",
	    "1: error: column 15: " NO_COMMAND ", and the user\n");
	check("1x=2\n",
	    "1: error: bad name of a variable \"1x\"; a name has letters, "
	    "digits and _ and does not begin with a digit\n");
	check("BELFRY_RUN_ID=2\n",
	    "1: error: BELFRY_RUN_ID: names that begin with BELFRY_ are "
	    "belfry's own\n");
}

/* Files of Windows, which cron would not read, or not as they are meant. */
static void
test_windows(void **state)
{
	check("A=b\r\n\r\n* * * * * x\r\n# belfry: timeout=5m\r\n@daily y\r\n",
	    "1: hint: lines end as on Windows, with a carriage return: to "
	    "cron it is a part of the command, here it is not\n"
	    "3: [* * * * *] {x} A=b\n"
	    "5: [@daily] {y} A=b timeout:=5m\n");
	check("* * * * * a\rb\n", "1: [* * * * *] {a\rb}\n");
	check("\xef\xbb\xbf* * * * * x\n",
	    "1: hint: a byte order mark is in front: cron would not read this "
	    "file\n"
	    "1: [* * * * *] {x}\n");
	check("\xef\xbb\xbf",
	    "1: hint: a byte order mark is in front: cron "
	    "would not read this file\n");
}

/* What stands in a file up to a NUL is not all that stands there. */
static void
test_nul(void **state)
{
	char text[] = "* * * * * a\0b\n* * * * * c\n";
	struct strbuf b = STRBUF_INIT;
	struct crontab_reader reader = {
	    .entry = add_entry,
	    .error = add_error,
	    .hint = add_hint,
	    .arg = &b,
	};

	crontab_read(&reader, text, sizeof(text) - 1);
	assert_string_equal(b.s,
	    "1: error: there is a NUL byte in this line\n"
	    "2: [* * * * *] {c}\n");
	strbuf_fini(&b);
}

static void
check_variable(const char *line, const char *name, const char *value)
{
	struct strbuf name_r = STRBUF_INIT, value_r = STRBUF_INIT;

	if (name == NULL) {
		assert_false(crontab_is_variable(line, &name_r, &value_r));
	} else {
		assert_true(crontab_is_variable(line, &name_r, &value_r));
		assert_string_equal(strbuf_str(&name_r), name);
		assert_string_equal(strbuf_str(&value_r), value);
	}
	strbuf_fini(&name_r);
	strbuf_fini(&value_r);
}

/* As load_env() of Debian's cron was seen to do. */
static void
test_variables(void **state)
{
	check_variable("A=b", "A", "b");
	check_variable("A = b c  ", "A", "b c");
	check_variable("A\t=\t\"b \"", "A", "b");
	check_variable("A=\" b\"", "A", " b");
	check_variable("A='b\"c'  ", "A", "b\"c");
	check_variable("A=\"'b'\"", "A", "b");
	check_variable("A=\"\"", "A", "");
	check_variable("A=b=c", "A", "b=c");
	check_variable("A=b\"c\"", "A", "b\"c\"");
	check_variable("\"A\" = b", "A", "b");
	check_variable("'A'=b", "A", "b");
	check_variable("A=", NULL, NULL);
	check_variable("A=  ", NULL, NULL);
	check_variable("A", NULL, NULL);
	check_variable("A b=c", NULL, NULL);
	check_variable("A=\"b", NULL, NULL);
	check_variable("A=\"b\" c", NULL, NULL);
	check_variable("\"A=b\"=c", NULL, NULL);
	check_variable("\"A=b", NULL, NULL);
	check_variable("0 0 * * * A=b", NULL, NULL);
	check_variable("*/5 * * * * x='1'", NULL, NULL);
	check_variable("@daily A=b x", NULL, NULL);
}

static void
test_environment(void **state)
{
	check("* * * * * a\nA=1\nB=2\n* * * * * b\nA=3\n* * * * * c\n",
	    "1: [* * * * *] {a}\n"
	    "4: [* * * * *] {b} A=1;B=2\n"
	    "6: [* * * * *] {c} A=3;B=2\n");
	check("A=1\nAB=2\nB=\"\"\nB=x\n* * * * * b\n",
	    "5: [* * * * *] {b} A=1;AB=2;B=x\n");
}

/* What has a meaning and may not be meant. */
static void
test_values(void **state)
{
	check(
	    "MAILTO=\"\"\nMAILTO=a,b@c.d\nMAILFROM=x\nRANDOM_DELAY=1440\n", "");
	check(
	    "MAILTO=a b\n", "1: hint: MAILTO is no address: no mail is sent\n");
	check("MAILTO=-oQ/tmp\n",
	    "1: hint: MAILTO is no address: no mail is sent\n");
	check("MAILFROM=\"A <a@b>\"\n",
	    "1: hint: MAILFROM is no address: it is not used\n");
	for (const char *const *text =
		 (const char *const[]){"1441", "-1", "x", "1m", "99999", NULL};
	     *text != NULL; text++)
		assert_int_equal(crontab_delay(*text), -1);
	assert_int_equal(crontab_delay("0"), 0);
	assert_int_equal(crontab_delay("0090"), 90);
	for (const char *const *text = (const char *const[]){"PATH=$PATH:/x\n",
		 "A=$HOME/x\n", "A=${B}\n", NULL};
	     *text != NULL; text++)
		check(*text,
		    "1: hint: there is no substitution in a crontab's "
		    "variables: the \"$\" stays what it is; write out what it "
		    "stands for\n");
	check("A=$5\n", "");
	check("* * * * * x \\\n",
	    "1: hint: a line does not go on in the next one, whatever the "
	    "\"\\\" at its end; write it as one, or as a script\n"
	    "1: [* * * * *] {x \\}\n");
	check("RANDOM_DELAY=soon\n",
	    "1: hint: RANDOM_DELAY is no number of minutes from 0 to 1440: "
	    "there is no delay\n");
}

static void
check_command(const char *text, const char *command, const char *input)
{
	struct strbuf command_r = STRBUF_INIT, input_r = STRBUF_INIT;
	bool has_input;

	crontab_divide(text, &command_r, &input_r, &has_input);
	assert_string_equal(strbuf_str(&command_r), command);
	assert_int_equal(has_input, input != NULL);
	assert_string_equal(strbuf_str(&input_r), input != NULL ? input : "");
	strbuf_fini(&command_r);
	strbuf_fini(&input_r);
}

static void
test_percent(void **state)
{
	check_command("a b", "a b", NULL);
	check_command("a%b", "a", "b\n");
	check_command("a%b%", "a", "b\n");
	check_command("a%b%c", "a", "b\nc\n");
	check_command("a%%b", "a", "\nb\n");
	check_command("a%", "a", NULL);
	check_command("a \\% b", "a % b", NULL);
	check_command("date +\\%d%x\\%y\\z", "date +%d", "x%y\\z\n");
	check_command("a \\n \\\\ b\\", "a \\n \\ b\\", NULL);
	check_command("a\\\\%b", "a\\", "b\n");
}

/* What cronie has beyond cron. */
static void
test_cronie(void **state)
{
	check("~ * * * * x\n", "1: [0~59 * * * *] {x}\n");
	check("5,~30 8~ ~ ~ ~ x\n", "1: [5,0~30 8~23 1~31 1~12 0~6] {x}\n");
	check("10~20 * * * * x\n", "1: [10~20 * * * *] {x}\n");
	check("* * * * * -n x\n* * * * * -nx\n* * * * * -n\n",
	    "1: [* * * * *] {x} failures\n"
	    "2: [* * * * *] {-nx}\n"
	    "3: [* * * * *] {-n}\n");
	check("* * * * * -q x\n* * * * * -s\tx\n* * * * * -qsn x\n"
	      "* * * * * -s -n x\n* * * * * -x y\n* * * * * -sx y\n",
	    "1: [* * * * *] {x}\n"
	    "2: [* * * * *] {x} single\n"
	    "3: [* * * * *] {x} failures single\n"
	    "4: [* * * * *] {x} failures single\n"
	    "5: [* * * * *] {-x y}\n"
	    "6: [* * * * *] {-sx y}\n");
	check_system("-* * * * * root -n x\n",
	    "1: [* * * * *] user=root {x} quiet failures\n");
	check_as((struct crontab_reader){.root = true}, "-@daily x\n",
	    "1: [@daily] {x} quiet\n");
	check("-* * * * * x\n",
	    "1: error: column 1: only root's crontab may have \"-\" before "
	    "the minute\n");
}

static void
test_words(void **state)
{
	check("# belfry: overlap=skip timeout=10m\n"
	      "#belfry:hosts=any\n"
	      "# about it\n"
	      "A=b\n"
	      "* * * * * x\n"
	      "* * * * * y\n",
	    "5: [* * * * *] {x} A=b overlap:=skip timeout:=10m hosts:=any\n"
	    "6: [* * * * *] {y} A=b\n");
	check("# belfry: description=\"a b\" labels='x y' stdin=\n"
	      "* * * * * x\n",
	    "2: [* * * * *] {x} description:=a b labels:=x y stdin:=\n");
	/* A job that lacks what was wanted of it must not run. */
	check("# belfry: overlap\n* * * * * x\n* * * * * y\n",
	    "1: error: expected KEY=VALUE, not \"overlap\"; a value with "
	    "blanks stands in quotes\n"
	    "3: [* * * * *] {y}\n");
	check("# belfry: labels=\"a b\n* * * * * x\n",
	    "1: error: labels: this quote is not closed: \"a b\n");
	check("# belfry: labels=\"a\"b\n* * * * * x\n",
	    "1: error: labels: a blank is missing behind the quotes: \"a\"b\n");
	check("* * * * * x\n# belfry: overlap=skip\n",
	    "1: [* * * * *] {x}\n"
	    "2: error: no entry follows this comment to belfry\n");
}

static const char *
name_of(struct crontab_namer *namer, const char *user, const char *command)
{
	static char name[JOB_NAME_MAX + 1];

	crontab_name(namer, user, command, name);
	return name;
}

/* The hash is in ledgers: it must never change. */
static void
test_names(void **state)
{
	struct crontab_namer namer = {.prefix = "cron", .source = "php"};
	struct crontab_namer user = {.prefix = "crontab", .source = "bob$"};
	struct crontab_namer dots = {.prefix = "crontab", .source = "a.b"};
	char given[JOB_NAME_MAX + 1];

	assert_string_equal(name_of(&namer, "root",
				"[ -x /usr/lib/php/sessionclean ] && exit 0"),
	    "cron.php.exit-6fe69f2f");
	assert_string_equal(name_of(&namer, "root", "echo a >/dev/null"),
	    "cron.php.echo-4e178ec7");
	assert_string_equal(name_of(&namer, "nobody", "echo a >/dev/null"),
	    "cron.php.echo-64a518dd");
	assert_string_equal(name_of(&namer, "root", "echo a >/dev/null"),
	    "cron.php.echo-4e178ec7-2");
	assert_string_equal(
	    name_of(&user, NULL, "cd / && run-parts /etc/cron.hourly"),
	    "crontab.bob_-0ea89c4b.cron-hourly-1d1add1e");
	assert_string_equal(
	    name_of(&user, NULL, "&&"), "crontab.bob_-0ea89c4b.job-8368793a");
	crontab_name_given(&user, "nightly", given);
	assert_string_equal(given, "crontab.bob_-0ea89c4b.nightly");
	crontab_name_given(&dots, "c", given);
	assert_string_equal(given, "crontab.a.b.c");
	crontab_namer_fini(&namer);
	crontab_namer_fini(&user);
}

/* Or "b.c" of user a would be "c" of user a.b. */
static void
test_given(void **state)
{
	char longest[CRONTAB_GIVEN_MAX + 2], source[300];
	char name[JOB_NAME_MAX + 1];
	struct crontab_namer namer = {.prefix = "crontab", .source = source};

	assert_true(crontab_is_given("Nightly_2-b"));
	assert_false(crontab_is_given("b.c"));
	assert_false(crontab_is_given(""));
	assert_false(crontab_is_given("b c"));
	memset(longest, 'x', sizeof(longest));
	longest[CRONTAB_GIVEN_MAX + 1] = '\0';
	assert_false(crontab_is_given(longest));
	longest[CRONTAB_GIVEN_MAX] = '\0';
	assert_true(crontab_is_given(longest));
	/* Nothing of the longest is cut. */
	memset(source, 's', sizeof(source));
	source[sizeof(source) - 1] = '\0';
	crontab_name_given(&namer, longest, name);
	assert_string_equal(name + strlen(name) - CRONTAB_GIVEN_MAX, longest);
}

static const struct {
	const char *command, *program;
} programs[] = {
    {"/usr/local/bin/backup.sh --all", "backup"},
    {"rsync -a /a /b", "rsync"},
    {"cd /srv && make backup", "make"},
    {"cd \"/srv/my site\"; ./run me", "run"},
    {"[ -d /x ] && y", "y"},
    {"[[ -d x && -e y ]] && z", "z"},
    {"test -x /usr/sbin/anacron || ( cd / && run-parts --report "
     "/etc/cron.daily )",
	"cron-daily"},
    {"cd / && run-parts --report /etc/cron.hourly", "cron-hourly"},
    {"A=b C='d e' /opt/x", "x"},
    {"env -u A B=c /opt/x.pl", "x"},
    {"nice -n 19 ionice -c2 -n 7 /opt/x y", "x"},
    {"nice -n19 ionice -c 3 x", "x"},
    {"flock -n /run/x.lock -c 'cd /y && ./z.py -a'", "z"},
    {"/usr/bin/flock -w 10 /run/x.lock /opt/y", "y"},
    {"timeout -k 5 -s KILL 5m y", "y"},
    {"sudo -u www-data -H php -q /var/www/artisan schedule:run", "artisan"},
    {"sudo A=b y", "y"},
    {"su - www -c \"/opt/y\"", "y"},
    {"runuser -u www -- /opt/y", "y"},
    {"chronic /opt/y", "y"},
    {"sleep 20; y", "y"},
    {"sleep $(( RANDOM % 30 )); y", "y"},
    {"( umask 077; y ) >/dev/null 2>&1", "y"},
    {". /etc/profile; y", "y"},
    {"sh x.sh", "x"},
    {"/bin/bash -l /opt/x.sh", "x"},
    {"/bin/bash -lc 'cd /srv/app && bundle exec rake x'", "bundle"},
    {"sh -c \"sh -c '/opt/y'\"", "y"},
    {"python3 /opt/x.py", "x"},
    {"python3.11 -u -W ignore /opt/x.py", "x"},
    {"/opt/venv/bin/python -m app.tasks", "app-tasks"},
    {"python3 -c 'import x'", "python3"},
    {"php8.2 -d memory_limit=1G /var/www/cron.php", "cron"},
    {"java -Xmx1g -cp /a:/b -jar /opt/x.jar", "x"},
    {"perl -e 'sleep int(rand(60))' && certbot -q renew", "certbot"},
    {"perl -e 'print 1'", "perl"},
    {"command -v debian-sa1 > /dev/null && debian-sa1 1 1", "debian-sa1"},
    {"if [ -x /a ] && [ $(date +%d) -le 7 ]; then /b --cron; fi", "b"},
    {"[ -x /etc/init.d/anacron ] && if [ ! -d /run ]; then "
     "/usr/sbin/invoke-rc.d anacron start >/dev/null; fi",
	"anacron"},
    {"for i in 1 2; do y $i; done", "y"},
    {"2>/dev/null >/x y", "y"},
    {"&>/x y", "y"},
    {"<(z) y", "z"},
    {"$HOME/bin/x", "x"},
    {"~/bin/x y", "x"},
    {"\"$CMD\" y", "CMD"},
    {"/opt/caf\xc3\xa9", "caf"},
    {"/opt/a\\ b", "a_b"},
    {"cd /srv", "cd"},
    {"sleep 5", "sleep"},
    {"exec >/x; y", "y"},
    {"y | z", "y"},
    {"", "job"},
    {"&&", "job"},
    {"''", "job"},
    {"--", "job"},
    {"$(", "job"},
    {"`", "job"},
    {"'", "job"},
    {"sh -c", "sh"},
    {"nice -n", "nice"},
    {"sudo -u", "sudo"},
    {"sh -c ''", "sh"},
    {"sh -c 'sh -c \"sh -c sh\\ -c\\ sh\\ -c\\ y\"'", "sh"},
    {"a23456789-123456789-123456789-12-456789",
	"a23456789-123456789-123456789-12"},
};

static void
test_programs(void **state)
{
	char program[CRONTAB_PROGRAM_MAX + 1];

	for (size_t i = 0; i < nitems(programs); i++) {
		crontab_program(programs[i].command, program);
		if (strcmp(program, programs[i].program) != 0)
			print_error("%s\n", programs[i].command);
		assert_string_equal(program, programs[i].program);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_entries),
	    cmocka_unit_test(test_errors),
	    cmocka_unit_test(test_windows),
	    cmocka_unit_test(test_nul),
	    cmocka_unit_test(test_variables),
	    cmocka_unit_test(test_environment),
	    cmocka_unit_test(test_values),
	    cmocka_unit_test(test_percent),
	    cmocka_unit_test(test_cronie),
	    cmocka_unit_test(test_words),
	    cmocka_unit_test(test_names),
	    cmocka_unit_test(test_given),
	    cmocka_unit_test(test_programs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
