/* belfry run and kill: begin a run by hand, end one. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "cli/job/param.h"
#include "cli/print/field.h"
#include "cli/print/show.h"
#include "cli/print/text.h"
#include "run/result.h"

/* What is a success to the job is one to a shell. */
static int
exit_of(const json_t *run)
{
	int64_t signal = field_number(run, "signal", 0);
	struct run_result result = {
	    .exit_code = (int32_t)field_number(run, "exit_code", -1),
	};
	int outcome = outcome_parse(field_text(run, "outcome"));

	if (outcome == OUTCOME_SUCCESS)
		return 0;
	if (signal == 0)
		signal = signal_parse(field_text(run, "signal"));
	result.outcome = outcome == -1 ? OUTCOME_NONE : (enum outcome)outcome;
	result.signal = (int32_t)signal;
	snprintf(result.reason, sizeof(result.reason), "%s",
	    field_text(run, "reason"));
	return run_result_exit_status(&result);
}

static int
tell_end(const json_t *run, bool json)
{
	char reason[512], text[TEXT_MAX];
	int64_t ms = field_number(run, "duration_ms", -1);

	if (json) {
		json_print(run);
		return exit_of(run);
	}
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
await_end(struct client *client, const char *id, bool json, struct err *err)
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
			status = tell_end(run, json);
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
wait_for(struct client *client, const char *id, bool json, struct err *err)
{
	struct follow follow = {
	    .run = id,
	    .follow = true,
	    .interruptible = true,
	    .may_be_late = true,
	    .quiet = json,
	};
	int status = client_follow(client, &follow, err);

	if (status != CLI_GOOD)
		return cli_fail(status, err);
	if (follow.end == FOLLOW_DONE) {
		/* On a terminal what we say begins a line of its own. */
		if (follow.in_line && isatty(STDOUT_FILENO) &&
		    isatty(STDERR_FILENO))
			putc('\n', stderr);
		return await_end(client, id, json, err);
	}
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
		status =
		    wait_for(client, field_text(json, "run"), cli->json, &err);
	} else if (cli->json) {
		json_print(json);
	} else {
		printf("%s\n", field_text(json, "run"));
	}
	json_decref(json);
	client_free(client);
	return status;
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
		else if (param_add(cli, params, optarg) == -1)
			return CLI_USAGE;
	}
	if (letter == 0)
		return status;
	status = cli_operands(cli, argc, argv);
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
	char *text = NULL;
	int status;

	status = read_options(cli, argc, argv, &wait, params, &node);
	/* The daemon would refuse them; but they are a mistake in usage. */
	if (status == -1 && param_text(params, &text) == -1)
		status = CLI_USAGE;
	free(text);
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

/* The beginning of an id will do. */
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

static void
tell_killed(const json_t *json)
{
	const char *run = field_text(json, "run");
	const char *job = field_text(json, "job");

	if (strcmp(field_text(json, "what"), "retry") == 0)
		printf("run %s of %s is not tried again\n", run, job);
	else
		printf("run %s of %s is being ended\n", run, job);
}

static int
kill_run(struct cli *cli, int argc, char **argv)
{
	struct client *client;
	struct err err = {""};
	json_t *json = NULL;
	int status, http;

	client = show_start(cli, argc, argv, &status);
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
		tell_killed(json);
	json_decref(json);
	return CLI_GOOD;
}

const struct command cmd_kill = {
    .name = "kill",
    .operands = "RUN|JOB",
    .summary = "End a run, its whole process tree, or cancel its retry",
    .min = 1,
    .max = 1,
    .run = kill_run,
};
