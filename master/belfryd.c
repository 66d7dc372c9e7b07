/*
 * belfryd: reads its arguments and becomes the guardian, one of its roles
 * (-x), or a check of the configuration (-t).
 */
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/version.h"
#include "cli/check/cmd_check.h"
#include "guardian/guardian.h"
#include "guardian/handover.h"
#include "guardian/programs.h"
#include "recorder/recorder.h"
#include "role.h"

#define CONFIG_DEFAULT  BELFRY_SYSCONFDIR "/belfry/belfry.conf"
#define EXIT_USAGE      2
#define CONFIG_SIZE_MAX ((size_t)4 << 20)

static const char usage[] =
    "usage: belfryd [-c FILE] [-f] [-l LEVEL] [-p FILE]\n"
    "       belfryd -t [-c FILE]\n"
    "  -c FILE   configuration (default " CONFIG_DEFAULT ")\n"
    "  -f        stay in the foreground\n"
    "  -l LEVEL  log error, warn, info or debug and what is worse\n"
    "  -p FILE   pid file (default RUN-DIR/belfryd.pid)\n"
    "  -t        check the configuration and the jobs, and exit\n"
    "  -V        print the version, and exit; also --version\n"
    "  -h        print this, and exit; also --help\n";

static const struct option long_options[] = {
    {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, 'V'},
    {NULL, 0, NULL, 0},
};

struct arguments {
	const char *config_path;
	const char *pid_path;
	const char *role;
	int level;
	int target;
	bool foreground;
	bool check;
};

static int
usage_error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

static int
usage_error(const char *fmt, ...)
{
	va_list ap;

	fprintf(stderr, "belfryd: ");
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fprintf(stderr, "\n%s", usage);
	return EXIT_USAGE;
}

/* getopt_long() has a letter for short ones and passes long ones over. */
static int
bad_option(char **argv, const char *what)
{
	const char letter[] = {'-', (char)optopt, '\0'};
	bool is_long = strncmp(argv[optind - 1], "--", 2) == 0;

	return usage_error("%s: %s", what, is_long ? argv[optind - 1] : letter);
}

/* -1: go on; else exit with this. */
static int
parse_arguments(int argc, char **argv, struct arguments *args)
{
	int opt;

	opterr = 0;
	while ((opt = getopt_long(
		    argc, argv, ":c:fhl:p:tVx:L:", long_options, NULL)) != -1) {
		switch (opt) {
		case 'c':
			args->config_path = optarg;
			break;
		case 'f':
			args->foreground = true;
			break;
		case 'l':
			args->level = log_level_parse(optarg);
			if (args->level == -1)
				return usage_error(
				    "-l %s: levels are error, warn, info, "
				    "debug",
				    optarg);
			break;
		case 'p':
			args->pid_path = optarg;
			break;
		case 't':
			args->check = true;
			break;
		case 'V':
			printf("belfryd %s\n", belfry_version());
			return 0;
		case 'x': /* the guardian's own */
			args->role = optarg;
			break;
		case 'L': /* the guardian's own */
			args->target = log_target_parse(optarg);
			break;
		case 'h':
			fputs(usage, stdout);
			return 0;
		case ':':
			return bad_option(argv, "option needs a value");
		default:
			return bad_option(argv, "unknown option");
		}
	}
	if (optind < argc)
		return usage_error("unexpected argument: %s", argv[optind]);
	return -1;
}

static int
run_role(const struct arguments *args)
{
	static const struct role_ops *const roles[] = {
	    &master_role,
	    &recorder_role,
	    &api_role,
	};
	enum role_id id = role_parse(args->role);

	if (args->target == -1)
		return usage_error("-x and -L are not for people");
	for (size_t i = 0; i < nitems(roles); i++) {
		if (roles[i]->id != id)
			continue;
		log_init(role_name(id), (enum log_level)args->level,
		    (enum log_target)args->target);
		return role_run(roles[i], args->config_path);
	}
	return usage_error("unknown role: %s", args->role);
}

/* Could we take the place of the daemon that asks? */
static int
check_succession(const char *config_path, struct err *err)
{
	struct handover given;
	struct config *config = NULL;
	struct programs programs = PROGRAMS_INIT;
	int rc = -1;

	if (handover_take(&given, err) == 0 &&
	    (config = config_load(config_path, err)) != NULL &&
	    handover_check(&given, config, err) == 0 &&
	    recorder_knows_store(config, err) == 0 &&
	    programs_open(&programs, err) == 0)
		rc = 0;
	programs_close(&programs);
	config_free(config);
	handover_fini(&given);
	return rc;
}

static int
run_check(const struct arguments *args)
{
	char *argv[] = {(char *)(uintptr_t) "check", NULL};
	int status = cmd_check(1, argv, args->config_path);
	struct err err = {""};

	if (status != EXIT_SUCCESS || !handover_is_there() ||
	    check_succession(args->config_path, &err) == 0)
		return status;
	fprintf(stderr, "%s\n", err.text);
	return EXIT_FAILURE;
}

/* Of who came back, it is the one that was in force. */
static struct config *
load_config(const char *path, const struct handover *given, struct err *err)
{
	struct config *config = NULL;
	size_t len;
	char *text;

	if (given == NULL || given->error[0] == '\0')
		return config_load(path, err);
	lseek(given->config_fd, 0, SEEK_SET);
	text = fd_read_all(given->config_fd, CONFIG_SIZE_MAX, &len);
	if (text == NULL)
		err_errno(err, "cannot read the configuration in force");
	else
		config = config_parse(path, text, len, err);
	free(text);
	return config;
}

/* Runs until it ends; -1 with err when it cannot begin. */
static int
run_guardian(const struct arguments *args,
    const struct guardian_options *options, struct handover *given,
    struct err *err)
{
	struct config *config;
	int status = -1;

	config = load_config(options->config_path, given, err);
	if (config == NULL)
		return -1;
	if (args->level != -1)
		config->log_level = (enum log_level)args->level;
	if (given == NULL || handover_check(given, config, err) == 0)
		status = guardian_run(config, options, given, err);
	config_free(config);
	return status;
}

/* Who handed over goes on, and hears why we cannot. */
static int
hand_back(struct handover *given, const char *pid_path,
    const struct guardian_options *options, struct err *why)
{
	struct err err = {""};

	fprintf(stderr, "belfryd: cannot take over: %s\n", why->text);
	if (given->error[0] == '\0')
		handover_return(given, why->text, options->config_path,
		    pid_path, options, &err);
	fprintf(stderr, "belfryd: %s\n", err.text);
	return EXIT_FAILURE;
}

static int
run_daemon(
    const struct arguments *args, const char *argv0, const char *config_path)
{
	struct guardian_options options = {
	    .argv0 = argv0,
	    .config_path = config_path,
	    .pid_path = args->pid_path,
	    .foreground = args->foreground,
	    .log_level = args->level,
	};
	struct handover handover, *given = NULL;
	struct err err = {""};
	int status;

	if (handover_is_there()) {
		given = &handover;
		if (handover_take(given, &err) == -1) {
			fprintf(stderr, "belfryd: %s\n", err.text);
			return EXIT_FAILURE;
		}
	}
	status = run_guardian(args, &options, given, &err);
	if (status != -1)
		return status;
	if (given != NULL)
		return hand_back(given, args->pid_path, &options, &err);
	fprintf(stderr, "belfryd: %s\n", err.text);
	return EXIT_USAGE;
}

/* In ps: also of roles, which are executed by descriptor. */
static void
set_name(const char *argv0)
{
	const char *slash = strrchr(argv0, '/');

	prctl(PR_SET_NAME, slash != NULL ? slash + 1 : argv0, 0, 0, 0);
}

int
main(int argc, char **argv)
{
	struct arguments args = {
	    .config_path = CONFIG_DEFAULT,
	    .level = -1,
	    .target = -1,
	};
	char *config_path;
	int status;

	set_name(argc > 0 ? argv[0] : "belfryd");
	status = parse_arguments(argc, argv, &args);
	if (status != -1)
		return status;
	if (args.role != NULL)
		return run_role(&args);
	if (args.check)
		return run_check(&args);
	/* We may leave this directory; the roles read the file's name too. */
	config_path = realpath(args.config_path, NULL);
	if (config_path == NULL) {
		fprintf(stderr, "belfryd: cannot read %s: %s\n",
		    args.config_path, strerror(errno));
		return EXIT_USAGE;
	}
	status = run_daemon(&args, argv[0], config_path);
	free(config_path);
	return status;
}
