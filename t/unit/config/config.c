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
#include "config/config_value.h"
#include "config/job/defaults.h"
#include "config/job/draft.h"
#include "config/section/config_database.h"
#include "config/section/queue.h"
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
	    cmocka_unit_test(check_tells_all),
	    cmocka_unit_test(files_that_cannot_be_read),
	    cmocka_unit_test(the_sample_is_true),
	    cmocka_unit_test(the_sample_is_complete),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
