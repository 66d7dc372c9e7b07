/*
 * Requests to the daemon's API, by libcurl over its unix socket or to a URL.
 *
 * Every call returns an exit status (enum cli_status) and, when it is not
 * CLI_GOOD, says why in err. A part of the daemon that restarts is waited for
 * when the request changes nothing. An answer must be complete in time
 * (--timeout), but for a run's output.
 */
#ifndef BELFRY_CLI_CLIENT_CLIENT_H
#define BELFRY_CLI_CLIENT_CLIENT_H

#include <jansson.h>
#include <stddef.h>

#include "cli/cli.h"

struct client;

/* NULL with err when the configuration is wrong: CLI_USAGE. */
struct client *client_new(const struct cli *cli, struct err *err);
void client_free(struct client *client);

/*
 * Asks for a path with its query, which must be encoded. *json_r is the
 * answer, to be released by the caller. For CLI_REFUSED *http_r (may be NULL)
 * is the HTTP status.
 */
int client_get(struct client *client, const char *path, json_t **json_r,
    int *http_r, struct err *err);

/* The same where the answer is a text, which the caller frees. */
int client_get_text(struct client *client, const char *path, char **text_r,
    int *http_r, struct err *err);

/* Asks for something to be done; tried again only when it surely was not. */
int client_post(struct client *client, const char *path, json_t **json_r,
    int *http_r, struct err *err);

/* The same with a body, an object. */
int client_post_json(struct client *client, const char *path,
    const json_t *body, json_t **json_r, struct err *err);

/*
 * A list, page after page: calls each() with every element as it comes, at
 * most max (0: all). *more_r (may be NULL): there would be more. each()
 * returns 0 to go on.
 */
int client_list(struct client *client, const char *path, size_t max,
    int (*each)(void *arg, json_t *element), void *arg, bool *more_r,
    struct err *err);

/* What client_follow() came to. */
enum follow_end {
	FOLLOW_DONE,
	FOLLOW_INTERRUPTED
};

/*
 * Copies a run's output to standard output, from its beginning; with follow
 * until the run has ended, over restarts of the daemon's parts. SIGINT and
 * SIGTERM end it, not the process, when interruptible.
 */
struct follow {
	const char *run;
	bool follow;
	bool interruptible;
	bool may_be_late; /* it was made a moment ago: wait until it is known */
	bool quiet;       /* only wait: print nothing */
	enum follow_end end; /* out */
	bool in_line;        /* out: the output ends within a line */
};

int
client_follow(struct client *client, struct follow *follow, struct err *err);

/* Sleeps. */
void client_pause(int ms);

/*
 * prefix, name percent-encoded, suffix: "/v1/jobs/" "a b" "/run". The caller
 * frees it.
 */
char *client_path(const char *prefix, const char *name, const char *suffix);

#endif
