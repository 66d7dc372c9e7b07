/* Options: one table a command, and the global ones behind it. */
#include "cli/cli.h"

#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/duration.h"
#include "base/mem.h"
#include "base/version.h"
#include "cli/print/text.h"

#define OPTIONS_MAX 16

enum {
	OPTION_SOCKET = 256,
	OPTION_JSON,
	OPTION_TOKEN_FILE,
	OPTION_CA_FILE,
	OPTION_TIMEOUT
};

static const struct cli_option global_options[] = {
    {'c', "config", "FILE", "configuration that names the socket"},
    {'H', "host", "URL", "ask another host's daemon at this URL"},
    {OPTION_SOCKET, "socket", "PATH", "ask the daemon at this socket"},
    {OPTION_TOKEN_FILE, "token-file", "FILE",
	"with -H: the token that FILE begins with"},
    {OPTION_CA_FILE, "ca-file", "FILE", "with -H: who must vouch for the host"},
    {OPTION_TIMEOUT, "timeout", "DURATION",
	"how long an answer is waited for (default 40s)"},
    {OPTION_JSON, "json", NULL, "print one JSON document, no tables"},
    {'h', "help", NULL, "print this, and exit"},
    {'V', "version", NULL, "print the version, and exit"},
    {0, NULL, NULL, NULL},
};

/* What getopt_long() wants, made from our tables. */
struct getopt_tables {
	char letters[2 * OPTIONS_MAX + 3];
	struct option longs[OPTIONS_MAX + 1];
	size_t nletters;
	size_t nlongs;
};

static void
add_options(struct getopt_tables *t, const struct cli_option *o)
{
	for (; o != NULL && o->letter != 0 && t->nlongs < OPTIONS_MAX; o++) {
		t->longs[t->nlongs].name = o->name;
		t->longs[t->nlongs].has_arg =
		    o->value != NULL ? required_argument : no_argument;
		t->longs[t->nlongs].val = o->letter;
		t->nlongs++;
		if (o->letter > 255)
			continue;
		t->letters[t->nletters++] = (char)o->letter;
		if (o->value != NULL)
			t->letters[t->nletters++] = ':';
	}
}

/* "-n, --lines N", "    --json", "-n N" */
static void
print_options(FILE *f, const struct cli_option *o)
{
	char letter[4], text[80];

	for (; o != NULL && o->letter != 0; o++) {
		snprintf(letter, sizeof(letter), o->letter > 255 ? "  " : "-%c",
		    o->letter);
		snprintf(text, sizeof(text), "%s%s%s%s%s%s", letter,
		    o->name == NULL     ? "" :
			o->letter > 255 ? "  " :
					  ", ",
		    o->name != NULL ? "--" : "", o->name != NULL ? o->name : "",
		    o->value != NULL ? " " : "",
		    o->value != NULL ? o->value : "");
		fprintf(f, "  %-26s %s\n", text, o->help);
	}
}

static void
print_usage(FILE *f, const struct command *command)
{
	if (command == NULL) {
		fprintf(f, "usage: belfry [options] COMMAND [arguments]\n");
		return;
	}
	fprintf(f, "usage: belfry %s [options]%s%s\n", command->name,
	    command->operands[0] != '\0' ? " " : "", command->operands);
}

static void
help_all(void)
{
	const struct command *const *c;

	print_usage(stdout, NULL);
	printf("\nCommands:\n");
	for (c = cli_commands; *c != NULL; c++)
		printf("  %-13s %-22s %s\n", (*c)->name, (*c)->operands,
		    (*c)->summary);
	printf("\nOptions, before or behind the command:\n");
	print_options(stdout, global_options);
	printf("\n\"belfry COMMAND --help\" tells more of one.\n");
}

void
cli_help(const struct command *command)
{
	if (command == NULL) {
		help_all();
		return;
	}
	print_usage(stdout, command);
	printf("%s\n\n", command->summary);
	print_options(stdout, command->options);
	print_options(stdout, global_options);
}

int
cli_usage_error(const struct cli *cli, const char *fmt, ...)
{
	va_list ap;

	fprintf(stderr, "belfry%s%s: ", cli->command != NULL ? " " : "",
	    cli->command != NULL ? cli->command->name : "");
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fprintf(stderr, "\n");
	print_usage(stderr, cli->command);
	return CLI_USAGE;
}

/* -1, or an exit status. */
static int
take_timeout(struct cli *cli, const char *text)
{
	struct err err = {""};

	if (duration_parse_ms(text, &cli->timeout_ms, &err) == -1)
		return cli_usage_error(cli, "--timeout %s: %s", text, err.text);
	if (cli->timeout_ms == 0)
		return cli_usage_error(
		    cli, "--timeout %s: expected more than 0", text);
	return -1;
}

/* True when it was a global option; *status_r is -1 unless we are to stop. */
static bool
take_global(struct cli *cli, int letter, int *status_r)
{
	*status_r = -1;
	switch (letter) {
	case 'c':
		cli->config_path = optarg;
		break;
	case 'H':
		cli->url = optarg;
		break;
	case OPTION_SOCKET:
		cli->socket = optarg;
		break;
	case OPTION_TOKEN_FILE:
		cli->token_file = optarg;
		break;
	case OPTION_CA_FILE:
		cli->ca_file = optarg;
		break;
	case OPTION_TIMEOUT:
		*status_r = take_timeout(cli, optarg);
		break;
	case OPTION_JSON:
		cli->json = true;
		break;
	case 'h':
		cli_help(cli->command);
		*status_r = CLI_GOOD;
		break;
	case 'V':
		printf("belfry %s\n", belfry_version());
		*status_r = CLI_GOOD;
		break;
	default:
		return false;
	}
	return true;
}

static int
bad_option(const struct cli *cli, char **argv, int result)
{
	char letter[3] = {'-', (char)optopt, '\0'};
	const char *word = argv[optind - 1];
	bool is_long = strncmp(word, "--", 2) == 0;
	int len;

	if (!is_long)
		word = letter;
	len = (int)strcspn(word, "=");
	if (result == ':')
		return cli_usage_error(
		    cli, "option %.*s needs a value", len, word);
	if (is_long && optopt != 0)
		return cli_usage_error(
		    cli, "option %.*s takes no value", len, word);
	return cli_usage_error(cli, "unknown option %.*s", len, word);
}

static int
next_option(struct cli *cli, const struct cli_option *own, const char *mode,
    int argc, char **argv, int *status_r)
{
	struct getopt_tables t = {.nlongs = 0};
	int letter;

	t.nletters = (size_t)snprintf(t.letters, sizeof(t.letters), "%s", mode);
	add_options(&t, own);
	add_options(&t, global_options);
	opterr = 0;
	for (;;) {
		letter = getopt_long(argc, argv, t.letters, t.longs, NULL);
		if (letter == '?' || letter == ':') {
			*status_r = bad_option(cli, argv, letter);
			return 0;
		}
		if (!take_global(cli, letter, status_r))
			return letter;
		if (*status_r != -1)
			return 0;
	}
}

int
cli_option(struct cli *cli, int argc, char **argv, int *status_r)
{
	return next_option(
	    cli, cli->command->options, ":", argc, argv, status_r);
}

int
cli_global_options(struct cli *cli, int argc, char **argv, int *status_r)
{
	return next_option(cli, NULL, "+:", argc, argv, status_r);
}

int
cli_operands(const struct cli *cli, int argc, char **argv)
{
	int n = argc - optind;

	if (n < cli->command->min)
		return cli_usage_error(
		    cli, "%s is missing", cli->command->operands);
	if (n > cli->command->max)
		return cli_usage_error(cli, "unexpected argument: %s",
		    argv[optind + cli->command->max]);
	return -1;
}

int
cli_arguments(struct cli *cli, int argc, char **argv)
{
	int status;

	/* Without options of its own there is only the end, or a stop. */
	if (cli_option(cli, argc, argv, &status) == 0)
		return status;
	return cli_operands(cli, argc, argv);
}

int
cli_number(const struct cli *cli, const char *option, const char *text,
    long max, long *value_r)
{
	char *end;

	errno = 0;
	*value_r = strtol(text, &end, 10);
	if (*text >= '0' && *text <= '9' && *end == '\0' && errno == 0 &&
	    *value_r <= max)
		return 0;
	cli_usage_error(
	    cli, "%s %s: expected a number from 0 to %ld", option, text, max);
	return -1;
}

int
cli_since(const struct cli *cli, const char *option, const char *text,
    char stamp[static TIMESTAMP_TEXT_MAX], bool *ago_r)
{
	int64_t ms;

	if (text_parse_since(text, &ms, ago_r)) {
		timestamp_format_ms(stamp, ms);
		return 0;
	}
	cli_usage_error(cli, "%s %s: " TEXT_SINCE_FORMS, option, text);
	return -1;
}

int
cli_fail(int status, const struct err *err)
{
	fprintf(stderr, "belfry: %s\n", err->text);
	return status;
}
