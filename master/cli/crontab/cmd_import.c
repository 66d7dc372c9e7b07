/* belfry import: job files from what others have. */
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/mem.h"
#include "cli/crontab/crontab.h"
#include "cli/import/import.h"
#include "config/config.h"

#define SPOOL "/var/spool/cron/crontabs" /* Debian's */

struct wanted {
	const char *user;   /* NULL none */
	const char *output; /* NULL: standard output */
	bool system;
	char *file; /* owned */
	size_t nnotes;
};

/* Where the users' own crontabs are; the caller frees it. */
static char *
find_spool(const struct cli *cli)
{
	const char *path = cli->config_path != NULL ? cli->config_path :
						      BELFRY_SYSCONFDIR
	    "/belfry/belfry.conf";
	struct config *config = config_load(path, NULL);
	char *spool =
	    xstrdup(config != NULL && *config->crontabs.spool != '\0' ?
		    config->crontabs.spool :
		    SPOOL);

	config_free(config);
	return spool;
}

/* -1: go on, or an exit status. */
static int
find_file(struct cli *cli, int argc, char **argv, struct wanted *w)
{
	char *spool;

	if (optind == argc || strcmp(argv[optind], "crontab") != 0)
		return cli_usage_error(
		    cli, "what from? \"belfry import crontab FILE\"");
	optind++;
	if ((optind < argc) == (w->user != NULL))
		return cli_usage_error(
		    cli, "write FILE or -u USER, one of them");
	if (w->user != NULL && w->system)
		return cli_usage_error(
		    cli, "--system is for FILE: a user's own has no users");
	if (w->user == NULL) {
		w->file = xstrdup(argv[optind]);
		return -1;
	}
	if (strchr(w->user, '/') != NULL)
		return cli_usage_error(cli, "-u %s: no user's name", w->user);
	spool = find_spool(cli);
	w->file = xasprintf("%s/%s", spool, w->user);
	free(spool);
	return -1;
}

/* -1: go on, or an exit status. */
static int
read_options(struct cli *cli, int argc, char **argv, struct wanted *w)
{
	int letter, status = CLI_GOOD;

	while ((letter = cli_option(cli, argc, argv, &status)) > 0) {
		if (letter == 'u')
			w->user = optarg;
		else if (letter == 'o')
			w->output = optarg;
		else
			w->system = true;
	}
	if (letter == 0)
		return status;
	status = cli_operands(cli, argc, argv);
	return status == -1 ? find_file(cli, argc, argv, w) : status;
}

static void
tell_note(void *arg, uint32_t line, const char *text)
{
	struct wanted *w = arg;

	w->nnotes++;
	fprintf(stderr, "%s:%u: note: %s\n", w->file, line, text);
}

static bool
is_user(const char *name)
{
	return getpwnam(name) != NULL;
}

static bool
is_program(const char *name)
{
	static const char *const dirs[] = {"/usr/local/sbin", "/usr/local/bin",
	    "/usr/sbin", "/usr/bin", "/sbin", "/bin"};
	bool found = strchr(name, '/') != NULL;
	char *path;

	for (size_t i = 0; i < nitems(dirs) && !found; i++) {
		path = xasprintf("%s/%s", dirs[i], name);
		found = access(path, X_OK) == 0;
		free(path);
	}
	return found;
}

/* The places that are the system's by what they are called, or by content. */
static bool
names_users(const struct wanted *w, const char *text, size_t len)
{
	return w->user == NULL &&
	    (w->system || strcmp(w->file, "/etc/crontab") == 0 ||
		strncmp(w->file, "/etc/cron.d/", 12) == 0 ||
		import_is_system(text, len, is_user, is_program));
}

/* 0, or -1: told. */
static int
write_output(const struct wanted *w, const struct strbuf *b)
{
	int fd, rc = -1;

	if (w->output == NULL)
		return fwrite(b->s, 1, b->len, stdout) == b->len ? 0 : -1;
	fd = open(w->output, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (fd != -1)
		rc = fd_pwrite_all(fd, b->s, b->len, 0);
	if (rc == -1)
		fprintf(stderr, "belfry: %s: %s\n", w->output, strerror(errno));
	fd_close(&fd);
	return rc;
}

/* Whose own crontab it is, for messages. */
static const char *
own_user(const struct wanted *w)
{
	const struct passwd *pw = w->user != NULL ? NULL : getpwuid(getuid());

	if (w->user != NULL)
		return w->user;
	return pw != NULL ? pw->pw_name : "root";
}

static void
print_summary(size_t njobs, size_t nerrors, size_t nnotes)
{
	fprintf(stderr, "%zu job%s, %zu error%s, %zu note%s\n", njobs,
	    njobs == 1 ? "" : "s", nerrors, nerrors == 1 ? "" : "s", nnotes,
	    nnotes == 1 ? "" : "s");
}

static int
import_file(struct wanted *w)
{
	struct strbuf b = STRBUF_INIT;
	struct import import = {
	    .user = w->user,
	    .name = w->file,
	    .note = tell_note,
	    .arg = w,
	};
	size_t len, n, nerrors;
	char *text = crontab_read_file(w->file, &len);
	int rc;

	if (text == NULL)
		return CLI_REFUSED;
	import.system = names_users(w, text, len);
	strbuf_addf(&b, "# From the crontab %s%s.\n", w->file,
	    import.system ? ", whose lines name users" : "");
	nerrors = crontab_tell_errors(
	    w->file, import.system ? NULL : own_user(w), text, len, false);
	n = import_crontab(&import, text, len, &b);
	rc = write_output(w, &b);
	print_summary(n, nerrors, w->nnotes);
	strbuf_fini(&b);
	free(text);
	return rc == 0 && nerrors == 0 ? CLI_GOOD : CLI_REFUSED;
}

static int
import_run(struct cli *cli, int argc, char **argv)
{
	struct wanted wanted = {.user = NULL};
	int status = read_options(cli, argc, argv, &wanted);

	if (status == -1)
		status = import_file(&wanted);
	free(wanted.file);
	return status;
}

static const struct cli_option options[] = {
    {'u', "user", "USER", "that user's own crontab, instead of FILE"},
    {'s', "system", NULL, "the lines of FILE name users"},
    {'o', "output", "FILE", "write it there, and over no other file"},
    {0, NULL, NULL, NULL},
};

const struct command cmd_import = {
    .name = "import",
    .operands = "crontab FILE|-u USER",
    .summary = "Make a job file of a crontab, with what is not the same",
    .options = options,
    .min = 1,
    .max = 2,
    .run = import_run,
};
