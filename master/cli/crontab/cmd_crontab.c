/* belfry crontab: the users' own crontabs, by the words of crontab(1). */
#include <getopt.h>
#include <jansson.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "cli/client/client.h"
#include "cli/crontab/crontab.h"
#include "cli/print/field.h"
#include "cli/print/show.h"

enum action {
	ACTION_INSTALL,
	ACTION_LIST,
	ACTION_EDIT,
	ACTION_REMOVE,
	ACTION_TEST,
};

struct wanted {
	enum action action;
	bool confirm;
	const char *user; /* "" who we are */
	const char *file;
	char *own; /* our name, owned; what messages are about */
};

static enum action
action_of(int letter)
{
	switch (letter) {
	case 'l':
		return ACTION_LIST;
	case 'e':
		return ACTION_EDIT;
	case 'r':
		return ACTION_REMOVE;
	case 'T':
		return ACTION_TEST;
	}
	return ACTION_INSTALL;
}

/* -1: go on, or an exit status. */
static int
check_options(struct cli *cli, int argc, char **argv, struct wanted *w)
{
	bool takes_file =
	    w->action == ACTION_INSTALL || w->action == ACTION_TEST;

	if (!takes_file && optind < argc)
		return cli_usage_error(
		    cli, "with -l, -e and -r there is no FILE");
	if (w->action == ACTION_TEST && optind == argc)
		return cli_usage_error(cli, "-T: FILE is missing");
	if (w->confirm && w->action != ACTION_REMOVE)
		return cli_usage_error(cli, "-i goes with -r");
	w->file = optind < argc ? argv[optind] : "-";
	return cli_operands(cli, argc, argv);
}

/* -1: go on, or an exit status. */
static int
read_options(struct cli *cli, int argc, char **argv, struct wanted *w)
{
	int letter, status = CLI_GOOD;

	while ((letter = cli_option(cli, argc, argv, &status)) > 0) {
		if (letter == 'u')
			w->user = optarg;
		else if (letter == 'i')
			w->confirm = true;
		else if (w->action != ACTION_INSTALL)
			return cli_usage_error(
			    cli, "-l, -e, -r, -T: which of them?");
		else
			w->action = action_of(letter);
	}
	return letter == 0 ? status : check_options(cli, argc, argv, w);
}

/* Whose crontab messages are about. -1: go on, or an exit status. */
static int
find_user(struct wanted *w)
{
	const struct passwd *pw =
	    *w->user != '\0' ? getpwnam(w->user) : getpwuid(getuid());

	if (pw == NULL && *w->user != '\0') {
		fprintf(stderr, "belfry: there is no user \"%s\"\n", w->user);
		return CLI_REFUSED;
	}
	if (pw == NULL) {
		fprintf(stderr, "belfry: uid %u is no user's\n", getuid());
		return CLI_REFUSED;
	}
	w->own = xstrdup(pw->pw_name);
	return -1;
}

/* The text in force, which the caller frees. NULL with *http_r. */
static int
get_text(struct client *client, const struct wanted *w, char **text_r,
    int *http_r, struct err *err)
{
	char *path = client_path("/v1/crontab?user=", w->own, "");
	int status = client_get_text(client, path, text_r, http_r, err);

	free(path);
	return status;
}

/* As crontab(1): what a terminal would act upon is made visible. */
static void
print_text(const char *text)
{
	for (const char *p = text; *p != '\0'; p++) {
		if (*p == '\b')
			fputs("\\b", stdout);
		else if (*p == '\r')
			fputs("\\r", stdout);
		else
			putchar(*p);
	}
}

static int
list(struct cli *cli, struct client *client, const struct wanted *w,
    struct err *err)
{
	char *text = NULL;
	int status = get_text(client, w, &text, NULL, err);
	json_t *json;

	if (status != CLI_GOOD)
		return status;
	if (cli->json) {
		json = json_pack("{s:s, s:s}", "user", w->own, "crontab", text);
		json_print(json);
		json_decref(json);
	} else {
		print_text(text);
	}
	free(text);
	return CLI_GOOD;
}

static int
post(struct cli *cli, struct client *client, const char *path, json_t *body,
    struct err *err)
{
	json_t *json = NULL;
	int status = client_post_json(client, path, body, &json, err);

	if (status == CLI_GOOD && cli->json)
		json_print(json);
	json_decref(json);
	json_decref(body);
	return status;
}

static int
install(struct cli *cli, struct client *client, const struct wanted *w,
    const char *text, struct err *err)
{
	json_t *body = json_object(), *value = json_string(text);

	if (value == NULL) {
		json_decref(body);
		err_set(err, "a crontab is text in UTF-8");
		return CLI_REFUSED;
	}
	json_object_set_new(body, "user", json_string(w->own));
	json_object_set_new(body, "text", value);
	return post(cli, client, "/v1/crontab", body, err);
}

static int
install_file(struct cli *cli, struct client *client, const struct wanted *w,
    struct err *err)
{
	size_t len;
	char *text = crontab_read_file(w->file, &len);
	int status;

	if (text == NULL)
		return CLI_REFUSED;
	if (crontab_tell_errors(w->file, w->own, text, len, true) > 0) {
		err_set(err, "it is not installed");
		status = CLI_REFUSED;
	} else {
		status = install(cli, client, w, text, err);
	}
	free(text);
	return status;
}

static int
edit(struct cli *cli, struct client *client, const struct wanted *w,
    struct err *err)
{
	char *text = NULL, *after;
	int http = 0, status = get_text(client, w, &text, &http, err);

	if (status != CLI_GOOD && http != 404)
		return status;
	err->text[0] = '\0';
	after = crontab_edit(w->own, text != NULL ? text : "", &status);
	if (after != NULL)
		status = install(cli, client, w, after, err);
	free(after);
	free(text);
	return status;
}

static int
remove_crontab(struct cli *cli, struct client *client, const struct wanted *w,
    struct err *err)
{
	char *question =
	    xasprintf("belfry: really remove the crontab of %s?", w->own);
	bool go = !w->confirm || crontab_confirm(question);

	free(question);
	if (!go)
		return CLI_GOOD;
	return post(cli, client, "/v1/crontab/remove",
	    json_pack("{s:s}", "user", w->own), err);
}

static int
test(const struct wanted *w)
{
	size_t len, errors;
	char *text = crontab_read_file(w->file, &len);

	if (text == NULL)
		return CLI_REFUSED;
	errors = crontab_tell_errors(w->file, w->own, text, len, true);
	free(text);
	return errors == 0 ? CLI_GOOD : CLI_REFUSED;
}

static int
act(struct cli *cli, const struct wanted *w)
{
	struct client *client;
	struct err err = {""};
	int status = CLI_GOOD;

	if (w->action == ACTION_TEST)
		return test(w);
	client = show_client(cli, &status);
	if (client == NULL)
		return status;
	if (w->action == ACTION_LIST)
		status = list(cli, client, w, &err);
	else if (w->action == ACTION_EDIT)
		status = edit(cli, client, w, &err);
	else if (w->action == ACTION_REMOVE)
		status = remove_crontab(cli, client, w, &err);
	else
		status = install_file(cli, client, w, &err);
	client_free(client);
	if (status != CLI_GOOD && err.text[0] != '\0')
		return cli_fail(status, &err);
	return status;
}

static int
crontab(struct cli *cli, int argc, char **argv)
{
	struct wanted wanted = {.user = ""};
	int status = read_options(cli, argc, argv, &wanted);

	if (status == -1)
		status = find_user(&wanted);
	if (status == -1)
		status = act(cli, &wanted);
	free(wanted.own);
	return status;
}

static const struct cli_option options[] = {
    {'l', "list", NULL, "print it"},
    {'e', "edit", NULL, "edit it with VISUAL or EDITOR, then install it"},
    {'r', "remove", NULL, "remove it"},
    {'i', "confirm", NULL, "with -r: ask first"},
    {'u', "user", "USER", "that user's, for root"},
    {'T', "test", NULL, "check FILE, and install nothing"},
    {0, NULL, NULL, NULL},
};

const struct command cmd_crontab = {
    .name = "crontab",
    .operands = "[-l|-e|-r|FILE|-T FILE]",
    .summary = "Change or print the crontab of a user",
    .options = options,
    .max = 1,
    .run = crontab,
};
