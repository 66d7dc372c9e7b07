/* The commands or plugins that run for rows, as processes. */
#include <ctype.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/strbuf.h"
#include "kinds/plugin/run.h"
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

/* What it leaves and how far it comes is of one row, and not told. */
static _Noreturn void
be_plugin(struct watch *watch, struct inside_note *note)
{
	struct plugin_job job = {
	    .spec = watch->spec,
	    .database = &watch->params,
	    .lock = &watch->lock,
	};
	int code = plugin_run(&job, note);

	note->returned = true;
	_exit(code);
}

/*
 * The child. Our connection closes itself where a program is executed; in a
 * plugin it is open, and used by nobody.
 */
static _Noreturn void
be_handler(struct watch *watch, const PGresult *rows, int row,
    struct inside_note *note)
{
	const struct run_spec *spec = watch->spec;
	char **env = make_environment(rows, row);
	sigset_t none;

	signal(SIGPIPE, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (note != NULL) {
		environ = env;
		be_plugin(watch, note);
	}
	execvpe(spec->argv[0], (char *const *)(uintptr_t)spec->argv, env);
	dprintf(STDERR_FILENO, "cannot execute %s: %s\n", spec->argv[0],
	    strerror(errno));
	_exit(errno == ENOENT ? 127 : 126);
}

/* Shared with the child; NULL with errno. */
static struct inside_note *
map_note(void)
{
	void *p = mmap(NULL, sizeof(struct inside_note), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	return p != MAP_FAILED ? p : NULL;
}

static void
unmap_note(struct inside_note *note)
{
	if (note != NULL)
		munmap(note, sizeof(*note));
}

int
handler_start(struct watch *watch, struct watch_handler *handler,
    struct watch_claim *claim, int row, struct err *err)
{
	struct inside_note *note = NULL;
	pid_t pid;

	if (watch->spec->argc == 0 && (note = map_note()) == NULL)
		return err_errno(err, "cannot map memory");
	pid = fork();
	if (pid == 0)
		be_handler(watch, claim->rows, row, note);
	if (pid == -1) {
		err_errno(err, "cannot start a process");
		unmap_note(note);
		return -1;
	}
	handler->pid = pid;
	handler->note = note;
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
	unmap_note(handler->note);
	handler->note = NULL;
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

/* What a plugin says of its end. False: nothing, or it is a command. */
static bool
is_told(const struct watch_handler *handler, struct err *err)
{
	const struct inside_note *note = handler->note;
	size_t max = sizeof(note->reason);

	if (note == NULL || note->reason[0] == '\0')
		return false;
	err_set(err, "%.*s", (int)strnlen(note->reason, max), note->reason);
	return true;
}

bool
handler_succeeded(const struct watch *watch,
    const struct watch_handler *handler, int status, struct err *err)
{
	if (WIFSIGNALED(status)) {
		err_set(
		    err, "killed by signal %s", signal_name(WTERMSIG(status)));
		return false;
	}
	if (handler->note != NULL && !handler->note->returned) {
		err_set(err, "the plugin ended its process with code %d",
		    WEXITSTATUS(status));
		return false;
	}
	if (code_set_has(&watch->spec->success, WEXITSTATUS(status)))
		return true;
	if (is_told(handler, err))
		return false;
	err_set(err, "exited with code %d", WEXITSTATUS(status));
	return false;
}
