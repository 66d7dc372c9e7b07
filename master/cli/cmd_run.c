/* belfry run and kill: begin a run by hand, end one. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "cli/field.h"
#include "cli/show.h"
#include "cli/text.h"
#include "ipc/outcome.h"

/* As a shell reports a job's end: 128 and the signal, 126, 127. */
static int
exit_of(const json_t *run)
{
	static const char executing[] = "cannot execute ";
	const char *reason = field_text(run, "reason");
	int64_t signal = field_number(run, "signal", 0);

	switch (outcome_parse(field_text(run, "outcome"))) {
	case OUTCOME_SUCCESS:
		return 0;
	case OUTCOME_TIMEOUT:
		return 124;
	case OUTCOME_KILLED:
		return 137;
	case OUTCOME_LAUNCH_FAILED:
		/* A directory may be missing, too: that is 126. */
		return strncmp(reason, executing, strlen(executing)) == 0 &&
			strstr(reason, "No such file") != NULL ?
		    127 :
		    126;
	case OUTCOME_FAILURE:
		if (signal == 0)
			signal = signal_parse(field_text(run, "signal"));
		if (signal > 0)
			return 128 + (int)signal;
		return (int)field_number(run, "exit_code", 1);
	default:
		return 1;
	}
}

static int
tell_end(const json_t *run)
{
	char reason[512], text[TEXT_MAX];
	int64_t ms = field_number(run, "duration_ms", -1);

	show_reason(reason, sizeof(reason), run);
	fprintf(stderr, "belfry: run %s of %s: %s%s%s", field_text(run, "id"),
	    field_text(run, "job"), field_text(run, "outcome"),
	    *reason != '\0' ? ", " : "", reason);
	if (ms >= 0)
		fprintf(stderr, " (%s)", text_duration(text, ms));
	putc('\n', stderr);
	return exit_of(run);
}

static bool
has_ended(const json_t *run)
{
	const char *outcome = field_text(run, "outcome");

	return *outcome != '\0' && strcmp(outcome, "running") != 0;
}

/*
 * The output may be complete a moment before the end is recorded: looks until
 * it is.
 */
static int
await_end(struct client *client, const char *id, struct err *err)
{
	char *path = client_path("/v1/runs/", id, "");
	int status = CLI_GOOD, tries;
	bool ended = false;
	json_t *run;

	for (tries = 0; tries < 100 && !ended && status == CLI_GOOD; tries++) {
		if (tries > 0)
			client_pause(50);
		run = NULL;
		status = client_get(client, path, &run, NULL, err);
		ended = has_ended(run);
		if (ended)
			status = tell_end(run);
		else if (status != CLI_GOOD)
			cli_fail(status, err);
		json_decref(run);
	}
	free(path);
	if (ended || status != CLI_GOOD)
		return status;
	err_set(err, "run %s: its end is not recorded; see \"belfry show %s\"",
	    id, id);
	return cli_fail(CLI_REFUSED, err);
}

static int
wait_for(struct client *client, const char *id, struct err *err)
{
	struct follow follow = {
	    .run = id,
	    .follow = true,
	    .interruptible = true,
	    .may_be_late = true,
	};
	int status = client_follow(client, &follow, err);

	if (status != CLI_GOOD)
		return cli_fail(status, err);
	if (follow.end == FOLLOW_DONE)
		return await_end(client, id, err);
	fprintf(stderr,
	    "\nbelfry: stopped waiting; run %s goes on, \"belfry kill %s\" "
	    "ends it\n",
	    id, id);
	return 130;
}

static int
begin(const struct cli *cli, const char *job, bool wait, const json_t *params,
    const char *node)
{
	struct client *client;
	struct err err = {""};
	json_t *json = NULL, *body;
	char *path;
	int status;

	client = show_client(cli, &status);
	if (client == NULL)
		return status;
	path = client_path("/v1/jobs/", job, "/run");
	body = json_object();
	if (json_object_size(params) > 0)
		json_object_set(body, "params", (json_t *)(uintptr_t)params);
	if (node != NULL)
		json_object_set_new(body, "host", json_string(node));
	status = client_post_json(client, path, body, &json, &err);
	json_decref(body);
	free(path);
	if (status != CLI_GOOD) {
		cli_fail(status, &err);
	} else if (wait) {
		status = wait_for(client, field_text(json, "run"), &err);
	} else if (cli->json) {
		json_print(json);
	} else {
		printf("%s\n", field_text(json, "run"));
	}
	json_decref(json);
	client_free(client);
	return status;
}

/* "NAME=VALUE" of --param. 0, or -1 having told. */
static int
add_param(const struct cli *cli, json_t *params, const char *text)
{
	const char *value = strchr(text, '=');
	char *name;
	int rc = -1;

	if (value == NULL || value == text) {
		cli_usage_error(cli, "--param %s: expected NAME=VALUE", text);
		return -1;
	}
	name = xstrndup(text, (size_t)(value - text));
	if (json_object_get(params, name) != NULL)
		cli_usage_error(cli, "--param %s is given twice", name);
	else if (json_object_set_new(params, name, json_string(value + 1)) != 0)
		cli_usage_error(cli, "--param %s: no valid UTF-8", name);
	else
		rc = 0;
	free(name);
	return rc;
}

/* -1: go on; else exit with it. */
static int
read_options(struct cli *cli, int argc, char **argv, bool *wait_r,
    json_t *params, const char **node_r)
{
	int letter, status;

	while ((letter = cli_option(cli, argc, argv, &status)) > 0) {
		if (letter == 'w')
			*wait_r = true;
		else if (letter == 'N')
			*node_r = optarg;
		else if (add_param(cli, params, optarg) == -1)
			return CLI_USAGE;
	}
	if (letter == 0)
		return status;
	status = cli_operands(cli, argc, argv);
	if (status == -1 && *wait_r && cli->json)
		return cli_usage_error(cli,
		    "--wait prints the job's output: there is no JSON of it");
	if (status == -1 && *wait_r && *node_r != NULL)
		return cli_usage_error(cli,
		    "--wait cannot follow a run on another host; use "
		    "\"belfry --host URL\" there");
	return status;
}

static int
run(struct cli *cli, int argc, char **argv)
{
	json_t *params = json_object();
	const char *node = NULL;
	bool wait = false;
	int status;

	status = read_options(cli, argc, argv, &wait, params, &node);
	if (status == -1)
		status = begin(cli, argv[optind], wait, params, node);
	json_decref(params);
	return status;
}

static const struct cli_option run_options[] = {
    {'N', "node", "NODE", "on that host of the cluster"},
    {'p', "param", "NAME=VALUE", "BELFRY_PARAM_NAME of the job"},
    {'w', "wait", NULL, "print its output, exit as the job does"},
    {0, NULL, NULL, NULL},
};

const struct command cmd_run = {
    .name = "run",
    .operands = "JOB",
    .summary = "Run a job now, and print the id of the run",
    .options = run_options,
    .min = 1,
    .max = 1,
    .run = run,
};

static int
post_kill(struct client *client, const char *id, json_t **json_r, int *http_r,
    struct err *err)
{
	char *path = client_path("/v1/runs/", id, "/kill");
	int status = client_post(client, path, json_r, http_r, err);

	free(path);
	return status;
}

/* The beginning of an id will do; a job's name would be too easy a slip. */
static int
kill_by_beginning(
    struct client *client, const char *begin, json_t **json_r, struct err *err)
{
	char *path = client_path("/v1/runs/", begin, "");
	struct err own = {""};
	json_t *run = NULL;
	const char *id;
	int status = CLI_REFUSED;

	if (client_get(client, path, &run, NULL, &own) != CLI_GOOD)
		run = NULL;
	free(path);
	id = field_text(run, "id");
	if (*id != '\0' && strncasecmp(id, begin, strlen(begin)) == 0)
		status = post_kill(client, id, json_r, NULL, err);
	json_decref(run);
	return status;
}

static int
kill_run(struct cli *cli, int argc, char **argv)
{
	struct client *client;
	struct err err = {""};
	json_t *json = NULL;
	int status, http;

	status = cli_arguments(cli, argc, argv);
	if (status != -1)
		return status;
	client = show_client(cli, &status);
	if (client == NULL)
		return status;
	status = post_kill(client, argv[optind], &json, &http, &err);
	if (status == CLI_REFUSED && http == 404)
		status = kill_by_beginning(client, argv[optind], &json, &err);
	client_free(client);
	if (status != CLI_GOOD)
		return cli_fail(status, &err);
	if (cli->json)
		json_print(json);
	else
		printf("run %s of %s is being ended\n", field_text(json, "run"),
		    field_text(json, "job"));
	json_decref(json);
	return CLI_GOOD;
}

const struct command cmd_kill = {
    .name = "kill",
    .operands = "RUN",
    .summary = "End a run, its whole process tree",
    .min = 1,
    .max = 1,
    .run = kill_run,
};
