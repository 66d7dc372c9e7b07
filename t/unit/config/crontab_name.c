/* What crontabs' jobs are called. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "config/crontab/name.h"

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
    {"date >>/log; echo begins; y; echo ends", "y"},
    {"echo a | mail b", "mail"},
    {"echo a; echo b", "echo"},
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
	    cmocka_unit_test(test_names),
	    cmocka_unit_test(test_given),
	    cmocka_unit_test(test_programs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
