/* belfry logs: a run's output. */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "cli/field.h"
#include "cli/show.h"
#include "ipc/spec.h"

struct latest {
	char run[RUN_ID_SIZE];
};

static int
each(void *arg, json_t *run)
{
	struct latest *latest = arg;

	snprintf(latest->run, sizeof(latest->run), "%s", field_text(run, "id"));
	return 0;
}

/* The latest run of a job. */
static int
find_latest(struct client *client, const char *job, struct latest *latest,
    struct err *err)
{
	char path[512] = "/v1/runs?limit=1&job=";
	int status;

	client_add_encoded(path, sizeof(path), job);
	status = client_list(client, path, 1, each, latest, NULL, err);
	if (status == CLI_GOOD && latest->run[0] == '\0') {
		err_set(
		    err, "no run \"%s\", and no run of a job \"%s\"", job, job);
		status = CLI_REFUSED;
	}
	return status;
}

/* A run's id is asked for first: it costs nothing to be sure. */
static int
find_run(struct client *client, const char *name, struct latest *latest,
    struct err *err)
{
	char path[512] = "/v1/runs/";
	json_t *json = NULL;
	int status, http = 0;

	if (strlen(name) == RUN_ID_SIZE - 1) {
		client_add_encoded(path, sizeof(path), name);
		status = client_get(client, path, &json, &http, err);
		json_decref(json);
		if (status == CLI_GOOD)
			snprintf(latest->run, sizeof(latest->run), "%s", name);
		if (status != CLI_REFUSED || http != 404)
			return status;
	}
	return find_latest(client, name, latest, err);
}

static int
print(const struct cli *cli, const char *name, bool follow)
{
	struct follow f = {.follow = follow};
	struct latest latest = {""};
	struct client *client;
	struct err err = {""};
	int status;

	client = show_client(cli, &status);
	if (client == NULL)
		return status;
	status = find_run(client, name, &latest, &err);
	if (status == CLI_GOOD) {
		f.run = latest.run;
		status = client_follow(client, &f, &err);
	}
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
