/*
 * The belfry command: what its commands share. Each command is one struct
 * command in the table of main.c.
 */
#ifndef BELFRY_CLI_CLI_H
#define BELFRY_CLI_CLI_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/timestamp.h"

/* Exit statuses. "run --wait" exits as its job did. */
enum cli_status {
	CLI_GOOD = 0,
	CLI_REFUSED = 1, /* the daemon said no, or the thing is not there */
	CLI_USAGE = 2,
	CLI_NO_DAEMON = 3,
};

struct command;

/* What the global options say; strings are borrowed from argv. */
struct cli {
	const struct command *command;
	const char *config_path; /* -c, or BELFRY_CONFIG; NULL: the default */
	const char *socket;      /* --socket; NULL none */
	const char *url;         /* -H; NULL: the unix socket */
	const char *token_file;  /* --token-file; NULL none */
	const char *ca_file;     /* --ca-file; NULL: the system's */
	int64_t timeout_ms;      /* --timeout; 0: the default */
	bool json;
};

struct cli_option {
	int letter; /* above 255: it has only a long name */
	const char *name;
	const char *value; /* what its value is called; NULL: takes none */
	const char *help;
};

struct command {
	const char *name;
	const char *operands; /* "JOB|RUN"; behind [options] in the usage */
	const char *summary;
	const struct cli_option *options; /* ends with letter 0; NULL none */
	int min, max;                     /* operands */
	/* argv[0] is its name. Parses its arguments with what is below ... */
	int (*run)(struct cli *cli, int argc, char **argv);
	/* ... or all by itself. */
	int (*run_raw)(struct cli *cli, int argc, char **argv);
};

/*
 * Parses options, global ones and the command's, anywhere in argv. Returns
 * the letter of one of the command's own (value in optarg), -1 at the end
 * (operands from optind), or 0: stop and exit with *status_r.
 */
int cli_option(struct cli *cli, int argc, char **argv, int *status_r);

/* The same for what stands in front of the command. */
int cli_global_options(struct cli *cli, int argc, char **argv, int *status_r);

/* Checks the number of operands behind optind. -1, or an exit status. */
int cli_operands(const struct cli *cli, int argc, char **argv);

/* Both, for a command without options of its own. */
int cli_arguments(struct cli *cli, int argc, char **argv);

/* A number of an option. 0, or -1 having told. */
int cli_number(const struct cli *cli, const char *option, const char *text,
    long max, long *value_r);

/*
 * A moment of an option, as text_parse_since() takes it, in RFC 3339; ago_r may
 * be NULL. 0, or -1 having told.
 */
int cli_since(const struct cli *cli, const char *option, const char *text,
    char stamp[static TIMESTAMP_TEXT_MAX], bool *ago_r);

/* Tells on standard error what is wrong with the arguments. CLI_USAGE. */
int cli_usage_error(const struct cli *cli, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* Tells on standard error why it failed. Returns status. */
int cli_fail(int status, const struct err *err);

/* The help of one command, and the usage line of all. */
void cli_help(const struct command *command);

extern const struct command *const cli_commands[]; /* ends with NULL */

extern const struct command cmd_status;
extern const struct command cmd_list;
extern const struct command cmd_nodes;
extern const struct command cmd_show;
extern const struct command cmd_run;
extern const struct command cmd_submit;
extern const struct command cmd_queue;
extern const struct command cmd_exec;
extern const struct command cmd_kill;
extern const struct command cmd_history;
extern const struct command cmd_logs;
extern const struct command cmd_pause;
extern const struct command cmd_resume;
extern const struct command cmd_explain;
extern const struct command cmd_verify;
extern const struct command cmd_notify;
extern const struct command cmd_notifications;
extern const struct command cmd_audit;
extern const struct command cmd_reload;
extern const struct command cmd_drain;
extern const struct command cmd_upgrade;
extern const struct command cmd_lock;
extern const struct command cmd_crontab;
extern const struct command cmd_import;
extern const struct command cmd_token;

#endif
