/*
 * belfry token: makes, lists and revokes the tokens of the file that
 * belfry.conf names. Needs no daemon; one that runs sees the change at once.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <jansson.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/duration.h"
#include "base/fd.h"
#include "base/mem.h"
#include "base/timestamp.h"
#include "cli/cli.h"
#include "cli/client/client.h"
#include "cli/print/field.h"
#include "cli/print/table.h"
#include "cli/print/text.h"
#include "config/config.h"
#include "token/token.h"

#define CONFIG_DEFAULT BELFRY_SYSCONFDIR "/belfry/belfry.conf"

enum {
	OPTION_FILE = 512, /* behind the global ones */
	OPTION_EXPIRES
};

struct token_cmd {
	struct cli *cli;
	const char *file; /* --file; NULL: as configured */
	char *path;       /* owned */
	uid_t owner;      /* whose the file is to be */
	gid_t group;
	enum token_role role;
	int64_t expires_ms; /* 0 never */
	int fd;
	char *text; /* of the file; owned */
	struct token_list list;
	int status; /* CLI_GOOD, or why it was not read */
};

static int64_t
now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* Root makes the file for the user that the daemon works as. */
static void
find_owner(struct token_cmd *t, const struct config *config)
{
	const struct passwd *pw =
	    config->user[0] != '\0' ? getpwnam(config->user) : NULL;

	t->owner = pw != NULL ? pw->pw_uid : geteuid();
	t->group = pw != NULL ? pw->pw_gid : getegid();
}

static int
find_path(struct token_cmd *t, struct err *err)
{
	const char *conf = t->cli->config_path;
	struct config *config;

	t->owner = geteuid();
	t->group = getegid();
	if (t->file != NULL) {
		t->path = xstrdup(t->file);
		return CLI_GOOD;
	}
	config = config_load(conf != NULL ? conf : CONFIG_DEFAULT, err);
	if (config == NULL)
		return CLI_USAGE;
	find_owner(t, config);
	if (config->tokens != NULL)
		t->path = xstrdup(config->tokens);
	else
		err_set(err,
		    "%s names no file of tokens; write tokens = FILE in [api]",
		    config->path);
	config_free(config);
	return t->path != NULL ? CLI_GOOD : CLI_USAGE;
}

/* A file that root has just made. */
static bool
is_new(int fd)
{
	struct stat st;

	return geteuid() == 0 && fstat(fd, &st) == 0 && st.st_size == 0 &&
	    st.st_uid == 0;
}

static int
open_file(struct token_cmd *t, bool change, struct err *err)
{
	int flags = change ? O_RDWR | O_CREAT | O_NOFOLLOW : O_RDONLY;

	t->fd = open(t->path, flags | O_CLOEXEC, 0600);
	if (t->fd == -1)
		return err_errno(err, "cannot open %s", t->path);
	/* One change after the other. */
	if (change && flock(t->fd, LOCK_EX) == -1)
		return err_errno(err, "cannot lock %s", t->path);
	if (change && is_new(t->fd) && fchown(t->fd, t->owner, t->group) == -1)
		return err_errno(err, "cannot give %s away", t->path);
	return 0;
}

static void
bad_line(void *arg, unsigned line, const char *text)
{
	struct token_cmd *t = arg;

	fprintf(stderr, "belfry: %s:%u: %s\n", t->path, line, text);
	t->status = CLI_REFUSED;
}

static int
read_file(struct token_cmd *t, bool change, struct err *err)
{
	int status = find_path(t, err);

	if (status != CLI_GOOD)
		return status;
	if (open_file(t, change, err) == -1)
		return CLI_REFUSED;
	t->text = fd_read_all(t->fd, TOKEN_FILE_MAX, NULL);
	if (t->text == NULL) {
		err_errno(err, "cannot read %s", t->path);
		return CLI_REFUSED;
	}
	token_list_read(&t->list, t->text, bad_line, t);
	return CLI_GOOD;
}

/* One write(2) at the end, so that nobody sees half of it. */
static int
append(struct token_cmd *t, const struct token *token, struct err *err)
{
	size_t len = strlen(t->text);
	char *line = token_line(token);
	char *all = xasprintf(
	    "%s%s", len > 0 && t->text[len - 1] != '\n' ? "\n" : "", line);
	int rc = fd_pwrite_all(t->fd, all, strlen(all), (off_t)len);

	if (rc == 0)
		rc = fsync(t->fd);
	if (rc == -1)
		err_errno(err, "cannot write %s", t->path);
	free(line);
	free(all);
	return rc;
}

/*
 * A daemon that runs records who it was. It sees the change without this, too,
 * so that it does not matter whether it can be told.
 */
static void
tell_daemon(const struct token_cmd *t)
{
	struct err err = {""};
	struct client *client;
	json_t *json = NULL;

	if (t->file != NULL || t->cli->url != NULL)
		return;
	client = client_new(t->cli, &err);
	if (client != NULL)
		client_post(client, "/v1/tokens/look", &json, NULL, &err);
	client_free(client);
	json_decref(json);
}

static void
print_new(const struct token_cmd *t, const char *name, const char *text)
{
	json_t *json;

	if (!t->cli->json) {
		printf("%s\n", text);
		return;
	}
	json = json_pack("{s:s, s:s, s:s}", "name", name, "role",
	    token_role_name(t->role), "token", text);
	json_dumpf(json, stdout, JSON_INDENT(2));
	printf("\n");
	json_decref(json);
}

static int
add_token(struct token_cmd *t, const char *name, struct err *err)
{
	struct token token = {.role = t->role, .expires_ms = t->expires_ms};
	char text[TOKEN_TEXT_MAX];
	int status;

	if (name == NULL || !token_is_name(name))
		return cli_usage_error(t->cli,
		    "a token's name is 1 to %d letters, digits, \".\", \"_\" "
		    "or \"-\"",
		    TOKEN_NAME_MAX);
	status = read_file(t, true, err);
	if (status != CLI_GOOD)
		return status;
	if (token_find(&t->list, name) != NULL) {
		err_set(err, "there is a token \"%s\"; revoke it first", name);
		return CLI_REFUSED;
	}
	snprintf(token.name, sizeof(token.name), "%s", name);
	if (token_make(name, text, token.hash, err) == -1 ||
	    append(t, &token, err) == -1)
		status = CLI_REFUSED;
	else
		print_new(t, name, text);
	explicit_bzero(text, sizeof(text));
	return status;
}

static int
revoke_token(struct token_cmd *t, const char *name, struct err *err)
{
	const struct token *token;
	int status;

	if (name == NULL)
		return cli_usage_error(
		    t->cli, "the name of a token is missing");
	status = read_file(t, true, err);
	if (status != CLI_GOOD)
		return status;
	token = token_find(&t->list, name);
	if (token == NULL) {
		err_set(err, "there is no token \"%s\"", name);
		return CLI_REFUSED;
	}
	if (fd_pwrite_all(t->fd, "#", 1, (off_t)token->offset) == -1 ||
	    fsync(t->fd) == -1) {
		err_errno(err, "cannot write %s", t->path);
		return CLI_REFUSED;
	}
	return CLI_GOOD;
}

static json_t *
tokens_json(const struct token_list *list)
{
	char when[TIMESTAMP_TEXT_MAX];
	json_t *all = json_array();

	for (size_t i = 0; i < list->n; i++) {
		const struct token *token = &list->all[i];

		json_array_append_new(all,
		    json_pack("{s:s, s:s, s:s?}", "name", token->name, "role",
			token_role_name(token->role), "expires",
			token->expires_ms == 0 ?
			    NULL :
			    timestamp_format_ms(when, token->expires_ms)));
	}
	return all;
}

static void
print_table(const struct token_list *list)
{
	char zone[TEXT_MAX], head[TEXT_MAX + 16], when[TEXT_MAX];
	const char *heads[] = {"NAME", "ROLE", head, NULL};
	struct table *table;

	snprintf(
	    head, sizeof(head), "EXPIRES (%s)", text_zone(zone, text_now()));
	table = table_new(heads);
	for (size_t i = 0; i < list->n; i++) {
		const struct token *token = &list->all[i];

		table_add(table, COLOUR_NONE, "%s", token->name);
		table_add(
		    table, COLOUR_NONE, "%s", token_role_name(token->role));
		table_add(table, COLOUR_NONE, "%s",
		    token->expires_ms == 0 ?
			"-" :
			text_time(when, token->expires_ms));
	}
	if (table_rows(table) > 0)
		table_print(table);
	else
		printf("no tokens\n");
	table_free(table);
}

static int
list_tokens(struct token_cmd *t, struct err *err)
{
	int status = read_file(t, false, err);
	json_t *all;

	if (status != CLI_GOOD)
		return status;
	if (!t->cli->json) {
		print_table(&t->list);
		return t->status;
	}
	all = tokens_json(&t->list);
	json_print(all);
	json_decref(all);
	return t->status;
}

static int
take_role(struct token_cmd *t)
{
	int role = token_role_parse(optarg);

	if (role == -1)
		return cli_usage_error(t->cli,
		    "--role %s: roles are viewer, operator and admin", optarg);
	t->role = (enum token_role)role;
	return -1;
}

static int
take_expiry(struct token_cmd *t)
{
	struct err err;
	int64_t ms;

	if (duration_parse_ms(optarg, &ms, &err) == -1)
		return cli_usage_error(t->cli, "--expires: %s", err.text);
	t->expires_ms = now_ms() + ms;
	return -1;
}

/* -1: go on; else exit with it. */
static int
take_options(struct token_cmd *t, int argc, char **argv)
{
	int letter, status;

	while ((letter = cli_option(t->cli, argc, argv, &status)) > 0) {
		status = -1;
		if (letter == 'r')
			status = take_role(t);
		else if (letter == OPTION_EXPIRES)
			status = take_expiry(t);
		else
			t->file = optarg;
		if (status != -1)
			return status;
	}
	return letter == 0 ? status : cli_operands(t->cli, argc, argv);
}

static int
run_verb(struct token_cmd *t, const char *verb, const char *name)
{
	struct err err = {""};
	int status;

	if (strcmp(verb, "add") == 0)
		status = add_token(t, name, &err);
	else if (strcmp(verb, "revoke") == 0)
		status = revoke_token(t, name, &err);
	else if (strcmp(verb, "list") == 0 && name == NULL)
		status = list_tokens(t, &err);
	else
		return cli_usage_error(
		    t->cli, "\"%s\" is not add, list or revoke", verb);
	if (err.text[0] != '\0')
		return cli_fail(status, &err);
	if (status == CLI_GOOD && strcmp(verb, "list") != 0)
		tell_daemon(t);
	return status;
}

static int
cmd_token_run(struct cli *cli, int argc, char **argv)
{
	struct token_cmd t = {.cli = cli, .fd = -1};
	int status = take_options(&t, argc, argv);

	if (status != -1)
		return status;
	status = run_verb(
	    &t, argv[optind], optind + 1 < argc ? argv[optind + 1] : NULL);
	fd_close(&t.fd);
	token_list_fini(&t.list);
	free(t.text);
	free(t.path);
	return status;
}

static const struct cli_option options[] = {
    {'r', "role", "ROLE", "add: viewer (default), operator or admin"},
    {OPTION_EXPIRES, "expires", "DURATION", "add: for so long; 90d"},
    {OPTION_FILE, "file", "FILE", "instead of the configured one"},
    {0, NULL, NULL, NULL},
};

const struct command cmd_token = {
    .name = "token",
    .operands = "add|list|revoke [NAME]",
    .summary = "Make and revoke tokens of the API; needs no daemon",
    .options = options,
    .min = 1,
    .max = 2,
    .run = cmd_token_run,
};
