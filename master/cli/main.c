/* belfry: everything a person does. Finds the command and runs it. */
#include <getopt.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "cli/check/cmd_check.h"
#include "cli/cli.h"
#include "cli/job/cmd_next.h"

static int
run_next(struct cli *cli, int argc, char **argv)
{
	return cmd_next(argc, argv);
}

static int
run_check(struct cli *cli, int argc, char **argv)
{
	const char *path = cli->config_path;

	return cmd_check(argc, argv,
	    path != NULL ? path : BELFRY_SYSCONFDIR "/belfry/belfry.conf");
}

static const struct command cmd_next_entry = {
    .name = "next",
    .operands = "EXPRESSION",
    .summary = "Print when a schedule fires; needs no daemon",
    .run_raw = run_next,
};

static const struct command cmd_check_entry = {
    .name = "check",
    .operands = "[FILE...]",
    .summary = "Check configuration and job files; needs no daemon",
    .run_raw = run_check,
};

const struct command *const cli_commands[] = {
    &cmd_status,
    &cmd_list,
    &cmd_nodes,
    &cmd_show,
    &cmd_run,
    &cmd_submit,
    &cmd_queue,
    &cmd_exec,
    &cmd_kill,
    &cmd_pause,
    &cmd_resume,
    &cmd_history,
    &cmd_logs,
    &cmd_explain,
    &cmd_verify,
    &cmd_next_entry,
    &cmd_check_entry,
    &cmd_notifications,
    &cmd_notify,
    &cmd_audit,
    &cmd_reload,
    &cmd_drain,
    &cmd_upgrade,
    &cmd_lock,
    &cmd_crontab,
    &cmd_import,
    &cmd_token,
    NULL,
};

#define WORD_MAX 24

/* Levenshtein's distance of words that are not long. */
static size_t
distance(const char *a, const char *b)
{
	size_t row[WORD_MAX + 1], i, j, n = strlen(b), corner, up, best;

	if (n > WORD_MAX || strlen(a) > WORD_MAX)
		return WORD_MAX;
	for (j = 0; j <= n; j++)
		row[j] = j;
	for (i = 1; a[i - 1] != '\0'; i++) {
		corner = row[0];
		row[0] = i;
		for (j = 1; j <= n; j++) {
			up = row[j];
			best = corner + (a[i - 1] != b[j - 1]);
			if (up + 1 < best)
				best = up + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			corner = up;
			row[j] = best;
		}
	}
	return row[n];
}

/* NULL when none is near. */
static const struct command *
nearest(const char *word)
{
	const struct command *const *c, *best = NULL;
	size_t least = 3, d; /* two slips at most */

	for (c = cli_commands; *c != NULL; c++) {
		d = strlen(word) > 1 &&
			strncmp((*c)->name, word, strlen(word)) == 0 ?
		    0 :
		    distance(word, (*c)->name);
		if (d < least && d < strlen((*c)->name)) {
			least = d;
			best = *c;
		}
	}
	return best;
}

static int
unknown_command(const struct cli *cli, const char *word)
{
	const struct command *guess = nearest(word);

	if (guess != NULL)
		return cli_usage_error(cli,
		    "unknown command \"%s\"; did you mean \"%s\"?", word,
		    guess->name);
	return cli_usage_error(
	    cli, "unknown command \"%s\"; \"belfry --help\" lists them", word);
}

/* -c FILE in one of its forms, behind a command that does not know it. */
static bool
take_config(struct cli *cli, int argc, char **argv, int *i)
{
	const char *arg = argv[*i];

	if (strncmp(arg, "--config=", 9) == 0)
		cli->config_path = arg + 9;
	else if (strncmp(arg, "-c", 2) == 0 && arg[2] != '\0')
		cli->config_path = arg + 2;
	else if ((strcmp(arg, "-c") == 0 || strcmp(arg, "--config") == 0) &&
	    *i + 1 < argc)
		cli->config_path = argv[++*i];
	else
		return false;
	return true;
}

/* These know --json too: hands on what stood in front of the command. */
static int
run_raw(struct cli *cli, int argc, char **argv)
{
	char json[] = "--json";
	char **args = xcalloc((size_t)argc + 2, sizeof(*args));
	bool options = true;
	int n = 0, i, status;

	args[n++] = argv[0];
	if (cli->json)
		args[n++] = json;
	for (i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--") == 0)
			options = false;
		if (!options || !take_config(cli, argc, argv, &i))
			args[n++] = argv[i];
	}
	status = cli->command->run_raw(cli, n, args);
	free(args);
	return status;
}

static int
run_command(struct cli *cli, int argc, char **argv)
{
	optind = 0; /* glibc: begin anew, with a new argv */
	if (cli->command->run_raw != NULL)
		return run_raw(cli, argc, argv);
	return cli->command->run(cli, argc, argv);
}

/* What was printed must have arrived: a full disk is a failure. */
static int
finish(int status)
{
	if ((fflush(stdout) == EOF || ferror(stdout)) && status == CLI_GOOD) {
		perror("belfry: cannot write");
		return CLI_REFUSED;
	}
	return status;
}

int
main(int argc, char **argv)
{
	struct cli cli = {.config_path = getenv("BELFRY_CONFIG")};
	const struct command *const *c;
	int status;

	setlocale(LC_CTYPE, "");
	log_init("belfry", LOG_LEVEL_WARN, LOG_TARGET_STDERR);
	if (cli_global_options(&cli, argc, argv, &status) == 0)
		return finish(status);
	if (optind == argc) {
		cli_usage_error(&cli, "which command?");
		fprintf(stderr, "\"belfry --help\" lists them\n");
		return CLI_USAGE;
	}
	for (c = cli_commands; *c != NULL; c++)
		if (strcmp((*c)->name, argv[optind]) == 0)
			cli.command = *c;
	if (cli.command == NULL)
		return unknown_command(&cli, argv[optind]);
	return finish(run_command(&cli, argc - optind, argv + optind));
}
