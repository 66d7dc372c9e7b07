/* belfry reload and drain: what changes the daemon. */
#include <stdio.h>

#include "cli/print/field.h"
#include "cli/print/show.h"

static int
post(struct cli *cli, int argc, char **argv, const char *path, json_t **json_r)
{
	struct client *client;
	struct err err = {""};
	int status;

	client = show_start(cli, argc, argv, &status);
	if (client == NULL)
		return status;
	status = client_post(client, path, json_r, NULL, &err);
	client_free(client);
	if (status != CLI_GOOD)
		return cli_fail(status, &err);
	if (cli->json)
		json_print(*json_r);
	return -1;
}

static size_t
print_names(const char *what, enum colour colour, const json_t *names)
{
	const json_t *name;
	size_t i;

	json_array_foreach(names, i, name) show_line(what, colour, "%s",
	    json_is_string(name) ? json_string_value(name) : "?");
	return i;
}

static void
print_changes(const json_t *json)
{
	const json_t *problems = json_object_get(json, "problems"), *problem;
	size_t i, n;

	n = print_names("added", COLOUR_GOOD, json_object_get(json, "added"));
	n += print_names(
	    "changed", COLOUR_WARN, json_object_get(json, "changed"));
	n += print_names(
	    "removed", COLOUR_BAD, json_object_get(json, "removed"));
	if (n == 0)
		printf("no job changed\n");
	json_array_foreach(problems, i, problem) show_problem(problem);
}

static bool
has_errors(const json_t *json)
{
	const json_t *problems = json_object_get(json, "problems"), *problem;
	size_t i;

	json_array_foreach(
	    problems, i, problem) if (field_bool(problem, "error")) return true;
	return false;
}

static int
reload(struct cli *cli, int argc, char **argv)
{
	json_t *json = NULL;
	int status;

	status = post(cli, argc, argv, "/v1/reload", &json);
	if (status != -1)
		return status;
	if (!cli->json)
		print_changes(json);
	status = has_errors(json) ? CLI_REFUSED : CLI_GOOD;
	json_decref(json);
	return status;
}

const struct command cmd_reload = {
    .name = "reload",
    .operands = "",
    .summary = "Read configuration and job files again, and show changes",
    .run = reload,
};

static int
drain(struct cli *cli, int argc, char **argv)
{
	json_t *json = NULL;
	int status;

	status = post(cli, argc, argv, "/v1/drain", &json);
	if (status != -1)
		return status;
	if (!cli->json)
		printf("draining: nothing more starts, belfryd stops when what "
		       "runs has ended\n");
	json_decref(json);
	return CLI_GOOD;
}

const struct command cmd_drain = {
    .name = "drain",
    .operands = "",
    .summary = "Start nothing more, and stop when all runs have ended",
    .run = drain,
};
