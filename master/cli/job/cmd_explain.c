/* belfry explain: why a slot ran, or did not, in words. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/strbuf.h"
#include "base/timestamp.h"
#include "cli/print/field.h"
#include "cli/print/show.h"
#include "cli/print/text.h"

/* An RFC 3339 time is a slot; a duration ago is none, but has one before. */
struct explain {
	char at[TIMESTAMP_TEXT_MAX];
	bool ago; /* the last slot until then, not then */
};

static char *
make_path(const struct explain *x, const char *job)
{
	struct strbuf path = STRBUF_INIT;
	char *part = client_path("/v1/jobs/", job, "/explain");

	strbuf_adds(&path, part);
	free(part);
	if (x->at[0] != '\0') {
		part = client_path(x->ago ? "?until=" : "?at=", x->at, "");
		strbuf_adds(&path, part);
		free(part);
	}
	return strbuf_take(&path);
}

static enum colour
colour_of_answer(const json_t *json)
{
	const char *outcome = field_text(json, "outcome");

	return colour_of(
	    *outcome != '\0' ? outcome : field_text(json, "verdict"));
}

/* The first sentence is the answer, the others tell why. */
static void
print_words(const json_t *json)
{
	const json_t *text = json_object_get(json, "text"), *line;
	size_t i;

	json_array_foreach(text, i, line)
	{
		if (i > 0)
			printf("  ");
		colour_print(i > 0 ? COLOUR_NONE : colour_of_answer(json),
		    json_is_string(line) ? json_string_value(line) : "");
		putchar('\n');
	}
}

static int
print(const struct cli *cli, const struct explain *x, const char *job)
{
	struct client *client;
	struct err err = {""};
	json_t *json = NULL;
	char *path;
	int status, http;

	client = show_client(cli, &status);
	if (client == NULL)
		return status;
	path = make_path(x, job);
	status = client_get(client, path, &json, &http, &err);
	if (status == CLI_REFUSED && http == 404)
		show_add_guess(client, job, &err);
	client_free(client);
	free(path);
	if (status != CLI_GOOD)
		return cli_fail(status, &err);
	if (cli->json)
		json_print(json);
	else
		print_words(json);
	json_decref(json);
	return CLI_GOOD;
}

static int
run(struct cli *cli, int argc, char **argv)
{
	struct explain x = {.ago = false};
	int letter, status;

	while ((letter = cli_option(cli, argc, argv, &status)) > 0)
		if (cli_since(cli, "--at", optarg, x.at, &x.ago) == -1)
			return CLI_USAGE;
	if (letter == 0)
		return status;
	status = cli_operands(cli, argc, argv);
	return status != -1 ? status : print(cli, &x, argv[optind]);
}

static const struct cli_option options[] = {
    {'a', "at", "TIME|DURATION",
	"the slot of this time, or the last one this long ago"},
    {0, NULL, NULL, NULL},
};

const struct command cmd_explain = {
    .name = "explain",
    .operands = "JOB",
    .summary = "Tell why a slot of a job ran, or why it did not",
    .options = options,
    .min = 1,
    .max = 1,
    .run = run,
};
