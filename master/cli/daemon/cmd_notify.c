/* belfry notify test and notifications: who is told, and who was. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/strbuf.h"
#include "cli/print/field.h"
#include "cli/print/show.h"
#include "cli/print/text.h"

#define DEFAULT_ROWS      20
#define DEFAULT_JSON_ROWS 1000
#define PAGE              500

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
	long max;
	bool max_given;
	struct table *table; /* NULL: JSON */
	struct json_list json;
};

static int
take_option(const struct cli *cli, struct list *list, int letter)
{
	switch (letter) {
	case 'n':
		list->max_given = true;
		return cli_number(cli, "-n", optarg, 100000000, &list->max);
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

static void
add_argument(struct strbuf *path, const char *key, const char *value)
{
	char *text;

	if (value == NULL)
		return;
	text = client_path(key, value, "");
	strbuf_adds(path, text);
	free(text);
}

static char *
make_path(const struct list *list)
{
	long limit = list->max > 0 && list->max < PAGE ? list->max : PAGE;
	struct strbuf path = STRBUF_INIT;

	strbuf_addf(&path, "/v1/notifications?limit=%ld", limit);
	add_argument(&path, "&job=", list->job);
	add_argument(&path, "&receiver=", list->receiver);
	add_argument(&path, "&state=", list->state);
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

static int
each(void *arg, json_t *row)
{
	struct list *list = arg;

	if (list->table == NULL)
		json_list_add(&list->json, row);
	else
		show_row(list->table, row);
	return 0;
}

static void
finish(struct list *list, int status, bool more)
{
	if (list->table == NULL && status == CLI_GOOD)
		json_list_end(&list->json);
	if (list->table != NULL && table_rows(list->table) > 0)
		table_print(list->table);
	else if (list->table != NULL && status == CLI_GOOD)
		printf("no notifications\n");
	if (more && !list->max_given && status == CLI_GOOD)
		fprintf(stderr,
		    "belfry: older ones are left out; -n 0 shows all\n");
	table_free(list->table);
}

static int
print(const struct cli *cli, struct list *list)
{
	char zone[TEXT_MAX], head[TEXT_MAX + 8];
	const char *heads[] = {
	    head, "RECEIVER", "EVENT", "JOB", "STATE", "TRIES", "ERROR", NULL};
	struct client *client;
	struct err err = {""};
	bool more = false;
	char *path;
	int status;

	client = show_client(cli, &status);
	if (client == NULL)
		return status;
	if (!list->max_given)
		list->max = cli->json ? DEFAULT_JSON_ROWS : DEFAULT_ROWS;
	if (!cli->json) {
		snprintf(head, sizeof(head), "TIME (%s)",
		    text_zone(zone, text_now()));
		list->table = table_new(heads);
		table_align_right(list->table, 5);
	}
	path = make_path(list);
	status = client_list(
	    client, path, (size_t)list->max, each, list, &more, &err);
	client_free(client);
	free(path);
	finish(list, status, more);
	return status != CLI_GOOD ? cli_fail(status, &err) : status;
}

static int
run_list(struct cli *cli, int argc, char **argv)
{
	struct list list = {.max = 0};
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
    {'n', "lines", "N", "the newest N (default 20, --json 1000; 0: all)"},
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
