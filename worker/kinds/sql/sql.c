/* The sql kind: statements instead of a program. */
#include <signal.h>
#include <unistd.h>

#include "base/mem.h"
#include "kind/sql.h"
#include "kinds/inside.h"
#include "kinds/kind.h"
#include "kinds/sql/session.h"
#include "kinds/sql/transaction.h"
#include "worker.h"

struct sql_job {
	const struct run_spec *spec; /* borrowed */
	struct database_params params;
};

static PGcancel *volatile cancel;

/*
 * The run is to end: the server drops what it is about, and we are told as of
 * any error. PQcancel() may be called here.
 */
static void
cancel_cb(int number)
{
	char error[256];

	if (cancel != NULL && PQcancel(cancel, error, sizeof(error)) == 1)
		return;
	_exit(128 + number);
}

static void
catch_signal(int number)
{
	struct sigaction sa = {.sa_handler = cancel_cb, .sa_flags = SA_RESTART};

	sigaction(number, &sa, NULL);
}

static int
run_sql(void *arg, struct inside_note *note)
{
	struct sql_job *job = arg;
	struct sql_script script;
	struct err err = {""};
	PGconn *pq;
	int code;

	if (sql_script_parse(
		&script, run_spec_setting(job->spec, "sql"), &err) == -1) {
		inside_tell(note, OUTCOME_LAUNCH_FAILED, "sql: %s", err.text);
		return SQL_EXIT_FAILED;
	}
	pq = session_open(&job->params, job->spec, note);
	if (pq == NULL)
		return SQL_EXIT_CONNECT;
	cancel = PQgetCancel(pq);
	catch_signal(job->spec->kill_signal);
	catch_signal(SIGTERM);
	code = transaction_run(pq, &script, note);
	PQfinish(pq);
	sql_script_fini(&script);
	return code;
}

static pid_t
start_sql(struct worker *w, struct err *err)
{
	struct sql_job job = {.spec = &w->spec};
	pid_t pid = -1;

	if (session_params(&job.params, &w->spec, err) == 0)
		pid = inside_start(w, run_sql, &job, err);
	database_params_fini(&job.params);
	return pid;
}

const struct kind kind_sql = {start_sql, inside_finish};
