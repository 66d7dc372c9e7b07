/* belfry history: runs, newest first. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"
#include "base/timestamp.h"
#include "cli/print/field.h"
#include "cli/print/show.h"
#include "cli/print/text.h"
#include "run/outcome.h"

#define DEFAULT_ROWS      20
#define DEFAULT_JSON_ROWS 1000
#define PAGE              500

struct history {
	const char *job;
	const char *outcome;
	const char *chain;
	char since[TIMESTAMP_TEXT_MAX];
	long max;
	size_t rows;
	bool max_given;
	bool slots;          /* asked for slots that did not run: the ledger */
	struct table *table; /* NULL: JSON */
	struct json_list json;
};

static int
parse_since(const struct cli *cli, struct history *h, const char *text)
{
	int64_t ms;

	if (!text_parse_since(text, &ms, NULL)) {
		cli_usage_error(cli, "--since %s: " TEXT_SINCE_FORMS, text);
		return -1;
	}
	timestamp_format_ms(h->since, ms);
	return 0;
}

/* One or more, parted by commas. */
static int
parse_outcomes(const struct cli *cli, struct history *h, const char *text)
{
	char word[32];
	const char *p;
	int outcome;

	for (p = text; p != NULL; p = strchr(p, ',')) {
		p += *p == ',';
		snprintf(word, sizeof(word), "%.*s", (int)strcspn(p, ","), p);
		outcome = outcome_parse(word);
		if (outcome == OUTCOME_SKIPPED || outcome == OUTCOME_MISSED)
			h->slots = true;
		if (outcome != -1)
			continue;
		cli_usage_error(cli,
		    "--outcome %s: runs end as success, failure, timeout, "
		    "killed, lost or launch-failed, or are running; slots "
		    "that did not run are skipped or missed",
		    word);
		return -1;
	}
	h->outcome = text;
	return 0;
}

static int
take_option(const struct cli *cli, struct history *h, int letter)
{
	switch (letter) {
	case 'n':
		h->max_given = true;
		return cli_number(cli, "-n", optarg, 100000000, &h->max);
	case 's':
		return parse_since(cli, h, optarg);
	case 'C':
		h->chain = optarg;
		return 0;
	default:
		return parse_outcomes(cli, h, optarg);
	}
}

/* Appends an argument, when it was given. */
static void
add_argument(struct strbuf *path, const char *key, const char *value)
{
	char *text;

	if (value == NULL || *value == '\0')
		return;
	text = client_path(key, value, "");
	strbuf_adds(path, text);
	free(text);
}

static char *
make_path(const struct history *h)
{
	long limit = h->max > 0 && h->max < PAGE ? h->max : PAGE;
	struct strbuf path = STRBUF_INIT;

	strbuf_addf(
	    &path, "/v1/%s?limit=%ld", h->slots ? "ledger" : "runs", limit);
	add_argument(&path, "&job=", h->job);
	add_argument(&path, "&since=", h->since);
	add_argument(&path, "&outcome=", h->outcome);
	add_argument(&path, "&chain=", h->chain);
	return strbuf_take(&path);
}

static int
each(void *arg, json_t *row)
{
	struct history *h = arg;

	h->rows++;
	if (h->table == NULL)
		json_list_add(&h->json, row);
	else if (h->slots)
		show_slot_row(h->table, row);
	else
		show_run_row(h->table, row, true);
	return 0;
}

/* A name with a typo has no runs either; that must not look like good news. */
static int
check_job(struct client *client, const struct history *h, struct err *err)
{
	char *path = client_path("/v1/jobs/", h->job, "");
	json_t *json = NULL;
	struct err none;
	int status, http;

	status = client_get(client, path, &json, &http, err);
	none = *err;
	if (status == CLI_REFUSED && http == 404)
		err_set(err, "no such run, and no job \"%s\"%s", h->job,
		    show_guess(&none));
	json_decref(json);
	free(path);
	return status;
}

static void
finish(struct history *h, int status, bool more)
{
	if (h->table == NULL && status == CLI_GOOD)
		json_list_end(&h->json);
	if (h->table != NULL && table_rows(h->table) > 0)
		table_print(h->table);
	else if (h->table != NULL && status == CLI_GOOD)
		printf(h->slots ? "no such slots\n" : "no runs\n");
	if (more && !h->max_given && status == CLI_GOOD)
		fprintf(stderr,
		    "belfry: older runs are left out; -n 0 shows all\n");
	table_free(h->table);
}

static int
print(const struct cli *cli, struct history *h)
{
	struct client *client;
	struct err err = {""};
	bool more = false;
	char *path;
	int status;

	client = show_client(cli, &status);
	if (client == NULL)
		return status;
	if (!h->max_given)
		h->max = cli->json ? DEFAULT_JSON_ROWS : DEFAULT_ROWS;
	if (!cli->json)
		h->table =
		    h->slots ? show_slots_table() : show_runs_table(true);
	path = make_path(h);
	status =
	    client_list(client, path, (size_t)h->max, each, h, &more, &err);
	if (status == CLI_GOOD && h->rows == 0 && h->job != NULL)
		status = check_job(client, h, &err);
	client_free(client);
	free(path);
	finish(h, status, more);
	return status != CLI_GOOD ? cli_fail(status, &err) : status;
}

static int
run(struct cli *cli, int argc, char **argv)
{
	struct history h = {.max = 0};
	int letter, status;

	while ((letter = cli_option(cli, argc, argv, &status)) > 0)
		if (take_option(cli, &h, letter) == -1)
			return CLI_USAGE;
	if (letter == 0)
		return status;
	status = cli_operands(cli, argc, argv);
	if (status != -1)
		return status;
	if (optind < argc)
		h.job = argv[optind];
	if (h.chain != NULL && h.slots)
		return cli_usage_error(
		    cli, "--chain is of runs; skipped and missed are no runs");
	return print(cli, &h);
}

static const struct cli_option options[] = {
    {'n', "lines", "N", "the newest N runs (default 20, --json 1000; 0: all)"},
    {'s', "since", "TIME|DURATION", "runs of this time or this long ago on"},
    {'o', "outcome", "OUTCOME",
	"runs that ended so; several are parted by commas; skipped and missed: "
	"slots that did not run"},
    {'C', "chain", "RUN", "runs of this chain: RUN and all that followed"},
    {0, NULL, NULL, NULL},
};

const struct command cmd_history = {
    .name = "history",
    .operands = "[JOB]",
    .summary = "List runs, newest first",
    .options = options,
    .max = 1,
    .run = run,
};
