/* The watch kind: a command for each row of a query. */
#include "kinds/watch/watch.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "kinds/kind.h"
#include "kinds/sql/session.h"
#include "kinds/watch/claims.h"
#include "worker.h"

/* success-codes are the command's, and hold for the run as well. */
static int
exit_code(const struct run_spec *spec, bool ok)
{
	int code = ok ? 0 : 1;

	while (code < 255 && code_set_has(&spec->success, code) != ok)
		code++;
	return code;
}

static void
leave_value(struct watch *w, const char *name, int64_t n)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRId64, n);
	inside_value(w->note, name, text);
}

/* What the run leaves behind, and in words if it was not all well. */
static int
conclude(struct watch *w)
{
	int64_t parked = claims_parked(w);

	leave_value(w, "rows_done", w->done);
	leave_value(w, "rows_failed", w->failed);
	if (parked >= 0)
		leave_value(w, "rows_parked", parked);
	if (w->failed == 0)
		return exit_code(w->spec, true);
	inside_tell(w->note, OUTCOME_FAILURE,
	    "%" PRId64 " of %" PRId64 " rows failed, %" PRId64
	    " are parked; the last: %.250s",
	    w->failed, w->done + w->failed, parked, w->last.text);
	return exit_code(w->spec, false);
}

static int
run_watch(void *arg, struct inside_note *note)
{
	struct watch *w = arg;
	struct err err = {""};
	int code;

	w->note = note;
	w->pq = session_open(&w->params, w->spec, note);
	if (w->pq == NULL)
		return SQL_EXIT_CONNECT;
	inside_doing(note, "handling rows");
	if (watch_loop(w, &err) == 0) {
		code = conclude(w);
	} else {
		leave_value(w, "rows_done", w->done);
		leave_value(w, "rows_failed", w->failed);
		inside_tell(note, OUTCOME_FAILURE, "%s", err.text);
		code = exit_code(w->spec, false);
	}
	PQfinish(w->pq);
	free(w->claim_text);
	return code;
}

static pid_t
start_watch(struct worker *w, struct err *err)
{
	struct watch watch = {.spec = &w->spec};
	pid_t pid = -1;

	if (watch_settings_init(&watch.settings, &w->spec, err) == 0 &&
	    plugin_lock_init(&watch.lock, &w->spec, err) == 0 &&
	    session_params(&watch.params, &w->spec, err) == 0)
		pid = inside_start(w, run_watch, &watch, err);
	database_params_fini(&watch.params);
	plugin_lock_fini(&watch.lock);
	return pid;
}

const struct kind kind_watch = {start_watch, inside_finish};
