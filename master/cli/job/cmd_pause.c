/* belfry pause and resume: keep a job, or all, from running for a while. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/timestamp.h"
#include "cli/print/field.h"
#include "cli/print/show.h"
#include "cli/print/text.h"

struct wanted {
	const char *until, *reason; /* NULL: not given */
	char until_text[TIMESTAMP_TEXT_MAX];
	bool all;
};

/* 0; or -1: stop and exit with *status_r. */
static int
read_options(
    struct cli *cli, int argc, char **argv, struct wanted *w, int *status_r)
{
	int64_t ms;
	int letter;

	while ((letter = cli_option(cli, argc, argv, status_r)) > 0) {
		if (letter == 'a')
			w->all = true;
		else if (letter == 'u')
			w->until = optarg;
		else
			w->reason = optarg;
	}
	if (letter == 0)
		return -1;
	if (w->until != NULL && !text_parse_time(w->until, &ms))
		*status_r = cli_usage_error(cli,
		    "--until %s: write a time such as 2026-03-10T07:00:00Z or "
		    "a local one such as \"2026-03-10 07:00\"",
		    w->until);
	else if (w->all && optind < argc)
		*status_r =
		    cli_usage_error(cli, "--all and a job: which of the two?");
	else if (!w->all && optind == argc)
		*status_r = cli_usage_error(cli, "JOB or --all is missing");
	else
		*status_r = cli_operands(cli, argc, argv);
	if (w->until != NULL && *status_r == -1)
		w->until = timestamp_format_ms(w->until_text, ms);
	return *status_r == -1 ? 0 : -1;
}

static void
print_result(const json_t *json)
{
	const json_t *pause = json_object_get(json, "paused");
	const char *job = field_text(json, "job");
	char text[320];

	if (!json_is_object(pause)) {
		printf("%s: not paused\n", *job != '\0' ? job : "all jobs");
		return;
	}
	show_pause(text, sizeof(text), pause, *job != '\0');
	printf("%s: paused %s\n", *job != '\0' ? job : "all jobs", text);
}

static int
ask(struct cli *cli, const char *path, const json_t *body)
{
	struct client *client;
	struct err err = {""};
	json_t *json = NULL;
	int status;

	client = show_client(cli, &status);
	if (client == NULL)
		return status;
	status = client_post_json(client, path, body, &json, &err);
	client_free(client);
	if (status != CLI_GOOD)
		return cli_fail(status, &err);
	if (cli->json)
		json_print(json);
	else
		print_result(json);
	json_decref(json);
	return CLI_GOOD;
}

/* what: "/pause" or "/resume". */
static int
change(struct cli *cli, int argc, char **argv, const char *what)
{
	struct wanted wanted = {.until = NULL};
	json_t *body;
	char *path;
	int status;

	if (read_options(cli, argc, argv, &wanted, &status) == -1)
		return status;
	body = json_object();
	if (wanted.until != NULL)
		json_object_set_new(body, "until", json_string(wanted.until));
	if (wanted.reason != NULL)
		json_object_set_new(body, "reason", json_string(wanted.reason));
	path = wanted.all ? xasprintf("/v1%s", what) :
			    client_path("/v1/jobs/", argv[optind], what);
	status = ask(cli, path, body);
	free(path);
	json_decref(body);
	return status;
}

static int
pause_jobs(struct cli *cli, int argc, char **argv)
{
	return change(cli, argc, argv, "/pause");
}

static int
resume_jobs(struct cli *cli, int argc, char **argv)
{
	return change(cli, argc, argv, "/resume");
}

static const struct cli_option pause_options[] = {
    {'a', "all", NULL, "all jobs"},
    {'u', "until", "TIME", "go on by itself then"},
    {'r', "reason", "TEXT", "why, for people"},
    {0, NULL, NULL, NULL},
};

const struct command cmd_pause = {
    .name = "pause",
    .operands = "JOB|--all",
    .summary = "Skip the slots of a job, or of all",
    .options = pause_options,
    .max = 1,
    .run = pause_jobs,
};

static const struct cli_option resume_options[] = {
    {'a', "all", NULL, "end the pause of all jobs"},
    {0, NULL, NULL, NULL},
};

const struct command cmd_resume = {
    .name = "resume",
    .operands = "JOB|--all",
    .summary = "End a pause",
    .options = resume_options,
    .max = 1,
    .run = resume_jobs,
};
