/* belfry logs: a run's output. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/print/field.h"
#include "cli/print/show.h"
#include "run/spec.h"

/* There is no such run: perhaps there is such a job. */
static int
explain_none(struct client *client, const char *name, struct err *err)
{
	char *path = client_path("/v1/jobs/", name, "");
	struct err job = {""};
	json_t *json = NULL;
	int status, http;

	status = client_get(client, path, &json, &http, &job);
	if (status == CLI_GOOD)
		err_set(err, "job %s has not run yet", name);
	else if (http == 404 && *show_guess(&job) != '\0')
		show_none(err, name, &job);
	json_decref(json);
	free(path);
	return CLI_REFUSED;
}

/* The daemon knows runs by id, by its beginning, and by their job. */
static int
find_run(struct client *client, const char *name, char id[RUN_ID_SIZE],
    struct err *err)
{
	char *path = client_path("/v1/runs/", name, "");
	json_t *json = NULL;
	int status, http;

	status = client_get(client, path, &json, &http, err);
	if (status == CLI_REFUSED && http == 404)
		status = explain_none(client, name, err);
	if (status == CLI_GOOD)
		snprintf(id, RUN_ID_SIZE, "%s", field_text(json, "id"));
	json_decref(json);
	free(path);
	return status;
}

static int
print(const struct cli *cli, const char *name, bool follow)
{
	char id[RUN_ID_SIZE] = "";
	struct follow f = {.run = id, .follow = follow};
	struct client *client;
	struct err err = {""};
	int status;

	client = show_client(cli, &status);
	if (client == NULL)
		return status;
	status = find_run(client, name, id, &err);
	if (status == CLI_GOOD)
		status = client_follow(client, &f, &err);
	client_free(client);
	return status != CLI_GOOD ? cli_fail(status, &err) : status;
}

static int
run(struct cli *cli, int argc, char **argv)
{
	bool follow = false;
	int letter, status;

	while ((letter = cli_option(cli, argc, argv, &status)) > 0)
		follow = true;
	if (letter == 0)
		return status;
	status = cli_operands(cli, argc, argv);
	if (status != -1)
		return status;
	if (cli->json)
		return cli_usage_error(
		    cli, "output is bytes: there is no JSON of it");
	return print(cli, argv[optind], follow);
}

static const struct cli_option options[] = {
    {'f', "follow", NULL, "go on until the run has ended"},
    {0, NULL, NULL, NULL},
};

const struct command cmd_logs = {
    .name = "logs",
    .operands = "RUN|JOB",
    .summary = "Print the output of a run, or of a job's latest run",
    .options = options,
    .min = 1,
    .max = 1,
    .run = run,
};
