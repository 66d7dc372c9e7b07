#include "cli/print/pages.h"

#include <stdio.h>
#include <stdlib.h>

#include "cli/print/show.h"

#define DEFAULT_ROWS      20
#define DEFAULT_JSON_ROWS 1000
#define PAGE              500

int
pages_option(const struct cli *cli, struct pages *pages, const char *text)
{
	pages->max_given = true;
	return cli_number(cli, "-n", text, 100000000, &pages->max);
}

void
pages_path(const struct cli *cli, struct pages *pages, struct strbuf *path,
    const char *list)
{
	bool few;

	if (!pages->max_given)
		pages->max = cli->json ? DEFAULT_JSON_ROWS : DEFAULT_ROWS;
	few = pages->max > 0 && pages->max < PAGE;
	strbuf_addf(path, "%s?limit=%ld", list, few ? pages->max : PAGE);
}

void
pages_argument(struct strbuf *path, const char *key, const char *value)
{
	char *text;

	if (value == NULL || *value == '\0')
		return;
	text = client_path(key, value, "");
	strbuf_adds(path, text);
	free(text);
}

static int
each(void *arg, json_t *row)
{
	struct pages *pages = arg;

	pages->rows++;
	if (pages->table == NULL)
		json_list_add(&pages->json, row);
	else
		pages->show(pages->table, row);
	return 0;
}

int
pages_list(struct client *client, struct pages *pages, const char *path,
    struct err *err)
{
	return client_list(
	    client, path, (size_t)pages->max, each, pages, &pages->more, err);
}

void
pages_end(struct pages *pages, int status, const char *none, const char *what)
{
	if (pages->table == NULL && status == CLI_GOOD)
		json_list_end(&pages->json);
	if (pages->table != NULL && pages->rows > 0)
		table_print(pages->table);
	else if (pages->table != NULL && status == CLI_GOOD)
		printf("%s\n", none);
	if (pages->more && !pages->max_given && status == CLI_GOOD)
		fprintf(stderr,
		    "belfry: older %s are left out; -n 0 shows all\n", what);
	table_free(pages->table);
}

int
pages_print(const struct cli *cli, struct pages *pages, char *path,
    const char *none, const char *what)
{
	struct client *client;
	struct err err = {""};
	int status;

	client = show_client(cli, &status);
	if (client == NULL) {
		free(path);
		table_free(pages->table);
		return status;
	}
	status = pages_list(client, pages, path, &err);
	client_free(client);
	free(path);
	pages_end(pages, status, none, what);
	return status != CLI_GOOD ? cli_fail(status, &err) : status;
}
