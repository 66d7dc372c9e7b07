/* belfry submit: a command that is in no job file, to a queue. */
#include <getopt.h>
#include <limits.h>
#include <stdio.h>

#include "base/duration.h"
#include "base/timestamp.h"
#include "cli/print/field.h"
#include "cli/print/show.h"
#include "cli/print/text.h"

static const struct cli_option submit_options[] = {
    {'q', "queue", "QUEUE", "the queue it waits in (default)"},
    {'a', "at", "TIME", "not before this time, RFC 3339"},
    {'i', "in", "DURATION", "not before so long from now"},
    {'k', "key", "ID", "with the same key again it is the same run"},
    {'C', "callback", "URL", "is sent the run as JSON when it has ended"},
    {0, NULL, NULL, NULL},
};

/* A time as a person writes it, as the daemon takes it. */
static int
add_time(const struct cli *cli, json_t *body)
{
	char text[TIMESTAMP_TEXT_MAX];
	int64_t ms;

	if (!text_parse_time(optarg, &ms))
		return cli_usage_error(cli,
		    "--at %s: write a time such as 2026-03-10T07:00:00Z, or a "
		    "local one such as \"2026-03-10 07:00\"",
		    optarg);
	json_object_set_new(
	    body, "at", json_string(timestamp_format_ms(text, ms)));
	return -1;
}

static int
add_duration(const struct cli *cli, json_t *body)
{
	struct err err;
	int64_t ms;

	if (duration_parse_ms(optarg, &ms, &err) == -1)
		return cli_usage_error(cli, "--in %s: %s", optarg, err.text);
	json_object_set_new(body, "in", json_string(optarg));
	return -1;
}

static int
add_text(const struct cli *cli, json_t *body, const char *key)
{
	if (json_object_set_new(body, key, json_string(optarg)) == 0)
		return -1;
	return cli_usage_error(cli, "--%s: no valid UTF-8", key);
}

/* -1: go on; else exit with it. */
static int
read_options(struct cli *cli, int argc, char **argv, json_t *body)
{
	const struct cli_option *o;
	int letter, status;

	while ((letter = cli_option(cli, argc, argv, &status)) > 0) {
		o = submit_options;
		while (o->letter != letter)
			o++;
		if (json_object_get(body, o->name) != NULL)
			return cli_usage_error(
			    cli, "--%s is given twice", o->name);
		status = letter == 'a' ? add_time(cli, body) :
		    letter == 'i'      ? add_duration(cli, body) :
					 add_text(cli, body, o->name);
		if (status != -1)
			return status;
	}
	if (letter == 0)
		return status;
	if (json_object_get(body, "at") != NULL &&
	    json_object_get(body, "in") != NULL)
		return cli_usage_error(
		    cli, "--at and --in cannot be given together");
	return cli_operands(cli, argc, argv);
}

/* One operand is a line, as in a job file; several are words. */
static int
add_command(struct cli *cli, int argc, char **argv, json_t *body)
{
	json_t *words;

	if (argc == 1) {
		if (json_object_set_new(body, "command", json_string(*argv)) ==
		    0)
			return -1;
		return cli_usage_error(cli, "the command is no valid UTF-8");
	}
	words = json_array();
	json_object_set_new(body, "argv", words);
	for (int i = 0; i < argc; i++)
		if (json_array_append_new(words, json_string(argv[i])) != 0)
			return cli_usage_error(
			    cli, "word %d is no valid UTF-8", i + 1);
	return -1;
}

static int
submit(const struct cli *cli, const json_t *body)
{
	struct client *client;
	struct err err = {""};
	json_t *json = NULL;
	int status;

	client = show_client(cli, &status);
	if (client == NULL)
		return status;
	status = client_post_json(client, "/v1/submit", body, &json, &err);
	if (status != CLI_GOOD)
		cli_fail(status, &err);
	else if (cli->json)
		json_print(json);
	else
		printf("%s\n", field_text(json, "run"));
	json_decref(json);
	client_free(client);
	return status;
}

static int
run(struct cli *cli, int argc, char **argv)
{
	json_t *body = json_object();
	int status = read_options(cli, argc, argv, body);

	if (status == -1)
		status = add_command(cli, argc - optind, argv + optind, body);
	if (status == -1)
		status = submit(cli, body);
	json_decref(body);
	return status;
}

const struct command cmd_submit = {
    .name = "submit",
    .operands = "-- COMMAND [ARGUMENT ...]",
    .summary = "Have a command run that is no job, and print the id of the run",
    .options = submit_options,
    .min = 1,
    .max = INT_MAX,
    .run = run,
};
