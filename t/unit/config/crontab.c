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
	check("MAILTO=a b\n",
	    "1: hint: MAILTO is no address: no mail is sent; write "
	    "addresses, with commas and no blanks between\n");
	check("MAILTO=-oQ/tmp\n",
	    "1: hint: MAILTO is no address: no mail is sent; write "
	    "addresses, with commas and no blanks between\n");
	check("MAILFROM=\"A <a@b>\"\n",
	    "1: hint: MAILFROM is no address: it is not used; write one "
	    "without a name or brackets\n");
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
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
