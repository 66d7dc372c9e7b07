/* The plugin kind: a function of a shared object instead of a program. */
#include "kinds/inside.h"
#include "kinds/kind.h"
#include "kinds/sql/session.h"
#include "run.h"
#include "worker.h"

#include <sys/wait.h>

/* What the job's own user may not read is read here. */
static pid_t
start_with_lock(struct worker *w, struct plugin_lock *lock, struct err *err)
{
	struct database_params params;
	struct plugin_job job = {.spec = &w->spec, .lock = lock};
	pid_t pid;

	if (run_spec_setting(&w->spec, SPEC_CONNINFO) == NULL)
		return inside_start(w, plugin_run, &job, err);
	if (session_params(&params, &w->spec, err) == -1)
		return -1;
	job.database = &params;
	pid = inside_start(w, plugin_run, &job, err);
	database_params_fini(&params);
	return pid;
}

static pid_t
start_plugin(struct worker *w, struct err *err)
{
	struct plugin_lock lock;
	pid_t pid;

	if (plugin_lock_init(&lock, &w->spec, err) == -1)
		return -1;
	pid = start_with_lock(w, &lock, err);
	plugin_lock_fini(&lock);
	return pid;
}

/* exit(0) in the middle is no success. */
static void
finish_plugin(struct worker *w)
{
	inside_finish(w);
	w->inside.cut_short = !w->inside.note->returned && w->tree.ended &&
	    WIFEXITED(w->tree.status) && w->failure.text[0] == '\0';
}

const struct kind kind_plugin = {start_plugin, finish_plugin};
