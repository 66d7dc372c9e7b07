/* belfry list: the jobs. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/strbuf.h"
#include "cli/print/field.h"
#include "cli/print/show.h"
#include "cli/print/text.h"

struct list {
	struct table *table; /* NULL: JSON */
	struct json_list json;
	int64_t now;
};

/* "0 3 * * *; @every 5m (Asia/Shanghai); after a b" */
static char *
schedule_text(const json_t *job)
{
	const json_t *texts = json_object_get(job, "schedule"), *text;
	const char *zone = field_text(job, "timezone");
	struct strbuf buf = STRBUF_INIT;
	size_t i;

	json_array_foreach(texts, i, text)
	    strbuf_addf(&buf, "%s%s", i > 0 ? "; " : "",
		json_is_string(text) ? json_string_value(text) : "?");
	if (i > 0 && *zone != '\0' && !text_is_local_zone(zone))
		strbuf_addf(&buf, " (%s)", zone);
	json_array_foreach(json_object_get(job, "after"), i, text)
	    strbuf_addf(&buf, "%s%s",
		i > 0           ? " " :
		    buf.len > 0 ? "; after " :
				  "after ",
		json_is_string(text) ? json_string_value(text) : "?");
	if (buf.len == 0)
		strbuf_adds(&buf, "-");
	return strbuf_take(&buf);
}

static void
add_job(struct list *list, const json_t *job)
{
	const json_t *last = json_object_get(job, "last");
	const char *state = field_text(job, "state");
	char text[160], *schedule = schedule_text(job);

	table_add(list->table, COLOUR_NONE, "%s", field_text(job, "name"));
	table_add(list->table, colour_of(state), "%s", state);
	show_last(text, sizeof(text), last, list->now);
	table_add(
	    list->table, colour_of(field_text(last, "outcome")), "%s", text);
	show_next(text, sizeof(text),
	    json_string_value(json_object_get(job, "next")), list->now);
	table_add(list->table, COLOUR_NONE, "%s", text);
	table_add(list->table, COLOUR_NONE, "%s", schedule);
	free(schedule);
}

static int
each(void *arg, json_t *job)
{
	struct list *list = arg;

	if (list->table == NULL)
		json_list_add(&list->json, job);
	else
		add_job(list, job);
	return 0;
}

static void
finish(struct list *list, int status)
{
	if (list->table == NULL && status == CLI_GOOD)
		json_list_end(&list->json);
	if (list->table != NULL && table_rows(list->table) > 0)
		table_print(list->table);
	else if (list->table != NULL && status == CLI_GOOD)
		printf("no jobs\n");
	table_free(list->table);
}

static int
run(struct cli *cli, int argc, char **argv)
{
	struct list list = {.now = text_now()};
	char zone[TEXT_MAX], next[TEXT_MAX + 16];
	const char *heads[] = {"JOB", "STATE", "LAST", next, "SCHEDULE", NULL};
	struct client *client;
	struct err err = {""};
	const char *label = NULL;
	int letter, status;
	char *path;

	while ((letter = cli_option(cli, argc, argv, &status)) > 0)
		label = optarg;
	if (letter == 0)
		return status;
	status = cli_operands(cli, argc, argv);
	if (status != -1)
		return status;
	client = show_client(cli, &status);
	if (client == NULL)
		return status;
	snprintf(next, sizeof(next), "NEXT (%s)", text_zone(zone, list.now));
	if (!cli->json)
		list.table = table_new(heads);
	path = label != NULL ?
	    client_path("/v1/jobs?limit=1000&label=", label, "") :
	    xstrdup("/v1/jobs?limit=1000");
	status = client_list(client, path, 0, each, &list, NULL, &err);
	free(path);
	client_free(client);
	finish(&list, status);
	return status != CLI_GOOD ? cli_fail(status, &err) : status;
}

static const struct cli_option options[] = {
    {'L', "label", "LABEL", "jobs with this label, or KEY for any KEY=VALUE"},
    {0, NULL, NULL, NULL},
};

const struct command cmd_list = {
    .name = "list",
    .operands = "",
    .summary = "List the jobs with their last and next runs",
    .options = options,
    .run = run,
};
