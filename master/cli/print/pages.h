/*
 * A list of the API, the newest first and page after page, as a table or as
 * JSON: what the commands that print one share.
 */
#ifndef BELFRY_CLI_PRINT_PAGES_H
#define BELFRY_CLI_PRINT_PAGES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/strbuf.h"
#include "cli/client/client.h"
#include "cli/print/field.h"
#include "cli/print/table.h"

#define PAGES_OPTION_HELP "(default 20, --json 1000; 0: all)"

struct pages {
	long max; /* so many rows at most, 0 all */
	bool max_given;
	struct table *table; /* owned; NULL: JSON */
	void (*show)(struct table *table, const json_t *row);
	size_t rows; /* out: that were shown */
	bool more;   /* out: there are others */
	struct json_list json;
};

/* The value of -n. 0, or -1 having told. */
int pages_option(const struct cli *cli, struct pages *pages, const char *text);

/*
 * Begins a path: a list such as "/v1/runs" with how many rows a page has. It
 * settles how many there will be when -n was not given.
 */
void pages_path(const struct cli *cli, struct pages *pages, struct strbuf *path,
    const char *list);

/* Appends an argument, "&job=" and its value, when there is one. */
void pages_argument(struct strbuf *path, const char *key, const char *value);

/* Asks for the rows of a path. The status of the client. */
int pages_list(struct client *client, struct pages *pages, const char *path,
    struct err *err);

/*
 * Prints what is left, with none instead of an empty table, when the status is
 * good; what ("runs") are left out is told on standard error.
 */
void
pages_end(struct pages *pages, int status, const char *none, const char *what);

/*
 * All of it for a command whose list stands at a path, which is freed: asks,
 * prints, tells what went wrong. The status of the command.
 */
int pages_print(const struct cli *cli, struct pages *pages, char *path,
    const char *none, const char *what);

#endif
