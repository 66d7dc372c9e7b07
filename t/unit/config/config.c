/* belfry.conf: settings, defaults, errors. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/mem.h"
#include "config/config.h"
#include "config/config_database.h"
#include "config/queue.h"
#include "config/config_value.h"
#include "config/job/defaults.h"
#include "config/job/draft.h"
#include "support.h"

static struct config *
parse(const char *text)
{
	struct err err;
	struct config *config =
	    config_parse("/etc/belfry/belfry.conf", text, strlen(text), &err);

	if (config == NULL)
		fail_msg("%s", err.text);
	return config;
}

static void
expect_defaults(const struct config *c)
{
	char host[256] = "";

	gethostname(host, sizeof(host) - 1);
	assert_string_equal(c->state_dir, "/var/lib/belfry");
	assert_string_equal(c->run_dir, "/run/belfry");
	assert_string_equal(c->jobs_dir, "/etc/belfry/jobs.d");
	assert_string_equal(c->user, "");
	assert_string_equal(c->group, "");
	assert_int_equal(c->max_running, 0);
	assert_int_equal(c->shutdown_ms, 180000);
	assert_string_equal(c->log, "stderr");
	assert_int_equal(c->log_level, LOG_LEVEL_INFO);
	assert_string_equal(c->node_name, host);
	assert_string_equal(c->socket, "/run/belfry/belfry.sock");
	assert_int_equal(c->socket_mode, 0660);
	assert_string_equal(c->store_path, "/var/lib/belfry/belfry.db");
	assert_int_equal(c->keep_ms, INT64_C(30) * 86400000);
	assert_int_equal(c->keep_runs, 0);
	assert_int_equal(c->keep_failures_ms, INT64_C(90) * 86400000);
	assert_int_equal(c->output_limit, 1 << 20);
	assert_string_equal(c->tags, "");
	assert_null(c->cluster.redis);
	assert_string_equal(c->cluster.name, "belfry");
	assert_int_equal(c->cluster.heartbeat_ms, 2000);
	assert_int_equal(c->cluster.session_ttl_ms, 10000);
	assert_int_equal(c->cluster.lock_delay_ms, 3000);
	assert_int_equal(c->cluster.rank_delay_ms, 150);
	assert_non_null(c->defaults);
}

static void
an_empty_file_is_all_defaults(void **state)
{
	struct config *c = parse("");

	expect_defaults(c);
	config_free(c);
	c = parse("[master]\n[api]\n[store]\n[defaults]\n");
	expect_defaults(c);
	config_free(c);
}

static void
every_setting(void **state)
{
	struct config *c;

	assert_int_equal(setenv("T_NAME", "n1", 1), 0);
	c = parse("[master]\n"
		  "state-dir = s\n"
		  "run-dir = ./r/x\n"
		  "jobs-dir = /abs/${T_NAME}\n"
		  "user = u\n"
		  "group = g\n"
		  "max-running = 12\n"
		  "shutdown-timeout = 1h30m\n"
		  "log = syslog\n"
		  "log-level = debug\n"
		  "node-name = a.${T_NAME}\n"
		  "tags = web,ssd  x-1\n"
		  "[api]\n"
		  "socket = k\n"
		  "socket-mode = 0600\n"
		  "[store]\n"
		  "type = sqlite\n"
		  "path = p.db\n"
		  "[cluster]\n"
		  "name = c1\n"
		  "redis = redis://a:1, unix:/r.sock redis://:pw@[::1]:2/3\n"
		  "password-file = pw\n"
		  "heartbeat = 1s\n"
		  "session-ttl = 5s\n"
		  "lock-delay = 0s\n"
		  "rank-delay = 10ms\n"
		  "guard = off\n");
	assert_string_equal(c->path, "/etc/belfry/belfry.conf");
	assert_string_equal(c->state_dir, "/etc/belfry/s");
	assert_string_equal(c->run_dir, "/etc/belfry/r/x");
	assert_string_equal(c->jobs_dir, "/abs/n1");
	assert_string_equal(c->user, "u");
	assert_string_equal(c->group, "g");
	assert_int_equal(c->max_running, 12);
	assert_int_equal(c->shutdown_ms, 5400000);
	assert_string_equal(c->log, "syslog");
	assert_int_equal(c->log_level, LOG_LEVEL_DEBUG);
	assert_string_equal(c->node_name, "a.n1");
	assert_string_equal(c->socket, "/etc/belfry/k");
	assert_int_equal(c->socket_mode, 0600);
	assert_string_equal(c->store_path, "/etc/belfry/p.db");
	assert_string_equal(c->tags, "web ssd x-1");
	assert_string_equal(c->cluster.name, "c1");
	assert_string_equal(c->cluster.redis,
	    "redis://a:1\nunix:/r.sock\nredis://:pw@[::1]:2/3");
	assert_string_equal(c->cluster.password_file, "/etc/belfry/pw");
	assert_int_equal(c->cluster.heartbeat_ms, 1000);
	assert_int_equal(c->cluster.session_ttl_ms, 5000);
	assert_int_equal(c->cluster.lock_delay_ms, 0);
	assert_int_equal(c->cluster.rank_delay_ms, 10);
	assert_int_equal(c->cluster.guard, CLUSTER_GUARD_OFF);
	config_free(c);
}

static void
guards(void **state)
{
	struct config *c = parse("[store]\ntype = postgres\n"
				 "conninfo = dbname=b\n[cluster]\n"
				 "redis = redis://a\nguard = best-effort\n");

	assert_int_equal(c->cluster.guard, CLUSTER_GUARD_BEST_EFFORT);
	config_free(c);
	c = parse("[store]\ntype = postgres\nconninfo = dbname=b\n"
		  "[cluster]\nredis = redis://a\nguard = strict\n");
	assert_int_equal(c->cluster.guard, CLUSTER_GUARD_STRICT);
	config_free(c);
}

static void
databases(void **state)
{
	struct config *c =
	    parse("[store]\n"
		  "type = postgres\n"
		  "conninfo = host=/s port = 1 password='it\\'s'\n"
		  "password-file = pw\n"
		  "[database shop]\n"
		  "conninfo = postgresql://db1/shop\n"
		  "[database b.2]\n"
		  "password-file = /etc/pw\n"
		  "conninfo = service=b\n");

	assert_int_equal(c->store_type, STORE_POSTGRES);
	assert_string_equal(
	    c->store_conninfo, "host=/s port = 1 password='it\\'s'");
	assert_string_equal(c->store_password_file, "/etc/belfry/pw");
	assert_int_equal(c->ndatabases, 2);
	assert_string_equal(c->databases[0].name, "shop");
	assert_string_equal(c->databases[0].conninfo, "postgresql://db1/shop");
	assert_null(c->databases[0].password_file);
	assert_string_equal(c->databases[1].name, "b.2");
	assert_string_equal(c->databases[1].conninfo, "service=b");
	assert_string_equal(c->databases[1].password_file, "/etc/pw");
	config_free(c);
}

/* [store] says it for jobs, [defaults] before it, wherever it stands. */
static void
output_limit_of_jobs(void **state)
{
	struct config *c = parse("[store]\noutput-limit = 64K\n");
	struct strbuf b = STRBUF_INIT;

	assert_int_equal(c->output_limit, 65536);
	job_defaults_print(c->defaults, &b);
	assert_non_null(strstr(strbuf_str(&b), "\noutput-limit=64K\n"));
	config_free(c);
	strbuf_fini(&b);
	c = parse("[defaults]\noutput-limit = 2M\n"
		  "[store]\noutput-limit = 64K\n");
	job_defaults_print(c->defaults, &b);
	assert_non_null(strstr(strbuf_str(&b), "\noutput-limit=2M\n"));
	config_free(c);
	strbuf_fini(&b);
}

static void
queues(void **state)
{
	struct config *c = parse("[queue mail]\nlimit = 5\n"
				 "[queue b.2]\nworkers = 3\n");

	assert_int_equal(c->nqueues, 3);
	assert_string_equal(c->queue_names, "mail b.2 default");
	assert_int_equal(config_queue_find(c, "mail")->limit, 5);
	assert_int_equal(config_queue_find(c, "mail")->workers, 1);
	assert_int_equal(config_queue_find(c, "b.2")->limit, 1000);
	assert_int_equal(config_queue_find(c, "b.2")->workers, 3);
	assert_int_equal(config_queue_find(c, "default")->workers, 16);
	assert_null(config_queue_find(c, "no"));
	config_free(c);
}

static void
some_defaults_follow_others(void **state)
{
	struct config *c =
	    parse("[master]\nstate-dir = /s\nrun-dir = /r\nlog = l/x.log\n");

	assert_string_equal(c->socket, "/r/belfry.sock");
	assert_string_equal(c->store_path, "/s/belfry.db");
	assert_string_equal(c->log, "/etc/belfry/l/x.log");
	config_free(c);
}

static void
paths_are_absolute(void **state)
{
	char cwd[300], want[400];
	static const struct {
		const char *file, *path, *full;
	} table[] = {
	    {"/a/b.conf", "x", "/a/x"},
	    {"/a/b.conf", "./x", "/a/x"},
	    {"/a/b.conf", ".", "/a"},
	    {"/b.conf", ".", "/"},
	    {"b.conf", ".", "CWD"},
	    {"/a/b.conf", "../x", "/a/../x"},
	    {"/a/b.conf", "/x", "/x"},
	    {"/b.conf", "x", "/x"},
	    {"b.conf", "x", "CWD/x"},
	    {"./b.conf", "x", "CWD/./x"},
	    {"a/b.conf", "x", "CWD/a/x"},
	};

	assert_non_null(getcwd(cwd, sizeof(cwd)));
	for (size_t i = 0; i < nitems(table); i++) {
		char *full = config_resolve(table[i].file, table[i].path);
		const char *rest = table[i].full;

		if (strncmp(rest, "CWD", 3) == 0)
			snprintf(want, sizeof(want), "%s%s", cwd, rest + 3);
		else
			snprintf(want, sizeof(want), "%s", rest);
		assert_string_equal(full, want);
		free(full);
	}
}

static void
variables_are_replaced(void **state)
{
	static const struct {
		const char *value, *text, *error;
	} table[] = {
	    {"", "", NULL},
	    {"plain $ $X {Y}", "plain $ $X {Y}", NULL},
	    {"${T_A}", "one", NULL},
	    {"x${T_A}y${T_A}", "xoneyone", NULL},
	    {"${T_E}", "", NULL},
	    {"$${T_A}", "${T_A}", NULL},
	    {"$$", "$$", NULL},
	    {"$$${T_A}", "$${T_A}", NULL},
	    {"a${T_NONE}", NULL,
		"column 2: T_NONE is not in the environment; set it, or write "
		"$${T_NONE} for the characters ${T_NONE}"},
	    {"${", NULL,
		"column 1: write ${NAME} for a variable of the environment, "
		"or $${ for the characters ${"},
	    {"${}", NULL,
		"column 1: write ${NAME} for a variable of the environment, "
		"or $${ for the characters ${"},
	    {"${a b}", NULL,
		"column 1: write ${NAME} for a variable of the environment, "
		"or $${ for the characters ${"},
	};
	struct err err;

	setenv("T_A", "one", 1);
	setenv("T_E", "", 1);
	unsetenv("T_NONE");
	for (size_t i = 0; i < nitems(table); i++) {
		char *text = config_expand(table[i].value, &err);

		if (table[i].text == NULL) {
			assert_null(text);
			assert_string_equal(err.text, table[i].error);
		} else {
			assert_string_equal(text, table[i].text);
		}
		free(text);
	}
}

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
	"2: redis \"localhost:6379\": \"localhost:6379\" is no Redis server; "
	"write redis://HOST:PORT or unix:/PATH, with commas between several"},
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

static void
count_problem(void *arg, uint32_t line, const char *text)
{
	strbuf_addf(arg, "%u ", line);
}

static void
check_tells_all(void **state)
{
	struct strbuf lines = STRBUF_INIT;
	struct scratch scratch;

	scratch_init(&scratch);
	scratch_write(&scratch, "b.conf",
	    "[mastr]\nx = 1\n[master]\nuser =\nx = y\nlog-level = x\n");
	assert_null(config_check(
	    scratch_path(&scratch, "b.conf"), count_problem, &lines));
	assert_string_equal(lines.s, "1 4 5 6 ");
	strbuf_reset(&lines);
	assert_null(config_check(scratch.dir, count_problem, &lines));
	assert_string_equal(lines.s, "0 ");
	strbuf_fini(&lines);
	scratch_fini(&scratch);
}

static void
files_that_cannot_be_read(void **state)
{
	struct err err;

	assert_null(config_load("/nonexistent/b.conf", &err));
	assert_string_equal(err.text,
	    "/nonexistent/b.conf: cannot open the configuration: "
	    "No such file or directory");
	assert_null(config_load("/", &err));
	assert_string_equal(err.text,
	    "/: this is a directory; the configuration is a text file");
	assert_null(config_load("/dev/null", &err));
	assert_null(config_parse("f", "[master]\n\0", 10, &err));
	assert_string_equal(err.text,
	    "f:2: column 1: binary data (a NUL byte); this must be a text file");
}

static char *
read_sample(void)
{
	int fd = open(getenv("BELFRY_CONF"), O_RDONLY | O_CLOEXEC);
	char *text = fd_read_all(fd, 1 << 20, NULL);

	assert_non_null(text);
	fd_close(&fd);
	return text;
}

static void
expect_built_in(const struct config *config)
{
	struct job_defaults *built_in = job_defaults_new();
	struct strbuf a = STRBUF_INIT, b = STRBUF_INIT;

	expect_defaults(config);
	job_defaults_print(built_in, &a);
	job_defaults_print(config->defaults, &b);
	assert_string_equal(a.s, b.s);
	strbuf_fini(&a);
	strbuf_fini(&b);
	job_defaults_free(built_in);
}

/* What conf/belfry.conf shows as default is the default. */
static void
the_sample_is_true(void **state)
{
	char *text = read_sample();
	struct config *c = parse(text);

	expect_built_in(c);
	config_free(c);
	for (char *p = text; (p = strstr(p, "\n;")) != NULL;)
		p[1] = ' ';
	c = parse(text);
	expect_built_in(c);
	config_free(c);
	free(text);
}

static void
the_sample_is_complete(void **state)
{
	static const char *const names[] = {"state-dir", "run-dir", "jobs-dir",
	    "user", "group", "max-running", "shutdown-timeout", "log",
	    "log-level", "node-name", "tags", "socket", "socket-mode", "type",
	    "path", "name", "redis", "password-file", "heartbeat",
	    "session-ttl", "lock-delay", "rank-delay", "guard", "conninfo"};
	char *text = read_sample(), want[80];

	for (size_t i = 0; i < nitems(names); i++) {
		snprintf(want, sizeof(want), "%s = ", names[i]);
		if (strstr(text, want) == NULL)
			fail_msg("%s is not in belfry.conf", names[i]);
	}
	for (const struct job_key *k = job_keys; k->name != NULL; k++) {
		snprintf(want, sizeof(want), "%s = ", k->name);
		if (k->fallback != NULL && strstr(text, want) == NULL)
			fail_msg("%s is not in belfry.conf", k->name);
	}
	free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(an_empty_file_is_all_defaults),
	    cmocka_unit_test(every_setting),
	    cmocka_unit_test(guards),
	    cmocka_unit_test(databases),
	    cmocka_unit_test(queues),
	    cmocka_unit_test(output_limit_of_jobs),
	    cmocka_unit_test(some_defaults_follow_others),
	    cmocka_unit_test(paths_are_absolute),
	    cmocka_unit_test(variables_are_replaced),
	    cmocka_unit_test(errors_name_the_line),
	    cmocka_unit_test(check_tells_all),
	    cmocka_unit_test(files_that_cannot_be_read),
	    cmocka_unit_test(the_sample_is_true),
	    cmocka_unit_test(the_sample_is_complete),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
