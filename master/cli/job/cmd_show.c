/* belfry show: one job or one run in full. */
#include <inttypes.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/strbuf.h"
#include "cli/print/field.h"
#include "cli/print/show.h"
#include "cli/print/text.h"

#define LAST_RUNS 5

struct runs {
	struct table *table;
};

static int
each_run(void *arg, json_t *run)
{
	struct runs *runs = arg;

	show_run_row(runs->table, run, false);
	return 0;
}

static int
show_last_runs(struct client *client, const char *job, struct err *err)
{
	struct runs runs = {show_runs_table(false)};
	char *path = client_path("/v1/runs?limit=5&job=", job, "");
	int status;

	status =
	    client_list(client, path, LAST_RUNS, each_run, &runs, NULL, err);
	if (table_rows(runs.table) > 0) {
		putchar('\n');
		table_print(runs.table);
	}
	table_free(runs.table);
	free(path);
	return status;
}

static int
add_run(void *arg, json_t *run)
{
	return json_array_append(arg, run);
}

/* The runs of the table, as "last_runs". */
static int
add_last_runs(
    struct client *client, const char *name, json_t *job, struct err *err)
{
	json_t *runs = json_array();
	char *path = client_path("/v1/runs?limit=5&job=", name, "");
	int status =
	    client_list(client, path, LAST_RUNS, add_run, runs, NULL, err);

	json_object_set_new(job, "last_runs", runs);
	free(path);
	return status;
}

static void
show_fires(const json_t *fires)
{
	char when[TEXT_MAX], zone[TEXT_MAX], age[TEXT_MAX];
	const json_t *fire;
	int64_t ms;
	size_t i;

	json_array_foreach(
	    fires, i, fire) if (text_parse(json_string_value(fire), &ms))
	    show_line(i == 0 ? "next" : "", COLOUR_NONE, "%s %s (%s)",
		text_time(when, ms), text_zone(zone, ms),
		text_age(age, ms, text_now()));
}

static void
show_history(const json_t *job)
{
	const json_t *last = json_object_get(job, "last");
	int64_t failures = field_number(job, "failures", 0), ms;
	char text[160], when[TEXT_MAX], zone[TEXT_MAX];

	show_last(text, sizeof(text), last, text_now());
	show_line("last", colour_of(field_text(last, "outcome")), "%s%s%s",
	    text, json_is_object(last) ? ", run " : "",
	    field_text(last, "run"));
	if (field_time(job, "last_success", &ms))
		show_line("last good", COLOUR_NONE, "%s %s (%s)",
		    text_time(when, ms), text_zone(zone, ms),
		    text_age(text, ms, text_now()));
	if (failures > 0)
		show_line(
		    "failures", COLOUR_BAD, "%" PRId64 " in a row", failures);
}

static void
show_key(const char *key, const json_t *value)
{
	const json_t *one;
	size_t i;

	/* A key that was given several times. */
	json_array_foreach(value, i, one) show_key(key, one);
	if (!json_is_string(value))
		return;
	printf("  ");
	colour_print(COLOUR_NONE, key);
	printf(" = ");
	colour_print(COLOUR_NONE, json_string_value(value));
	putchar('\n');
}

static void
show_keys(json_t *keys)
{
	const char *key;
	json_t *value;

	if (json_object_size(keys) > 0)
		printf("\ndefinition:\n");
	json_object_foreach(keys, key, value) show_key(key, value);
}

static void
show_schedules(const json_t *job)
{
	const json_t *texts = json_object_get(job, "schedule"), *text;
	size_t i;

	json_array_foreach(texts, i, text)
	    show_line(i == 0 ? "schedule" : "", COLOUR_NONE, "%s",
		json_is_string(text) ? json_string_value(text) : "");
	show_line("timezone", COLOUR_NONE, "%s", field_text(job, "timezone"));
}

static void
show_words(const char *name, const json_t *words)
{
	struct strbuf line = STRBUF_INIT;
	const json_t *word;
	size_t i;

	json_array_foreach(words, i, word)
	    strbuf_addf(&line, "%s%s", i > 0 ? " " : "",
		json_is_string(word) ? json_string_value(word) : "?");
	show_line(name, COLOUR_NONE, "%s", strbuf_str(&line));
	strbuf_fini(&line);
}

/* Deeper than an answer has trees. */
#define TREE_DEPTH_MAX 100

/* A line a job, those below it further in. */
static void
show_tree(const json_t *nodes, const char *key, unsigned depth)
{
	const json_t *node, *last;
	char text[160];
	size_t i;

	json_array_foreach(nodes, i, node)
	{
		last = json_object_get(node, "last");
		show_last(text, sizeof(text), last, text_now());
		printf("%*s", (int)(2 + 2 * depth), "");
		colour_print(COLOUR_NONE, field_text(node, "job"));
		printf("  ");
		colour_print(colour_of(field_text(last, "outcome")), text);
		printf("%s\n",
		    field_bool(node, "again")    ? "  (as above)" :
			field_bool(node, "more") ? "  ..." :
						   "");
		if (depth < TREE_DEPTH_MAX)
			show_tree(json_object_get(node, key), key, depth + 1);
	}
}

/* What comes before it and after it, each with its last outcome. */
static void
show_family(const json_t *job)
{
	static const struct {
		const char *key, *head;
	} trees[] = {
	    {"after", "runs after:"},
	    {"dependents", "followed by:"},
	};
	const json_t *tree = json_object_get(job, "tree"), *nodes;

	for (size_t i = 0; i < nitems(trees); i++) {
		nodes = json_object_get(tree, trees[i].key);
		if (json_array_size(nodes) == 0)
			continue;
		printf("\n%s\n", trees[i].head);
		show_tree(nodes, trees[i].key, 0);
	}
}

static void
show_job(const json_t *job)
{
	const char *state = field_text(job, "state");
	const json_t *runs = json_object_get(job, "runs");
	const json_t *pause = json_object_get(job, "paused");
	char text[512];

	show_line("job", COLOUR_NONE, "%s", field_text(job, "name"));
	show_line("about", COLOUR_NONE, "%s", field_text(job, "description"));
	show_line("state", colour_of(state), "%s", state);
	if (json_is_object(pause)) {
		show_pause(text, sizeof(text), pause, true);
		show_line("paused", COLOUR_WARN, "%s", text);
	}
	show_schedules(job);
	show_history(job);
	show_fires(json_object_get(job, "next_fires"));
	show_words("labels", json_object_get(job, "labels"));
	show_line("owner", COLOUR_NONE, "%s", field_text(job, "owner"));
	show_line("file", COLOUR_NONE, "%s:%" PRId64, field_text(job, "file"),
	    field_number(job, "line", 0));
	show_limits(json_object_get(job, "limits"));
	show_keys(json_object_get(job, "keys"));
	show_family(job);
	if (json_array_size(runs) > 0) {
		printf("\nruns now:\n");
		show_live_runs(runs);
	}
}

/* CLI_REFUSED with *http_r 404: there is no such thing. */
static int
get_one(struct client *client, const char *prefix, const char *name,
    json_t **json_r, int *http_r, struct err *err)
{
	char *path = client_path(prefix, name, "");
	int status = client_get(client, path, json_r, http_r, err);

	free(path);
	return status;
}

static void
print(const struct cli *cli, json_t *json, bool is_job)
{
	if (cli->json)
		json_print(json);
	else if (!is_job)
		show_run(json);
	else
		show_job(json);
}

/* A job's name wins over a run's id. */
static int
show(struct cli *cli, struct client *client, const char *name, struct err *err)
{
	json_t *json = NULL;
	bool is_job = true;
	struct err job_err;
	int status, http;

	status = get_one(client, "/v1/jobs/", name, &json, &http, err);
	if (status == CLI_REFUSED && http == 404) {
		is_job = false;
		job_err = *err;
		status = get_one(client, "/v1/runs/", name, &json, &http, err);
		if (status == CLI_REFUSED && http == 404)
			show_none(err, name, &job_err);
	}
	if (status != CLI_GOOD)
		return status;
	if (cli->json && is_job)
		status = add_last_runs(client, name, json, err);
	if (status == CLI_GOOD)
		print(cli, json, is_job);
	if (!cli->json && is_job)
		status = show_last_runs(client, name, err);
	json_decref(json);
	return status;
}

static int
run(struct cli *cli, int argc, char **argv)
{
	struct client *client;
	struct err err = {""};
	int status;

	client = show_start(cli, argc, argv, &status);
	if (client == NULL)
		return status;
	status = show(cli, client, argv[optind], &err);
	client_free(client);
	return status != CLI_GOOD ? cli_fail(status, &err) : status;
}

const struct command cmd_show = {
    .name = "show",
    .operands = "JOB|RUN",
    .summary = "Show one job or one run in full",
    .min = 1,
    .max = 1,
    .run = run,
};
