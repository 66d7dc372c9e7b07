/* The commands that run for rows, as processes. */
#include <ctype.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/strbuf.h"
#include "kinds/watch/watch.h"

/* "BELFRY_ROW_ID=7"; what is belfry's own has its own name. */
static char *
make_variable(const char *column, const char *value)
{
	struct strbuf b = STRBUF_INIT;

	if (strncmp(column, "belfry_", 7) != 0)
		strbuf_adds(&b, "BELFRY_ROW_");
	for (; *column != '\0'; column++)
		strbuf_addch(&b,
		    isalnum((unsigned char)*column) ?
			(char)toupper((unsigned char)*column) :
			'_');
	strbuf_addf(&b, "=%s", value);
	return strbuf_take(&b);
}

/* The run's environment, and a variable for each column that is not NULL. */
static char **
make_environment(const PGresult *rows, int row)
{
	size_t n = 0, columns = (size_t)PQnfields(rows);
	char **env;

	while (environ[n] != NULL)
		n++;
	env = xcalloc(n + columns + 1, sizeof(*env));
	memcpy(env, environ, n * sizeof(*env));
	for (int i = 0; i < (int)columns; i++)
		if (!PQgetisnull(rows, row, i))
			env[n++] = make_variable(
			    PQfname(rows, i), PQgetvalue(rows, row, i));
	return env;
}

/* The child. Our connection closes itself. */
static _Noreturn void
be_command(const struct run_spec *spec, const PGresult *rows, int row)
{
	char **env = make_environment(rows, row);
	sigset_t none;

	signal(SIGPIPE, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	execvpe(spec->argv[0], (char *const *)(uintptr_t)spec->argv, env);
	dprintf(STDERR_FILENO, "cannot execute %s: %s\n", spec->argv[0],
	    strerror(errno));
	_exit(errno == ENOENT ? 127 : 126);
}

int
handler_start(struct watch *watch, struct watch_handler *handler,
    struct watch_claim *claim, int row, struct err *err)
{
	pid_t pid = fork();

	if (pid == 0)
		be_command(watch->spec, claim->rows, row);
	if (pid == -1)
		return err_errno(err, "cannot start a process");
	handler->pid = pid;
	handler->claim = claim;
	handler->row = row;
	handler->key = xstrdup(PQgetvalue(claim->rows, row, watch->key));
	watch->busy++;
	return 0;
}

struct watch_handler *
handler_of(struct watch *watch, pid_t pid)
{
	for (int i = 0; i < watch->settings.parallel; i++) {
		if (watch->handlers[i].pid != pid)
			continue;
		watch->handlers[i].pid = 0;
		watch->busy--;
		return &watch->handlers[i];
	}
	return NULL;
}

void
claim_release(struct watch_claim *claim)
{
	if (--claim->refs > 0)
		return;
	PQclear(claim->rows);
	free(claim);
}

void
handler_fini(struct watch_handler *handler)
{
	claim_release(handler->claim);
	free(handler->key);
	handler->claim = NULL;
	handler->key = NULL;
}

void
handlers_signal(const struct watch *watch, int number)
{
	for (int i = 0; i < watch->settings.parallel; i++)
		if (watch->handlers[i].pid != 0)
			kill(watch->handlers[i].pid, number);
}

bool
handler_succeeded(const struct watch *watch, int status, struct err *err)
{
	if (WIFSIGNALED(status)) {
		err_set(
		    err, "killed by signal %s", signal_name(WTERMSIG(status)));
		return false;
	}
	if (code_set_has(&watch->spec->success, WEXITSTATUS(status)))
		return true;
	err_set(err, "exited with code %d", WEXITSTATUS(status));
	return false;
}
