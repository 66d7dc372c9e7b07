/* What is wrong in belfry.conf is told with its line, and what would be right. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "config/config.h"

static const struct {
	const char *text, *error;
} wrong[] = {
    {"[mastr]\n",
	"1: column 2: unknown section \"mastr\"; did you mean master?"},
    {"[clutser]\n",
	"1: column 2: unknown section \"clutser\"; did you mean cluster?"},
    {"[master x]\n",
	"1: column 2: section [master] takes no name; write [master]"},
    {"[job x]\n",
	"1: column 2: jobs belong in files of their own, NAME.ini in jobs-dir"},
    {"[master]\n[api]\n[master]\n",
	"3: column 2: section [master] is given twice; the first is in line 1"},
    {"[master]\nstatedir = /x\n",
	"2: unknown key \"statedir\" in [master]; did you mean state-dir?"},
    {"[master]\nlabel = x\n", "2: unknown key \"label\" in [master]"},
    {"[master]\nforks = 1\n", "2: unknown key \"forks\" in [master]"},
    {"[api]\nport = 80\n", "2: unknown key \"port\" in [api]"},
    {"[store]\nkeep = 0s\n",
	"2: keep \"0s\": write how long, such as 30d, or none to keep for "
	"ever"},
    {"[store]\nkeep-runs = 0\n",
	"2: keep-runs \"0\": write a number from 1 to 100000"},
    {"[store]\nstate-dir = /x\n", "2: unknown key \"state-dir\" in [store]"},
    {"[master]\nuser = a\nuser = b\n",
	"3: user is given twice; the first is in line 2"},
    {"[master]\nuser =\n", "2: user: a value is missing"},
    {"[master]\nuser = ${T_E}\n", "2: user: a value is missing"},
    {"[master]\nmax-running = -1\n",
	"2: max-running \"-1\": write a number from 0 to 1000000"},
    {"[master]\nmax-running = 1000001\n",
	"2: max-running \"1000001\": write a number from 0 to 1000000"},
    {"[master]\nmax-running = 1x\n",
	"2: max-running \"1x\": write a number from 0 to 1000000"},
    {"[master]\nshutdown-timeout = 3\n",
	"2: shutdown-timeout \"3\": column 2: the unit is missing; "
	"write ns, us, ms, s, m, h, d or w"},
    {"[master]\nlog-level = loud\n",
	"2: log-level \"loud\": write error, warn, info or debug"},
    {"[master]\nnode-name = a b\n",
	"2: node-name \"a b\": a name has letters, digits, \".\", \"_\" and "
	"\"-\", at most 128"},
    {"[master]\ntags = web, a/b\n",
	"2: tags \"web, a/b\": bad tag \"a/b\"; a tag has letters, digits, "
	"\".\", \"_\" and \"-\""},
    {"[cluster]\nname = x\n",
	"1: [cluster] needs the key redis; write redis = redis://HOST:6379"},
    {"[cluster]\nredis = localhost:6379\n",
	"2: redis: write redis://HOST:PORT or unix:/PATH, with commas between "
	"several"},
    {"[cluster]\nredis = redis://a, redis://:pw@b:99999\n",
	"2: redis: the port must be a number from 1 to 65535"},
    {"[cluster]\nredis = redis://a/x\n",
	"2: redis: the database must be a number, as in redis://host:6379/0"},
    {"[cluster]\nredis = redis://a, redis://b, redis://:pw@a:6379/1\n",
	"2: redis: servers 1 and 3 are the same one; each must be one of its "
	"own"},
    {"[cluster]\nredis = unix:/a, unix:/b, unix:/a\n",
	"2: redis: servers 1 and 3 are the same one; each must be one of its "
	"own"},
    {"[cluster]\nredis = unix:/a, unix:/b, unix:/c, unix:/d, unix:/e, "
     "unix:/f, unix:/g, unix:/h, unix:/i, unix:/j\n",
	"2: redis: at most 9 servers"},
    {"[cluster]\nredis = redis://a\nheartbeat = 5ms\n",
	"3: heartbeat \"5ms\": write a duration from 100ms to 1m"},
    {"[cluster]\nredis = redis://a\nheartbeat = 3s\n",
	"1: session-ttl is too short for this heartbeat; at least 4 times as "
	"long, 12s"},
    {"[cluster]\nredis = redis://a\nguard = no\n",
	"3: guard \"no\": write off, best-effort or strict"},
    {"[cluster]\nredis = redis://a\nguard = strict\n",
	"3: guard needs PostgreSQL as the store; write guard = off, or type = "
	"postgres in [store]"},
    {"[api]\nsocket-mode = 0888\n",
	"2: socket-mode \"0888\": write an octal number like 0660"},
    {"[store]\ntype = mysql\n", "2: type \"mysql\": write sqlite or postgres"},
    {"[store]\ntype = postgres\n",
	"2: type postgres needs conninfo, such as conninfo = host=HOST "
	"dbname=belfry user=belfry"},
    {"[store]\ntype = postgres\nconninfo = dbname=b\npath = x\n",
	"4: path: is of type = sqlite; with postgres write conninfo"},
    {"[store]\nconninfo = dbname=b\n", "2: conninfo: is of type = postgres"},
    {"[store]\npassword-file = x\n", "2: password-file: is of type = postgres"},
    {"[store]\ntype = postgres\nconninfo = password=s3cret hots=x\n",
	"3: conninfo: column 17: libpq knows no keyword \"hots\"; "
	"did you mean host?"},
    {"[store]\ntype = postgres\nconninfo = port=1 //s3cret\n",
	"3: conninfo: column 8: expected keyword=value, such as host=db1 "
	"dbname=belfry, or postgresql://HOST/DATABASE"},
    {"[store]\ntype = postgres\nconninfo = password 's3cret'\n",
	"3: conninfo: column 10: expected = behind password"},
    {"[store]\ntype = postgres\nconninfo = password = 's3\\'cret\n",
	"3: conninfo: column 12: the quote ' is not closed; inside of it "
	"\\' stands for one"},
    {"[database]\nconninfo = dbname=x\n",
	"1: column 2: a database without a name; write [database NAME]"},
    {"[database a b]\n",
	"1: column 2: bad name of a database \"a b\"; letters, digits, \".\", \"_\" "
	"and \"-\" are possible, at most 128"},
    {"[database a]\n",
	"1: a database without conninfo; write conninfo = host=HOST "
	"dbname=DATABASE user=USER"},
    {"[database a]\nconninfo = dbname=x\n[database a]\n",
	"3: column 2: [database a] is given twice; the first is in line 1"},
    {"[database a]\nconninfo = dbname=x\nconninfo = dbname=y\n",
	"3: conninfo is given twice; the first is in line 2"},
    {"[database a]\nconninfo = nosuch=s3cret\n",
	"2: conninfo: column 1: libpq knows no keyword \"nosuch\""},
    {"[database a]\nconninfo =\n", "2: conninfo: a value is missing"},
    {"[database a]\nconinfo = x\n",
	"2: unknown key \"coninfo\" in [database]; did you mean conninfo?"},
    {"[master]\njobs-dir = ${T_NONE}/x\n",
	"2: jobs-dir: column 1: T_NONE is not in the environment; set it, or "
	"write $${T_NONE} for the characters ${T_NONE}"},
    {"[defaults]\ntimeot = 1s\n",
	"2: unknown key \"timeot\"; did you mean timeout?"},
    {"[master]\ncgroup = belfry\n",
	"2: cgroup \"belfry\": write auto, off, or the path of a control "
	"group, like /sys/fs/cgroup/belfry"},
    {"[defaults]\nnice = 99\n",
	"2: nice \"99\": out of range; -20 to 19 is possible"},
    {"[defaults]\nschedule = 61 * * * *\n",
	"2: schedule \"61 * * * *\": column 1: minute 61 is out of range; "
	"write 0-59"},
    {"[defaults]\ntimezone = Mars/Base\n",
	"2: timezone \"Mars/Base\": unknown time zone \"Mars/Base\"; "
	"write a name of tzdata such as Europe/Berlin or UTC"},
    {"user = x\n",
	"1: column 1: a key before the first section; write [master] above it"},
    {"[master]\nuser\n", "2: column 1: expected KEY = VALUE, found \"user\""},
};

static void
errors_name_the_line(void **state)
{
	struct err err;
	char want[300];

	setenv("T_E", "", 1);
	unsetenv("T_NONE");
	for (size_t i = 0; i < nitems(wrong); i++) {
		if (config_parse("f.conf", wrong[i].text, strlen(wrong[i].text),
			&err) != NULL)
			fail_msg("%s: accepted", wrong[i].text);
		snprintf(want, sizeof(want), "f.conf:%s", wrong[i].error);
		assert_string_equal(err.text, want);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(errors_name_the_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
