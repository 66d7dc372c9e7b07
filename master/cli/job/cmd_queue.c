/* belfry queue: what was submitted and waits, one of it, away with it. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "cli/print/field.h"
#include "cli/print/show.h"
#include "cli/print/text.h"

static void
show_when(char due[TEXT_MAX], const json_t *row)
{
	int64_t ms;

	snprintf(due, TEXT_MAX, "-");
	if (field_time(row, "due", &ms))
		text_short_time(due, ms, text_now());
}

static int
list_rows(const struct cli *cli, const json_t *rows)
{
	char due[TEXT_MAX], zone[TEXT_MAX], head[TEXT_MAX + 8];
	const char *heads[] = {
	    "ID", "QUEUE", "STATE", head, "WHO", "COMMAND", NULL};
	struct table *table;
	const json_t *row;
	size_t i;

	if (cli->json) {
		json_print(rows);
		return CLI_GOOD;
	}
	snprintf(head, sizeof(head), "DUE (%s)", text_zone(zone, text_now()));
	table = table_new(heads);
	json_array_foreach(rows, i, row)
	{
		show_when(due, row);
		table_add(table, COLOUR_NONE, "%s", field_text(row, "id"));
		table_add(table, COLOUR_NONE, "%s", field_text(row, "queue"));
		table_add(table, colour_of(field_text(row, "state")), "%s",
		    field_text(row, "state"));
		table_add(table, COLOUR_NONE, "%s", due);
		table_add(table, COLOUR_NONE, "%s", field_text(row, "who"));
		table_add(table, COLOUR_NONE, "%s", field_text(row, "command"));
	}
	if (table_rows(table) > 0)
		table_print(table);
	else
		printf("nothing waits\n");
	table_free(table);
	return CLI_GOOD;
}

static void
show_field(const char *name, const json_t *row, const char *key)
{
	show_line(name, COLOUR_NONE, "%s", field_text(row, key));
}

static int
show_row(const struct cli *cli, const json_t *row)
{
	if (cli->json) {
		json_print(row);
		return CLI_GOOD;
	}
	show_field("ID", row, "id");
	show_field("Queue", row, "queue");
	show_line("State", colour_of(field_text(row, "state")), "%s",
	    field_text(row, "state"));
	show_field("Command", row, "command");
	show_field("By", row, "who");
	show_field("User", row, "user");
	show_field("Key", row, "key");
	show_field("Submitted", row, "submitted");
	show_field("Due", row, "due");
	show_field("Host", row, "host");
	show_field("Ended", row, "ended");
	show_field("Cancelled", row, "cancelled_by");
	show_field("Callback", row, "callback");
	if (*field_text(row, "callback_state") != '\0')
		show_line("Told", COLOUR_NONE, "%s, %lld tries",
		    field_text(row, "callback_state"),
		    (long long)field_number(row, "callback_tries", 0));
	return CLI_GOOD;
}

static int
show_cancelled(const struct cli *cli, const json_t *row)
{
	if (cli->json)
		json_print(row);
	else
		printf("%s of queue %s is cancelled\n", field_text(row, "id"),
		    field_text(row, "queue"));
	return CLI_GOOD;
}

/* What "belfry queue WORD" is. */
static const struct verb {
	const char *name;
	const char *suffix; /* behind the id */
	bool posts;
	bool needs_id;
	int (*show)(const struct cli *cli, const json_t *json);
} verbs[] = {
    {"list", "", false, false, list_rows},
    {"show", "", false, true, show_row},
    {"cancel", "/cancel", true, true, show_cancelled},
};

static const struct verb *
find_verb(const char *name)
{
	for (size_t i = 0; i < nitems(verbs); i++)
		if (strcmp(verbs[i].name, name) == 0)
			return &verbs[i];
	return NULL;
}

/* The caller frees it. */
static char *
make_path(const struct verb *verb, const char *operand, bool all)
{
	char *path, *name;

	if (verb->needs_id)
		return client_path("/v1/queue/", operand, verb->suffix);
	name =
	    operand != NULL ? client_path("&queue=", operand, "") : xstrdup("");
	path = xasprintf("/v1/queue?all=%d%s", all, name);
	free(name);
	return path;
}

static int
ask(const struct cli *cli, const struct verb *verb, const char *path)
{
	struct client *client;
	struct err err = {""};
	json_t *json = NULL;
	int status;

	client = show_client(cli, &status);
	if (client == NULL)
		return status;
	status = verb->posts ? client_post(client, path, &json, NULL, &err) :
			       client_get(client, path, &json, NULL, &err);
	client_free(client);
	if (status != CLI_GOOD)
		return cli_fail(status, &err);
	status = verb->show(cli, json);
	json_decref(json);
	return status;
}

static int
run(struct cli *cli, int argc, char **argv)
{
	const struct verb *verb;
	bool all = false;
	char *path;
	int letter, status;

	while ((letter = cli_option(cli, argc, argv, &status)) > 0)
		all = true;
	status = letter == 0 ? status : cli_operands(cli, argc, argv);
	if (status != -1)
		return status;
	verb = find_verb(argv[optind]);
	if (verb == NULL)
		return cli_usage_error(cli,
		    "list, show and cancel are possible, not \"%s\"",
		    argv[optind]);
	if (verb->needs_id && argc - optind < 2)
		return cli_usage_error(cli, "%s: which id?", verb->name);
	if (all && strcmp(verb->name, "list") != 0)
		return cli_usage_error(cli, "--all is for list");
	path = make_path(verb, argv[optind + 1], all);
	status = ask(cli, verb, path);
	free(path);
	return status;
}

static const struct cli_option queue_options[] = {
    {'a', "all", NULL, "list also what is over"},
    {0, NULL, NULL, NULL},
};

const struct command cmd_queue = {
    .name = "queue",
    .operands = "list [QUEUE] | show ID | cancel ID",
    .summary = "What was submitted: list it, show one, cancel one that waits",
    .options = queue_options,
    .min = 1,
    .max = 2,
    .run = run,
};
