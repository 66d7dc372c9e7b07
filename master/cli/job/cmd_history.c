/* belfry history: runs, newest first. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/timestamp.h"
#include "cli/print/pages.h"
#include "cli/print/show.h"
#include "cli/print/text.h"
#include "run/outcome.h"

struct history {
	const char *job;
	const char *outcome;
	const char *chain;
	char since[TIMESTAMP_TEXT_MAX];
	bool slots; /* asked for slots that did not run: the ledger */
	struct pages pages;
};

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
		return pages_option(cli, &h->pages, optarg);
	case 's':
		return cli_since(cli, "--since", optarg, h->since, NULL);
	case 'C':
		h->chain = optarg;
		return 0;
	default:
		return parse_outcomes(cli, h, optarg);
	}
}

static char *
make_path(const struct cli *cli, struct history *h)
{
	struct strbuf path = STRBUF_INIT;

	pages_path(cli, &h->pages, &path, h->slots ? "/v1/ledger" : "/v1/runs");
	pages_argument(&path, "&job=", h->job);
	pages_argument(&path, "&since=", h->since);
	pages_argument(&path, "&outcome=", h->outcome);
	pages_argument(&path, "&chain=", h->chain);
	return strbuf_take(&path);
}

static void
show_row(struct table *table, const json_t *run)
{
	show_run_row(table, run, true);
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

static int
print(const struct cli *cli, struct history *h)
{
	struct client *client;
	struct err err = {""};
	char *path;
	int status;

	client = show_client(cli, &status);
	if (client == NULL)
		return status;
	if (!cli->json)
		h->pages.table =
		    h->slots ? show_slots_table() : show_runs_table(true);
	h->pages.show = h->slots ? show_slot_row : show_row;
	path = make_path(cli, h);
	status = pages_list(client, &h->pages, path, &err);
	if (status == CLI_GOOD && h->pages.rows == 0 && h->job != NULL)
		status = check_job(client, h, &err);
	client_free(client);
	free(path);
	pages_end(
	    &h->pages, status, h->slots ? "no such slots" : "no runs", "runs");
	return status != CLI_GOOD ? cli_fail(status, &err) : status;
}

static int
run(struct cli *cli, int argc, char **argv)
{
	struct history h = {.job = NULL};
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
    {'n', "lines", "N", "the newest N runs " PAGES_OPTION_HELP},
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
