/* belfry verify: holds the ledger against the schedule. */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/strbuf.h"
#include "base/timestamp.h"
#include "cli/print/field.h"
#include "cli/print/show.h"
#include "cli/print/text.h"

struct verify {
	const char *job;
	char since[TIMESTAMP_TEXT_MAX];
	size_t found;
	struct table *table; /* NULL: JSON */
	struct json_list json;
};

static int
take_option(const struct cli *cli, struct verify *v, int letter)
{
	if (letter != 'j')
		return cli_since(cli, "--since", optarg, v->since, NULL);
	v->job = optarg;
	return 0;
}

static char *
make_path(const struct verify *v)
{
	struct strbuf path = STRBUF_INIT;
	char *part;

	strbuf_adds(&path, "/v1/verify");
	if (v->job != NULL) {
		part = client_path("?job=", v->job, "");
		strbuf_adds(&path, part);
		free(part);
	}
	if (v->since[0] != '\0') {
		part = client_path(
		    v->job != NULL ? "&since=" : "?since=", v->since, "");
		strbuf_adds(&path, part);
		free(part);
	}
	return strbuf_take(&path);
}

static int
each(void *arg, json_t *finding)
{
	struct verify *v = arg;
	int64_t count = field_number(finding, "count", 1);

	v->found++;
	if (v->table == NULL) {
		json_list_add(&v->json, finding);
		return 0;
	}
	table_add(v->table, COLOUR_BAD, "%s", field_text(finding, "kind"));
	table_add(v->table, COLOUR_NONE, "%s", field_text(finding, "job"));
	table_add(v->table, COLOUR_NONE, "%s", field_text(finding, "slot"));
	if (count == 0)
		table_add(v->table, COLOUR_NONE, ">1000");
	else
		table_add(v->table, COLOUR_NONE, "%" PRId64, count);
	table_add(v->table, COLOUR_NONE, "%s", field_text(finding, "run"));
	table_add(v->table, COLOUR_NONE, "%s", field_text(finding, "text"));
	return 0;
}

static void
finish(struct verify *v, int status)
{
	if (v->table == NULL && status == CLI_GOOD)
		json_list_end(&v->json);
	if (v->table != NULL && v->found > 0)
		table_print(v->table);
	else if (v->table != NULL && status == CLI_GOOD)
		printf("no duplicate, gap, overlap or other fault\n");
	table_free(v->table);
}

static int
print(const struct cli *cli, struct verify *v)
{
	static const char *const heads[] = {
	    "FAULT", "JOB", "SLOT", "SLOTS", "RUN", "WHAT", NULL};
	struct client *client;
	struct err err = {""};
	char *path;
	int status;

	client = show_client(cli, &status);
	if (client == NULL)
		return status;
	if (!cli->json) {
		v->table = table_new(heads);
		table_align_right(v->table, 3);
	}
	path = make_path(v);
	status = client_list(client, path, 0, each, v, NULL, &err);
	client_free(client);
	free(path);
	finish(v, status);
	if (status != CLI_GOOD)
		return cli_fail(status, &err);
	return v->found > 0 ? CLI_REFUSED : CLI_GOOD;
}

static int
run(struct cli *cli, int argc, char **argv)
{
	struct verify v = {.found = 0};
	int letter, status;

	while ((letter = cli_option(cli, argc, argv, &status)) > 0)
		if (take_option(cli, &v, letter) == -1)
			return CLI_USAGE;
	if (letter == 0)
		return status;
	status = cli_operands(cli, argc, argv);
	return status != -1 ? status : print(cli, &v);
}

static const struct cli_option options[] = {
    {'s', "since", "TIME|DURATION", "slots of this time or so long ago on"},
    {'j', "job", "JOB", "only this job"},
    {0, NULL, NULL, NULL},
};

const struct command cmd_verify = {
    .name = "verify",
    .operands = "",
    .summary = "Hold the ledger against the schedules; list what is wrong",
    .options = options,
    .run = run,
};
