/* belfry upgrade: the installed belfryd takes the place of the one that runs. */
#include <stdio.h>
#include <string.h>

#include "cli/print/field.h"
#include "cli/print/show.h"

/* A store of many gigabytes may be migrated meanwhile. */
#define LOOK_MS     100
#define PATIENCE_MS (10 * 60 * 1000)
/* So long a request that got no answer may take to be seen in the status. */
#define UNHEARD_MS  10000
#define STATUS_PATH "/v1/status"

/* The number of the last upgrade; 0: there was none. */
static int64_t
attempt_of(const json_t *status)
{
	return field_number(json_object_get(status, "upgrade"), "attempt", 0);
}

static bool
is_over(const json_t *status, int64_t before)
{
	const char *state =
	    field_text(json_object_get(status, "upgrade"), "state");

	return attempt_of(status) > before && strcmp(state, "going on") != 0;
}

/*
 * Looks until the upgrade is over. Its parts may be away for a moment, and
 * then there is no answer.
 */
static int
await(struct client *client, int64_t before, bool heard, json_t **json_r,
    struct err *err)
{
	int64_t waited_ms, patience_ms = PATIENCE_MS;
	int status, http;

	for (waited_ms = 0; waited_ms < patience_ms; waited_ms += LOOK_MS) {
		client_pause(waited_ms > 0 ? LOOK_MS : 0);
		*json_r = NULL;
		status = client_get(client, STATUS_PATH, json_r, &http, err);
		if ((status == CLI_NO_DAEMON && http == 0) ||
		    (status == CLI_GOOD && is_over(*json_r, before)))
			return status;
		if (!heard && status == CLI_GOOD)
			patience_ms = attempt_of(*json_r) == before ?
			    UNHEARD_MS :
			    PATIENCE_MS;
		json_decref(*json_r);
	}
	*json_r = NULL;
	err_set(err, "the upgrade is not over; see the log of belfryd");
	return CLI_REFUSED;
}

static int
ask(struct client *client, json_t **json_r, struct err *err)
{
	json_t *json = NULL;
	int64_t before;
	int status, http;

	status = client_get(client, STATUS_PATH, &json, NULL, err);
	if (status != CLI_GOOD)
		return status;
	before = attempt_of(json);
	json_decref(json);
	json = NULL;
	status = client_post(client, "/v1/upgrade", &json, &http, err);
	json_decref(json);
	/* Who answers may be replaced before the answer is here. */
	if (status != CLI_GOOD && (status != CLI_NO_DAEMON || http != 0))
		return status;
	return await(client, before, status == CLI_GOOD, json_r, err);
}

/* The exit status. */
static int
tell(const struct cli *cli, const json_t *status)
{
	const json_t *upgrade = json_object_get(status, "upgrade");
	bool done = strcmp(field_text(upgrade, "state"), "done") == 0;

	if (cli->json)
		json_print(status);
	else if (done)
		printf("upgraded from belfryd %s to %s\n",
		    field_text(upgrade, "from"), field_text(status, "version"));
	if (done)
		return CLI_GOOD;
	fprintf(stderr, "belfry: not upgraded, belfryd %s goes on: %s\n",
	    field_text(status, "version"), field_text(upgrade, "error"));
	return CLI_REFUSED;
}

static int
upgrade(struct cli *cli, int argc, char **argv)
{
	struct client *client;
	struct err err = {""};
	json_t *json = NULL;
	int status;

	client = show_start(cli, argc, argv, &status);
	if (client == NULL)
		return status;
	status = ask(client, &json, &err);
	client_free(client);
	if (status != CLI_GOOD)
		return cli_fail(status, &err);
	status = tell(cli, json);
	json_decref(json);
	return status;
}

const struct command cmd_upgrade = {
    .name = "upgrade",
    .operands = "",
    .summary = "Let the installed belfryd take over, with jobs running",
    .run = upgrade,
};
