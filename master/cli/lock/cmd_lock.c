/* belfry lock: a command under a mutex of the cluster. Needs no daemon. */
#include <getopt.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/duration.h"
#include "base/mem.h"
#include "cli/cli.h"
#include "cli/lock/lock_run.h"
#include "config/config.h"
#include "redis/url.h"

/* As sysexits.h has them: unavailable, I/O error, temporary failure. */
enum {
	LOCK_DOWN = 69,
	LOCK_LOST = 74,
	LOCK_TAKEN = 75,
};

#define CONFIG_DEFAULT BELFRY_SYSCONFDIR "/belfry/belfry.conf"
#define NAME_MAX_BYTES 128
#define TTL_MS         10000
#define TTL_LEAST_MS   1000

struct lock {
	const char *name;
	int64_t ttl_ms;
	int64_t wait_ms;
	struct redis_url *urls[MUTEX_SERVERS_MAX];
	size_t nurls;
	struct config *config;
};

/* ------------------------------------------------------------- arguments */

static int
check_name(const struct cli *cli, const char *name)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyz"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789._-";

	if (*name != '\0' && strlen(name) <= NAME_MAX_BYTES &&
	    name[strspn(name, allowed)] == '\0')
		return -1;
	return cli_usage_error(cli,
	    "the name of a mutex is 1 to %d letters, digits, \".\", \"_\" or "
	    "\"-\", not \"%s\"",
	    NAME_MAX_BYTES, name);
}

static int
read_duration(const struct cli *cli, const char *option, int64_t *ms_r)
{
	struct err err;

	if (duration_parse_ms(optarg, ms_r, &err) == 0)
		return -1;
	return cli_usage_error(cli, "%s: %s", option, err.text);
}

/* -1: go on; else exit with it. */
static int
read_options(struct cli *cli, int argc, char **argv, struct lock *lock)
{
	int letter, status;

	while ((letter = cli_option(cli, argc, argv, &status)) > 0) {
		status = letter == 't' ?
		    read_duration(cli, "--ttl", &lock->ttl_ms) :
		    read_duration(cli, "--wait", &lock->wait_ms);
		if (status != -1)
			return status;
	}
	if (letter == 0)
		return status;
	if (lock->ttl_ms < TTL_LEAST_MS)
		return cli_usage_error(cli, "--ttl: at least 1s");
	status = cli_operands(cli, argc, argv);
	if (status != -1)
		return status;
	lock->name = argv[optind];
	return check_name(cli, lock->name);
}

/* --------------------------------------------------------- configuration */

static int
read_config(const struct cli *cli, struct lock *lock, struct err *err)
{
	const char *path =
	    cli->config_path != NULL ? cli->config_path : CONFIG_DEFAULT;

	lock->config = config_load(path, err);
	if (lock->config == NULL)
		return -1;
	if (lock->config->cluster.redis == NULL)
		return err_set(err,
		    "%s has no section [cluster]: a mutex needs its redis",
		    path);
	lock->nurls = redis_urls_parse(lock->config->cluster.redis,
	    lock->config->cluster.password_file, lock->urls, MUTEX_SERVERS_MAX,
	    err);
	return err->text[0] == '\0' ? 0 : -1;
}

static void
lock_fini(struct lock *lock)
{
	for (size_t i = 0; i < lock->nurls; i++)
		redis_url_free(lock->urls[i]);
	config_free(lock->config);
}

/* ------------------------------------------------------------------ work */

static struct mutex *
make_mutex(const struct lock *lock, struct err *err)
{
	struct mutex_options options = {
	    .servers = (const struct redis_url *const *)lock->urls,
	    .nservers = lock->nurls,
	    .cluster = lock->config->cluster.name,
	    .name = lock->name,
	    .expiry_ms = lock->ttl_ms,
	    .tries = 1,
	};

	return mutex_new(&options, err);
}

/* Tries until it has waited long enough. */
static enum mutex_result
await(struct mutex *mutex, int64_t wait_ms, struct err *err)
{
	int64_t end = mutex_now_ms() + wait_ms;
	enum mutex_result result = mutex_lock(mutex, err);

	while (result != MUTEX_GOOD && mutex_now_ms() < end) {
		mutex_pause(mutex);
		result = mutex_lock(mutex, err);
	}
	return result;
}

static int
run_locked(struct mutex *mutex, char **argv)
{
	struct err err = {""};
	bool lost;
	int status = lock_run(mutex, argv, &lost);

	if (lost)
		return LOCK_LOST;
	/* The command has ended: that nobody waits for it is a courtesy. */
	if (mutex_unlock(mutex, &err) == MUTEX_DOWN)
		fprintf(stderr, "belfry: not unlocked, expires by itself: %s\n",
		    err.text);
	return status;
}

static int
run_command(const struct lock *lock, char **argv)
{
	struct err err = {""};
	struct mutex *mutex = make_mutex(lock, &err);
	enum mutex_result result;
	int status;

	if (mutex == NULL)
		return cli_fail(CLI_USAGE, &err);
	signal(SIGPIPE, SIG_IGN);
	result = await(mutex, lock->wait_ms, &err);
	if (result == MUTEX_GOOD)
		status = run_locked(mutex, argv);
	else
		status = cli_fail(
		    result == MUTEX_TAKEN ? LOCK_TAKEN : LOCK_DOWN, &err);
	mutex_free(mutex);
	return status;
}

static int
run(struct cli *cli, int argc, char **argv)
{
	struct lock lock = {.ttl_ms = TTL_MS};
	struct err err = {""};
	int status = read_options(cli, argc, argv, &lock);

	if (status != -1)
		return status;
	status = read_config(cli, &lock, &err) == -1 ?
	    cli_fail(CLI_USAGE, &err) :
	    run_command(&lock, argv + optind + 1);
	lock_fini(&lock);
	return status;
}

static const struct cli_option lock_options[] = {
    {'t', "ttl", "DURATION", "free this long after this host died (10s)"},
    {'w', "wait", "DURATION", "how long to wait while it is taken (0s)"},
    {0, NULL, NULL, NULL},
};

const struct command cmd_lock = {
    .name = "lock",
    .operands = "NAME -- COMMAND [ARGUMENT ...]",
    .summary = "Run a command under a mutex of the cluster",
    .options = lock_options,
    .min = 2,
    .max = INT_MAX,
    .run = run,
};
