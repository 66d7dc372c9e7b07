/* belfry notify test and notifications: who is told, and who was. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "cli/print/pages.h"
#include "cli/print/show.h"
#include "cli/print/text.h"

static int
send_test(struct cli *cli, const char *receiver)
{
	char *path = client_path("/v1/notify/", receiver, "/test");
	struct client *client;
	struct err err = {""};
	json_t *json = NULL;
	int status;

	client = show_client(cli, &status);
	if (client != NULL) {
		status = client_post(client, path, &json, NULL, &err);
		client_free(client);
		if (status != CLI_GOOD)
			cli_fail(status, &err);
		else if (cli->json)
			json_print(json);
		else
			printf("%s: sent\n", field_text(json, "receiver"));
	}
	json_decref(json);
	free(path);
	return status;
}

static int
run_notify(struct cli *cli, int argc, char **argv)
{
	int status = cli_arguments(cli, argc, argv);

	if (status != -1)
		return status;
	if (strcmp(argv[optind], "test") != 0)
		return cli_usage_error(cli,
		    "unknown word \"%s\"; write \"belfry notify test NAME\"",
		    argv[optind]);
	return send_test(cli, argv[optind + 1]);
}

const struct command cmd_notify = {
    .name = "notify",
    .operands = "test NAME",
    .summary = "Send a test to a receiver, a [notify NAME]",
    .min = 2,
    .max = 2,
    .run = run_notify,
};

struct list {
	const char *job, *receiver, *state;
	struct pages pages;
};

static int
take_option(const struct cli *cli, struct list *list, int letter)
{
	switch (letter) {
	case 'n':
		return pages_option(cli, &list->pages, optarg);
	case 'j':
		list->job = optarg;
		return 0;
	case 'r':
		list->receiver = optarg;
		return 0;
	default:
		list->state = optarg;
		return 0;
	}
}

static char *
make_path(const struct cli *cli, struct list *list)
{
	struct strbuf path = STRBUF_INIT;

	pages_path(cli, &list->pages, &path, "/v1/notifications");
	pages_argument(&path, "&job=", list->job);
	pages_argument(&path, "&receiver=", list->receiver);
	pages_argument(&path, "&state=", list->state);
	return strbuf_take(&path);
}

static enum colour
colour_of_state(const char *state)
{
	return strcmp(state, "failed") == 0 ? COLOUR_BAD :
	    strcmp(state, "sent") == 0      ? COLOUR_GOOD :
					      COLOUR_WARN;
}

static void
show_row(struct table *table, const json_t *row)
{
	const char *state = field_text(row, "state");
	const char *job = field_text(row, "job");
	const char *error = field_text(row, "error");
	char time[TEXT_MAX] = "-";
	int64_t ms;

	if (field_time(row, "created", &ms))
		text_short_time(time, ms, text_now());
	table_add(table, COLOUR_NONE, "%s", time);
	table_add(table, COLOUR_NONE, "%s", field_text(row, "receiver"));
	table_add(table, COLOUR_NONE, "%s", field_text(row, "event"));
	table_add(table, COLOUR_NONE, "%s", *job != '\0' ? job : "-");
	table_add(table, colour_of_state(state), "%s", state);
	table_add(table, COLOUR_NONE, "%lld",
	    (long long)field_number(row, "tries", 0));
	table_add(table, COLOUR_NONE, "%s", *error != '\0' ? error : "-");
}

static struct table *
make_table(void)
{
	char zone[TEXT_MAX], head[TEXT_MAX + 8];
	const char *heads[] = {
	    head, "RECEIVER", "EVENT", "JOB", "STATE", "TRIES", "ERROR", NULL};
	struct table *table;

	snprintf(head, sizeof(head), "TIME (%s)", text_zone(zone, text_now()));
	table = table_new(heads);
	table_align_right(table, 5);
	return table;
}

static int
print(const struct cli *cli, struct list *list)
{
	list->pages.table = cli->json ? NULL : make_table();
	list->pages.show = show_row;
	return pages_print(cli, &list->pages, make_path(cli, list),
	    "no notifications", "ones");
}

static int
run_list(struct cli *cli, int argc, char **argv)
{
	struct list list = {.job = NULL};
	int letter, status;

	while ((letter = cli_option(cli, argc, argv, &status)) > 0)
		if (take_option(cli, &list, letter) == -1)
			return CLI_USAGE;
	if (letter == 0)
		return status;
	status = cli_operands(cli, argc, argv);
	return status != -1 ? status : print(cli, &list);
}

static const struct cli_option list_options[] = {
    {'n', "lines", "N", "the newest N " PAGES_OPTION_HELP},
    {'j', "job", "JOB", "of this job"},
    {'r', "receiver", "NAME", "for this receiver"},
    {'S', "state", "STATE",
	"waiting, sent or failed; several are parted by commas"},
    {0, NULL, NULL, NULL},
};

const struct command cmd_notifications = {
    .name = "notifications",
    .operands = "",
    .summary = "List notifications and how they stand, newest first",
    .options = list_options,
    .run = run_list,
};
