/* An editor for a crontab. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/mem.h"
#include "cli/crontab/crontab.h"

static const char help[] =
    "# Each line is a job: minute, hour, day of month, month, day of week, and\n"
    "# the command. \"*\" stands for every value. See belfry-crontab(5).\n"
    "#\n"
    "# m h dom mon dow command\n";

bool
crontab_confirm(const char *question)
{
	char answer[64];

	for (;;) {
		fprintf(stderr, "%s (y/n) ", question);
		if (fgets(answer, sizeof(answer), stdin) == NULL)
			return false;
		if (*answer == 'y' || *answer == 'Y')
			return true;
		if (*answer == 'n' || *answer == 'N')
			return false;
	}
}

static const char *
editor(void)
{
	static const char *const names[] = {"VISUAL", "EDITOR"};
	const char *value;

	for (size_t i = 0; i < nitems(names); i++) {
		value = getenv(names[i]);
		if (value != NULL && *value != '\0')
			return value;
	}
	return access("/usr/bin/editor", X_OK) == 0 ? "/usr/bin/editor" : "vi";
}

/* The shell takes the editor's own arguments apart. 0, or -1: told. */
static int
run_editor(const char *path)
{
	char *command = xasprintf("%s \"$1\"", editor());
	void (*interrupt)(int) = signal(SIGINT, SIG_IGN);
	void (*quit)(int) = signal(SIGQUIT, SIG_IGN);
	int status = -1;
	pid_t pid = fork();

	if (pid == 0) {
		signal(SIGINT, interrupt);
		signal(SIGQUIT, quit);
		execl("/bin/sh", "sh", "-c", command, "sh", path, NULL);
		_exit(127);
	}
	while (pid != -1 && waitpid(pid, &status, 0) == -1 && errno == EINTR)
		;
	signal(SIGINT, interrupt);
	signal(SIGQUIT, quit);
	if (status != 0)
		fprintf(stderr, "belfry: the editor failed: %s\n", command);
	free(command);
	return status == 0 ? 0 : -1;
}

/* 0, or -1: told. */
static int
write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	int rc = -1;

	if (fd != -1)
		rc = fd_pwrite_all(fd, text, strlen(text), 0);
	if (rc == -1)
		fprintf(stderr, "belfry: %s: %s\n", path, strerror(errno));
	fd_close(&fd);
	return rc;
}

/* Until it is right, unchanged (""), or given up (NULL). */
static char *
edit_until_right(const char *user, const char *path, const char *before)
{
	char *text;
	size_t len;

	for (;;) {
		if (run_editor(path) == -1 ||
		    (text = crontab_read_file(path, &len)) == NULL)
			return NULL;
		if (strcmp(text, before) == 0) {
			*text = '\0';
			return text;
		}
		if (crontab_tell_errors(path, user, text, len, true) == 0)
			return text;
		free(text);
		if (!crontab_confirm("belfry: edit it again?"))
			return NULL;
	}
}

char *
crontab_edit(const char *user, const char *text, int *status_r)
{
	const char *tmp = getenv("TMPDIR");
	char *dir = xasprintf("%s/belfry.XXXXXX", tmp != NULL ? tmp : "/tmp");
	const char *before = *text != '\0' ? text : help;
	char *path, *after = NULL;

	*status_r = CLI_REFUSED;
	if (mkdtemp(dir) == NULL) {
		fprintf(stderr, "belfry: %s: %s\n", dir, strerror(errno));
		free(dir);
		return NULL;
	}
	path = xasprintf("%s/crontab", dir);
	if (write_file(path, before) == 0)
		after = edit_until_right(user, path, before);
	if (after != NULL && *after == '\0') {
		fprintf(stderr, "belfry: nothing was changed\n");
		*status_r = CLI_GOOD;
		free(after);
		after = NULL;
	}
	unlink(path);
	/* What an editor left there is its own. */
	rmdir(dir);
	free(path);
	free(dir);
	return after;
}
